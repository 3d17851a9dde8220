/**
 * Runs cells in a Deno kernel, one after another. The server gives it the cells of Jupyter's clients,
 * and the runner's `Kernel` gives it those of a notebook, so that both get the same.
 *
 * What happens to a cell, and where each part plugs in (each is one method below, marked HOOK):
 *
 * 1. cells/: `#rewritten` returns the text that the Deno kernel gets; what it throws is the cell's error.
 * 2. inside/: `INSIDE` lists the functions that silent first cells call in the Deno kernel, and
 *    `#stopCell` stops the running cell.
 * 3. outputs/: `#onBroadcast` takes each message of the Deno kernel's iopub, `#onPrint` what its process
 *    prints, and `#allShown` waits until the cell has no more to show. They show by `#show`.
 * 4. errors/: `#explained` returns the error that the cell shows and its reply carries, and
 *    `#withTypeSentence` adds what the type checker says of it, some seconds later.
 * 5. help/: `answer` answers complete_request, inspect_request, is_complete_request and
 *    history_request, from the cells that `#work` gives it.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { DenoKernel, KernelError, type KernelOptions } from "./deno_kernel.ts";
import type { Channel } from "./wire/connection_file.ts";
import type { Message } from "./wire/messages.ts";
import type { CellError } from "./errors/cell_error.ts";
import { CellErrors, type ExplainedError } from "./errors/cell_errors.ts";
import { Help } from "./help/help.ts";
import { questionIn } from "./help/question.ts";

export { KernelError, type KernelOptions };

/** What each Deno kernel runs before its first cell: a function of each of these modules. */
const INSIDE: readonly (readonly [module: URL, install: string])[] = [
  [new URL("./inside/errors.ts", import.meta.url), "installErrors"],
];

/** One cell that is to be run. */
export interface Cell {
  /** Its text, as its author wrote it. */
  readonly code: string;
  /** Whether it shows nothing and does not count. */
  readonly silent: boolean;
  /** Whether it is counted and kept in the history. */
  readonly storeHistory: boolean;
  /** Whether its client answers when it asks for a line of input. */
  readonly allowInput: boolean;
  /** Whether the cells that wait behind it are aborted if it fails. */
  readonly stopOnError: boolean;
  /** Expressions whose values its reply has, by name. */
  readonly userExpressions: Readonly<Record<string, string>>;
  /** The metadata of its request: front ends put the cell's id there, as `cellId`. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Who sees what it does. */
  readonly audience: Audience;
}

/** Who sees what a cell does. */
export interface Audience {
  /** Called when the cell begins, with its number; not called for a cell that is aborted. */
  onStart(executionCount: number): void;
  /** Called for each output; late ones may come after the end. */
  onShow(output: Shown): void;
  /** Called when the cell asks for a line; null if nobody answers, or `signal` aborts the question. */
  onInput(prompt: string, password: boolean, signal: AbortSignal): Promise<string | null>;
  /** Called when all outputs are out, before the next cell begins; with the line that failed, from 1. */
  onEnd(reply: CellReply, line?: number): void;
}

/** A message that shows something: its type and content are those of Jupyter's iopub messages. */
export interface Shown extends Pick<Message, "metadata" | "content" | "buffers"> {
  /** Such as "stream". */
  readonly type: string;
}

/** What became of a cell: the content of an execute_reply. */
export type CellReply =
  & { readonly execution_count: number }
  & (
    | {
      readonly status: "ok";
      readonly payload: readonly Page[];
      readonly user_expressions: Readonly<Record<string, unknown>>;
    }
    | ({ readonly status: "error" } & CellError)
    | { readonly status: "aborted" }
  );

/** What a front end shows beside the notebook: documentation that a cell such as `Deno.listen?` asks for. */
export interface Page {
  /** What kind of payload it is. */
  readonly source: "page";
  /** The text, by MIME type. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The line to begin at. */
  readonly start: 0;
}

/** A cell that has begun. */
interface RunningCell extends Cell {
  /** The number that front ends show beside it. */
  readonly number: number;
  /** A number of its own, since cells that are not counted share theirs. */
  readonly id: number;
  /** The id of the request that runs it in the Deno kernel. */
  request?: string;
  /** Why it failed. */
  error?: ExplainedError;
  /** What the Deno kernel has reported as an error, which is not shown before its reply is there. */
  readonly errors: Message[];
  /** Aborts a question that waits for an answer, when the cell is stopped. */
  readonly stopped: AbortController;
}

const TOKEN_MIME = "application/x-fourtuple-token";
/** How long the reply of a failed cell waits for further requests; its outputs are out before. */
const ABORT_MS = 50;
/** Far more than a notebook has. */
const MAX_QUEUED = 10_000;
const READY_MS = 30_000;
const PROBE_MS = 250;
const SHUTDOWN_GRACE_MS = 2_000;

/** The broadcast messages that a front end shows in a cell. */
const SHOWN_TYPES: ReadonlySet<string> = new Set([
  "clear_output",
  "display_data",
  "error",
  "execute_result",
  "stream",
  "update_display_data",
]);

/** A Deno kernel that runs cells. */
export class Engine implements AsyncDisposable {
  #deno!: DenoKernel;
  readonly #queue: Cell[] = [];
  readonly #errors: CellErrors;
  readonly #help: Help;
  readonly #tokens = new Map<string, (data: Record<string, unknown>) => void>();
  readonly #ended = Promise.withResolvers<KernelError>();
  #running: RunningCell | undefined;
  /** The cell that showed something last: what comes while no cell runs is its. */
  #last: RunningCell | undefined;
  #isWorking = false;
  #room: PromiseWithResolvers<void> | undefined;
  #count = 0;
  #ids = 0;
  /** Called when a cell begins to wait. */
  #onArrival = () => {};
  #isExplaining = false;

  private constructor({ cwd }: KernelOptions) {
    this.#errors = new CellErrors({ folder: cwd });
    this.#help = new Help({ folder: cwd instanceof URL ? cwd : pathToFileURL(cwd) });
  }

  /**
   * Starts a Deno kernel and waits until it answers.
   *
   * @throws {KernelError} If it ends by itself or does not answer in time, with what it said
   */
  static async start(options: KernelOptions): Promise<Engine> {
    const engine = new Engine(options);
    engine.#deno = await DenoKernel.start(
      { ...options, onPrint: (name, text) => engine.#onPrint(name, text) },
      {
        onBroadcast: (message) => engine.#onBroadcast(message),
        onInput: (prompt, password) => engine.#onInput(prompt, password),
        onEnd: (error) => engine.#onEnd(error),
      },
    );
    try {
      await engine.#ready(performance.now() + (options.timeout ?? READY_MS));
      return engine;
    } catch (error) {
      await engine.kill();
      throw error;
    }
  }

  /** The process id of the Deno kernel. */
  get pid(): number {
    return this.#deno.pid;
  }

  /** The ports on 127.0.0.1 at which the Deno kernel listens, by channel. */
  get ports(): Readonly<Record<Channel, number>> {
    return this.#deno.ports;
  }

  /** Whether a cell runs. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Whether the running cell has failed, has shown its error, and waits for the type checker. */
  get isExplaining(): boolean {
    return this.#isExplaining;
  }

  /** Why the Deno kernel has ended; undefined while it lives. */
  get gone(): KernelError | undefined {
    return this.#deno.gone;
  }

  /** Fulfilled when the Deno kernel has ended, by itself or not, and all cells have been told. */
  get ended(): Promise<KernelError> {
    return this.#ended.promise;
  }

  /** Runs a cell once those before it have ended; what becomes of it, its audience is told. */
  execute(cell: Cell): void {
    this.#queue.push(cell);
    this.#onArrival();
    if (!this.#isWorking) this.#work();
  }

  /** Waits until few enough cells wait that one more may come: a client may send without end. */
  async room(): Promise<void> {
    if (this.#queue.length >= MAX_QUEUED) await (this.#room ??= Promise.withResolvers()).promise;
  }

  /** Stops the running cell and aborts those that wait; nothing if none runs. */
  async stop(): Promise<void> {
    const cell = this.#running;
    if (cell === undefined) return;
    cell.stopped.abort();
    await this.#stopCell(cell);
  }

  /**
   * Answers a question about code, while a cell runs too: the Deno kernel is not asked.
   *
   * @param type Such as "complete_request"
   * @returns The content of the reply
   */
  answer(type: string, content: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#help.answer(type, content);
  }

  /** Sends bytes to the Deno kernel's heartbeat, and returns what comes back. */
  beat(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#deno.beat(bytes);
  }

  /** Asks the Deno kernel to end, and ends it when it does not. */
  async shutdown(): Promise<void> {
    if (this.#deno.gone === undefined) {
      this.#deno.request("control", "shutdown_request", { restart: false });
      await this.#deno.ended(SHUTDOWN_GRACE_MS);
    }
    await this.kill();
  }

  /** Ends the Deno kernel and what its cells have started, without asking. */
  async kill(): Promise<void> {
    await Promise.all([this.#deno.end(), this.#help[Symbol.asyncDispose]()]);
  }

  /** Ends the Deno kernel. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** HOOK for cells/: returns the text that the Deno kernel gets. Lines stay where they are. */
  #rewritten({ id, number, code }: RunningCell): string {
    return this.#errors.script({ id, label: number, source: code });
  }

  /** HOOK for inside/stop.ts: ends the running cell, which then fails. */
  async #stopCell(_cell: RunningCell): Promise<void> {
    await this.#deno.request("control", "interrupt_request", {}).reply.catch(() => {});
  }

  /** HOOK for outputs/: takes what the Deno kernel broadcasts. */
  #onBroadcast(message: Message): void {
    const { header, content, metadata, buffers } = message;
    const token = content?.data?.[TOKEN_MIME];
    if (token !== undefined) return this.#tokens.get(token)?.(content.data);
    if (!SHOWN_TYPES.has(header.msg_type)) return;
    const cell = this.#running ?? this.#last;
    if (cell === undefined) return;
    if (header.msg_type === "error" && cell === this.#running) {
      // One of the engine's own requests, which ask by an error, is nobody's.
      if (message.parentHeader.msg_id === cell.request) cell.errors.push(message);
    } else this.#show(cell, { type: header.msg_type, content, metadata, buffers });
  }

  /** HOOK for outputs/: takes what the Deno kernel's process prints, its children's lines mostly. */
  #onPrint(_name: "stdout" | "stderr", _text: string): void {}

  /** HOOK for outputs/: waits until all that the cell has shown is here. */
  async #allShown(_cell: RunningCell): Promise<void> {
    await this.#barrier();
  }

  /**
   * HOOK for errors/: returns the error that a failed cell shows.
   *
   * @param error What the Deno kernel replied, or what `#rewritten` threw
   */
  #explained(cell: RunningCell, error: CellError): Promise<ExplainedError> {
    return this.#errors.explain(cell.id, error, async (expression) => {
      const { content } = await this.#silently(`throw ${expression}`);
      return content.evalue;
    });
  }

  /**
   * HOOK for errors/: shows what the type checker says of a failed cell, when the cell's error can be read
   * already, and returns the reply with it. A cell that waits ends the wait.
   */
  async #withTypeSentence(cell: RunningCell, reply: CellReply): Promise<CellReply> {
    if (reply.status !== "error" || cell.error?.place === undefined || cell.silent) return reply;
    const over = new AbortController();
    this.#isExplaining = true;
    this.#onArrival = () => over.abort();
    if (this.#queue.length > 0) over.abort();
    const signal = AbortSignal.any([over.signal, cell.stopped.signal]);
    const sentence = await this.#errors.typeSentence(cell.error, signal);
    this.#onArrival = () => {};
    this.#isExplaining = false;
    if (sentence === undefined) return reply;
    const content = { name: "stderr", text: `${sentence}\n` };
    this.#show(cell, { type: "stream", content, metadata: {}, buffers: [] });
    return { ...reply, traceback: [...reply.traceback, "", sentence] };
  }

  /** Shows an output in the cell that it belongs to. */
  #show(cell: RunningCell, output: Shown): void {
    if (cell.silent) return;
    // The Deno kernel's count has the engine's own requests in it.
    const content = output.type === "execute_result"
      ? { ...output.content, execution_count: cell.number }
      : output.content;
    cell.audience.onShow({ ...output, content });
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let cell; (cell = this.#queue.shift()) !== undefined;) {
      const isCounted = !cell.silent && cell.storeHistory;
      if (isCounted) this.#count++;
      const running: RunningCell = {
        ...cell,
        number: this.#count,
        id: ++this.#ids,
        errors: [],
        stopped: new AbortController(),
      };
      this.#running = this.#last = running;
      cell.audience.onStart(running.number);
      if (!cell.silent) this.#help.add(running);
      const reply = await this.#run(running);
      const isStopped = running.stopped.signal.aborted;
      const aborts = isStopped || (reply.status === "error" && cell.stopOnError);
      // Until its reply leaves, a client cannot know of the failure: what it has sent meanwhile is to be
      // aborted too, and a machine that is busy may take some time between two requests.
      if (aborts) await new Promise((done) => setTimeout(done, ABORT_MS));
      const aborted = aborts ? this.#queue.splice(0) : [];
      const told = await this.#withTypeSentence(running, reply);
      this.#running = undefined;
      cell.audience.onEnd(told, running.error?.line);
      for (const { audience } of aborted) {
        audience.onEnd({ status: "aborted", execution_count: this.#count });
      }
      this.#room?.resolve();
      this.#room = undefined;
    }
    this.#isWorking = false;
  }

  async #run(cell: RunningCell): Promise<CellReply> {
    try {
      const name = questionIn(cell.code);
      if (name !== undefined) return await this.#documented(cell, name);
      const { id, reply } = this.#deno.request("shell", "execute_request", {
        code: this.#rewritten(cell),
        silent: false,
        store_history: false,
        user_expressions: {},
        allow_stdin: cell.allowInput,
        stop_on_error: false,
      }, { metadata: cell.metadata, buffers: [] });
      cell.request = id;
      const { content } = await reply;
      await this.#allShown(cell);
      if (content.status === "error") return await this.#failed(cell, content);
      this.#showErrors(cell, cell.errors);
      const user_expressions = await this.#values(cell.userExpressions);
      return { status: "ok", execution_count: cell.number, payload: [], user_expressions };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { name, message } = error;
      return await this.#failed(cell, { ename: name, evalue: message, traceback: [] });
    }
  }

  /** Answers a cell that asks for documentation. */
  async #documented(cell: RunningCell, name: string): Promise<CellReply> {
    const content = { code: name, cursor_pos: [...name].length, detail_level: 0 };
    const { found, data } = await this.answer("inspect_request", content) as {
      readonly found: boolean;
      readonly data: Page["data"];
    };
    const text = `Nothing is known of ${name}\n`;
    const nothing = { name: "stderr", text };
    if (!found) this.#show(cell, { type: "stream", content: nothing, metadata: {}, buffers: [] });
    const payload: Page[] = found ? [{ source: "page", data, start: 0 }] : [];
    return { status: "ok", execution_count: cell.number, payload, user_expressions: {} };
  }

  /** Shows why a cell failed, as its last output, and returns its reply. */
  async #failed(
    cell: RunningCell,
    { ename, evalue, traceback }: CellError,
  ): Promise<CellReply> {
    // The one that the Deno kernel broadcast for this reply is replaced, and others are the cell's own.
    const same = ({ content }: Message) => content.ename === ename && content.evalue === evalue;
    const at = cell.errors.findLastIndex(same);
    this.#showErrors(cell, cell.errors.filter((_, i) => i !== at));
    cell.error = await this.#explained(cell, { ename, evalue, traceback });
    const { ename: name, evalue: message, traceback: lines } = cell.error;
    const content = { ename: name, evalue: message, traceback: lines };
    this.#show(cell, { type: "error", content, metadata: {}, buffers: [] });
    return { status: "error", execution_count: cell.number, ...content };
  }

  #showErrors(cell: RunningCell, errors: readonly Message[]): void {
    for (const { content, metadata, buffers } of errors) {
      this.#show(cell, { type: "error", content, metadata, buffers });
    }
  }

  async #onInput(prompt: string, password: boolean): Promise<string | null> {
    const cell = this.#running;
    if (cell === undefined || !cell.allowInput) return null;
    const { signal } = cell.stopped;
    const stopped = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null);
      signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    return await Promise.race([cell.audience.onInput(prompt, password, signal), stopped]);
  }

  #onEnd(error: KernelError): void {
    // The running cell fails by its rejected reply, and those that wait are aborted.
    const wait = () => {
      if (!this.#isWorking) return this.#ended.resolve(error);
      setTimeout(wait, 0);
    };
    wait();
  }

  /** A subscription takes effect some time after it is made: asks until a token comes through. */
  async #ready(deadline: number): Promise<void> {
    while (!await this.#barrier(Math.min(PROBE_MS, deadline - performance.now()))) {
      if (performance.now() > deadline) {
        throw new KernelError("The kernel does not send what it shows");
      }
    }
    for (const [{ href }, install] of INSIDE) {
      const code = `void (await import(${JSON.stringify(href)})).${install}()`;
      const { content } = await this.#silently(code);
      if (content.status !== "ok") {
        throw new KernelError(`Cannot prepare the kernel: ${content.evalue}`);
      }
    }
  }

  /**
   * Waits until what the Deno kernel has shown so far is here: a further request broadcasts a token.
   * Returns false if that does not come in time.
   */
  async #barrier(timeout?: number): Promise<boolean> {
    return await this.#broadcasted("{}", timeout) !== undefined;
  }

  /** Evaluates the expressions of a request. */
  async #values(expressions: Cell["userExpressions"]): Promise<Record<string, unknown>> {
    const values: Record<string, unknown> = {};
    for (const [name, expression] of Object.entries(expressions)) {
      const data = `await Deno.jupyter.format(await (${expression}\n))`;
      try {
        const { [TOKEN_MIME]: _token, ...shown } = (await this.#broadcasted(data))!;
        values[name] = { status: "ok", data: shown, metadata: {} };
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
        values[name] = { status: "error", ...error.content };
      }
    }
    return values;
  }

  /**
   * Has the Deno kernel broadcast what `data`, an expression, gives, and returns it; undefined if it does
   * not come in time.
   *
   * @throws {EvaluationError} If the expression throws
   */
  async #broadcasted(data: string, timeout?: number): Promise<Record<string, unknown> | undefined> {
    const token = crypto.randomUUID();
    const come = Promise.withResolvers<Record<string, unknown> | undefined>();
    this.#tokens.set(token, come.resolve);
    const timer = timeout && setTimeout(() => come.resolve(undefined), timeout);
    try {
      const code = `await Deno.jupyter.broadcast("display_data", { metadata: {}, transient: {}, ` +
        `data: { ...${data}, "${TOKEN_MIME}": "${token}" } })`;
      const replied = this.#silently(code).then(({ content }) => {
        if (content.status !== "ok") throw new EvaluationError(content);
        return come.promise;
      });
      return await Promise.race([replied, come.promise]);
    } finally {
      clearTimeout(timer);
      this.#tokens.delete(token);
    }
  }

  /** Runs code of the engine's own. */
  #silently(code: string): Promise<Message> {
    return this.#deno.request("shell", "execute_request", {
      code,
      silent: true,
      store_history: false,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: false,
    }).reply;
  }
}

class EvaluationError extends Error {
  readonly content: CellError;

  constructor({ ename, evalue, traceback }: CellError) {
    super(evalue);
    this.content = { ename, evalue, traceback };
  }
}
