/**
 * Programs beside a notebook or a test: started, read line by line, written to, and stopped.
 *
 * @module
 */
import { constants } from "node:os";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { DISPLAY, type Displayable, type MimeBundle } from "../show/display.ts";
import { type Check, check, checkOptions, milliseconds, quote, refusal, text } from "../refusal.ts";
import { within } from "../time_limit.ts";
import { eachLine, type Match, type Pattern, Transcript } from "./_transcript.ts";
import { signalChild, startChild, stopChild } from "./child_process.ts";

/** Where a program is started, and for how long. */
export interface CommandOptions {
  /** Variables on top of those of this process; `NO_COLOR` is 1 unless set here. */
  readonly env?: Readonly<Record<string, string>>;
  /** The working directory; that of this process by default. */
  readonly cwd?: string | URL;
  /** After how many milliseconds the program is killed, at least 1; an hour by default. */
  readonly lifetime?: number;
}

/** How a Deno program is started. */
export interface ProgramOptions extends CommandOptions {
  /** The program's `Deno.args`; none by default. */
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

/** How to stop a program. */
export interface StopOptions {
  /** How long the program may take to end by itself, in milliseconds; 2,000 by default. */
  readonly grace?: number;
}

/** How a program ended, and what it printed. */
export interface ProgramResult {
  /** Its exit code; 128 and the signal's number if a signal ended it. */
  readonly code: number;
  /** The signal that ended it, if one did. */
  readonly signal: Deno.Signal | null;
  /** The last 10,000 lines of its standard output and error, in the order of arrival. */
  readonly lines: readonly string[];
  /** Those of standard error alone. */
  readonly errorLines: readonly string[];
}

/** How long the output of an ended program is waited for, where a child of its own keeps it open. */
const DRAIN_MS = 500;

const HOUR_MS = 3_600_000;
const DEFAULT_TIMEOUT_MS = 10_000;

const words: Check<readonly string[]> = {
  rule: "an array of strings",
  allows: (value): value is readonly string[] => Array.isArray(value) && value.every(text.allows),
};

const place: Check<string | URL> = {
  rule: "a string or a URL",
  allows: (value): value is string | URL => text.allows(value) || value instanceof URL,
};

const variables: Check<Readonly<Record<string, string>>> = {
  rule: "an object of strings",
  allows: (value): value is Readonly<Record<string, string>> =>
    typeof value === "object" && value !== null && Object.values(value).every(text.allows),
};

const pattern: Check<Pattern> = {
  rule: "a string or a regular expression",
  allows: (value): value is Pattern => text.allows(value) || value instanceof RegExp,
};

const knownSignal: Check<Deno.Signal> = {
  rule: 'a signal of this system, such as "SIGTERM"',
  allows: (value): value is Deno.Signal => text.allows(value) && value in constants.signals,
};

const CANNOT_START = "Cannot start a program";
const COMMAND_CHECKS = { env: variables, cwd: place, lifetime: milliseconds({ least: 1 }) };
const PROGRAM_CHECKS = { ...COMMAND_CHECKS, args: words, permissions: words, prefix: words };
const WAIT_CHECKS = { timeout: milliseconds() };
const STOP_CHECKS = { grace: milliseconds() };

/** A program that could not be started, or did not print or read what it was to. */
export class ProgramError extends Error {
  /** The error's name, as it is printed. */
  override readonly name = "ProgramError";
}

/**
 * A program that runs as a process of its own.
 *
 * It is killed when its lifetime is over. It also ends when the process that started it is gone, even
 * by SIGKILL: on Linux with util-linux at once; on other Unix systems a Deno program within a second
 * unless it is busy in a loop, and other commands when they notice the end of their input; on Windows
 * it does not.
 *
 * @example What a program prints
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
   * @throws {TypeError} If an option is unknown or of the wrong kind
   * @throws {RangeError} If the lifetime is out of bounds
   */
  static start(script: string | URL, options: ProgramOptions = {}): Program {
    check(script, place, { cannot: CANNOT_START, what: "a script" });
    checkOptions(options, PROGRAM_CHECKS, CANNOT_START);
    const { args = [], permissions = ["--allow-net"], prefix = [] } = options;
    const preload = new URL("./end_with_parent.ts", import.meta.url);
    const path = String(script);
    return Program.#spawn(
      [...prefix, Deno.execPath(), "run", "--no-prompt", `--preload=${preload}`]
        .concat(permissions, path, args),
      [...prefix, "deno", "run", ...permissions, shortPath(path), ...args].join(" "),
      options,
    );
  }

  /**
   * Starts any command.
   *
   * @param command The command and its arguments, which no shell reads
   * @throws {ProgramError} If the command cannot be started
   * @throws {TypeError} If the words are not strings, or an option is unknown or of the wrong kind
   * @throws {RangeError} If there are no words, or the lifetime is out of bounds
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
  static command(command: readonly string[], options: CommandOptions = {}): Program {
    check(command, words, { cannot: CANNOT_START, what: "a command" });
    checkOptions(options, COMMAND_CHECKS, CANNOT_START);
    if (command.length === 0) {
      const rule = "the first word of a command names the program";
      throw refusal(RangeError, { cannot: CANNOT_START, rule, part: "no words" });
    }
    return Program.#spawn(command, command.join(" "), options);
  }

  static #spawn(command: readonly string[], title: string, options: CommandOptions): Program {
    const { env, cwd, lifetime = HOUR_MS } = options;
    try {
      const process = startChild(command, {
        cwd,
        env: { NO_COLOR: "1", ...env },
        stdin: "piped",
      });
      return new Program(title, process, lifetime);
    } catch (error) {
      throw new ProgramError(`Cannot start "${title}": ${error}`, { cause: error });
    }
  }

  /** The number of the process. */
  get pid(): number {
    return this.#process.pid;
  }

  /** The last 10,000 lines that the program has printed, on standard output and error. */
  get lines(): readonly string[] {
    return this.#transcript.lines;
  }

  /** The last 10,000 lines that it has printed on standard error. */
  get errorLines(): readonly string[] {
    return this.#errors.lines;
  }

  /**
   * Waits for a line that matches, printed before or still to come. Each line is returned once: the
   * next call with the same pattern waits for the next such line.
   *
   * @param pattern A part of the line, or a regular expression
   * @returns The line, or the regular expression's match in it
   * @throws {ProgramError} If no such line comes in time, or the program ends without it; the
   * message quotes what the program printed instead
   * @throws {TypeError} If the pattern or an option is of the wrong kind, or an option is unknown
   * @throws {RangeError} If the time is out of bounds
   */
  line(pattern: string, options?: ProgramWaitOptions): Promise<string>;
  /** Waits for a line that a regular expression matches, and returns the match. */
  line(pattern: RegExp, options?: ProgramWaitOptions): Promise<RegExpExecArray>;
  async line(like: Pattern, options: ProgramWaitOptions = {}): Promise<Match> {
    const cannot = `Cannot read a line from "${this}"`;
    check(like, pattern, { cannot, what: "a pattern" });
    checkOptions(options, WAIT_CHECKS, cannot);
    const { timeout = DEFAULT_TIMEOUT_MS } = options;
    try {
      return await this.#transcript.wait(like, timeout);
    } catch (error) {
      const shown = typeof like === "string" ? quote(like) : String(like);
      throw new ProgramError(
        `Cannot read a line like ${shown} from "${this}": ${(error as Error).message}`,
      );
    }
  }

  /**
   * Writes to the program's standard input; a line needs its `"\n"`.
   *
   * @throws {ProgramError} If the program has ended, its input is closed, or it does not read
   * @throws {TypeError} If the input is not a string, or an option is unknown or of the wrong kind
   * @throws {RangeError} If the time is out of bounds
   */
  async send(input: string, options: ProgramWaitOptions = {}): Promise<void> {
    check(input, text, { cannot: `Cannot write to "${this}"`, what: "its input" });
    const cannot = `Cannot send ${quote(input)} to "${this}"`;
    await this.#feed(() => this.#input.write(new TextEncoder().encode(input)), cannot, options);
  }

  /**
   * Closes the program's standard input, which it reads as the end of its input.
   *
   * @throws {ProgramError} If the program has ended, its input is closed, or it does not read what
   * was sent before
   * @throws {TypeError} If an option is unknown or of the wrong kind
   * @throws {RangeError} If the time is out of bounds
   */
  async endInput(options: ProgramWaitOptions = {}): Promise<void> {
    await this.#feed(() => this.#input.close(), `Cannot end the input of "${this}"`, options);
  }

  async #feed(
    step: () => Promise<void>,
    cannot: string,
    options: ProgramWaitOptions,
  ): Promise<void> {
    checkOptions(options, WAIT_CHECKS, cannot);
    const { timeout = DEFAULT_TIMEOUT_MS } = options;
    const fed = step().catch((cause) => {
      throw new ProgramError(`${cannot}: its input is closed`, { cause });
    });
    await within(fed, { timeout }).catch((cause) => {
      if (cause instanceof ProgramError) throw cause;
      throw new ProgramError(`${cannot}: it did not read for ${timeout} ms`, { cause });
    });
  }

  /**
   * Stops the program: sends `signal`, and kills the process if it is still there after the grace
   * time. The signal goes to that one process, not to others that it may have started. A program
   * that has ended already gets no signal.
   *
   * @throws {TypeError} If there is no such signal, or an option is unknown or of the wrong kind
   * @throws {RangeError} If the grace time is out of bounds
   */
  async stop(signal: Deno.Signal = "SIGINT", options: StopOptions = {}): Promise<ProgramResult> {
    const cannot = `Cannot stop "${this}"`;
    check(signal, knownSignal, { cannot, what: "what asks a program to end" });
    checkOptions(options, STOP_CHECKS, cannot);
    await stopChild(this.#process, { ...options, signal });
    return await this.ended;
  }

  /** Stops the program as {@linkcode Program.stop} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Returns the command line as it would be typed. */
  toString(): string {
    return this.#title;
  }

  /** Returns the command line, what the program has printed so far, and how it ended. */
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
    const timer = setTimeout(() => signalChild(this.#process, "SIGKILL"), lifetime);
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
}

function endText({ code, signal }: ProgramResult): string {
  return signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`;
}

/** A script's path as one would type it here. */
function shortPath(path: string): string {
  return path.startsWith("file:") ? relative(Deno.cwd(), fileURLToPath(path)) : path;
}
