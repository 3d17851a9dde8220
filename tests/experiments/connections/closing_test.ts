import { connectionLab, tryToClose, type WayToClose } from "fourtuple";
import { assertEquals, assertRejects } from "@std/assert";
import { requires } from "../../requirements.ts";

/** A way to close, what the other end hears, and what is left. */
const WAYS: readonly (readonly [way: WayToClose, heard: string, left: string])[] = [
  ["close", "0 bytes", "TIME_WAIT"],
  ["close, linger 0", "ECONNRESET", ""],
  ["close, bytes unread", "ECONNRESET", ""],
];

Deno.test({
  name: "tryToClose() hears a FIN or a reset, and finds TIME_WAIT after the FIN only",
  ...requires("network namespace"),
  async fn() {
    await using lab = await connectionLab();
    for (const [way, heard, left] of WAYS) {
      const closing = await tryToClose(lab, way);
      assertEquals([closing.way, closing.heard, closing.left.join()], [way, heard, left]);
    }
    await assertRejects(() => tryToClose(lab, "softly" as "close"), TypeError, '"softly"');
  },
});
