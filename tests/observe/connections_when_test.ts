import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { allClosed, connectionsWhen } from "../../lib/observe/connections_when.ts";
import { listeners } from "../../lib/observe/connections.ts";
import { holdersByInode, OwnRows } from "../../lib/observe/_own_rows.ts";
import { type Connection, plainConnection } from "../../lib/observe/rows/connection.ts";
import { isRefusal } from "../../lib/refusal.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { parseEndpoint } from "../../lib/tuples/endpoint.ts";
import { requires } from "../requirements.ts";
import { row } from "./_rows.ts";

function listen(): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port: 0 });
}

Deno.test("connectionsWhen() returns the rows of the moment at which the condition holds", async () => {
  using listener = listen();
  const { port } = listener.addr;
  const calling = new Promise<Deno.TcpConn>((resolve) =>
    setTimeout(() => resolve(Deno.connect({ hostname: "127.0.0.1", port })), 30)
  );
  const rows = await connectionsWhen({ localPort: port }, (rows) => rows.length === 2);
  assertEquals(rows.map((row) => row.state), ["LISTEN", "ESTABLISHED"]);
  (await calling).close();
});

Deno.test("connectionsWhen() tells the rows as they stood when the time is over", async () => {
  using listener = listen();
  const { port } = listener.addr;
  const error = await assertRejects(
    () => connectionsWhen({ port }, (rows) => rows.length === 0, { timeout: 20 }),
    DOMException,
  );
  assertEquals(error.name, "TimeoutError");
  assertMatch(
    error.message,
    new RegExp(
      `: the limit is 20 ms, got\nprotocol.*\ntcp +LISTEN +127\\.0\\.0\\.1:${port}`,
    ),
  );
});

Deno.test("connectionsWhen() and allClosed() refuse wrong options at once", async () => {
  const table: [options: object, kind: ErrorConstructor, part: string][] = [
    [{ timeout: NaN }, RangeError, "NaN"],
    [{ timeout: Infinity }, RangeError, "Infinity"],
    [{ timeout: -1 }, RangeError, "-1"],
    [{ timeout: "20" }, TypeError, '"20"'],
    [{ timout: 20 }, TypeError, '"timout"'],
    [{ network: 5 }, TypeError, "5"],
  ];
  for (const [options, kind, part] of table) {
    for (
      const wait of [() => connectionsWhen({}, () => false, options), () => allClosed([], options)]
    ) {
      const error = await assertRejects(wait, kind);
      assert(isRefusal(error));
      assertEquals(error.part, part);
    }
  }
  await assertRejects(() => connectionsWhen({}, "rows" as never), TypeError);
});

Deno.test("connectionsWhen() refuses a bad filter at once", async () => {
  await assertRejects(async () => await connectionsWhen({ port: 70000 }, () => true), RangeError);
});

Deno.test("allClosed() returns what is in TIME_WAIT, and refuses what is open", async () => {
  const listener = listen();
  const { port } = listener.addr;
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  const accepted = await listener.accept();
  const error = await assertRejects(() => allClosed([port], { timeout: 20 }), DOMException);
  const rows = error.message.split("\n").slice(2);
  assertEquals(rows.filter((row) => !row.includes(`:${port}`)), [], "the rows of others");
  client.close();
  accepted.close();
  listener.close();
  assert((await allClosed([port])).every((row) => row.state === "TIME_WAIT"));
});

Deno.test("allClosed() refuses what is no port", async () => {
  await assertRejects(() => allClosed([80.5]), RangeError);
});

/**
 * A program that obeys lines "listen", "udp PORT", "connect PORT" and "close PORT", answers each with a
 * port of its own, and ends after a minute.
 */
const PROGRAM = `
  const open = new Map();
  const keep = (port, socket) => (open.set(port, socket), port);
  const commands = {
    listen: () => {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      return keep(listener.addr.port, listener);
    },
    udp: (port) => {
      const options = { transport: "udp", hostname: "127.0.0.1", port };
      return keep(port, Deno.listenDatagram(options));
    },
    connect: async (port) => {
      const client = await Deno.connect({ hostname: "127.0.0.1", port });
      return keep(client.localAddr.port, client);
    },
    close: (port) => (open.get(port).close(), port),
  };
  setTimeout(() => Deno.exit(), 60_000);
  console.log(Deno.pid);
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const [command, port] = text.trim().split(" ");
    console.log(await commands[command](Number(port)));
  }
`;

/** Another program, that this one has started ("own") or that has no parent here ("foreign"). */
class Peer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;
  #pid = 0;

  private constructor(whose: "own" | "foreign") {
    const run = `"$0" eval --unstable-net "$1"`;
    // The shell ends at once, so that nobody here is the parent of what it has started.
    const script = whose === "own" ? `exec ${run}` : `${run} <&3 3<&- & exit`;
    this.#child = new Deno.Command("sh", {
      args: ["-c", `exec 3<&0; ${script}`, Deno.execPath(), PROGRAM],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const text = this.#child.stdout.pipeThrough(new TextDecoderStream());
    this.#lines = text[Symbol.asyncIterator]();
    this.#commands = this.#child.stdin.getWriter();
  }

  static async start(whose: "own" | "foreign"): Promise<Peer> {
    const peer = new Peer(whose);
    peer.#pid = await peer.#answer();
    return peer;
  }

  /** Has the program do this, and returns its port. */
  async do(command: string, port?: number): Promise<number> {
    await this.#commands.write(new TextEncoder().encode(`${command} ${port ?? ""}\n`));
    return await this.#answer();
  }

  async #answer(): Promise<number> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The program has ended");
    return Number(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#pid !== 0) Deno.kill(this.#pid, "SIGKILL");
    await this.#commands.abort().catch(() => {});
    await this.#lines.return?.();
    await this.#child.status;
  }
}

/** What allClosed() finds open at these ports: rows without the queues; none if it is content. */
async function openAt(...ports: number[]): Promise<string[]> {
  try {
    await allClosed(ports, { timeout: 0 });
    return [];
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "TimeoutError")) throw error;
    const rows = error.message.split("\n").slice(2);
    return rows.map((text) => text.trim().split(/ +/).slice(0, 4).join(" ")).sort();
  }
}

Deno.test("allClosed() counts the sockets of programs that this one has started, and no others", async () => {
  await using own = await Peer.start("own");
  await using foreign = await Peer.start("foreign");
  const [ownPort, foreignPort] = [await own.do("listen"), await foreign.do("listen")];
  assertEquals(await openAt(ownPort, foreignPort), [`tcp LISTEN 127.0.0.1:${ownPort} *`]);
  assertEquals(await openAt(foreignPort), []);

  // A connection to somebody else's server is one's own at one end.
  const client = await Deno.connect({ hostname: "127.0.0.1", port: foreignPort });
  const clientPort = client.localAddr.port;
  const row = `tcp ESTABLISHED 127.0.0.1:${clientPort} 127.0.0.1:${foreignPort}`;
  assertEquals(await openAt(foreignPort), [row]);
  client.close();
  await allClosed([clientPort, foreignPort]);

  await own.do("close", ownPort);
  await allClosed([ownPort]);
});

Deno.test("allClosed() is content with other programs' TCP and UDP sockets at the same ports", async () => {
  await using foreign = await Peer.start("foreign");
  const port = await foreign.do("listen");
  await foreign.do("udp", port);
  assertEquals(await openAt(port), []);
  // Open at both ends, and not accepted yet.
  const unaccepted = await foreign.do("connect", port);
  assertEquals(await openAt(port, unaccepted), []);
  // One end is closed: the other is in the queue of a foreign listener.
  await foreign.do("close", unaccepted);
  assertEquals(await openAt(port), []);

  // One's own UDP socket at a foreign TCP port counts alone.
  await foreign.do("close", port);
  const again = await foreign.do("listen");
  using udp = Socket.udp();
  udp.bind(`127.0.0.1:${again}`);
  assertEquals(await openAt(again), [`udp UNCONNECTED 127.0.0.1:${again} *`]);
});

Deno.test("allClosed() counts a client of another program in the queue of one's own listener", async () => {
  await using foreign = await Peer.start("foreign");
  const listener = listen();
  const { port } = listener.addr;
  const client = await foreign.do("connect", port);
  const row = (state: string) => `tcp ${state} 127.0.0.1:${port} 127.0.0.1:${client}`;
  assertEquals(await openAt(client), [row("ESTABLISHED")]);
  await foreign.do("close", client);
  await connectionsWhen({ localPort: port }, (rows) => rows.some((r) => r.state === "CLOSE_WAIT"));
  assertEquals(await openAt(client), [row("CLOSE_WAIT")]);
  listener.close();
  await allClosed([port, client]);
});

Deno.test("allClosed() counts connections that this program has closed, and others have not", async () => {
  await using foreign = await Peer.start("foreign");
  await using own = await Peer.start("own");
  for (const peer of [foreign, own]) {
    const listener = listen();
    const { port } = listener.addr;
    const client = await peer.do("connect", port);
    const accepted = await listener.accept();
    accepted.close();
    const isHalfClosed = (state: string) => state === "FIN_WAIT_2";
    await connectionsWhen({ localPort: port }, (rows) => rows.some((r) => isHalfClosed(r.state)));
    const orphan = `tcp FIN_WAIT_2 127.0.0.1:${port} 127.0.0.1:${client}`;
    assertEquals((await openAt(client)).filter((row) => row === orphan), [orphan]);
    await peer.do("close", client);
    listener.close();
    await allClosed([port, client]);
  }

  // The listening socket is gone, and the other end belongs to this process.
  const listener = listen();
  const { port } = listener.addr;
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  (await listener.accept()).close();
  listener.close();
  await connectionsWhen({ localPort: port }, ([row]) => row?.state === "FIN_WAIT_2");
  assertEquals(
    await openAt(port),
    [
      `tcp CLOSE_WAIT 127.0.0.1:${client.localAddr.port} 127.0.0.1:${port}`,
      `tcp FIN_WAIT_2 127.0.0.1:${port} 127.0.0.1:${client.localAddr.port}`,
    ],
  );
  client.close();
  await allClosed([port]);
});

Deno.test({
  name: "allClosed() counts a socket that is only bound, by netlink from Linux 6.8 on",
  ...requires("Linux 6.8"),
  async fn() {
    const socket = Socket.tcp();
    socket.bind("127.0.0.1:0");
    const { port } = socket.localEndpoint();
    assertEquals(
      (await openAt(port)).map((row) => row.split(" ").slice(0, 3)),
      [["tcp", "CLOSE", `127.0.0.1:${port}`]],
    );
    socket.close();
    await allClosed([port], { timeout: 0 });
  },
});

Deno.test("OwnRows goes by the listener before accept, and by the other end after close", () => {
  using listener = listen();
  const own = listeners({ protocol: "tcp", localPort: listener.addr.port })[0]!;
  const { inode } = own;
  const foreign = 2 ** 31;
  const at = (text: string, inode: number) => ({ ...row(text), inode });
  const server = String(own.local);
  const table: [title: string, rows: Connection[], own: number[]][] = [
    ["a queue of one's own", [own, at(`tcp ESTABLISHED ${server} 127.0.0.1:9`, 0)], [0, 1]],
    ["somebody else's queue", [
      at("tcp LISTEN 127.0.0.1:8", foreign),
      at("tcp ESTABLISHED 127.0.0.1:8 127.0.0.1:9", 0),
    ], []],
    ["the other end is open here", [
      at("tcp FIN_WAIT_2 127.0.0.1:8 127.0.0.1:9", 0),
      at("tcp CLOSE_WAIT 127.0.0.1:9 127.0.0.1:8", inode),
    ], [0, 1]],
    ["the other end is open elsewhere", [
      at("tcp FIN_WAIT_2 127.0.0.1:8 127.0.0.1:9", 0),
      at("tcp CLOSE_WAIT 127.0.0.1:9 127.0.0.1:8", foreign),
    ], []],
    ["closed here, open elsewhere, and the listening socket is one's own", [
      own,
      at(`tcp FIN_WAIT_2 ${server} 127.0.0.1:9`, 0),
      at(`tcp CLOSE_WAIT 127.0.0.1:9 ${server}`, foreign),
    ], [0, 1]],
    ["somebody else's queue at another family's wildcard", [
      { ...plainConnection(own), local: parseEndpoint(`0.0.0.0:${own.local.port}`) },
      at(`tcp LISTEN [::]:${own.local.port}`, foreign),
      at(`tcp ESTABLISHED [::1]:${own.local.port} [::1]:9`, 0),
    ], [0]],
    ["somebody else's queue at the very address, one's own listener at any", [
      { ...plainConnection(own), local: parseEndpoint(`0.0.0.0:${own.local.port}`) },
      at(`tcp LISTEN 127.0.0.2:${own.local.port}`, foreign),
      at(`tcp ESTABLISHED 127.0.0.2:${own.local.port} 127.0.0.1:9`, 0),
      at(`tcp SYN_RECV 127.0.0.3:${own.local.port} 127.0.0.1:9`, 0),
    ], [0, 3]],
    ["the other end is not in the table", [at("tcp FIN_WAIT_2 127.0.0.1:8 1.1.1.1:443", 0)], []],
    ["both ends are closed", [
      at("tcp FIN_WAIT_2 127.0.0.1:8 127.0.0.1:9", 0),
      at("tcp LAST_ACK 127.0.0.1:9 127.0.0.1:8", 0),
    ], [0, 1]],
    ["nothing but TIME_WAIT", [at("tcp TIME_WAIT 127.0.0.1:8 127.0.0.1:9", 0)], []],
  ];
  for (const [title, rows, expected] of table) {
    assertEquals(
      new OwnRows().openIn(rows, holdersByInode()),
      expected.map((index) => rows[index]!),
      title,
    );
  }

  const following = new OwnRows();
  const [open, closed] = [
    at("tcp CLOSE_WAIT 127.0.0.1:9 127.0.0.1:8", inode),
    at("tcp LAST_ACK 127.0.0.1:9 127.0.0.1:8", 0),
  ];
  following.openIn([open!], holdersByInode());
  assertEquals(
    following.openIn([closed!], holdersByInode()),
    [closed],
    "it was open in the reading before",
  );
});
