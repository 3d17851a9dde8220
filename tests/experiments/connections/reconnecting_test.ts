import { tryToReconnect } from "fourtuple";
import { assertEquals, assertRejects } from "@std/assert";
import { requires } from "../../requirements.ts";

Deno.test({
  name: "tryToReconnect() finds that only a client's TIME_WAIT is in the way",
  ...requires("network namespace"),
  async fn() {
    assertEquals(await tryToReconnect("client"), "EADDRNOTAVAIL");
    assertEquals(await tryToReconnect("server"), "connected");
  },
});

Deno.test("tryToReconnect() refuses another end", async () => {
  await assertRejects(() => tryToReconnect("both" as "client"), TypeError, '"both"');
});
