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
  /** Whether that client wants another kernel in its place. */
  readonly restart: boolean;
}

/** A channel on which clients send requests. */
type RequestChannel = "shell" | "control";

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
  /** Who waits for a line of input, by the client's name. */
  readonly #questions = new Map<string, (value: string | null) => void>();
  /** The request whose cell runs. */
  #running: Message | undefined;
  /** Requests wait for one another until the engine is there, so that their order stays. */
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
    const at = (port: number) => ({ hostname: ip, port });
    this.#heartbeat = new EchoSocket(at(ports.hb));
    this.#iopub = new PublisherSocket(at(ports.iopub), (topic) => this.#welcome(topic));
    this.#stdin = new RouterSocket(at(ports.stdin), (frames) => this.#answered(frames));
    this.#control = new RouterSocket(at(ports.control), (frames) => this.#take("control", frames));
    this.#shell = new RouterSocket(at(ports.shell), (frames) => this.#take("shell", frames));
    this.#publish("status", { execution_state: "starting" });
    engine.then((started) => {
      this.#started = started;
      started.ended.then(() => this.#finish({ isAsked: false, restart: false }));
    }, () => {});
  }

  /** Fulfilled when a client asked for the end, or the Deno kernel has ended, and all is sent. */
  get ended(): Promise<ServerEnd> {
    return this.#end.promise;
  }

  /** Stops the running cell; nothing if none runs. */
  async stop(): Promise<void> {
    await this.#started?.stop();
  }

  /** Listens no more. */
  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }

  get #sockets() {
    return [this.#shell, this.#control, this.#stdin, this.#iopub, this.#heartbeat];
  }

  async #take(channel: RequestChannel, frames: Frames): Promise<void> {
    let request;
    try {
      request = this.#codec.decode(frames);
    } catch {
      return; // not signed with the key, so not for this kernel
    }
    const { msg_type } = request.header;
    if (channel === "shell" && msg_type === "execute_request") return await this.#execute(request);
    this.#publish("status", { execution_state: "busy" }, request);
    try {
      const reply = await this.#answer(channel, request);
      if (reply !== undefined) this.#reply(channel, request, reply);
    } catch (error) {
      this.#reply(channel, request, errorContent(error));
    }
    this.#publish("status", { execution_state: "idle" }, request);
    // Front ends show the state that came last.
    if (this.#running) this.#publish("status", { execution_state: "busy" }, this.#running);
  }

  /** Returns the content of the reply; undefined for a message that has none. */
  async #answer(channel: RequestChannel, request: Message): Promise<unknown> {
    const { header: { msg_type }, content } = request;
    switch (msg_type) {
      case "kernel_info_request":
        return kernelInfo();
      case "shutdown_request":
        return this.#shutDown(channel, request);
      case "interrupt_request":
        await this.stop();
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

  #shutDown(channel: RequestChannel, request: Message): void {
    const restart = request.content.restart === true;
    const content = { status: "ok", restart };
    this.#reply(channel, request, content);
    this.#publish("shutdown_reply", content, request); // for the other clients
    this.#publish("status", { execution_state: "idle" }, request);
    this.#finish({ isAsked: true, restart });
  }

  async #execute(request: Message): Promise<void> {
    try {
      const engine = this.#started ?? await this.#engine;
      engine.execute(this.#cell(request));
    } catch (error) {
      const content = errorContent(error);
      this.#publish("status", { execution_state: "busy" }, request);
      this.#publish("error", content, request);
      this.#reply("shell", request, { ...content, execution_count: 0 });
      this.#publish("status", { execution_state: "idle" }, request);
      this.#finish({ isAsked: false, restart: false });
    }
  }

  #cell(request: Message): Cell {
    const { content } = request;
    const silent = content.silent === true;
    const code = String(content.code ?? "");
    return {
      code,
      silent,
      storeHistory: !silent && content.store_history !== false,
      allowInput: content.allow_stdin === true,
      stopOnError: content.stop_on_error !== false,
      userExpressions: content.user_expressions ?? {},
      metadata: request.metadata,
      audience: this.#audience(request, { code, silent }),
    };
  }

  #audience(request: Message, { code, silent }: Pick<Cell, "code" | "silent">): Audience {
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

  #ends(request: Message, reply: CellReply): void {
    if (reply.status === "aborted") {
      this.#publish("status", { execution_state: "busy" }, request);
    } else {
      this.#running = undefined;
    }
    this.#reply("shell", request, reply);
    this.#publish("status", { execution_state: "idle" }, request);
  }

  #show({ type, content, metadata, buffers }: Shown, request: Message): void {
    this.#publish(type, content, request, { metadata, buffers });
  }

  /** Asks the client that sent the request, and no other, for a line. */
  async #ask(request: Message, content: unknown, signal: AbortSignal): Promise<string | null> {
    const [name] = request.identities;
    if (name === undefined || !await this.#hasStdin(name)) return null;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const key = name.toHex();
    this.#questions.set(key, resolve);
    const onAbort = () => resolve(null);
    signal.addEventListener("abort", onAbort, { once: true });
    const { header, identities } = request;
    const { frames } = this.#codec.encode("input_request", content, {
      identities,
      parentHeader: header,
    });
    this.#stdin.send(frames);
    this.#nullWhenGone(name, resolve, signal);
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#questions.delete(key);
    }
  }

  async #hasStdin(name: Uint8Array): Promise<boolean> {
    const timeout = new Promise((done) => setTimeout(done, STDIN_MS, "late"));
    while (!this.#stdin.has(name)) {
      if (await Promise.race([timeout, this.#stdin.changed()]) === "late") return false;
    }
    return true;
  }

  /** A client that leaves answers no more. */
  async #nullWhenGone(
    name: Uint8Array,
    resolve: (value: null) => void,
    signal: AbortSignal,
  ): Promise<void> {
    while (this.#stdin.has(name) && !signal.aborted && this.#questions.has(name.toHex())) {
      await this.#stdin.changed();
    }
    resolve(null);
  }

  #answered(frames: Frames): void {
    let message;
    try {
      message = this.#codec.decode(frames);
    } catch {
      return; // not signed with the key
    }
    if (message.header.msg_type !== "input_reply") return;
    const { value } = message.content;
    this.#questions.get(message.identities[0]!.toHex())?.(typeof value === "string" ? value : null);
  }

  #reply(channel: RequestChannel, request: Message, content: unknown): void {
    const { header, identities } = request;
    const type = header.msg_type.replace(/_request$/, "_reply");
    const { frames } = this.#codec.encode(type, content, { identities, parentHeader: header });
    (channel === "shell" ? this.#shell : this.#control).send(frames);
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
