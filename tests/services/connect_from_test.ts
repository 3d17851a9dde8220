import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { connectFrom, Endpoint, freePort, labNetwork, Socket, SocketError } from "fourtuple";
import { testOnBoth } from "./_addresses.ts";
import { PATIENCE } from "./_clients.ts";
import { assertNothingLeft, openSockets } from "./_leftovers.ts";

const WAIT = { timeout: PATIENCE };

function listen(at: Endpoint): Socket {
  const socket = Socket.tcp({ family: at.family, ...WAIT });
  socket.bind(at);
  socket.listen();
  return socket;
}

testOnBoth("connectFrom() connects from the port that the client has chosen", async (anyPort) => {
  const held = freePort({ address: anyPort.address });
  held.release();
  const server = listen(anyPort);
  const client = await connectFrom(held.endpoint, server.localEndpoint(), WAIT);
  const accepted = await server.accept();
  assertEquals(String(accepted.remoteEndpoint()), String(held.endpoint));

  const elsewhere = listen(anyPort);
  const second = await connectFrom(held.endpoint, elsewhere.localEndpoint(), WAIT);
  assertEquals(second.localEndpoint(), client.localEndpoint());

  const tuple = `${held.endpoint} -> ${server.localEndpoint()}`;
  const error = await assertRejects(
    () => connectFrom(held.endpoint, server.localEndpoint(), WAIT),
    SocketError,
    `another connection has the four-tuple ${tuple}`,
  );
  assertEquals(
    [error.call, error.code, error.endpoint],
    ["connect", "EADDRNOTAVAIL", server.localEndpoint()],
  );
  const ports = [held, server.localEndpoint(), elsewhere.localEndpoint()].map(({ port }) => port);
  for (const socket of [client, accepted, second, server, elsewhere]) socket.close();
  await assertNothingLeft(ports);
});

Deno.test("connectFrom() connects from one port of three computers at the same time", async () => {
  using server = listen(Endpoint.from("127.0.0.1", 0));
  // A port that bind() picks: no connection in TIME_WAIT has it at another address.
  const held = freePort({ address: "127.0.0.2" });
  const { port } = held;
  held.release();
  using first = await connectFrom(`127.0.0.2:${port}`, server.localEndpoint(), WAIT);
  using second = await connectFrom(`127.0.0.3:${port}`, server.localEndpoint(), WAIT);
  using third = await connectFrom(`127.0.0.4:${port}`, server.localEndpoint(), WAIT);
  using accepted = await server.accept();
  assertEquals(
    [first, second, third].map((socket) => String(socket.localEndpoint())),
    [`127.0.0.2:${port}`, `127.0.0.3:${port}`, `127.0.0.4:${port}`],
  );
  assertEquals(accepted.remoteEndpoint(), first.localEndpoint());
});

testOnBoth("connectFrom() is refused a port on which another socket listens", async (anyPort) => {
  const server = listen(anyPort);
  const other = listen(anyPort);
  const error = await assertRejects(
    () => connectFrom(other.localEndpoint(), server.localEndpoint(), WAIT),
    SocketError,
  );
  assertEquals([error.call, error.code], ["bind", "EADDRINUSE"]);
  server.close();
  other.close();
});

testOnBoth("connectFrom() does not connect a socket to itself", async (anyPort) => {
  const held = freePort({ address: anyPort.address });
  held.release();
  const itself = await assertRejects(() => connectFrom(held.endpoint, held.endpoint, WAIT));
  assertInstanceOf(itself, RangeError);
});

Deno.test("connectFrom() makes its socket in the network that it is given", async () => {
  await using network = await labNetwork({ addresses: ["10.0.0.5"] });
  const server = Socket.tcp({ network, timeout: 5000 });
  server.bind(network.endpoint("10.0.0.5:80"));
  server.listen();
  const from = network.endpoint("10.0.0.5:6001");
  const client = await connectFrom(from, server.localEndpoint(), { ...WAIT, network });
  assertEquals(String(client.localEndpoint()), String(from));
  assert(network.sockets.has(client));
});

Deno.test("connectFrom() closes its socket when the connection fails", async () => {
  const before = openSockets();
  const held = freePort();
  held.release();
  const refused = await assertRejects(
    () => connectFrom("127.0.0.1:0", held.endpoint, WAIT),
    SocketError,
  );
  assertEquals([refused.call, refused.code], ["connect", "ECONNREFUSED"]);
  const foreign = await assertRejects(
    () => connectFrom("203.0.113.80:0", held.endpoint, WAIT),
    SocketError,
  );
  assertEquals([foreign.call, foreign.code], ["bind", "EADDRNOTAVAIL"]);
  await assertRejects(
    () => connectFrom("127.0.0.1:0", "[::1]:80"),
    TypeError,
  );
  for (const options of [{ timout: 5 }, { timeout: "5" }, { signal: {} }]) {
    await assertRejects(
      () => connectFrom("127.0.0.1:0", held.endpoint, options as never),
      TypeError,
    );
  }
  assertEquals(openSockets(), before);
});
