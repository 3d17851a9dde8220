/**
 * Programs as processes of their own, started from a notebook's cell or a test: what they say, line
 * by line, and a way to end them that always ends.
 *
 * @module
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { DISPLAY, type Displayable, type MimeBundle } from "../show/display.ts";
import { eachLine } from "./_output_lines.ts";
import { type Match, type Pattern, Transcript } from "./_transcript.ts";

/** Where a program is started, and for how long. */
export interface CommandOptions {
  /** Variables on top of those of this process; `NO_COLOR` is 1 unless set here. */
  readonly env?: Readonly<Record<string, string>>;
  /** The working directory; that of this process by default. */
  readonly cwd?: string | URL;
  /** After how many milliseconds the program is killed; an hour by default. */
  readonly lifetime?: number;
}

/** How a Deno program is started. */
export interface ProgramOptions extends CommandOptions {
  /** What the program finds in `Deno.args`; nothing by default. */
  readonly args?: readonly string[];
  /** The permissions of `deno run`; `["--allow-net"]` by default. */
  readonly permissions?: readonly string[];
  /** A command to run Deno under, such as `["unshare", "--user"]`; none by default. */
  readonly prefix?: readonly string[];
}

/** How long to wait for a program. */
export interface ProgramWaitOptions {
  /** Milliseconds; 10,000 by default. */
  readonly timeout?: number;
}

/** How to end a program. */
export interface StopOptions {
  /** How long the program may take to end by itself, in milliseconds; 2,000 by default. */
  readonly grace?: number;
}

/** How a program ended. */
export interface ProgramResult {
  /** Its exit code; 128 and the signal's number if a signal ended it. */
  readonly code: number;
  /** The signal that ended it, if one did. */
  readonly signal: Deno.Signal | null;
  /** What it wrote to its standard output and error, in the order of arrival. */
  readonly lines: readonly string[];
  /** What of it came from standard error. */
  readonly errorLines: readonly string[];
}

/** How long the output of an ended program is waited for, where a child of its own holds it. */
const DRAIN_MS = 500;

const HOUR_MS = 3_600_000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** setTimeout() takes a longer time for none at all. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** A program that did not say what was waited for, or could not be started. */
export class ProgramError extends Error {
  /** The error's name, as it is printed. */
  override readonly name = "ProgramError";
}

/**
 * A running program.
 *
 * It is killed when its lifetime is over. A Deno program also ends by itself, within a second, when
 * the process that started it is gone (not on Windows); another command does not.
 *
 * @example What a program says
 * ```ts
 * import { Program } from "fourtuple/program";
 * import { assertEquals } from "@std/assert";
 *
 * const script = "data:text/javascript,console.log('port ' + 80)";
 * await using program = Program.start(script, { permissions: [] });
 * const [, port] = await program.line(/port (\d+)/);
 * assertEquals(port, "80");
 * assertEquals((await program.ended).code, 0);
 * ```
 */
export class Program implements AsyncDisposable, Displayable {
  /** How it ended, as soon as it has; never rejects. */
  readonly ended: Promise<ProgramResult>;
  readonly #title: string;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #transcript = new Transcript();
  readonly #errors = new Transcript();
  #result: ProgramResult | undefined;

  private constructor(title: string, process: Deno.ChildProcess, lifetime: number) {
    this.#title = title;
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#input.closed.catch(() => {}); // the program may be gone first
    this.ended = this.#run(lifetime);
  }

  /**
   * Starts a Deno program: `deno run`, the permissions, the script, its arguments.
   *
   * @param script A path, relative to the working directory, or a URL
   * @throws {ProgramError} If the prefix is no command that can be started
   * @throws {RangeError} If the lifetime is not a number of milliseconds above 0
   */
  static start(script: string | URL, options: ProgramOptions = {}): Program {
    const { args = [], permissions = ["--allow-net"], prefix = [] } = options;
    const preload = new URL("./end_with_parent.ts", import.meta.url);
    const place = String(script);
    return Program.#spawn(
      [...prefix, Deno.execPath(), "run", "--no-prompt", `--preload=${preload}`]
        .concat(permissions, place, args),
      [...prefix, "deno", "run", ...permissions, shortPlace(place), ...args].join(" "),
      options,
    );
  }

  /**
   * Starts any command.
   *
   * @param words The command and its arguments, as the program finds them: no shell reads them
   * @throws {ProgramError} If the command cannot be started
   * @throws {RangeError} If there are no words, or the lifetime is not a number of milliseconds
   * above 0
   *
   * @example Another program
   * ```ts
   * import { Program } from "fourtuple/program";
   * import { assertEquals } from "@std/assert";
   *
   * await using cat = Program.command(["cat"]);
   * await cat.send("hello\n");
   * assertEquals(await cat.line("hello"), "hello");
   * assertEquals((await cat.stop("SIGTERM")).signal, "SIGTERM");
   * ```
   */
  static command(words: readonly string[], options: CommandOptions = {}): Program {
    return Program.#spawn(words, words.join(" "), options);
  }

  static #spawn(words: readonly string[], title: string, options: CommandOptions): Program {
    const [command, ...args] = words;
    const { env, cwd, lifetime = HOUR_MS } = options;
    if (command === undefined) {
      throw new RangeError("Cannot start a command of no words: the first one names the program");
    }
    assertMilliseconds("give a program a lifetime of", lifetime);
    try {
      const process = new Deno.Command(command, {
        args,
        cwd,
        env: { NO_COLOR: "1", ...env },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      return new Program(title, process, lifetime);
    } catch (error) {
      throw new ProgramError(`Cannot start "${title}": ${error}`, { cause: error });
    }
  }

  /** The number of the process. */
  get pid(): number {
    return this.#process.pid;
  }

  /** What the program has said so far, on standard output and error; its last 10,000 lines. */
  get lines(): readonly string[] {
    return this.#transcript.lines;
  }

  /** What of it came from standard error. */
  get errorLines(): readonly string[] {
    return this.#errors.lines;
  }

  /**
   * Waits for a line that matches, said before or to come. Each line is given once: the next call
   * with the same pattern waits for the next such line.
   *
   * @param pattern A part of the line, or a regular expression
   * @returns The line, or the regular expression's match in it
   * @throws {ProgramError} If no such line comes in time, or the program ends without it; the
   * message quotes what the program said instead
   * @throws {RangeError} If the time is not a number of milliseconds above 0
   */
  line(pattern: string, options?: ProgramWaitOptions): Promise<string>;
  /** Waits for a line that a regular expression matches, and returns the match. */
  line(pattern: RegExp, options?: ProgramWaitOptions): Promise<RegExpExecArray>;
  async line(pattern: Pattern, options: ProgramWaitOptions = {}): Promise<Match> {
    const { timeout = DEFAULT_TIMEOUT_MS } = options;
    assertMilliseconds("wait", timeout);
    try {
      return await this.#transcript.wait(pattern, timeout);
    } catch (error) {
      const text = typeof pattern === "string" ? JSON.stringify(pattern) : String(pattern);
      throw new ProgramError(
        `Cannot read a line like ${text} from "${this}": ${(error as Error).message}`,
      );
    }
  }

  /**
   * Writes to the program's standard input; a line needs its `"\n"`.
   *
   * @throws {ProgramError} If the program has ended, its input is closed, or it does not read
   * @throws {RangeError} If the time is not a number of milliseconds above 0
   */
  async send(text: string, options: ProgramWaitOptions = {}): Promise<void> {
    const what = `Cannot send ${quote(text)} to "${this}"`;
    await this.#feed(() => this.#input.write(new TextEncoder().encode(text)), what, options);
  }

  /**
   * Closes the program's standard input, which it reads as the end of its input.
   *
   * @throws {ProgramError} If the program has ended, its input is closed, or it does not read what
   * was sent before
   * @throws {RangeError} If the time is not a number of milliseconds above 0
   */
  async endInput(options: ProgramWaitOptions = {}): Promise<void> {
    await this.#feed(() => this.#input.close(), `Cannot end the input of "${this}"`, options);
  }

  async #feed(step: () => Promise<void>, what: string, options: ProgramWaitOptions): Promise<void> {
    const { timeout = DEFAULT_TIMEOUT_MS } = options;
    assertMilliseconds("wait", timeout);
    const late = Promise.withResolvers<never>();
    const fail = () => late.reject(new ProgramError(`${what}: it did not read for ${timeout} ms`));
    const fed = step().catch((cause) => {
      throw new ProgramError(`${what}: its input is closed`, { cause });
    });
    const timer = setTimeout(fail, timeout);
    await Promise.race([fed, late.promise]).finally(() => clearTimeout(timer));
  }

  /**
   * Ends the program: sends `signal`, and kills the process if it is still there after the grace
   * time. The signal goes to that one process, not to others that it may have started. A program
   * that has ended already is left alone.
   *
   * @throws {RangeError} If the grace time is not a number of milliseconds above 0
   */
  async stop(signal: Deno.Signal = "SIGINT", options: StopOptions = {}): Promise<ProgramResult> {
    const { grace = 2_000 } = options;
    assertMilliseconds("stop a program with a grace time of", grace);
    this.#kill(signal);
    const timer = setTimeout(() => this.#kill("SIGKILL"), grace);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the program as {@linkcode Program.stop} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Returns the command line as it would be typed. */
  toString(): string {
    return this.#title;
  }

  /** Returns the command line, what the program has said so far, and how it ended. */
  [DISPLAY](): MimeBundle {
    const end = this.#result ? endText(this.#result) : `running as process ${this.pid}`;
    return { "text/plain": [`$ ${this}`, ...this.lines, `[${end}]`].join("\n") };
  }

  async #run(lifetime: number): Promise<ProgramResult> {
    const drain = new AbortController();
    const reading = Promise.all([
      eachLine(this.#process.stdout, (line) => this.#transcript.add(line), drain),
      eachLine(this.#process.stderr, (line) => {
        this.#errors.add(line);
        this.#transcript.add(line);
      }, drain),
    ]);
    const timer = setTimeout(() => this.#kill("SIGKILL"), lifetime);
    const { code, signal } = await this.#process.status;
    clearTimeout(timer);
    const drainTimer = setTimeout(() => drain.abort(), DRAIN_MS);
    await reading;
    clearTimeout(drainTimer);
    await this.#input.abort().catch(() => {}); // closed already
    this.#result = { code, signal, lines: this.lines, errorLines: this.errorLines };
    this.#transcript.end(endText(this.#result));
    return this.#result;
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
  }
}

/** Quotes the beginning of a text. */
function quote(text: string): string {
  return text.length > 60 ? `${JSON.stringify(text.slice(0, 60))}…` : JSON.stringify(text);
}

function endText({ code, signal }: ProgramResult): string {
  return signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`;
}

function assertMilliseconds(what: string, value: number): void {
  if (value > 0 && value <= MAX_TIMEOUT_MS) return;
  throw new RangeError(
    `Cannot ${what} ${value} ms: it must be a number above 0 and at most ${MAX_TIMEOUT_MS}`,
  );
}

/** A script's place as it would be typed here. */
function shortPlace(place: string): string {
  return place.startsWith("file:") ? relative(Deno.cwd(), fileURLToPath(place)) : place;
}
