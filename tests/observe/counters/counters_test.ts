/** Each counter, provoked in a private network, where nobody else moves it. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  connections,
  type CounterDifference,
  type CounterName,
  COUNTERS,
  type Counters,
  counters,
  PrivateNetwork,
  type PrivateNetworkOptions,
  Socket,
  SocketError,
} from "fourtuple";
import { assertCounted } from "../../../lib/observe/counters/counters.ts";
import { requires } from "../../requirements.ts";

const TIMEOUT = 5_000;
/** A connect that nobody answers: one second for each of the tries that the setting allows. */
const SILENCE_MS = 15_000;
const SERVER = "203.0.113.80:443";
const CLIENT = "10.0.0.5:0";
const ADDRESSES = ["203.0.113.80", "10.0.0.5"];

type Changes = Partial<Record<CounterName, number>>;

/** A network with a listener, and what one does there. */
class Lab implements AsyncDisposable {
  readonly network: PrivateNetwork;
  readonly listener: Socket;
  #before: Counters;

  private constructor(network: PrivateNetwork, backlog: number) {
    this.network = network;
    this.listener = Socket.tcp({ network: this.network, timeout: TIMEOUT });
    this.listener.bind(SERVER);
    this.listener.listen(backlog);
    this.#before = counters({ network });
  }

  static async make(options: PrivateNetworkOptions = {}, backlog = 16): Promise<Lab> {
    return new Lab(await PrivateNetwork.create({ addresses: ADDRESSES, ...options }), backlog);
  }

  async connect(timeout = TIMEOUT): Promise<Socket> {
    const client = Socket.tcp({ network: this.network, timeout });
    await client.connect(SERVER);
    return client;
  }

  async pair(): Promise<[client: Socket, server: Socket]> {
    return [await this.connect(), await this.listener.accept()];
  }

  /** What follows is counted from here. */
  begin(): void {
    this.#before = counters({ network: this.network });
  }

  difference(): CounterDifference {
    return counters({ network: this.network }).since(this.#before);
  }

  /** Asserts that the counters named change by so much, no more and no less. */
  async expect(changes: Changes): Promise<void> {
    const names = Object.keys(changes) as CounterName[];
    const seen = () => {
      const difference = this.difference();
      return Object.fromEntries(names.map((name) => [name, difference.get(name)]));
    };
    const agrees = () => JSON.stringify(seen()) === JSON.stringify(changes);
    for (const end = Date.now() + TIMEOUT; !agrees() && Date.now() < end;) await pause(2);
    // A segment that is still on its way could move one on.
    await pause(30);
    assertEquals(seen(), changes);
    for (const name of names) PROVOKED.add(name);
  }

  /** Asserts the same, and that no other counter of the course changes. */
  async expectOnly(changes: Changes): Promise<void> {
    await this.expect(changes);
    assertEquals(Object.fromEntries(this.difference().changed), changes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network.close();
  }
}

/** The counters that were seen to change by a number that was expected. */
const PROVOKED = new Set<CounterName>();
const SCENARIOS: (readonly [name: string, act: () => Promise<void>])[] = [];

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function live(name: string, act: () => Promise<void>): void {
  SCENARIOS.push([name, act]);
}

live("opened connections, and the three segments of each", async () => {
  await using lab = await Lab.make();
  for (let i = 0; i < 3; i++) await lab.connect();
  await lab.expectOnly({
    ActiveOpens: 3,
    PassiveOpens: 3,
    CurrEstab: 6,
    InSegs: 9,
    OutSegs: 9,
  });
});

live("a segment with data, and its acknowledgement", async () => {
  await using lab = await Lab.make();
  const [client] = await lab.pair();
  lab.begin();
  await client.sendAll("hello");
  await lab.expectOnly({ InSegs: 2, OutSegs: 2, TCPOrigDataSent: 1 });
});

live("TIME_WAIT once, at the side that closes first", async () => {
  await using lab = await Lab.make();
  const [client, server] = await lab.pair();
  lab.begin();
  client.close();
  await server.receive();
  server.close();
  await lab.expect({ CurrEstab: -2, TCPOrigDataSent: 2, TW: 1 });
});

live("a refused connection", async () => {
  await using lab = await Lab.make();
  const client = Socket.tcp({ network: lab.network, timeout: TIMEOUT });
  lab.begin();
  const error = await assertRejects(() => client.connect("203.0.113.80:444"), SocketError);
  assertEquals(error.code, "ECONNREFUSED");
  await lab.expectOnly({ ActiveOpens: 1, AttemptFails: 1, InSegs: 2, OutSegs: 2, OutRsts: 1 });
});

live("a close with a linger time of 0 as a reset at both ends", async () => {
  await using lab = await Lab.make();
  const [client] = await lab.pair();
  client.setOption("linger", 0);
  lab.begin();
  client.close();
  await lab.expectOnly({
    EstabResets: 2,
    CurrEstab: -2,
    InSegs: 1,
    OutSegs: 1,
    OutRsts: 1,
    TCPAbortOnData: 1,
  });
});

live("a close before all was read as a reset at both ends", async () => {
  await using lab = await Lab.make();
  const [client, server] = await lab.pair();
  await server.sendAll("nobody reads this");
  await lab.expect({ TCPOrigDataSent: 1, InSegs: 5 });
  lab.begin();
  client.close();
  await lab.expectOnly({
    EstabResets: 2,
    CurrEstab: -2,
    InSegs: 1,
    OutSegs: 1,
    OutRsts: 1,
    TCPAbortOnClose: 1,
  });
});

live("a full accept queue, every knock at it, and the end of patience", async () => {
  await using lab = await Lab.make({ sysctls: { "net.ipv4.tcp_syn_retries": 1 } }, 1);
  // A backlog of 1 has room for two.
  await lab.connect();
  await lab.connect();
  lab.begin();
  const error = await assertRejects(() => lab.connect(SILENCE_MS), SocketError);
  assertEquals(error.code, "ETIMEDOUT");
  // How many tries a setting of 1 means has changed with tcp_syn_linear_timeouts (Linux 6.5).
  const again = lab.difference().get("TCPSynRetrans");
  assert(again >= 1 && again < 8, `${again} repetitions`);
  await lab.expectOnly({
    ActiveOpens: 1,
    AttemptFails: 1,
    InSegs: 1 + again,
    OutSegs: 1,
    RetransSegs: again,
    TCPTimeouts: 1 + again,
    TCPSynRetrans: again,
    ListenOverflows: 1 + again,
    ListenDrops: 1 + again,
    TCPAbortOnTimeout: 1,
  });
});

live("a four-tuple that is taken over from TIME_WAIT", async () => {
  await using lab = await Lab.make({
    sysctls: { "net.ipv4.ip_local_port_range": "50000 50000", "net.ipv4.tcp_tw_reuse": 1 },
  });
  const [client, server] = await lab.pair();
  client.close();
  await server.receive();
  server.close();
  await lab.expect({ TW: 1 });
  lab.begin();
  // The kernel waits a second before it takes one over.
  for (const end = Date.now() + TIMEOUT; Date.now() < end; await pause(50)) {
    const next = Socket.tcp({ network: lab.network, timeout: TIMEOUT });
    try {
      await next.connect(SERVER);
      break;
    } catch (error) {
      next.close();
      if (!(error instanceof SocketError && error.code === "EADDRNOTAVAIL")) throw error;
    }
  }
  await lab.expectOnly({
    ActiveOpens: 1,
    PassiveOpens: 1,
    CurrEstab: 2,
    InSegs: 3,
    OutSegs: 3,
    TWRecycled: 1,
  });
});

for (const family of ["IPv4", "IPv6"] as const) {
  const [server, client, closed] = family === "IPv4"
    ? ["203.0.113.80:53", "10.0.0.5:0", "203.0.113.80:54"]
    : ["[::1]:53", "[::1]:0", "[::1]:54"];

  live(`datagrams when they are sent and when they are taken, ${family}`, async () => {
    await using lab = await Lab.make();
    const receiver = Socket.udp({ network: lab.network, family, timeout: TIMEOUT });
    receiver.bind(server);
    const sender = Socket.udp({ network: lab.network, family, timeout: TIMEOUT });
    sender.bind(client);
    await sender.connect(server);
    for (let i = 0; i < 3; i++) await sender.send("hello");
    await lab.expectOnly({ OutDatagrams: 3 });
    await receiver.receiveFrom();
    await lab.expectOnly({ InDatagrams: 1, OutDatagrams: 3 });
  });

  live(`datagrams to a port that no socket has, ${family}`, async () => {
    await using lab = await Lab.make();
    const sender = Socket.udp({ network: lab.network, family, timeout: TIMEOUT });
    await sender.connect(closed);
    await sender.send("hello");
    await lab.expectOnly({ OutDatagrams: 1, NoPorts: 1 });
  });

  live(`datagrams that find a full buffer, ${family}`, async () => {
    await using lab = await Lab.make();
    const receiver = Socket.udp({ network: lab.network, family, timeout: TIMEOUT });
    receiver.setOption("receiveBufferSize", 4096);
    receiver.bind(server);
    const sender = Socket.udp({ network: lab.network, family, timeout: TIMEOUT });
    await sender.connect(server);
    const COUNT = 40;
    for (let i = 0; i < COUNT; i++) await sender.send("a".repeat(1000));
    // How many fit is the kernel's bookkeeping; but every one is either there or counted as lost.
    const kept = await waiting(receiver);
    assert(kept > 0 && kept < COUNT, `${kept} were kept`);
    const lost = COUNT - kept;
    await lab.expectOnly({
      InDatagrams: kept,
      OutDatagrams: COUNT,
      InErrors: lost,
      RcvbufErrors: lost,
    });
  });
}

live("datagrams that a full sending buffer keeps back", async () => {
  await using lab = await Lab.make();
  // A way to nobody: what is sent there waits for an answer to "who has this address?".
  const [enter, ...words] = lab.network.enter;
  const route = [...words, "ip", "route", "add", "10.9.9.9/32", "dev", "eth0", "src", "10.0.0.5"];
  assert((await new Deno.Command(enter!, { args: route }).output()).success);
  const sender = Socket.udp({ network: lab.network, timeout: 100 });
  sender.setOption("sendBufferSize", 4096);
  sender.bind(CLIENT);
  await sender.connect("10.9.9.9:53");
  lab.begin();
  const COUNT = 8;
  let kept = 0;
  for (let i = 0; i < COUNT; i++) {
    await sender.send("a".repeat(1000)).then(() => kept++, (error) => {
      assertEquals(error.name, "TimeoutError");
    });
  }
  assert(kept > 0 && kept < COUNT, `${kept} were kept`);
  await lab.expectOnly({ OutDatagrams: kept, SndbufErrors: COUNT - kept });
});

Deno.test({
  name: "counters() moves each counter by what was done, and no other one",
  ...requires("network namespace"),
  async fn(t) {
    for (const [name, act] of SCENARIOS) await t.step(name, act);
    assertEquals([...PROVOKED].toSorted(), Object.keys(COUNTERS).toSorted() as CounterName[]);
  },
});

Deno.test({
  name: "counters() has every counter on this kernel",
  ignore: Deno.build.os !== "linux",
  fn() {
    assertEquals([...counters()].map(([name]) => name as string), Object.keys(COUNTERS));
  },
});

Deno.test({
  name: "counters() of a private network are its own",
  ...requires("network namespace"),
  async fn() {
    const network = await PrivateNetwork.create();
    assertEquals([...counters({ network })].filter(([, number]) => number !== 0), []);
    await network.close();
    const closed = "a network is open, got a closed one";
    assertEquals(
      assertThrows(() => counters({ network }), Deno.errors.BadResource).message,
      `Cannot read the kernel's counters: ${closed}`,
    );
    assertEquals(
      assertThrows(() => connections({}, { network }), Deno.errors.BadResource).message,
      `Cannot list the kernel's sockets: ${closed}`,
    );
  },
});

Deno.test("counters() are those of Linux", () => {
  for (const os of ["darwin", "windows"]) {
    assertThrows(() => assertCounted(os), Deno.errors.NotSupported, os);
  }
});

Deno.test("counters() refuses options that it does not know: they would read the machine's counters", () => {
  for (const options of [{ netwrok: 1 }, { network: 5 }, 8080, { pid: 1, diagDescriptor: 3 }]) {
    assertThrows(() => counters(options as object), TypeError);
  }
});

/** Takes all datagrams that are there, and returns how many. */
async function waiting(receiver: Socket): Promise<number> {
  for (let count = 0;; count++) {
    try {
      await receiver.receiveFrom({ timeout: 100 });
    } catch (error) {
      assertEquals((error as Error).name, "TimeoutError");
      return count;
    }
  }
}
