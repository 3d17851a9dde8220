import { assertEquals } from "@std/assert";
import { listening, spareEndpoint } from "../../lib/exercises/_listening.ts";
import { listeners } from "../../lib/observe/connections.ts";
import { isPortFree } from "../../lib/sockets/free_port.ts";

Deno.test("listening() listens at 127.0.0.1 with the backlog, or the usual one", () => {
  for (const [backlog, expected] of [[0, 0], [16, 16], [undefined, 128]] as const) {
    using server = listening({ timeout: 1000, backlog });
    const { address, port } = server.localEndpoint();
    assertEquals(address, "127.0.0.1");
    // A listener's send queue is its backlog.
    assertEquals(listeners({ protocol: "tcp", port }).map((row) => row.sendQueue), [expected]);
  }
});

Deno.test("spareEndpoint() is at the address, and nobody has it", () => {
  for (const [given, address] of [[undefined, "127.0.0.1"], ["127.0.0.9", "127.0.0.9"]] as const) {
    const endpoint = spareEndpoint(given);
    assertEquals(endpoint.address, address);
    assertEquals(isPortFree(endpoint.port, { address }), true);
  }
});
