/** The process of a Deno kernel, its connection file, and what it printed before it ended. */
import { endGroup, signalChild, startChild } from "../../program/child_process.ts";
import {
  type ConnectionFile,
  formatConnectionFile,
  newConnectionFile,
} from "./wire/connection_file.ts";

/** How a kernel is started. */
export interface KernelOptions {
  /** The folder in which its code runs; the deno.json of this folder or of a parent holds in it. */
  readonly cwd: string | URL;
  /** Environment variables beside those of this process; none by default. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may take until it answers, in milliseconds; 30,000 by default. */
  readonly timeout?: number;
}

/** Takes what the process writes to its standard streams: the outputs of its cells, mostly. */
export interface ProcessStreams {
  /** Takes bytes, and returns what of them may be of use as the last words of the process. */
  take(stream: "stdout" | "stderr", bytes: Uint8Array): string;
  /** Fulfilled when more may come. */
  room(): Promise<void>;
  /** Called when no more comes; returns what `take` does. */
  close(): string;
}

/** Thrown when a kernel ends, or does not answer, while something is asked of it. */
export class KernelError extends Error {
  /** The class's name. */
  override readonly name = "KernelError";
  /** What happened, in one line. */
  readonly reason: string;

  /**
   * Makes the error.
   *
   * @param reason What happened, in one line
   * @param options What the kernel printed before, which the message quotes, and the cause
   */
  constructor(reason: string, { said = "", cause }: { said?: string; cause?: unknown } = {}) {
    const log = said.trim();
    super(log === "" ? reason : `${reason}; it said:\n${log}`, { cause });
    const line = tellingLine(log);
    this.reason = line === undefined ? reason : `${reason}: ${line}`;
  }
}

const KEPT_LOG_CHARACTERS = 10_000;
const MAX_REASON_CHARACTERS = 200;

/** How long the outputs of an ended kernel are read, where a process of a cell keeps them open. */
const DRAIN_MS = 500;

/** A Deno kernel's process. */
export class DenoProcess {
  readonly connectionFile: ConnectionFile;
  readonly #child: Deno.ChildProcess;
  readonly #gone: Promise<never>;
  readonly #reading: Promise<unknown>;
  readonly #group: AsyncDisposable;
  readonly #streams: ProcessStreams;
  readonly #drain = new AbortController();
  #log = "";
  #ended = false;

  private constructor(
    child: Deno.ChildProcess,
    connectionFile: ConnectionFile,
    streams: ProcessStreams,
  ) {
    this.#child = child;
    this.#streams = streams;
    this.#group = endGroup(child);
    this.connectionFile = connectionFile;
    this.#reading = Promise.all([
      this.#read("stdout", child.stdout),
      this.#read("stderr", child.stderr),
    ]).then(() => this.#keep(streams.close()));
    this.#gone = this.#watch();
    this.#gone.catch(() => {});
  }

  /** Starts a kernel on five ports that are free at this moment. */
  static async start(options: KernelOptions, streams: ProcessStreams): Promise<DenoProcess> {
    const connectionFile = newConnectionFile();
    // Not in a file: a killed process would leave it behind.
    const words = ["jupyter", "--quiet", "--kernel", "--conn", "/dev/stdin"];
    const child = startChild([Deno.execPath(), ...words], {
      cwd: options.cwd,
      env: { NO_COLOR: "1", ...options.env },
      stdin: "piped",
      detached: true, // so that it has a group, with the processes that its cells start
    });
    const kernel = new DenoProcess(child, connectionFile, streams);
    await feed(child.stdin, formatConnectionFile(connectionFile));
    return kernel;
  }

  /** Whether the process has ended. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits for `promise`, but not longer than the process lives. */
  whileAlive<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#gone]);
  }

  /** Waits for the end of the process, at most `timeout` milliseconds. */
  async ended(timeout: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => timer = setTimeout(resolve, timeout));
    await Promise.race([this.#child.status, late]);
    clearTimeout(timer);
  }

  /** Sends a signal to the process alone, not to what its cells have started. */
  signal(name: Deno.Signal): void {
    signalChild(this.#child, name);
  }

  /** Ends the process and what its cells have started, and waits until it is gone. */
  async end(): Promise<void> {
    await this.#group[Symbol.asyncDispose]();
    await this.#drained();
  }

  async #drained(): Promise<void> {
    const timer = setTimeout(() => this.#drain.abort(), DRAIN_MS);
    await this.#reading;
    clearTimeout(timer);
  }

  async #watch(): Promise<never> {
    const { code, signal } = await this.#child.status;
    this.#ended = true;
    await this.#drained();
    const how = signal ? `by ${signal}` : `with code ${code}`;
    throw new KernelError(`The kernel has ended ${how}`, { said: this.#log });
  }

  async #read(
    name: "stdout" | "stderr",
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    const reader = stream.getReader();
    const { signal } = this.#drain;
    let goOn = () => {};
    signal.addEventListener("abort", () => {
      reader.cancel();
      goOn();
    }, { once: true });
    for (let next; !(next = await reader.read()).done;) {
      this.#keep(this.#streams.take(name, next.value));
      if (signal.aborted) continue;
      // A race with one promise for all chunks would keep a reaction to it for each.
      const more = Promise.withResolvers<void>();
      goOn = more.resolve;
      this.#streams.room().then(more.resolve, more.reject);
      await more.promise;
    }
  }

  #keep(text: string): void {
    this.#log = (this.#log + text).slice(-KEPT_LOG_CHARACTERS);
  }
}

/** Returns the line of a log that says most likely what went wrong, if there is any. */
function tellingLine(log: string): string | undefined {
  const lines = log.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const line = lines.find((each) => /^error|\bErr\b|error:/i.test(each)) ?? lines.at(-1);
  return line?.slice(0, MAX_REASON_CHARACTERS);
}

/** Writes a text and closes the stream. */
async function feed(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  try {
    const writer = stream.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // The process ended before it read: whoever waits for it learns that, with its last words.
  }
}
