import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { connectFrom, Endpoint, freePort, Socket, SocketError } from "fourtuple";
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

testOnBoth("connectFrom() comes from the port that the client has chosen", async (anyPort) => {
  const before = openSockets();
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
    `Cannot connect to "${server.localEndpoint()}": another connection has the four-tuple ` +
      `${tuple}, or it rests in TIME_WAIT, got EADDRNOTAVAIL`,
  );
  assertEquals([error.call, error.endpoint], ["connect", server.localEndpoint()]);
  const ports = [held, server.localEndpoint(), elsewhere.localEndpoint()].map(({ port }) => port);
  for (const socket of [client, accepted, second, server, elsewhere]) socket.close();
  await assertNothingLeft(ports, before);
});

Deno.test("connectFrom() comes from one port of three computers, at the same time", async () => {
  using server = listen(Endpoint.from("127.0.0.1", 0));
  // A port of bind's own picking: none that a connection in TIME_WAIT still has at another address.
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

testOnBoth("connectFrom() is refused where somebody listens", async (anyPort) => {
  const before = openSockets();
  const server = listen(anyPort);
  const other = listen(anyPort);
  const error = await assertRejects(
    () => connectFrom(other.localEndpoint(), server.localEndpoint(), WAIT),
    SocketError,
  );
  assertEquals([error.call, error.code], ["bind", "EADDRINUSE"]);
  server.close();
  other.close();
  assertEquals(openSockets(), before);
});

testOnBoth("connectFrom() does not connect a socket to itself", async (anyPort) => {
  const before = openSockets();
  const held = freePort({ address: anyPort.address });
  held.release();
  const itself = await assertRejects(() => connectFrom(held.endpoint, held.endpoint, WAIT));
  assertInstanceOf(itself, RangeError);
  assertEquals(
    itself.message,
    `Cannot connect from "${held.endpoint}" to "${held.endpoint}": a connection has two ends, ` +
      `got the same endpoint twice`,
  );
  assertEquals(openSockets(), before);
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
    'Cannot make a four-tuple of "127.0.0.1:0" and "[::1]:80": both addresses are of one family, ' +
      "got IPv4 and IPv6",
  );
  assertEquals(openSockets(), before);
});
