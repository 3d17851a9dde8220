/**
 * What every check of an exercise does: it takes the learner's answer, opens what it needs, calls the
 * learner's function, judges what came out, and closes everything.
 *
 * A check asks a question and gives a recipe. The recipe returns what it saw when the answer is
 * right, and {@linkcode expect} ends it with a verdict where the answer is not. Whatever happens,
 * the learner gets a {@linkcode Verdict} and never an error:
 *
 * ```ts
 * import { expect, judge } from "./_frame.ts";
 * import { A_NUMBER } from "./_values.ts";
 * import type { Verdict } from "./verdict.ts";
 * import { assertEquals } from "@std/assert";
 *
 * function checkAnswer(answer: (() => Promise<number>) | undefined): Promise<Verdict> {
 *   return judge({ name: "answer", answer }, async (answer, attempt) => {
 *     const value = await attempt.call(answer, { returns: A_NUMBER });
 *     expect(value === 42, `your function returned ${value}`, "Count again");
 *     return "the number is 42";
 *   });
 * }
 *
 * const verdict = await checkAnswer(() => Promise.resolve(41));
 * assertEquals(String(verdict), "✗ not yet: your function returned 41. Count again.");
 * ```
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type LabNetwork, labNetwork } from "../networks/lab_network.ts";
import type { PrivateNetworkOptions } from "../networks/private_network.ts";
import { seededRandom } from "../ports/allocator/seeded_random.ts";
import { checkOptions, milliseconds, wholeNumber } from "../refusal.ts";
import { freePort } from "../sockets/free_port.ts";
import { Socket } from "../sockets/socket.ts";
import { until, within } from "../time_limit.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { problemOfError } from "./_errors.ts";
import {
  aFunction,
  ANYTHING,
  DENO_LISTENER,
  type Kind,
  type Problem,
  problemOf,
  shown,
} from "./_values.ts";
import { type Call, closeQuietly, Watch } from "./_watch.ts";
import { Verdict } from "./verdict.ts";

/** How long a learner's function, and each wait of a check, may take, in milliseconds. */
const ANSWER_MS = 4_000;
/** How long a close may take that the learner did not wait for, in milliseconds. */
const CLOSE_MS = 300;
const LOOPBACK = "127.0.0.1";
const AWAIT = "Put `await` before each call of an async function";
const MAX_SEED = 2 ** 32 - 1;

/** Settings of {@linkcode checkWith}. */
export interface CheckSettings {
  /** The seed of everything random in a check, 0 to 4,294,967,295; a new one each time by default. */
  readonly seed?: number;
  /**
   * How long the learner's function, and each wait of the check, may take, in milliseconds; 4,000 by
   * default.
   */
  readonly timeout?: number;
}

const settings = new AsyncLocalStorage<CheckSettings>();

/**
 * Runs a check with a seed or a time limit of your choice; a verdict prints the seed that its check
 * used, if it used one.
 *
 * @throws {TypeError} If a setting is misspelt or of the wrong kind
 * @throws {RangeError} If a setting is out of bounds
 *
 * @example The same question again
 * ```ts
 * import { checkAsk, checkWith } from "fourtuple/exercises";
 * import { assertEquals } from "@std/assert";
 *
 * const questions: string[] = [];
 * const ask = (_port: number, text: string) => Promise.resolve(`${questions.push(text)}`);
 * const verdict = await checkWith({ seed: 7 }, () => checkAsk(ask));
 * await checkWith({ seed: 7 }, () => checkAsk(ask));
 * assertEquals(verdict.seed, 7);
 * assertEquals(questions[0], questions[1]);
 * ```
 */
export function checkWith<Result>(options: CheckSettings, check: () => Result): Result {
  const checks = { seed: wholeNumber({ most: MAX_SEED }), timeout: milliseconds({ least: 1 }) };
  checkOptions(options, checks, "Cannot run a check");
  return settings.run(options, check);
}

/** What an exercise asks for. */
export interface Question<Answer> {
  /** The variable that holds the answer in the notebook. */
  readonly name: string;
  /** The answer; undefined while there is none. */
  readonly answer: Answer | undefined;
  /** What the answer has to be; a function by default. */
  readonly kind?: Kind<Answer>;
}

/**
 * Judges an answer: calls `recipe` with it, and turns whatever happens into a verdict.
 *
 * @param recipe Returns what it saw, if the answer is right
 */
export async function judge<Answer>(
  { name, answer, kind }: Question<Answer>,
  recipe: (answer: Answer, attempt: Attempt) => string | Promise<string>,
): Promise<Verdict> {
  if (answer === undefined) {
    const task = kind === undefined ? `write the function ${name}` : `set ${name} to ${kind.rule}`;
    return Verdict.open(task);
  }
  const expected = kind ?? (aFunction() as unknown as Kind<Answer>);
  const problem = problemOf(answer, { kind: expected, whose: `${name} is`, should: "should be" });
  if (problem !== undefined) {
    closeQuietly(answer);
    return Verdict.notYet(problem.seen, problem.hint);
  }
  const attempt = new Attempt(settings.getStore());
  using unawaited = new UnawaitedErrors();
  let verdict: Verdict;
  try {
    verdict = Verdict.right(await recipe(answer, attempt));
  } catch (error) {
    verdict = verdictOf(error);
  }
  verdict = unawaited.explain(verdict);
  // The learner gets the verdict, even if something cannot be closed.
  await attempt[Symbol.asyncDispose]().catch(() => {});
  await unawaited.settle();
  return attempt.drawnSeed === undefined ? verdict : verdict.withSeed(attempt.drawnSeed);
}

/**
 * Catches the errors of promises that the learner forgot to await while a check runs: they would end
 * the notebook's process.
 */
class UnawaitedErrors implements Disposable {
  #first: unknown;
  #isEmpty = true;
  readonly #onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    if (this.#isEmpty) this.#first = event.reason;
    this.#isEmpty = false;
  };

  constructor() {
    addEventListener("unhandledrejection", this.#onRejection);
  }

  /** Adds the first error to a verdict. */
  explain(verdict: Verdict): Verdict {
    if (this.#isEmpty) return verdict;
    const more = `an error came out of a promise that nothing awaits: ${shown(this.#first)}`;
    const message = `${verdict.message}; ${more}`;
    if (verdict.state === "right") return Verdict.right(message);
    if (verdict.state === "open") return Verdict.open(message);
    return Verdict.notYet(message, verdict.hint ?? AWAIT);
  }

  /** Waits for what fails because the check has closed the sockets; that is no news. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 2; turns++) await new Promise((resolve) => setTimeout(resolve, 0));
  }

  [Symbol.dispose](): void {
    removeEventListener("unhandledrejection", this.#onRejection);
  }
}

function verdictOf(error: unknown): Verdict {
  if (error instanceof Ending) return error.verdict;
  // Not from the learner's function, whose errors `call` explains; still, it may be the reason.
  return Verdict.open(`this could not be checked: the check itself ended with ${shown(error)}`);
}

/** Ends a recipe with a verdict. */
class Ending extends Error {
  readonly verdict: Verdict;

  constructor(verdict: Verdict) {
    super(verdict.message);
    this.verdict = verdict;
  }
}

/**
 * Ends the check with "not yet" unless the condition holds.
 *
 * @param seen What was seen, as a sentence without a full stop
 * @param hint Which idea that contradicts, and what to try, without the last full stop
 */
export function expect(condition: unknown, seen: string, hint?: string): asserts condition {
  if (!condition) notYet({ seen, hint });
}

/** Ends the check with "not yet". */
export function notYet({ seen, hint }: Problem): never {
  throw new Ending(Verdict.notYet(seen, hint));
}

/** Ends the check with "open": this machine lacks something that it needs. */
export function unavailable(reason: string): never {
  throw new Ending(Verdict.open(`this cannot be checked here: ${reason}`));
}

/** Waits for a step of the check; if that fails, the check ends with "not yet". */
export async function expectDone<Value>(
  step: Promise<Value>,
  seen: string | ((error: unknown) => string),
  hint?: string,
): Promise<Value> {
  try {
    return await step;
  } catch (error) {
    return notYet({ seen: typeof seen === "string" ? seen : seen(error), hint });
  }
}

/** How the learner's function is called. */
export interface CallOptions<Value> {
  /** What it has to return, or promise; anything by default. */
  readonly returns?: Kind<Value>;
  /** What to try after an error of the kernel, by its code or "TimeoutError". */
  readonly hints?: Readonly<Record<string, string>>;
  /** The input, for the verdict: "for http://localhost/"; nothing by default. */
  readonly about?: string;
  /** What to try if the function takes too long. */
  readonly late?: string;
}

/** What came out of a function: a value, or an error. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** One run of a check: what it opens, its calls of the learner's function, its random choices. */
export class Attempt implements AsyncDisposable {
  /** How long one wait may take, in milliseconds. */
  readonly timeout: number;
  /** The seed of the random choices; undefined before the first. */
  drawnSeed: number | undefined;
  readonly #seed: number;
  #random: Random | undefined;
  readonly #stack = new AsyncDisposableStack();
  readonly #watch: Watch;
  readonly #returned: unknown[] = [];

  constructor({ seed, timeout = ANSWER_MS }: CheckSettings = {}) {
    this.timeout = timeout;
    this.#seed = seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
    this.#watch = this.#stack.use(new Watch());
    this.#stack.defer(() => closeQuietly(this.#returned));
  }

  /** The only source of random choices. */
  get random(): Random {
    this.drawnSeed = this.#seed;
    return this.#random ??= new Random(this.#seed);
  }

  /** The calls that the learner's function has made, in their order. */
  get calls(): readonly Call[] {
    return this.#watch.calls;
  }

  /** Closes something at the end, and returns it. */
  open<Resource extends Disposable | AsyncDisposable>(resource: Resource): Resource {
    return this.#stack.use(resource);
  }

  /** Closes at the end what the learner has made, however often it was closed before. */
  closeLater(value: unknown): void {
    this.#returned.push(...(Array.isArray(value) ? value : [value]));
  }

  /** Does something at the end. */
  defer(work: () => unknown): void {
    this.#stack.defer(async () => {
      await work();
    });
  }

  /** Makes a TCP socket of the check's own. */
  tcp(): Socket {
    return this.open(Socket.tcp({ timeout: this.timeout }));
  }

  /** Makes a socket that listens at 127.0.0.1, at a port that the kernel picks. */
  listen(backlog?: number): Socket {
    const socket = this.tcp();
    socket.bind(`${LOOPBACK}:0`);
    socket.listen(backlog);
    return socket;
  }

  /** Connects a socket of the check's own. */
  async connect(endpoint: Endpoint): Promise<Socket> {
    const socket = this.tcp();
    await socket.connect(endpoint);
    return socket;
  }

  /** Accepts a connection of a server of the check's. */
  async accept(server: Socket, timeout = this.timeout): Promise<Socket> {
    return this.open(await server.accept({ timeout }));
  }

  /** Makes a private network, or ends the check where this machine allows none. */
  async network(options: PrivateNetworkOptions): Promise<LabNetwork> {
    const network = this.open(await labNetwork(options));
    if (!network.isPrivate) unavailable(`it takes a private network. ${network.note}`);
    return network;
  }

  /** Runs the learner's function to its end, however it ends, but not for longer than the limit. */
  async try(work: () => unknown, late?: string): Promise<Outcome> {
    const running = this.#watch.run(async () => await work());
    const settled = running.then((value) => ({ value }), (error: unknown) => ({ error }));
    let outcome: Outcome;
    try {
      outcome = await within(settled, { timeout: this.timeout });
    } catch {
      this.#watch.keepUntil(settled);
      settled.then((each) => "value" in each && closeQuietly(each.value));
      return notYet({
        seen: `your function has not come to its end after ${this.timeout} ms`,
        hint: late ?? "It waits for something that never comes, or goes round a loop for ever",
      });
    }
    if ("value" in outcome) this.closeLater(outcome.value);
    return outcome;
  }

  /** Runs the learner's function, and returns what it returned or promised. */
  async call<Value = unknown>(
    work: () => unknown,
    options: CallOptions<Value> = {},
  ): Promise<Value> {
    return this.valueOf(await this.try(work, options.late), options);
  }

  /** The same for a function that has to return at once, without a promise. */
  callNow<Value>(work: () => unknown, options: CallOptions<Value>): Value {
    let outcome: Outcome;
    try {
      outcome = { value: this.#watch.run(work) };
    } catch (error) {
      outcome = { error };
    }
    if ("value" in outcome && outcome.value instanceof Promise) {
      outcome.value.then(closeQuietly, () => {});
      return notYet({
        seen:
          `your function returned a promise, and should return ${options.returns?.rule} at once`,
        hint:
          "An async function gives a promise, and one that awaits its server never comes back: " +
          "leave out `async`, and let the work go on beside it",
      });
    }
    if ("value" in outcome) this.closeLater(outcome.value);
    return this.valueOf(outcome, options);
  }

  /** Starts the learner's server, which has to return its listener at once. */
  server(start: () => unknown): Deno.TcpListener {
    const listener = this.callNow(start, { returns: DENO_LISTENER });
    const { hostname } = listener.addr;
    expect(
      hostname === LOOPBACK,
      `it listens at ${hostname}, and should listen at ${LOOPBACK}`,
      "The option `hostname` of Deno.listen says at which address",
    );
    return listener;
  }

  /** Runs the learner's function, which is to let an error out, and returns that error. */
  async error(work: () => unknown, hint: string, late = hint): Promise<unknown> {
    const outcome = await this.try(work, late);
    if ("error" in outcome) return outcome.error;
    return notYet({ seen: "no error came out of your function", hint });
  }

  /** Ends the check with "not yet" if the learner has left something open that is not returned. */
  async expectClosed(
    seen: string,
    hint?: string,
    returned: readonly unknown[] = [],
  ): Promise<void> {
    const left = () => this.#watch.left(returned);
    await until(() => left().length === 0, { timeout: CLOSE_MS }).catch(() => {});
    const still = left();
    if (still.length === 0) return;
    notYet({
      seen: `${seen}, but ${
        still.length === 1 ? "a socket" : `${still.length} sockets`
      } of yours stayed open: ${still.map(nameOf).join(", ")}`,
      hint: hint ??
        (returned.length === 0
          ? "Close each in any case, also when a call fails: `using socket = …` does it"
          : "The check closes only what you return: close the others, also when a call fails"),
    });
  }

  /** Is this open? Of a socket of Deno's, the kernel tells. */
  isOpen(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    if ("isClosed" in value) return value.isClosed === false;
    return this.#watch.left().includes(value as { close(): unknown });
  }

  /** Returns what came out, if it is a value of the right kind. */
  valueOf<Value>(outcome: Outcome, options: CallOptions<Value>): Value {
    const { returns = ANYTHING as Kind<Value>, hints, about } = options;
    const problem = "error" in outcome
      ? problemOfError(outcome.error, hints)
      : problemOf(outcome.value, {
        kind: returns,
        whose: "your function returned",
        should: "should return",
      });
    if (problem !== undefined) {
      const { seen, hint } = problem;
      notYet({ seen: about === undefined ? seen : `${about}: ${seen}`, hint });
    }
    return (outcome as { value: Value }).value;
  }

  /** Closes all that the check and the learner have opened. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Returns a socket's place, for a verdict. */
function nameOf(socket: object): string {
  try {
    if (socket instanceof Socket) return `${socket.protocol} ${socket.localEndpoint()}`;
    const { addr, localAddr } = socket as { addr?: Deno.NetAddr; localAddr?: Deno.NetAddr };
    const at = localAddr ?? addr;
    return `${at?.transport} ${at?.hostname}:${at?.port}`;
  } catch {
    return "one without an endpoint";
  }
}

/** Returns an endpoint that was free a moment ago: nothing holds it for the learner. */
export function spareEndpoint(address?: string): Endpoint {
  using held = freePort({ address });
  return held.endpoint;
}

/** Random choices that one seed decides. */
export class Random {
  readonly #next: (limit: number) => number;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  /** Returns a whole number from 0 to below `limit`. */
  below(limit: number): number {
    return this.#next(limit);
  }

  /** Returns as many different elements as `count`, in their order. */
  some<Value>(count: number, values: readonly Value[]): Value[] {
    const picked = new Set(this.shuffled([...values.keys()]).slice(0, count));
    return values.filter((_, index) => picked.has(index));
  }

  /** Returns the values in another order. */
  shuffled<Value>(values: readonly Value[]): Value[] {
    const left = [...values];
    return values.map(() => left.splice(this.#next(left.length), 1)[0]!);
  }

  /** Returns a word that nobody guesses by chance: eight digits and letters. */
  word(): string {
    return Array.from({ length: 8 }, () => this.#next(36).toString(36)).join("");
  }
}
