/**
 * What every TCP server among the examples does about clients that take all places, or that send
 * without end: how many of one address it serves, what its log says about the others, and how much
 * it reads of a client that should only leave.
 */
import { assert, assertEquals, assertLess } from "@std/assert";
import { once } from "node:events";
import { connect } from "node:net";
import type { ExampleName } from "../../lib/examples/catalog.ts";
import type { Program } from "../../lib/program/program.ts";
import {
  assertCloses,
  Client,
  freeRange,
  portOf,
  readAsStranger,
  sideBySide,
  start,
} from "./_example.ts";

const test = sideBySide("limits of the servers");

const linux = Deno.build.os === "linux"; // where all of 127.0.0.0/8 is this machine
const PATIENCE_MS = 20_000;

interface Server {
  readonly name: ExampleName;
  /** Which of its services this is, as its log calls it, where one program has several. */
  readonly service?: string;
  /** How many clients fit. */
  readonly most: number;
  /** What a client says to be answered for the last time. */
  readonly last: string;
}

const SERVERS: readonly Server[] = [
  { name: "hello_server.ts", most: 100, last: "hello" },
  { name: "http_server.ts", most: 500, last: "GET / HTTP/1.0\r\n\r\n" },
  { name: "chat_server.ts", most: 100, last: "no name!\n" },
  { name: "telnet_server.ts", most: 100, last: "logout\r\n" },
  { name: "websocket_server.ts", most: 200, last: "GET / HTTP/1.1\r\n\r\n" },
  { name: "ftp_server.ts", most: 100, last: "QUIT\r\n" },
  { name: "asked_ports_server.ts", most: 300, last: "none\n" },
  { name: "assigned_ports_server.ts", most: 300, last: "" },
  { name: "four_services.ts", service: "web", most: 100, last: "GET / HTTP/1.0\r\n\r\n" },
  { name: "four_services.ts", service: "ssh", most: 100, last: "no version\r\n" },
  { name: "four_services.ts", service: "database", most: 100, last: "QUIT\r\n" },
];
const ECHO: Server = { name: "echo_server_many.ts", most: 500, last: "" };

/** Starts a server, and returns the port of the service that is meant. */
async function startOne({ name, service }: Server): Promise<[server: Program, port: number]> {
  const range = name.endsWith("_ports_server.ts") ? freeRange(200) : undefined;
  const own = range ? ["127.0.0.1", `${range[0]}-${range.at(-1)}`] : [];
  const server = start(name, 0, ...own);
  if (service === undefined) return [server, await portOf(server)];
  const [, port] = await server.line(new RegExp(`^${service} listening on .*:(\\d+)$`));
  return [server, Number(port)];
}

/** Connects from an address of loopback, and keeps the connection. */
async function hold(port: number, localAddress: string): Promise<Disposable> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => {});
  await once(socket, "connect", { signal: AbortSignal.timeout(PATIENCE_MS) });
  return { [Symbol.dispose]: () => void socket.destroy() };
}

for (const one of [...SERVERS, ECHO]) {
  const { name, service, most } = one;
  const title = service === undefined ? name : `${name} (${service})`;
  const rejected = service === undefined ? "Rejected" : `${service} rejected`;

  test({
    name: `${title} has half of its ${most} places for one address, and says whom it rejects`,
    ignore: !linux,
    async fn() {
      const [server, port] = await startOne(one);
      await using _server = server;
      using open = new DisposableStack();
      // All at once: a server closes clients that say nothing, and a busy machine is slow.
      const half = <T extends Disposable>(connect: () => Promise<T>) =>
        Promise.all(Array.from({ length: most / 2 }, async () => open.use(await connect())));
      await half(() => Client.connect(port));
      using late = await Client.connect(port);
      await server.line(
        `${rejected} ${late.address}: ${most / 2} of ${most} clients are here, ` +
          `${most / 2} from its address`,
      );
      assertEquals(await late.read(), "");
      // Others are served all the same, until all places are taken.
      await half(() => hold(port, "127.0.0.2"));
      assertEquals(await readAsStranger(port, "127.0.0.3"), "");
      await server.line(`: ${most} of ${most} clients are here, 0 from its address`);
      assertEquals(server.lines.filter((line) => line.startsWith(rejected)).length, 2);
      await assertCloses(server, "SIGINT");
    },
  });
}

/** Far more than the buffers of both kernels hold. */
const ENDLESS = 64 * 2 ** 20;

/** Sends the same until the server closes the connection; returns how many bytes that took. */
async function sendOn(client: Client, data: Uint8Array): Promise<number> {
  let sent = 0;
  try {
    for (; sent < ENDLESS; sent += data.length) await client.send(data);
  } catch (error) {
    assert(
      error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe,
      `${error}`,
    );
  }
  return sent;
}

const PIECE = new Uint8Array(64 * 1024).fill(0x61);

for (const one of SERVERS) {
  const title = one.service === undefined ? one.name : `${one.name} (${one.service})`;
  test(`${title} closes the connection of a client that sends on after the last answer`, async () => {
    const [server, port] = await startOne(one);
    await using _server = server;
    using client = await Client.connect(port);
    await client.send(one.last);
    // What is in the kernels' buffers counts, and those may hold a few MiB.
    assertLess(await sendOn(client, PIECE), ENDLESS / 4);
    await server.line(/[Ll]ost .*bytes/);
  });
}

const HALF_SAID: readonly [of: Server, what: string, first: string, piece: string][] = [
  [{ name: "asked_ports_server.ts", most: 0, last: "" }, "during its lease", "PORT\n", "a"],
  [{ name: "telnet_server.ts", most: 0, last: "" }, "in a command without an end", "\xff\xfa", "a"],
  [
    { name: "four_services.ts", service: "web", most: 0, last: "" },
    "in empty lines before its request",
    "",
    "\r\n",
  ],
];

for (const [one, what, first, piece] of HALF_SAID) {
  test(`${one.name} closes the connection of a client that sends on ${what}`, async () => {
    const [own] = freeRange(1);
    const isAsked = one.name === "asked_ports_server.ts";
    const [server, port] = isAsked
      ? await (async () => {
        const server = start(one.name, 0, "127.0.0.1", `${own}-${own}`);
        return [server, await portOf(server)] as const;
      })()
      : await startOne(one);
    await using _server = server;
    using client = await Client.connect(port);
    const begin = isAsked ? `${own}\n` : first;
    await client.send(Uint8Array.from(begin, (byte) => byte.charCodeAt(0)));
    if (isAsked) await server.line(`Granted ${own}`);
    const data = new TextEncoder().encode(piece.repeat(PIECE.length / piece.length));
    assertLess(await sendOn(client, data), ENDLESS / 4);
  });
}

test({
  name: "assigned_ports_server.ts serves another address while one connects again and again",
  ignore: !linux,
  async fn() {
    const ports = freeRange(40);
    await using server = start(
      ...["assigned_ports_server.ts", 0, "127.0.0.1", `${ports[0]}-${ports.at(-1)}`] as const,
    );
    const port = await portOf(server);
    using open = new DisposableStack();
    let connected = 0;
    const flood = async () => {
      while (connected++ < 3_000) open.use(await Client.connect(port));
    };
    const flooding = Promise.all([flood(), flood(), flood(), flood()]);
    await server.line("from its address"); // it rejects them
    for (let visit = 0; visit < 20; visit++) {
      const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
      const [said] = await once(socket, "data", { signal: AbortSignal.timeout(PATIENCE_MS) });
      socket.destroy();
      assertEquals(/^PORT \d+\n$/.test(`${said}`), true, `${said}`);
    }
    await flooding;
  },
});
