/** What the kernel answers, asked through Socket: the experiments that the notebooks make. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Endpoint, freePort, isPortFree, PortRange, Socket, SocketError } from "fourtuple";
import {
  codeOf,
  Conversation,
  datagrams,
  listening,
  receiveAll,
  textOf,
  TIMEOUT,
} from "../sockets/_sockets.ts";
import { requires } from "../requirements.ts";

/** The addresses that these tests and their neighbours use. */
const ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.9"];

/** A number of neighbouring ephemeral ports that were free a moment ago. */
function ephemeralPorts(count: number): PortRange {
  for (;;) {
    using held = freePort();
    const range = PortRange.from(Math.max(held.port - count, 1), held.port - 1);
    // A connect passes over a port that anybody has bound, at whatever address; TIME_WAIT counts.
    const free = (port: number) => ADDRESSES.every((address) => isPortFree(port, { address }));
    if ([...range].every(free)) return range;
  }
}

function client(range?: PortRange): Socket {
  const socket = Socket.tcp({ timeout: TIMEOUT });
  if (range !== undefined) socket.setOption("localPortRange", range);
  return socket;
}

Deno.test("experiment 2: the handshake does not wait for accept", async () => {
  using server = listening();
  using early = client();
  await early.connect(server.localEndpoint());
  await early.send("I was here before you");
  using accepted = await server.accept();
  assertEquals(textOf(await accepted.receive()), "I was here before you");
});

Deno.test("experiment 3: one connection more than the backlog waits to be accepted", async () => {
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

Deno.test({
  name: "experiment 5: out of ports in four connects",
  ...requires("Linux 6.3"),
  async fn() {
    const range = ephemeralPorts(4);
    using server = listening();
    using other = listening("127.0.0.2");
    using stack = new DisposableStack();
    const dial = async (to: Socket) => {
      const socket = stack.use(client(range));
      await socket.connect(to.localEndpoint());
      return socket.localEndpoint().port;
    };
    const ports = [await dial(server), await dial(server), await dial(server), await dial(server)];
    assertEquals(ports.toSorted(), [...range]);
    assertEquals(await codeOf(() => dial(server)), "EADDRNOTAVAIL");
    assert(range.has(await dial(other)), "another destination has four-tuples left");

    using bound = client(range);
    assertEquals(await codeOf(() => bound.bind("127.0.0.1:0")), "EADDRINUSE");
    bound.setOption("bindAddressNoPort", true);
    bound.bind("127.0.0.1:0");
    assertEquals(bound.localEndpoint().port, 0);
    await bound.connect(other.localEndpoint());
    assert(range.has(bound.localEndpoint().port));

    // UDP has no four-tuples to tell sockets apart, and another error.
    const udp = Array.from({ length: 5 }, () => stack.use(Socket.udp({ timeout: TIMEOUT })));
    for (const socket of udp) socket.setOption("localPortRange", range);
    const codes = [];
    for (const socket of udp) codes.push(await codeOf(() => socket.connect("127.0.0.1:9")));
    assertEquals(codes, ["none", "none", "none", "none", "EAGAIN"]);
    const error = await assertRejects(() => udp[4]!.sendTo("x", "127.0.0.1:9"), SocketError);
    assertEquals(
      error.message,
      'Cannot send a datagram to "127.0.0.1:9": no ephemeral port is free for this socket, ' +
        "got EAGAIN",
    );
  },
});

Deno.test({
  name: "experiment 6: one local port, several connections",
  ...requires("Linux 6.3"),
  async fn() {
    const range = ephemeralPorts(1);
    using one = listening();
    using other = listening("127.0.0.2");
    using third = listening("127.0.0.3");
    {
      using first = client(range);
      using second = client(range);
      await first.connect(one.localEndpoint());
      await second.connect(other.localEndpoint());
      assertEquals(first.localEndpoint(), second.localEndpoint());

      // Bound first, a socket needs a port that nobody has: it may yet connect to anywhere.
      using bound = client(range);
      const inUse = await codeOf(async () => {
        bound.bind("127.0.0.1:0");
        await bound.connect(other.localEndpoint());
      });
      assert(["EADDRINUSE", "EADDRNOTAVAIL"].includes(inUse), inUse);
      using late = client(range);
      late.setOption("bindAddressNoPort", true);
      late.bind("127.0.0.1:0");
      await late.connect(third.localEndpoint());
      assertEquals(late.localEndpoint(), first.localEndpoint());
      for (const socket of [first, second, late]) socket.setOption("linger", 0); // no TIME_WAIT
    }
    const own = Endpoint.from("127.0.0.1", range.first);
    using holder = client();
    using latecomer = client();
    holder.bind(own);
    assertEquals(await codeOf(() => latecomer.bind(own)), "EADDRINUSE");
  },
});

Deno.test("experiment 6: SO_REUSEADDR on both lets two sockets bind to one port", async () => {
  using one = listening();
  using other = listening("127.0.0.2");
  using first = client();
  using second = client();
  for (const socket of [first, second]) socket.setOption("reuseAddress", true);
  first.bind("127.0.0.1:0");
  second.bind(first.localEndpoint());
  await first.connect(one.localEndpoint());
  await second.connect(other.localEndpoint());
  assertEquals(first.localEndpoint(), second.localEndpoint());
  assertEquals(
    await codeOf(async () => {
      using third = client();
      third.setOption("reuseAddress", true);
      third.bind(first.localEndpoint());
      await third.connect(one.localEndpoint());
    }),
    "EADDRNOTAVAIL", // that four-tuple is taken
  );
});

const TIME_WAITS = [
  { closer: "client", reuse: [false, false], code: "none" },
  { closer: "server", reuse: [false, false], code: "EADDRINUSE" },
  { closer: "server", reuse: [false, true], code: "EADDRINUSE" },
  { closer: "server", reuse: [true, true], code: "none" },
] as const;

Deno.test("experiment 7: TIME_WAIT belongs to the active closer", async () => {
  for (const { closer, reuse: [before, after], code } of TIME_WAITS) {
    using conversation = await Conversation.over("127.0.0.1", { reuseAddress: before });
    const { server, client, accepted } = conversation;
    const at = server.localEndpoint();
    server.close();
    const [first, last] = closer === "client" ? [client, accepted] : [accepted, client];
    first.close();
    assertEquals(await receiveAll(last), "");
    last.close();

    using next = Socket.tcp();
    next.setOption("reuseAddress", after);
    assertEquals(await codeOf(() => next.bind(at)), code, `${closer} first, ${before}, ${after}`);
  }
});

Deno.test("experiment 10: a close with linger 0 is a reset", async () => {
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

Deno.test("experiment 10: a close with bytes unread is a reset, too", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  await client.send("nobody will read this");
  const waiting = assertRejects(() => client.receive(), SocketError);
  accepted.close();
  assertEquals((await waiting).code, "ECONNRESET");
});

Deno.test("experiment 10: after a shutdown of one side, data still comes from the other", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  client.shutdown("write");
  assertEquals((await accepted.receive()).length, 0);
  await accepted.sendAll("much to tell you yet");
  assertEquals(textOf(await client.receive()), "much to tell you yet");
  assertEquals(await codeOf(() => client.send("too late")), "EPIPE");
});

Deno.test("experiment 11: a socket that connects to itself", async () => {
  using socket = client();
  socket.bind("127.0.0.1:0");
  await socket.connect(socket.localEndpoint());
  assertEquals(socket.localEndpoint(), socket.remoteEndpoint());
  await socket.send("echo");
  assertEquals(textOf(await socket.receive()), "echo");
  socket.setOption("linger", 0);
});

Deno.test("experiment 12: UDP's errors", async () => {
  const nobody = datagrams();
  const at = nobody.localEndpoint();
  nobody.close();

  using unconnected = datagrams();
  for (let time = 0; time < 3; time++) assertEquals(await unconnected.sendTo("x", at), 1);
  await assertRejects(() => unconnected.receive({ timeout: 20 }), DOMException);

  using connected = datagrams();
  await connected.connect(at);
  const codes = [];
  for (let time = 0; time < 4; time++) codes.push(await codeOf(() => connected.send("x")));
  assertEquals(codes, ["none", "ECONNREFUSED", "none", "ECONNREFUSED"]);

  using listener = datagrams();
  listener.setOption("receiveErrors", true);
  await listener.sendTo("x", at);
  assertEquals(await codeOf(() => listener.receive()), "ECONNREFUSED");
});

Deno.test("experiment 12: a connected UDP socket drops strangers", async () => {
  using friend = datagrams();
  using stranger = datagrams();
  using connected = datagrams();
  await connected.connect(friend.localEndpoint());
  await stranger.sendTo("stranger", connected.localEndpoint());
  await friend.sendTo("friend", connected.localEndpoint());
  assertEquals(textOf(await connected.receive()), "friend");
  await assertRejects(() => connected.receive({ timeout: 20 }), DOMException);
});

Deno.test("experiment 13: who may share a port", async () => {
  using server = listening();
  const { port } = server.localEndpoint();
  using other = Socket.tcp();
  other.bind(Endpoint.from("127.0.0.2", port));
  other.listen();
  using udp = Socket.udp();
  udp.bind(Endpoint.from("127.0.0.1", port));

  using one = Socket.tcp();
  using two = Socket.tcp();
  for (const socket of [one, two]) socket.setOption("reuseAddress", true);
  one.bind("127.0.0.1:0");
  two.bind(one.localEndpoint());
  one.listen();
  const error = await assertRejects(async () => await two.listen(), SocketError);
  assertEquals([error.call, error.code, error.endpoint], [
    "listen",
    "EADDRINUSE",
    one.localEndpoint(),
  ]);
});

Deno.test("experiment 13: SO_REUSEPORT spreads the clients over the listeners", async () => {
  using stack = new DisposableStack();
  const servers = Array.from({ length: 4 }, () => stack.use(Socket.tcp({ timeout: TIMEOUT })));
  for (const server of servers) {
    server.setOption("reusePort", true);
    server.bind(server === servers[0] ? "127.0.0.1:0" : servers[0]!.localEndpoint());
    server.listen(400);
  }
  const clients = Array.from({ length: 400 }, () => stack.use(client()));
  await Promise.all(clients.map((socket) => socket.connect(servers[0]!.localEndpoint())));
  const counts = await Promise.all(servers.map(countAccepted));
  assertEquals(counts.reduce((sum, count) => sum + count, 0), 400);
  for (const count of counts) assert(50 < count && count < 150, `${counts}`);
});

async function countAccepted(server: Socket): Promise<number> {
  for (let count = 0;; count++) {
    try {
      (await server.accept({ timeout: 0 })).close();
    } catch (error) {
      if (error instanceof DOMException) return count;
      throw error;
    }
  }
}

Deno.test("experiment 14: bound is not listening", async () => {
  using held = freePort();
  using caller = client();
  const error = await assertRejects(() => caller.connect(held.endpoint), SocketError);
  assertEquals(
    error.message,
    `Cannot connect to "${held.endpoint}": the machine answered that no socket listens on this ` +
      "port, got ECONNREFUSED",
  );
});

Deno.test("experiment 15: a mapped address on an IPv6 socket, and none with IPV6_V6ONLY", async () => {
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
