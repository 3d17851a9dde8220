import { assert, assertEquals, assertRejects } from "@std/assert";
import { connectClients, labNetwork, listenAt, Socket, SocketError } from "fourtuple";
import { isRefusal } from "../../lib/refusal.ts";
import { inodesOf } from "../../lib/observe/sources/open_sockets.ts";

Deno.test("connectClients() has both ends of each connection, in the same order, and closes all", async () => {
  using server = listenAt("127.0.0.1:0", { backlog: 1 });
  const ten = await connectClients(server, 10);
  assertEquals([ten.clients.length, ten.accepted.length], [10, 10]);
  for (const [index, client] of ten.clients.entries()) {
    assertEquals(ten.accepted[index]!.remoteEndpoint(), client.localEndpoint());
  }
  ten.close();
  assert([...ten.clients, ...ten.accepted].every(({ isClosed }) => isClosed));
});

Deno.test("connectClients() connects in the server's network, and over IPv6", async () => {
  await using network = await labNetwork({ addresses: ["10.0.0.1"] });
  const server = listenAt(network.endpoint("10.0.0.1:80"), { network });
  using two = await connectClients(server, 2, { network });
  assert([...two.clients, ...two.accepted].every((socket) => network.sockets.has(socket)));
  using six = listenAt("[::1]:0");
  using one = await connectClients(six, 1);
  assertEquals(one.clients[0]!.family, "IPv6");
});

Deno.test("connectClients() leaves nothing open where a call fails", async () => {
  const before = inodesOf().size;
  const bound = Socket.tcp();
  bound.bind("127.0.0.1:0");
  const error = await assertRejects(() => connectClients(bound, 3), SocketError);
  assertEquals([error.call, error.code], ["connect", "ECONNREFUSED"]);
  bound.close();
  assertEquals(inodesOf().size, before);
});

Deno.test("connectClients() refuses what is no server, and numbers out of bounds", async () => {
  using server = listenAt("127.0.0.1:0");
  for (
    const [given, Class] of [
      [[7, 1], TypeError],
      [[server, 0], RangeError],
      [[server, 10_001], RangeError],
      [[server, 1, { timeOut: 1 }], TypeError],
    ] as const
  ) {
    const connect = connectClients as (...given: unknown[]) => Promise<unknown>;
    assert(isRefusal(await assertRejects(() => connect(...given), Class)));
  }
});
