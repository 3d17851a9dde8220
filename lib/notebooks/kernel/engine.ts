/**
 * Runs cells in a Deno kernel, one after another. The server gives it the cells of Jupyter's clients,
 * and the runner's `Kernel` gives it those of a notebook, so that both get the same.
 *
 * What happens to a cell, and where each part plugs in (each is one method below, marked HOOK):
 *
 * 1. cells/: `#rewritten` returns the text that the Deno kernel gets; what it throws is the cell's error.
 * 2. inside/: `INSIDE` lists the functions that silent first cells call in the Deno kernel, and
 *    `#stopCell` stops the running cell, as _stopper.ts does it.
 * 3. outputs/: `#outputs` takes what the Deno kernel's process writes, and all that is shown goes through
 *    it; `#allShown` waits until the cell has no more to show.
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
import { makeStoppable } from "./cells/stoppable.ts";
import { STOP, STOP_ANSWER, STOPPED, type StopPlace } from "./inside/stop_flag.ts";
import { Stopper, stopPlace } from "./_stopper.ts";
import { Help } from "./help/help.ts";
import { questionIn } from "./help/question.ts";
import { KERNEL_SLOT } from "./inside/slot.ts";
import { CellOutputs } from "./outputs/cell_outputs.ts";
import { type Shown, streamed } from "./outputs/shown.ts";

export { KernelError, type KernelOptions, type Shown };

/** How an engine is started. */
export interface EngineOptions extends KernelOptions {
  /** Whether outputs keep a pace, since a Jupyter server drops what comes faster; false by default. */
  readonly isPaced?: boolean;
}

/** What each Deno kernel runs before its first cell: a function of each of these modules. */
const INSIDE: readonly (readonly [
  module: URL,
  install: string,
  argument?: (outputs: CellOutputs) => string,
])[] = [
  [new URL("./inside/outputs.ts", import.meta.url), "installOutputs", ({ marker }) => marker],
  [new URL("./inside/errors.ts", import.meta.url), "installErrors"],
  [new URL("./inside/stop_calls.ts", import.meta.url), "installStop"],
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
  /** The client that sees what it does. */
  readonly audience: Audience;
}

/** The client of a cell, which sees what the cell does. */
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
  /** Why it failed. */
  error?: ExplainedError;
  /** Whether the Deno kernel runs its code: what that has begun goes on behind its end, stopped or not. */
  isInside: boolean;
  /** Aborts a question that waits for an answer, when the cell is stopped. */
  readonly stopped: AbortController;
}

/** All that the Deno kernel says of a cell that was ended from outside. */
const NO_REASON = "Execution failed";
const TOKEN_MIME = "application/x-fourtuple-token";
/** How long the reply of a failed cell waits for further requests; its outputs are out before. */
const ABORT_MS = 50;
/** Far more than a notebook has. */
const MAX_QUEUED = 10_000;
const READY_MS = 30_000;
const PROBE_MS = 250;
const SHUTDOWN_GRACE_MS = 2_000;
/** What ends a cell may end a request of the engine's own a few times, but not for ever. */
const MAX_TRIES = 20;

/**
 * The broadcast messages that a front end shows in a cell. Without "error": a failed cell's error, which
 * the reply has too, is shown once it is explained.
 */
const SHOWN_TYPES: ReadonlySet<string> = new Set([
  "clear_output",
  "display_data",
  "execute_result",
  "stream",
  "update_display_data",
]);

/** A Deno kernel that runs cells. */
export class Engine implements AsyncDisposable {
  #deno!: DenoKernel;
  #outputs!: CellOutputs;
  #stopper!: Stopper;
  readonly #queue: Cell[] = [];
  readonly #errors: CellErrors;
  readonly #help: Help;
  /** What to call with an answer of the Deno kernel, by its token. */
  readonly #answers = new Map<string, (data?: Record<string, unknown>) => void>();
  /** All that have begun, by their id: a cell may show something after its end. */
  readonly #begun = new Map<number, RunningCell>();
  readonly #ended = Promise.withResolvers<KernelError>();
  #running: RunningCell | undefined;
  /** The cell that showed something last: what comes while no cell runs is its. */
  #last: RunningCell | undefined;
  /** Fulfilled when no cell waits any more; undefined if none does. */
  #working: Promise<void> | undefined;
  /** Aborted when the Deno kernel has ended: nothing that a cell waits for is worth it any more. */
  readonly #over = new AbortController();
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
  static async start({ isPaced = false, ...options }: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    engine.#deno = await DenoKernel.start(
      { ...options, streams: () => engine.#outputs = engine.#newOutputs(isPaced) },
      {
        onBroadcast: (message) => engine.#onBroadcast(message),
        onInput: (prompt, password) => engine.#onInput(prompt, password),
        onEnd: (error) => engine.#onEnd(error),
      },
    );
    try {
      engine.#stopper = new Stopper(engine.#deno);
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
    this.#working ??= this.#work();
  }

  /** Waits until few enough cells wait that one more may come: a client may send without end. */
  async room(): Promise<void> {
    if (this.#queue.length >= MAX_QUEUED) await (this.#room ??= Promise.withResolvers()).promise;
  }

  /** Stops the running cell and aborts those that wait; nothing if none runs. */
  stop(): void {
    const cell = this.#running;
    if (cell === undefined) return;
    cell.stopped.abort();
    this.#outputs.stop(cell.id);
    if (cell.isInside) this.#stopCell(cell);
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
    const edit = (text: string) => makeStoppable(text, { cell: id, stop: STOP });
    const first = `void ${KERNEL_SLOT}.begin(${id}); void ${STOP}.begin(${id});`;
    return this.#errors.script({ id, label: number, source: code }, [edit], first);
  }

  /** HOOK for inside/stop.ts: ends the running cell, which then fails. */
  #stopCell(cell: RunningCell): void {
    this.#stopper.stop({
      hasEnded: () => this.#running !== cell || !cell.isInside,
      tell: (text) => this.#show(cell, streamed("stderr", text)),
    });
  }

  /** Returns where a stopped cell was; undefined if it was in code of no cell. */
  async #stopPlace(): Promise<StopPlace | undefined> {
    const { evalue } = await this.#surely(`throw ${this.#stopper.ended()}`);
    return stopPlace(evalue);
  }

  #newOutputs(isPaced: boolean): CellOutputs {
    return new CellOutputs({
      isPaced,
      onShow: (id, output) => this.#onShow(id, output),
      onAnswer: ({ token, ...data }) => this.#answers.get(String(token))?.(data),
    });
  }

  /** Takes what the Deno kernel broadcasts by itself, as for `clear()`; see inside/outputs.ts. */
  #onBroadcast(message: Message): void {
    const { header, content, metadata, buffers } = message;
    const token = content?.data?.[TOKEN_MIME];
    if (token !== undefined) return this.#answers.get(token)?.();
    const cell = this.#running ?? this.#last;
    if (cell === undefined || !SHOWN_TYPES.has(header.msg_type)) return;
    this.#show(cell, { type: header.msg_type, content, metadata, buffers });
  }

  /** Waits until all that the cell has shown is out. */
  async #allShown(cell: RunningCell, status: unknown): Promise<void> {
    if (status === "error" || cell.stopped.signal.aborted) {
      await this.#surely(`${STOP}.endRun(); void ${KERNEL_SLOT}.end(${cell.id})`);
    }
    await this.#outputs.ended(cell.id);
  }

  /**
   * HOOK for errors/: returns the error that a failed cell shows.
   *
   * @param error What the Deno kernel replied, or what `#rewritten` threw
   */
  #explained(cell: RunningCell, error: CellError): Promise<ExplainedError> {
    return this.#errors.explain(cell.id, error, async (expression) => {
      const { evalue } = await this.#surely(`throw ${expression}`);
      return evalue;
    }, cell.stopped.signal.aborted);
  }

  /**
   * HOOK for errors/: shows what the type checker says of a failed cell, when the cell's error can be read
   * already, and returns the reply with it. A cell that waits ends the wait.
   */
  async #withTypeSentence(cell: RunningCell, reply: CellReply): Promise<CellReply> {
    if (reply.status !== "error" || cell.error?.place === undefined || cell.silent) return reply;
    const arrival = new AbortController();
    this.#isExplaining = true;
    this.#onArrival = () => arrival.abort();
    if (this.#queue.length > 0) arrival.abort();
    const signal = AbortSignal.any([arrival.signal, cell.stopped.signal, this.#over.signal]);
    let sentence;
    try {
      sentence = await this.#errors.typeSentence(cell.error, signal);
    } finally {
      this.#onArrival = () => {};
      this.#isExplaining = false;
    }
    if (sentence === undefined) return reply;
    this.#show(cell, streamed("stderr", `${sentence}\n`));
    return { ...reply, traceback: [...reply.traceback, "", sentence] };
  }

  /** Shows an output in a cell, after those that it has shown before. */
  #show({ id }: RunningCell, output: Shown): void {
    this.#outputs.show(id, output);
  }

  /** Tells an audience of an output, when it is its turn. */
  #onShow(id: number, output: Shown): void {
    const cell = this.#begun.get(id) ?? this.#last;
    if (cell === undefined || cell.silent) return;
    // The Deno kernel's count has the engine's own requests in it.
    const content = output.type === "execute_result"
      ? { ...output.content, execution_count: cell.number }
      : output.content;
    cell.audience.onShow({ ...output, content });
  }

  async #work(): Promise<void> {
    for (let cell; (cell = this.#queue.shift()) !== undefined;) {
      if (!cell.silent && cell.storeHistory) this.#count++;
      const running: RunningCell = {
        ...cell,
        number: this.#count,
        id: ++this.#ids,
        isInside: false,
        stopped: new AbortController(),
      };
      this.#running = this.#last = running;
      this.#begun.set(running.id, running);
      const { reply, aborted } = await this.#workAt(running).catch((error) => {
        // Whatever it is, it costs this cell, and neither those behind it nor the learner's variables.
        const failed = { status: "error", execution_count: running.number } as const;
        return { reply: { ...failed, ...namedError(error) }, aborted: [] };
      });
      this.#running = undefined;
      cell.audience.onEnd(reply, running.error?.line);
      this.#outputs.idle();
      for (const { audience } of aborted) {
        audience.onEnd({ status: "aborted", execution_count: this.#count });
      }
      this.#room?.resolve();
      this.#room = undefined;
    }
    this.#working = undefined;
  }

  /** Returns what its client and those of the cells behind it are told when the next one may begin. */
  async #workAt(
    cell: RunningCell,
  ): Promise<{ readonly reply: CellReply; readonly aborted: readonly Cell[] }> {
    cell.audience.onStart(cell.number);
    if (!cell.silent) this.#help.add(cell);
    const reply = await this.#run(cell);
    const isStopped = cell.stopped.signal.aborted;
    const aborts = isStopped || (reply.status === "error" && cell.stopOnError);
    // Until its reply leaves, a client cannot know of the failure: what it has sent meanwhile is to be
    // aborted too, and a machine that is busy may take some time between two requests.
    if (aborts) await new Promise((done) => setTimeout(done, ABORT_MS));
    const aborted = aborts ? this.#queue.splice(0) : [];
    const told = await this.#withTypeSentence(cell, reply).catch(() => reply);
    await this.#outputs.flushed();
    // A signal that comes late would stop the next cell.
    while (this.#stopper.isSignalled && !this.#deno.gone) await this.#stopPlace().catch(() => {});
    return { reply: told, aborted };
  }

  async #run(cell: RunningCell): Promise<CellReply> {
    try {
      const name = questionIn(cell.code);
      if (name !== undefined) return await this.#documented(cell, name);
      const content = await this.#inside(cell, this.#rewritten(cell));
      const stopPlace = cell.stopped.signal.aborted ? await this.#stopPlace() : undefined;
      await this.#allShown(cell, content.status);
      if (content.status === "error") return await this.#failed(cell, content, stopPlace);
      const user_expressions = await this.#values(cell);
      return { status: "ok", execution_count: cell.number, payload: [], user_expressions };
    } catch (error) {
      return await this.#failed(cell, { ...namedError(error), traceback: [] });
    }
  }

  /** Has the Deno kernel run the text of a cell, and returns the content of its reply. */
  async #inside(cell: RunningCell, code: string): Promise<Message["content"]> {
    cell.isInside = true;
    try {
      const { reply } = this.#deno.request("shell", "execute_request", {
        code,
        silent: false,
        store_history: false,
        user_expressions: {},
        allow_stdin: cell.allowInput,
        stop_on_error: false,
      }, { metadata: cell.metadata, buffers: [] });
      return (await reply).content;
    } finally {
      cell.isInside = false;
    }
  }

  /** Answers a cell that asks for documentation. */
  async #documented(cell: RunningCell, name: string): Promise<CellReply> {
    const stopped = AbortSignal.any([cell.stopped.signal, this.#over.signal]);
    let data: Page["data"] | undefined;
    let why = "";
    try {
      data = await unlessAborted(this.#help.documentation(name), stopped);
    } catch (error) {
      why = `: ${namedError(error).evalue}`;
    }
    if (stopped.aborted) {
      const evalue = `while looking for documentation of ${name}`;
      return this.#showError(cell, {
        ename: STOPPED,
        evalue,
        traceback: [`${STOPPED} ${evalue}`],
      });
    }
    if (data === undefined) {
      this.#show(cell, streamed("stderr", `Cannot find documentation for ${name}${why}\n`));
    }
    const payload: Page[] = data === undefined ? [] : [{ source: "page", data, start: 0 }];
    return { status: "ok", execution_count: cell.number, payload, user_expressions: {} };
  }

  /** Shows why a cell failed, as its last output, and returns its reply. */
  async #failed(
    cell: RunningCell,
    { ename, evalue, traceback }: CellError,
    stopPlace?: StopPlace,
  ): Promise<CellReply> {
    // It may say so in its own words, as when it fails again while it cleans up.
    const isStopped = cell.stopped.signal.aborted && (stopPlace || evalue === NO_REASON);
    const said = { ename, evalue, traceback };
    try {
      cell.error = isStopped
        ? this.#errors.stopped(cell.id, stopPlace)
        : await this.#explained(cell, said);
    } catch {
      // A cell may have broken what explains it: then its error is shown as it is.
      cell.error = traceback.length > 0 ? said : { ...said, traceback: [`${ename}: ${evalue}`] };
    }
    return this.#showError(cell, cell.error);
  }

  /** Shows the error of a cell, and returns the reply with it. */
  #showError(cell: RunningCell, { ename, evalue, traceback }: CellError): CellReply {
    const content = { ename, evalue, traceback };
    this.#show(cell, { type: "error", content, metadata: {}, buffers: [] });
    return { status: "error", execution_count: cell.number, ...content };
  }

  async #onInput(prompt: string, password: boolean): Promise<string | null> {
    const cell = this.#running;
    if (cell === undefined || !cell.allowInput) return null;
    const { signal } = cell.stopped;
    const stopped = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null);
      signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    const answer = await Promise.race([cell.audience.onInput(prompt, password, signal), stopped]);
    return signal.aborted ? STOP_ANSWER : answer;
  }

  async #onEnd(error: KernelError): Promise<void> {
    this.#over.abort();
    // The running cell fails by its rejected reply, and those that wait are aborted.
    await this.#working;
    this.#ended.resolve(error);
  }

  /** A subscription takes effect some time after it is made: asks until a token comes through. */
  async #ready(deadline: number): Promise<void> {
    while (!await this.#barrier(Math.min(PROBE_MS, deadline - performance.now()))) {
      if (performance.now() > deadline) {
        throw new KernelError("The kernel does not send what it shows");
      }
    }
    for (const [{ href }, install, argument] of INSIDE) {
      const given = argument ? JSON.stringify(argument(this.#outputs)) : "";
      const code = `void await (await import(${JSON.stringify(href)})).${install}(${given})`;
      const { content } = await this.#silently(code);
      if (content.status !== "ok") {
        throw new KernelError(`Cannot prepare the kernel: ${content.evalue}`);
      }
    }
  }

  /** Has the Deno kernel broadcast a token; returns false if it does not come in time. */
  async #barrier(timeout: number): Promise<boolean> {
    const token = crypto.randomUUID();
    const come = Promise.withResolvers<boolean>();
    this.#answers.set(token, () => come.resolve(true));
    const timer = setTimeout(() => come.resolve(false), timeout);
    this.#silently(
      `await Deno.jupyter.broadcast("display_data", ` +
        `{ data: { "${TOKEN_MIME}": "${token}" }, metadata: {}, transient: {} })`,
    ).catch(come.reject);
    try {
      return await come.promise;
    } finally {
      clearTimeout(timer);
      this.#answers.delete(token);
    }
  }

  /** Evaluates the expressions of a cell's request. */
  async #values(cell: RunningCell): Promise<Record<string, unknown>> {
    const values: Record<string, unknown> = {};
    for (const [name, expression] of Object.entries(cell.userExpressions)) {
      cell.isInside = true;
      const token = crypto.randomUUID();
      const come = Promise.withResolvers<Record<string, unknown> | undefined>();
      this.#answers.set(token, come.resolve);
      const { content } = await this.#silently(
        `void ${KERNEL_SLOT}.answer({ token: "${token}", ` +
          `data: await Deno.jupyter.format(await (${expression}\n)) })`,
      );
      const { ename, evalue, traceback } = content;
      values[name] = content.status === "ok"
        ? { status: "ok", ...await come.promise, metadata: {} }
        : { status: "error", ename, evalue, traceback };
      this.#answers.delete(token);
      cell.isInside = false;
    }
    return values;
  }

  /** Runs code of the engine's own, again if that ends it which is to end a cell. */
  async #surely(code: string): Promise<Message["content"]> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { content } = await this.#silently(code);
      if (content.evalue !== NO_REASON) return content;
    }
    throw new KernelError("The kernel does not answer the question of what became of the cell");
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

/** Returns the name and the message of what was thrown. */
function namedError(error: unknown): CellError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { ename: name, evalue: message, traceback: [`${name}: ${message}`] };
}

/** Waits for a promise; returns undefined if the signal is aborted before. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const abort = () => aborted.resolve(undefined);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
