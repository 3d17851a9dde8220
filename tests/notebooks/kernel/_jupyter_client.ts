/** A Jupyter client for tests, which sees each message as it comes, and a kernel process to talk to. */
import { within } from "../../../lib/time_limit.ts";
import {
  type Channel,
  type ConnectionFile,
  formatConnectionFile,
  newConnectionFile,
} from "../../../lib/notebooks/kernel/wire/connection_file.ts";
import { type Message, MessageCodec } from "../../../lib/notebooks/kernel/wire/messages.ts";
import {
  closeConnection,
  commandFrame,
  concat,
  encodeMessage,
  FrameReader,
  type Frames,
  greeting,
  writeAll,
} from "../../../lib/notebooks/kernel/wire/zmtp.ts";

const encoder = new TextEncoder();
const MAIN = new URL("../../../lib/notebooks/kernel/kernel_main.ts", import.meta.url).pathname;
const COURSE = new URL("../../../notebooks/", import.meta.url);
const TYPES = { shell: "DEALER", control: "DEALER", iopub: "SUB", stdin: "DEALER", hb: "REQ" };
const WAIT_MS = 20_000;

/** One ZMTP connection with an identity of the client's choice. */
export class Connection {
  /** The commands that came between messages. */
  readonly commands: Uint8Array[] = [];
  readonly #connection: Deno.TcpConn;
  readonly #reader: FrameReader;
  readonly #messages: Frames[] = [];
  #onMessage = () => {};
  #failure: Error | undefined;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#reader = new FrameReader(connection, (body) => this.commands.push(body));
  }

  /** @param options Whether it reads what comes before it is asked to */
  static async open(
    port: number,
    type: string,
    identity = "",
    { isRead = true } = {},
  ): Promise<Connection> {
    const connection = await dial(port);
    const socket = new Connection(connection);
    const properties = [["Socket-Type", type], ["Identity", identity]].map(([name, value]) =>
      concat([
        Uint8Array.of(name!.length),
        encoder.encode(name),
        Uint8Array.of(0, 0, 0, value!.length),
        encoder.encode(value),
      ])
    );
    const ready = commandFrame("READY", concat(properties));
    await writeAll(connection, concat([greeting(), ready]));
    await socket.#reader.peer();
    if (isRead) socket.read();
    return socket;
  }

  send(...messages: readonly Frames[]): Promise<void> {
    return writeAll(this.#connection, concat(messages.map(encodeMessage)));
  }

  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): Promise<void> {
    return writeAll(this.#connection, bytes);
  }

  /** Reads what comes from now on. */
  async read(): Promise<void> {
    try {
      while (true) {
        this.#messages.push(await this.#reader.message());
        this.#onMessage();
      }
    } catch (error) {
      this.#failure = error as Error;
      this.#onMessage();
    }
  }

  /** Returns the next message. */
  async receive(): Promise<Frames> {
    while (this.#messages.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onMessage = resolve;
      await within(promise, { timeout: WAIT_MS, what: "a message" });
    }
    return this.#messages.shift()!;
  }

  close(): void {
    closeConnection(this.#connection);
  }
}

/** The kernel may not listen yet. */
async function dial(port: number): Promise<Deno.TcpConn> {
  for (const end = performance.now() + WAIT_MS;;) {
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      if (connection.localAddr.port !== port) return connection;
      connection.close(); // a connection with itself
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** Returns a condition that a message of this type meets. */
export function isOfType(type: string): (message: Message) => boolean {
  return ({ header }) => header.msg_type === type;
}

/** A client with all channels. */
export class JupyterClient implements Disposable {
  readonly codec: MessageCodec;
  readonly #connections: Record<Channel, Connection>;

  private constructor(codec: MessageCodec, connections: Record<Channel, Connection>) {
    this.codec = codec;
    this.#connections = connections;
  }

  /**
   * Connects, and waits until the subscription holds.
   *
   * @param options Whether the kernel confirms subscriptions; the bare Deno kernel does not
   */
  static async open(
    file: ConnectionFile,
    identity: string,
    { welcomes = true } = {},
  ): Promise<JupyterClient> {
    const connections: Partial<Record<Channel, Connection>> = {};
    for (const channel of Object.keys(TYPES) as Channel[]) {
      connections[channel] = await Connection.open(file.ports[channel], TYPES[channel], identity);
    }
    const codec = new MessageCodec(file.key);
    const client = new JupyterClient(codec, connections as Record<Channel, Connection>);
    await connections.iopub!.send([Uint8Array.of(1)]);
    if (welcomes) await client.until("iopub", isOfType("iopub_welcome"));
    else await client.#subscribed();
    return client;
  }

  /** Asks again and again until a first broadcast comes, and leaves no answer unread. */
  async #subscribed(): Promise<void> {
    const ids: string[] = [];
    const first = this.next("iopub");
    let isOver = false;
    first.then(() => isOver = true);
    while (!isOver) {
      ids.push(await this.send("shell", "kernel_info_request"));
      await this.reply("shell", ids.at(-1)!);
      await Promise.race([first, new Promise((done) => setTimeout(done, 20))]);
    }
    await this.shown(ids.at(-1)!);
  }

  /** Sends a request and returns its id. */
  async send(
    channel: "shell" | "control",
    type: string,
    content: unknown = {},
    metadata: Record<string, unknown> = {},
  ): Promise<string> {
    const { id, frames } = this.codec.encode(type, content, { metadata });
    await this.raw(channel, frames);
    return id;
  }

  /** Sends a cell and returns the request's id. */
  execute(code: string, options: Record<string, unknown> = {}): Promise<string> {
    return this.send("shell", "execute_request", { code, ...options });
  }

  /** Sends several cells by one write, so that none can fail before the next one is sent. */
  async executeAtOnce(...codes: readonly string[]): Promise<string[]> {
    const requests = codes.map((code) => this.codec.encode("execute_request", { code }));
    await this.#connections.shell.send(...requests.map(({ frames }) => frames));
    return requests.map(({ id }) => id);
  }

  /** Sends frames as they are. */
  raw(channel: Channel, frames: Frames): Promise<void> {
    return this.#connections[channel].send(frames);
  }

  /** Returns the next message of a channel. */
  async next(channel: Exclude<Channel, "hb">): Promise<Message> {
    return this.codec.decode(await this.#connections[channel].receive());
  }

  /** Returns the messages of a channel up to the first one that is looked for. */
  async until(
    channel: Exclude<Channel, "hb">,
    isLast: (message: Message) => boolean,
  ): Promise<Message[]> {
    const messages = [];
    do messages.push(await this.next(channel)); while (!isLast(messages.at(-1)!));
    return messages;
  }

  /** Returns the reply to a request; replies to others that come before are dropped. */
  async reply(channel: "shell" | "control", id: string): Promise<Message> {
    const isReply = ({ parentHeader }: Message) => parentHeader.msg_id === id;
    return (await this.until(channel, isReply)).at(-1)!;
  }

  /** Returns what is broadcast until a request is done, the "idle" included. */
  shown(id: string): Promise<Message[]> {
    return this.until(
      "iopub",
      ({ header, parentHeader, content }) =>
        header.msg_type === "status" && parentHeader.msg_id === id &&
        content.execution_state === "idle",
    );
  }

  /** Runs a cell and returns its reply's content and what it broadcast. */
  async run(code: string, options: Record<string, unknown> = {}) {
    const id = await this.execute(code, options);
    const shown = await this.shown(id);
    return { reply: (await this.reply("shell", id)).content, shown };
  }

  /** Answers an input_request, whose header not every client sends along. */
  async answer(value: string, parentHeader?: Message["parentHeader"]): Promise<void> {
    await this.raw("stdin", this.codec.encode("input_reply", { value }, { parentHeader }).frames);
  }

  /** Sends bytes to the heartbeat and returns what comes back. */
  async beat(bytes: Uint8Array): Promise<Uint8Array> {
    await this.#connections.hb.send([new Uint8Array(), bytes]);
    return (await this.#connections.hb.receive()).at(-1)!;
  }

  [Symbol.dispose](): void {
    for (const connection of Object.values(this.#connections)) connection.close();
  }
}

/** A kernel's process, as a front end starts it. */
export class KernelUnderTest implements AsyncDisposable {
  readonly connectionFile: ConnectionFile;
  readonly path: string;
  readonly child: Deno.ChildProcess;
  readonly errors: Promise<string>;

  private constructor(connectionFile: ConnectionFile, path: string, child: Deno.ChildProcess) {
    this.connectionFile = connectionFile;
    this.path = path;
    this.child = child;
    this.errors = new Response(child.stderr).text();
  }

  static async start(
    options: {
      file?: string;
      env?: Record<string, string>;
      cwd?: string | URL;
      preload?: string;
    } = {},
  ): Promise<KernelUnderTest> {
    const connectionFile = newConnectionFile();
    const path = await Deno.makeTempFile({ prefix: "kernel-", suffix: ".json" });
    await Deno.writeTextFile(path, options.file ?? formatConnectionFile(connectionFile));
    const child = new Deno.Command(Deno.execPath(), {
      args: kernelCommand(path, options.preload),
      cwd: options.cwd ?? COURSE,
      env: { DENO_NO_UPDATE_CHECK: "1", JPY_PARENT_PID: `${Deno.pid}`, ...options.env },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      detached: true, // as Jupyter does it
    }).spawn();
    return new KernelUnderTest(connectionFile, path, child);
  }

  client(identity = "client"): Promise<JupyterClient> {
    return JupyterClient.open(this.connectionFile, identity);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.child.status;
    await this.errors;
    await Deno.remove(this.path).catch(() => {}); // the kernel's, where its front end was killed
  }
}

/** Returns the arguments of Deno that start a kernel, and a module before it. */
export function kernelCommand(path: string, preload?: string): string[] {
  const first = preload === undefined ? [] : ["--preload", preload];
  return ["run", "-A", "--no-check", ...first, MAIN, path];
}
