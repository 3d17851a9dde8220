/**
 * A Jupyter kernel: answers the clients of a connection file, and has an engine run their cells.
 * Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html (protocol 5.4)
 *
 * @module
 */
import type { Audience, Cell, CellReply, Engine, Shown } from "./engine.ts";
import type { ConnectionFile } from "./wire/connection_file.ts";
import { EchoSocket, PublisherSocket, RouterSocket } from "./wire/listening_socket.ts";
import { type Message, MessageCodec, PROTOCOL_VERSION } from "./wire/messages.ts";
import type { Frames } from "./wire/zmtp.ts";

/** How long answers may take to be written before the kernel ends. */
const FLUSH_MS = 1_000;

/** A client may ask on shell before its stdin is connected. */
const STDIN_MS = 2_000;

/** Questions about code, which the engine answers. */
const ENGINE_REQUESTS: ReadonlySet<string> = new Set([
  "complete_request",
  "history_request",
  "inspect_request",
  "is_complete_request",
]);

/** Why a server has ended. */
export interface ServerEnd {
  /** Whether a client asked for it. */
  readonly isAsked: boolean;
}

/** A request, and which connection of which channel it came by. */
interface Request extends Message {
  readonly channel: "shell" | "control";
  readonly connection: number;
}

/** A line of input that a client was asked for. */
interface Question {
  /** The id of the input_request. */
  readonly id: string;
  /** Takes the line; null if there is none. */
  answer(value: string | null): void;
}

/** A Jupyter kernel for any number of clients. */
export class KernelServer implements Disposable {
  readonly #codec: MessageCodec;
  readonly #engine: Promise<Engine>;
  readonly #shell: RouterSocket;
  readonly #control: RouterSocket;
  readonly #stdin: RouterSocket;
  readonly #iopub: PublisherSocket;
  readonly #heartbeat: EchoSocket;
  readonly #end = Promise.withResolvers<ServerEnd>();
  /** The questions that wait for a line of input, by the connection that is asked. */
  readonly #questions = new Map<number, Question>();
  /** The request whose cell runs. */
  #running: Request | undefined;
  #started: Engine | undefined;

  /**
   * Listens.
   *
   * @param engine What runs the cells; the server answers what it can before that is there
   * @throws {Deno.errors.AddrInUse} If a port is taken
   */
  constructor({ ip, ports, key }: ConnectionFile, engine: Promise<Engine>) {
    this.#codec = new MessageCodec(key);
    this.#engine = engine;
    const isKnown = (frames: Frames) => this.#codec.isOurs(frames);
    const at = (port: number) => ({ hostname: ip, port, isKnown });
    this.#heartbeat = new EchoSocket(at(ports.hb));
    this.#iopub = new PublisherSocket(at(ports.iopub), (topic) => this.#welcome(topic));
    this.#stdin = new RouterSocket(at(ports.stdin), (connection, frames) => {
      this.#answered(connection, frames);
    });
    this.#control = new RouterSocket(at(ports.control), (connection, frames) => {
      this.#take("control", connection, frames);
    });
    this.#shell = new RouterSocket(at(ports.shell), (connection, frames) => {
      this.#take("shell", connection, frames);
      return this.#started?.room();
    });
    this.#publish("status", { execution_state: "starting" });
    engine.then((started) => {
      this.#started = started;
      started.ended.then(() => this.#finish({ isAsked: false }));
    }, () => {});
  }

  /** Fulfilled when a client asked for the end, or the Deno kernel has ended, and all is sent. */
  get ended(): Promise<ServerEnd> {
    return this.#end.promise;
  }

  /** Stops the running cell; nothing if none runs. */
  stop(): void {
    this.#started?.stop();
  }

  /** Listens no more. */
  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }

  get #sockets() {
    return [this.#shell, this.#control, this.#stdin, this.#iopub, this.#heartbeat];
  }

  async #take(channel: Request["channel"], connection: number, frames: Frames): Promise<void> {
    let request: Request;
    try {
      request = { ...this.#codec.decode(frames), channel, connection };
    } catch {
      return; // not signed with the key, so not for this kernel
    }
    let cell: Cell | undefined;
    let failure: unknown;
    if (channel === "shell" && request.header.msg_type === "execute_request") {
      try {
        cell = this.#cell(request);
      } catch (error) {
        failure = error;
      }
      if (cell !== undefined) return await this.#execute(request, cell);
    }
    this.#publish("status", { execution_state: "busy" }, request);
    try {
      if (failure !== undefined) throw failure;
      const reply = await this.#answer(request);
      if (reply !== undefined) this.#reply(request, reply);
    } catch (error) {
      this.#reply(request, errorContent(error));
    }
    this.#publish("status", { execution_state: "idle" }, request);
    // Front ends show the state that came last.
    if (this.#running) this.#publish("status", { execution_state: "busy" }, this.#running);
  }

  /** Returns the content of the reply; undefined for a message that has none. */
  async #answer(request: Request): Promise<unknown> {
    const { header: { msg_type }, content } = request;
    switch (msg_type) {
      case "kernel_info_request":
        return kernelInfo();
      case "shutdown_request":
        return this.#shutDown(request);
      case "interrupt_request":
        this.stop();
        return { status: "ok" };
      case "comm_info_request":
        return { status: "ok", comms: {} };
      case "comm_open":
        // Whoever does not know a comm's target closes it: "Comm messages" in the specification.
        return this.#publish("comm_close", { comm_id: content.comm_id, data: {} }, request);
    }
    if (ENGINE_REQUESTS.has(msg_type)) return await (await this.#engine).answer(msg_type, content);
    if (!msg_type.endsWith("_request")) return undefined;
    throw new Error(`Cannot answer "${msg_type}": this kernel does not know it`);
  }

  #shutDown(request: Request): Record<string, unknown> {
    const content = { status: "ok", restart: request.content.restart === true };
    this.#publish("shutdown_reply", content, request); // for the other clients
    setTimeout(() => this.#finish({ isAsked: true }), 0); // after the reply
    return content;
  }

  /** Requests that come before the engine is there wait for it one behind the other. */
  async #execute(request: Request, cell: Cell): Promise<void> {
    let engine: Engine;
    try {
      engine = this.#started ?? await this.#engine;
    } catch (error) {
      const content = errorContent(error);
      this.#publish("status", { execution_state: "busy" }, request);
      this.#publish("error", content, request);
      this.#reply(request, { ...content, execution_count: 0 });
      this.#publish("status", { execution_state: "idle" }, request);
      return await this.#finish({ isAsked: false });
    }
    engine.execute(cell);
  }

  #cell(request: Request): Cell {
    const { content } = request;
    const silent = content.silent === true;
    const code = String(content.code ?? "");
    return {
      code,
      silent,
      storeHistory: !silent && content.store_history !== false,
      allowInput: content.allow_stdin === true,
      stopOnError: content.stop_on_error !== false,
      userExpressions: Object.fromEntries(
        Object.entries(content.user_expressions ?? {}).map(([name, text]) => [name, String(text)]),
      ),
      metadata: request.metadata,
      audience: this.#audience(request, { code, silent }),
    };
  }

  #audience(request: Request, { code, silent }: Pick<Cell, "code" | "silent">): Audience {
    return {
      onStart: (execution_count) => {
        this.#running = request;
        this.#publish("status", { execution_state: "busy" }, request);
        if (!silent) this.#publish("execute_input", { code, execution_count }, request);
      },
      onShow: (output) => this.#show(output, request),
      onInput: (prompt, password, signal) => this.#ask(request, { prompt, password }, signal),
      onEnd: (reply) => this.#ends(request, reply),
    };
  }

  #ends(request: Request, reply: CellReply): void {
    if (reply.status === "aborted") {
      this.#publish("status", { execution_state: "busy" }, request);
    } else {
      this.#running = undefined;
    }
    this.#reply(request, reply);
    this.#publish("status", { execution_state: "idle" }, request);
  }

  #show({ type, content, metadata, buffers }: Shown, request: Message): void {
    this.#publish(type, content, request, { metadata, buffers });
  }

  /** Asks the client that sent the request, and no other, for a line. */
  async #ask(request: Request, content: unknown, signal: AbortSignal): Promise<string | null> {
    const connection = await this.#stdinOf(request);
    if (connection === undefined || signal.aborted) return null;
    const { id, frames } = this.#codec.encode("input_request", content, {
      identities: request.identities,
      parentHeader: request.header,
    });
    const answer = Promise.withResolvers<string | null>();
    this.#questions.set(connection, { id, answer: answer.resolve });
    signal.addEventListener("abort", () => answer.resolve(null), { once: true });
    this.#stdin.send(connection, frames);
    let isAnswered = false;
    answer.promise.then(() => isAnswered = true);
    // A client that leaves answers no more.
    while (!isAnswered && this.#stdin.has(connection)) {
      await Promise.race([answer.promise, this.#stdin.changed()]);
    }
    this.#questions.delete(connection);
    answer.resolve(null);
    return await answer.promise;
  }

  /**
   * Returns the stdin connection of the client that sent a request: a client gives its sockets one
   * identity. Where several clients have the same, they are told apart by the order in which they came.
   */
  async #stdinOf({ connection }: Request): Promise<number | undefined> {
    const identity = this.#shell.identityOf(connection);
    if (identity === undefined) return undefined;
    const place = this.#shell.connectionsOf(identity).indexOf(connection);
    const late = new Promise((done) => setTimeout(done, STDIN_MS, "late"));
    while (true) {
      const found = this.#stdin.connectionsOf(identity)[place];
      if (found !== undefined) return found;
      if (await Promise.race([late, this.#stdin.changed()]) === "late") return undefined;
    }
  }

  #answered(connection: number, frames: Frames): void {
    let message;
    try {
      message = this.#codec.decode(frames);
    } catch {
      return; // not signed with the key
    }
    if (message.header.msg_type !== "input_reply") return;
    const question = this.#questions.get(connection);
    // Jupyter's own clients do not say which question they answer.
    const asked = message.parentHeader.msg_id ?? question?.id;
    if (question === undefined || asked !== question.id) return; // late: its cell was stopped
    const value = message.content?.value;
    question.answer(typeof value === "string" ? value : null);
  }

  #reply(request: Request, content: unknown): void {
    const { header, identities, channel, connection } = request;
    const type = header.msg_type.replace(/_request$/, "_reply");
    const { frames } = this.#codec.encode(type, content, { identities, parentHeader: header });
    (channel === "shell" ? this.#shell : this.#control).send(connection, frames);
  }

  #publish(
    type: string,
    content: unknown,
    request?: Message,
    more: Partial<Pick<Message, "metadata" | "buffers">> = {},
  ): void {
    const { frames } = this.#codec.encode(type, content, {
      identities: [new TextEncoder().encode(type)], // the topic
      parentHeader: request?.header,
      ...more,
    });
    this.#iopub.send(frames);
  }

  /** Tells a client that its subscription holds, so that it need not guess. */
  #welcome(topic: string): Frames {
    return this.#codec.encode("iopub_welcome", { subscription: topic }, {
      identities: [new TextEncoder().encode(topic)],
    }).frames;
  }

  async #finish(end: ServerEnd): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => socket.flush(FLUSH_MS)));
    this.#end.resolve(end);
  }
}

function errorContent(error: unknown): Record<string, unknown> {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { status: "error", ename: name, evalue: message, traceback: [`${name}: ${message}`] };
}

function kernelInfo(): unknown {
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "fourtuple",
    implementation_version: Deno.version.deno,
    language_info: {
      name: "typescript",
      version: Deno.version.typescript,
      mimetype: "text/x.typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: "typescript",
      nbconvert_exporter: "script",
    },
    banner: `TypeScript ${Deno.version.typescript} on Deno ${Deno.version.deno}`,
    help_links: [{ text: "Deno's manual", url: "https://docs.deno.com" }],
    debugger: false,
  };
}
