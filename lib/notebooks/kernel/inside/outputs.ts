/**
 * The outputs of cells, inside the Deno kernel. What a cell shows leaves through a pipe (see
 * frames.ts) before the call returns that shows it, and not by the Deno kernel's own path, which
 * reports a cell as idle before its outputs are out and breaks its stream at large ones.
 *
 * Each output names the cell that started what makes it: a timer's callback and an accept loop
 * belong to the cell in which they began, however long ago that was.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { fstatSync } from "node:fs";
import { partOf, refusal } from "../../../refusal.ts";
import { ANSWER, encodeOutputMessage, FrameWriter, type OutputMessage } from "./frames.ts";
import { addToSlot } from "./slot.ts";

/** A display of more bytes than this is not shown: a page would not survive many of them. */
const MAX_DISPLAY_BYTES = 4_000_000;

/** Longer texts leave in several frames, so that the reader needs little memory. */
const FRAME_BYTES = 64 * 1024;

const DISPLAYS: ReadonlySet<string> = new Set([
  "display_data",
  "execute_result",
  "update_display_data",
]);

/** The undocumented parts of the Deno kernel that are replaced or used. */
interface KernelInternals {
  readonly Console: new (print: (text: string, level: number) => void) => Console;
  readonly jupyter: {
    /** Called at the end of each cell that does not throw; the cell is busy until it is done. */
    broadcastResult(executionCount: number, result: unknown): Promise<void>;
    readonly formatInner: (value: unknown, isRaw?: boolean) => Promise<Record<string, unknown>>;
  };
}

/**
 * Sends the outputs of this process's cells to the kernel around it. To be called once.
 *
 * The slot gets `begin(cell)`, to be called first in each cell, so that what it starts is known to be
 * its own; `end(cell)`, to be called for a cell that has thrown, as others end by themselves;
 * `inCell(cell, show)`, which has another one show something; and `answer(data)`.
 *
 * @param marker The marker of the frames, in hexadecimal digits
 */
export function installOutputs(marker: string): void {
  const outputs = new Outputs(Uint8Array.fromHex(marker));
  addToSlot({
    begin: (cell: number) => outputs.begin(cell),
    end: (cell: number) => outputs.end(cell),
    inCell: (cell: number, show: () => void) => outputs.inCell(cell, show),
    answer: (data: Record<string, unknown>) => outputs.send(ANSWER, data),
  });
  const { internal } = Deno as unknown as { readonly internal: symbol };
  const internals = Deno as unknown as Record<symbol, KernelInternals>;
  const { Console, jupyter } = internals[internal]!;
  replaceConsole(
    new Console((text, level) => outputs.print(level > 1 ? "stderr" : "stdout", text)),
  );
  console.clear = () => outputs.send("clear_output", { wait: false });
  replaceStream(Deno.stdout, (bytes) => outputs.print("stdout", bytes));
  replaceStream(Deno.stderr, (bytes) => outputs.print("stderr", bytes));
  showPrograms();

  Deno.jupyter.broadcast = (type, content, options) => {
    const { metadata, buffers } = options ?? {};
    outputs.send(type, content, metadata ?? {}, buffers ?? []);
    return Promise.resolve();
  };
  Deno.jupyter.display = async (value, { raw, update, display_id } = { raw: false }) => {
    const data = await jupyter.formatInner(value, raw);
    const type = update ? "update_display_data" : "display_data";
    const transient = display_id === undefined ? {} : { display_id };
    outputs.send(type, { data, metadata: {}, transient });
  };
  jupyter.broadcastResult = (executionCount, result) =>
    outputs.finish(async () => {
      if (result === undefined) return;
      const data = await jupyter.formatInner(result);
      const content = { execution_count: executionCount, data, metadata: {}, transient: {} };
      outputs.send("execute_result", content);
    });
}

class Outputs {
  readonly #starter = new AsyncLocalStorage<number>();
  readonly #frames: FrameWriter;
  #cell = 0;

  constructor(marker: Uint8Array) {
    // Their own descriptions: a cell may close Deno.stdout, and a program may make it non-blocking.
    const out = Deno.openSync("/dev/fd/1", { write: true });
    const err = Deno.openSync("/dev/fd/2", { write: true });
    this.#frames = new FrameWriter(marker, {
      out: (bytes) => out.writeSync(bytes),
      err: (bytes) => err.writeSync(bytes),
    });
  }

  begin(cell: number): void {
    this.#cell = cell;
    this.#starter.enterWith(cell);
    this.#frames.write("begin", cell);
  }

  end(cell: number): void {
    this.#frames.write("end", cell);
  }

  cellOfNow(): number {
    // Where the context is lost, as in a callback of a foreign library, the running cell is likely.
    return this.#starter.getStore() ?? this.#cell;
  }

  inCell(cell: number, show: () => void): void {
    this.#starter.run(cell, show);
  }

  print(stream: "stdout" | "stderr", text: string | Uint8Array): void {
    const cell = this.cellOfNow();
    if (text.length * 3 <= FRAME_BYTES) return this.#frames.write(stream, cell, text);
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
      this.#frames.write(stream, cell, bytes.subarray(at, at + FRAME_BYTES));
    }
  }

  send(
    type: string,
    content: Record<string, unknown>,
    metadata: Record<string, unknown> = {},
    buffers: readonly (ArrayBufferView | ArrayBuffer)[] = [],
  ): void {
    checkMessage(type, content, metadata, buffers);
    const message = { type, content, metadata, buffers: buffers.map(bytesOf) };
    const body = encodeOutputMessage(message);
    const isTooLarge = body.length > MAX_DISPLAY_BYTES && DISPLAYS.has(type);
    const shown = isTooLarge ? encodeOutputMessage(refused(message, body.length)) : body;
    this.#frames.write("message", this.cellOfNow(), shown);
  }

  /** Sends the last output of a cell, which its code may compute, and says that it was the last. */
  async finish(last: () => Promise<void>): Promise<void> {
    const cell = this.#cell;
    try {
      await this.#starter.run(cell, last);
    } catch (error) {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
      this.send("error", { ename: name, evalue: message, traceback: stack?.split("\n") ?? [] });
    }
    this.end(cell);
  }
}

/**
 * Refuses what no front end could read, where the cell that sends it gets the error.
 *
 * @throws {TypeError} If a part is of the wrong kind
 */
function checkMessage(type: unknown, content: unknown, metadata: unknown, buffers: unknown): void {
  const refuse = (rule: string, part: unknown) => {
    const cannot = "Cannot send a message to the front ends";
    throw refusal(TypeError, { cannot, rule, part: partOf(part) });
  };
  if (typeof type !== "string") refuse("its type is a text", type);
  if (!isJsonObject(content)) refuse("its content is an object", content);
  if (!isJsonObject(metadata)) refuse("its metadata is an object", metadata);
  if (!Array.isArray(buffers)) return refuse("its buffers are an array", buffers);
  for (const each of buffers) {
    if (each instanceof ArrayBuffer || ArrayBuffer.isView(each)) continue;
    refuse("a buffer is an ArrayBuffer or a view of one", each);
  }
}

/** Returns whether JSON has an object for a value; it has a text for a date. */
function isJsonObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return typeof (value as { toJSON?: unknown }).toJSON !== "function" && !Array.isArray(value);
}

/** Returns the memory of a buffer, whatever kind of numbers a view sees there. */
function bytesOf(buffer: ArrayBufferView | ArrayBuffer): Uint8Array {
  if (!ArrayBuffer.isView(buffer)) return new Uint8Array(buffer);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Returns what is shown in place of a display that is too large. */
function refused(message: OutputMessage, bytes: number): OutputMessage {
  const limit = MAX_DISPLAY_BYTES.toLocaleString("en");
  const text = `Cannot show this value: an output has at most ${limit} bytes, got ${
    bytes.toLocaleString("en")
  }. Show only part of it.`;
  return {
    ...message,
    content: { ...message.content, data: { "text/plain": text }, metadata: {} },
    buffers: [],
  };
}

/** Gives the methods of one console to the global one, which the cells and their modules hold. */
function replaceConsole(own: Console): void {
  for (const [name, value] of Object.entries(own)) {
    if (typeof value === "function") console[name as "log"] = value;
  }
}

/** Gives what is written to a standard stream to `take`; Node's `process.stdout` uses this too. */
function replaceStream(stream: typeof Deno.stdout, take: (bytes: Uint8Array) => void): void {
  stream.writeSync = (bytes) => {
    take(bytes);
    return bytes.length;
  };
  stream.write = (bytes) => Promise.resolve(stream.writeSync(bytes));
}

const O_ACCMODE = 3;
const O_CLOEXEC = 0o2000000;

/**
 * Shows what programs print that inherit the standard streams of a cell. In the Deno kernel these
 * lead into pipes of `deno test`, whose contents nobody shows; afterwards they lead to the process's
 * own streams. On Linux only: elsewhere the descriptors cannot be found in a folder.
 */
function showPrograms(): void {
  if (Deno.build.os !== "linux") return;
  const libc = Deno.dlopen("libc.so.6", {
    dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
  });
  for (const stream of [1, 2]) {
    const hidden = `pipe:[${fstatSync(stream).ino}]`;
    for (const { name } of [...Deno.readDirSync("/proc/self/fd")]) {
      const fd = Number(name);
      if (fd > 2 && isWritable(name, hidden)) libc.symbols.dup3(stream, fd, O_CLOEXEC);
    }
  }
  libc.close();
}

function isWritable(fd: string, target: string): boolean {
  try {
    if (Deno.readLinkSync(`/proc/self/fd/${fd}`) !== target) return false;
    const flags = /^flags:\s*(\d+)/m.exec(Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`));
    return (parseInt(flags?.[1] ?? "0", 8) & O_ACCMODE) !== 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false; // closed meanwhile
    throw error;
  }
}
