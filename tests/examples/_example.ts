/** The examples as processes, and the clients, kind and unkind, that visit them. */
import { assertEquals } from "@std/assert";
import { once } from "node:events";
import { connect } from "node:net";
import process from "node:process";
import { type ExampleName, exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { until } from "../../lib/time_limit.ts";

/** Every wait ends after this. */
const PATIENCE_MS = 20_000;

/**
 * Returns a function like `Deno.test` whose tests run side by side, `atOnce` at a time, as the steps
 * of one test with this title. They mostly wait for processes.
 */
export function sideBySide(title: string, atOnce = 4): (
  test: string | { name: string; ignore?: boolean; fn: () => Promise<void> },
  fn?: () => Promise<void>,
) => void {
  const steps: Deno.TestStepDefinition[] = [];
  Deno.test(title, async (t) => {
    const waiting = [...steps];
    const runSome = async () => {
      for (let step; (step = waiting.shift()) !== undefined;) await t.step(step);
    };
    await Promise.all(Array.from({ length: atOnce }, runSome));
  });
  // Deno cannot tell which of several steps has opened what; the test around them still checks.
  const unchecked = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  return (test, fn) => {
    steps.push({ ...(typeof test === "string" ? { name: test, fn: fn! } : test), ...unchecked });
  };
}

/** Starts an example as its doc comment says. */
export function start(name: ExampleName, ...args: (string | number)[]): Program {
  return Program.start(exampleUrl(name), { args: args.map(String), lifetime: 60_000 });
}

/** Reads the port that a server says it listens on. */
export async function portOf(server: Program): Promise<number> {
  const said = /^(?:Listening|Receiving) on .*:(\d+)$/;
  const [, port] = await server.line(said, { timeout: PATIENCE_MS });
  return Number(port);
}

const given = new Set<number>();

/**
 * Finds ports in a row that are free now, below those that the kernel picks from. No two tests get
 * the same one.
 */
export function freeRange(size: number): number[] {
  for (let attempt = 0; attempt < 100; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const ports = Array.from({ length: size }, (_, index) => first + index);
    if (ports.some((port) => given.has(port)) || !ports.every(isFree)) continue;
    for (const port of ports) given.add(port);
    return ports;
  }
  throw new Error(`no ${size} free ports in a row`);
}

/** Waits until nobody has a port that the kernel picked: a client of another test may pick it. */
export async function assertBecomesFree(port: number): Promise<void> {
  await until(() => isFree(port), { timeout: PATIENCE_MS, what: `port ${port} to be free` });
}

/** Whether nobody listens on a port of 127.0.0.1. */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}

/** A client's end of a connection, with a limit on every wait. */
export class Client implements Disposable {
  readonly connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.connection = connection;
  }

  static async connect(port: number, hostname = "127.0.0.1"): Promise<Client> {
    return new Client(await Deno.connect({ hostname, port }));
  }

  /** This end, as a server prints it. */
  get address(): string {
    const { hostname, port } = this.connection.localAddr;
    return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
  }

  async send(text: string | Uint8Array): Promise<void> {
    const data = typeof text === "string" ? new TextEncoder().encode(text) : text;
    for (let sent = 0; sent < data.length;) {
      sent += await this.#inTime(this.connection.write(data.subarray(sent)));
    }
  }

  /** Reads so many bytes, or to the end of the stream. */
  async read(size = Infinity): Promise<string> {
    const pieces: Uint8Array[] = [];
    const buffer = new Uint8Array(65_536);
    for (let received = 0; received < size;) {
      const part = buffer.subarray(0, Math.min(buffer.length, size - received));
      const count = await this.#inTime(this.connection.read(part));
      if (count === null) break;
      pieces.push(part.slice(0, count));
      received += count;
    }
    return await new Blob(pieces as Uint8Array<ArrayBuffer>[]).text();
  }

  async endInput(): Promise<void> {
    await this.connection.closeWrite();
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
  }

  async #inTime<T>(step: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this[Symbol.dispose](), PATIENCE_MS);
    try {
      return await step;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Sends `text`, ends the input, and reads everything that comes back. */
export async function ask(port: number, text: string | Uint8Array): Promise<string> {
  using client = await Client.connect(port);
  await client.send(text);
  await client.endInput();
  return await client.read();
}

/** Reads as many bytes as `text` has, and asserts that they are `text`. */
export async function assertHears(client: Client, text: string): Promise<void> {
  assertEquals(await client.read(new TextEncoder().encode(text).length), text);
}

/** Enters a chat under a name, as client number `here`. */
export async function enterChat(port: number, name: string, here: number): Promise<Client> {
  const client = await Client.connect(port);
  await assertHears(client, "Your name?\n"); // the server speaks first
  await client.send(`${name}\n`);
  await assertHears(client, `Welcome ${name}, ${here} here\n`);
  return client;
}

/** The request of RFC 6455's example, which opens a WebSocket. */
export const WEBSOCKET_REQUEST =
  "GET / HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** Asserts that a server that has answered lets its client finish: it reads on, and does not reset. */
export async function assertHearsOut(client: Client): Promise<void> {
  for (let part = 0; part < 3; part++) {
    await client.send("x".repeat(10_000)); // a reset makes the next one fail
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await client.endInput();
  assertEquals(await client.read(), "");
}

/** Connects and resets at once. */
export async function connectAndReset(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.resetAndDestroy();
  await once(socket, "close");
}

/** Connects from another loopback address and reads to the end. Linux has all of 127.0.0.0/8. */
export async function readAsStranger(port: number, localAddress = "127.0.0.2"): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  let said = "";
  socket.on("data", (data) => said += data);
  await once(socket, "end", { signal: AbortSignal.timeout(PATIENCE_MS) });
  socket.destroy();
  return said;
}

/** Stops a server, connects and resets, and lets it go on: it can accept only afterwards. */
export async function resetBeforeAccept(server: Program, port: number): Promise<void> {
  process.kill(server.pid, "SIGSTOP");
  try {
    await until(() => isStopped(server.pid), { timeout: PATIENCE_MS, what: "the server to stop" });
    await connectAndReset(port);
  } finally {
    process.kill(server.pid, "SIGCONT");
  }
}

/** Whether all threads of a process have stopped; where /proc is missing, that is assumed. */
function isStopped(pid: number): boolean {
  if (Deno.build.os !== "linux") return true;
  const tasks = `/proc/${pid}/task`;
  return [...Deno.readDirSync(tasks)].every(({ name }) =>
    /\) [Tt] /.test(Deno.readTextFileSync(`${tasks}/${name}/stat`))
  );
}

/** Asserts that a program ends with an exit code and one line, on standard error. */
export async function assertRefuses(
  program: Program,
  expected: { readonly code: number; readonly line: string },
): Promise<void> {
  const { code, lines, errorLines } = await program.ended;
  // An error's number is the system's own: 98 on Linux is 48 on macOS.
  const numberless = (line: string) => line.replace(/ \(os error \d+\)$/, "");
  assertEquals(
    { code, lines: lines.map(numberless), errorLines: errorLines.map(numberless) },
    { code: expected.code, lines: [expected.line], errorLines: [expected.line] },
  );
}

/** Asserts that a server ends as told: exit code 0 and nothing on standard error. */
export async function assertCloses(server: Program, signal: Deno.Signal): Promise<void> {
  const result = await server.stop(signal, { grace: PATIENCE_MS });
  assertEquals(
    { code: result.code, signal: result.signal, errorLines: result.errorLines },
    { code: 0, signal: null, errorLines: [] },
  );
}
