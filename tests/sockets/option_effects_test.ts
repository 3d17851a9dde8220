/** What socket options change in what the kernel does. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  cableLab,
  Endpoint,
  freePort,
  isPortFree,
  PortRange,
  Socket,
  SocketError,
} from "fourtuple";
import { requires } from "../requirements.ts";
import { codeOf, listening, TIMEOUT } from "./_sockets.ts";

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

Deno.test({
  name: "localPortRange: four ports are used up by four connections",
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
    assertEquals(error.code, "EAGAIN");
  },
});

Deno.test({
  name: "localPortRange: one local port carries several connections",
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

Deno.test("reuseAddress: on both sockets it lets them bind to one port and connect to two servers", async () => {
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

Deno.test("reusePort: the kernel spreads the clients over the listeners", async () => {
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

Deno.test({
  name:
    "keepAlive and userTimeout end a connection whose other end is unplugged; nothing else does",
  ...requires("network namespace"),
  async fn() {
    await using lab = await cableLab();
    const [plain] = await lab.connect();
    const [kept] = await lab.connect();
    const [hasty] = await lab.connect();
    kept.setOption("keepAlive", true);
    kept.setOption("keepAliveIdle", 1);
    kept.setOption("keepAliveInterval", 1);
    kept.setOption("keepAliveCount", 1);
    hasty.setOption("userTimeout", 500);
    await lab.unplug();
    await hasty.send("hello");
    const codes = [kept, hasty].map((each) => codeOf(() => each.receive({ timeout: 60_000 })));
    assertEquals(await Promise.all(codes), ["ETIMEDOUT", "ETIMEDOUT"]);
    const left = lab.rows({ remotePort: lab.port, state: "ESTABLISHED" }).client;
    assertEquals(left.map(({ local }) => local.port), [plain.localEndpoint().port]);
  },
});
