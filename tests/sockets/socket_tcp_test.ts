/** What Linux does with TCP sockets, seen through Socket. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { freePort, Socket, SocketError } from "fourtuple";
import { codeOf, Conversation, listening, textOf, TIMEOUT } from "./_sockets.ts";

function client(): Socket {
  return Socket.tcp({ timeout: TIMEOUT });
}

Deno.test("TCP: the handshake does not wait for accept", async () => {
  using server = listening();
  using early = client();
  await early.connect(server.localEndpoint());
  await early.send("I was here before you");
  using accepted = await server.accept();
  assertEquals(textOf(await accepted.receive()), "I was here before you");
});

Deno.test("TCP: one connection more than the backlog waits to be accepted", async () => {
  for (const backlog of [0, 1, 5]) {
    using server = listening("127.0.0.1", { backlog });
    const clients = Array.from({ length: backlog + 4 }, () => Socket.tcp({ timeout: 150 }));
    const results = await Promise.allSettled(
      clients.map((socket) => socket.connect(server.localEndpoint())),
    );
    for (const socket of clients) socket.close();
    const connected = results.filter(({ status }) => status === "fulfilled").length;
    assertEquals(connected, backlog + 1, `backlog ${backlog}`);
  }
});

Deno.test("TCP: a close with linger 0 is a reset, and leaves no TIME_WAIT", async () => {
  using server = listening();
  using caller = client();
  // A port that connect picks may be in TIME_WAIT toward elsewhere; this one nobody has.
  caller.bind("127.0.0.1:0");
  await caller.connect(server.localEndpoint());
  using accepted = await server.accept();
  const own = caller.localEndpoint();
  caller.setOption("linger", 0);
  caller.close();
  const error = await assertRejects(() => accepted.receive(), SocketError);
  assertEquals([error.call, error.code], ["recv", "ECONNRESET"]);
  assertEquals(await codeOf(() => accepted.send("x")), "EPIPE");
  using again = client();
  again.bind(own); // no TIME_WAIT
  await again.connect(server.localEndpoint());
});

Deno.test("TCP: a close with bytes unread is a reset, too", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  await client.send("nobody will read this");
  const waiting = assertRejects(() => client.receive(), SocketError);
  accepted.close();
  assertEquals((await waiting).code, "ECONNRESET");
});

Deno.test("TCP: after a shutdown of one side, data still comes from the other", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  client.shutdown("write");
  assertEquals((await accepted.receive()).length, 0);
  await accepted.sendAll("much to tell you yet");
  assertEquals(textOf(await client.receive()), "much to tell you yet");
  assertEquals(await codeOf(() => client.send("too late")), "EPIPE");
});

Deno.test("TCP: a socket can connect to itself", async () => {
  using socket = client();
  socket.bind("127.0.0.1:0");
  await socket.connect(socket.localEndpoint());
  assertEquals(socket.localEndpoint(), socket.remoteEndpoint());
  await socket.send("echo");
  assertEquals(textOf(await socket.receive()), "echo");
  socket.setOption("linger", 0);
});

Deno.test("TCP: a bound socket that does not listen refuses connections", async () => {
  using held = freePort();
  using caller = client();
  const error = await assertRejects(() => caller.connect(held.endpoint), SocketError);
  assertEquals([error.call, error.code], ["connect", "ECONNREFUSED"]);
  assertEquals(error.endpoint, held.endpoint);
});

Deno.test("TCP: an IPv6 socket sees IPv4 clients at mapped addresses, unless it has IPV6_V6ONLY", async () => {
  for (const v6Only of [false, true]) {
    using server = Socket.tcp({ family: "IPv6", timeout: TIMEOUT });
    server.setOption("v6Only", v6Only);
    const mapped = await codeOf(() => server.bind("[::ffff:127.0.0.1]:0"));
    assertEquals(mapped, v6Only ? "EINVAL" : "none");
    if (v6Only) continue;
    server.listen();
    using caller = client();
    await caller.connect(server.localEndpoint().unmapped());
    using accepted = await server.accept();
    assertEquals(accepted.remoteEndpoint().address, "::ffff:127.0.0.1");
    assertEquals(accepted.remoteEndpoint().unmapped(), caller.localEndpoint());
  }
});

Deno.test("TCP: of two sockets bound to one port with SO_REUSEADDR, only one may listen", () => {
  using one = Socket.tcp();
  using two = Socket.tcp();
  for (const socket of [one, two]) socket.setOption("reuseAddress", true);
  one.bind("127.0.0.1:0");
  two.bind(one.localEndpoint());
  one.listen();
  const error = assertThrows(() => two.listen(), SocketError);
  assertEquals([error.call, error.code], ["listen", "EADDRINUSE"]);
  assertEquals(error.endpoint, one.localEndpoint());
});
