import { callSymptoms, Socket } from "fourtuple";
import { assertEquals, assertRejects } from "@std/assert";

Deno.test("callSymptoms() calls one after the other, and shows a row for each", async () => {
  using bound = Socket.tcp();
  bound.bind("127.0.0.1:0");
  using full = Socket.tcp();
  full.bind("127.0.0.1:0");
  full.listen(0);
  using inLine = Socket.tcp({ timeout: 5000 });
  await inLine.connect(full.localEndpoint());
  const calls = await callSymptoms(
    { "only bound": bound.localEndpoint(), "full": full.localEndpoint() },
    { timeout: 100 },
  );
  assertEquals(calls.heard, ["ECONNREFUSED", "nothing"]);
  assertEquals(calls.byCause.get("full")?.state, "SYN_SENT");
  const [refused, silent] = calls.toTable().rows;
  assertEquals(refused?.with(3, 0), [
    ...["only bound", String(bound.localEndpoint()), "ECONNREFUSED", 0, "no row", "none"],
  ]);
  assertEquals(silent?.slice(4), ["SYN_SENT", `${full.localEndpoint()}, 1 waiting, backlog 0`]);
  await assertRejects(() => callSymptoms({ a: "nowhere" }), SyntaxError);
});
