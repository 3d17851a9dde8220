import { assert, assertEquals, assertThrows } from "@std/assert";
import { connections, labNetwork, listenAt, Socket, SocketError } from "fourtuple";
import { inodesOf } from "../../lib/observe/sources/open_sockets.ts";

Deno.test("listenAt() listens at the endpoint, with the backlog that it is given", () => {
  for (const [at, family] of [["127.0.0.1:0", "IPv4"], ["[::1]:0", "IPv6"]] as const) {
    using server = listenAt(at, { backlog: 3 });
    assertEquals(server.family, family);
    const { port } = server.localEndpoint();
    const [row] = connections({ localPort: port, state: "LISTEN" });
    assertEquals([row?.local.port, row?.sendQueue], [port, 3]);
  }
});

Deno.test("listenAt() makes its socket in the network that it is given", async () => {
  await using network = await labNetwork({ addresses: ["10.0.0.1"] });
  const server = listenAt(network.endpoint("10.0.0.1:80"), { network, timeout: 5000 });
  assert(network.sockets.has(server));
  const client = Socket.tcp({ network, timeout: 5000 });
  await client.connect(server.localEndpoint());
  assertEquals((await server.accept()).remoteEndpoint(), client.localEndpoint());
});

Deno.test("listenAt() leaves no socket where the kernel refuses", () => {
  using taken = listenAt("127.0.0.1:0");
  const before = inodesOf().size;
  const error = assertThrows(() => listenAt(taken.localEndpoint()), SocketError);
  assertEquals([error.call, error.code], ["bind", "EADDRINUSE"]);
  assertEquals(inodesOf().size, before);
});

Deno.test("listenAt() refuses misspelt options and bad limits", () => {
  assertThrows(() => listenAt("127.0.0.1:0", { backlock: 1 } as never), TypeError);
  assertThrows(() => listenAt("127.0.0.1:0", { network: {} as never }), TypeError);
  assertThrows(() => listenAt("127.0.0.1:0", { backlog: -1 }), RangeError);
});
