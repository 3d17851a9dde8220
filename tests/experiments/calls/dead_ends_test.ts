import { callDeadEnds } from "fourtuple";
import { assert, assertEquals } from "@std/assert";
import { requires } from "../../requirements.ts";

Deno.test({
  name: "callDeadEnds(): nothing leaves where the own kernel refuses, and others answer or not",
  ...requires("network namespace"),
  async fn() {
    const dead = await callDeadEnds();
    assertEquals(dead.calls.map(({ heard }) => heard), [
      ...["EACCES", "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT"],
    ]);
    assertEquals(dead.calls.slice(0, 2).map(({ sent }) => sent), [0, 0]);
    const [, , answered, silent] = dead.calls;
    assert(answered!.sent >= 1 && silent!.sent >= 2, String(dead));
    assert(answered!.milliseconds < silent!.milliseconds, "an answer, not the end of patience");
  },
});
