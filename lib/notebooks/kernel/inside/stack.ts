/**
 * The frames of an error's stack as a learner can read them: a frame of a cell says which cell and which
 * of its lines, a frame of a library has a short path, and Deno's own frames and the kernel's are left out.
 *
 * The Deno kernel runs each cell as a nameless script, printed again without blank lines and types. So
 * the engine gives each cell's script a name, `cell:<id>` ({@linkcode cellAddress}), and the lines that
 * its printed lines had. V8 tells a script's name to `Error.prepareStackTrace` alone, which is therefore
 * set: https://v8.dev/docs/stack-trace-api
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** One frame of a stack. */
export interface Frame {
  /** The function, as V8 names it: "start", "async Server.accept", or "" outside of any function. */
  readonly name: string;
  /** The id of the cell, if it is a cell's frame. */
  readonly cell?: number;
  /** The short path of the file, if it is a file's frame. */
  readonly file?: string;
  /** The line, from 1: of the script that the Deno kernel ran, or of the file. */
  readonly line: number;
  /** The column in that line, from 1. */
  readonly column: number;
}

/** A cell that has been run. */
export interface RunCell {
  /** What a message calls it: the number in the brackets at its side. */
  readonly label: number;
  /** For each line of the script, the cell's line, from 1. */
  readonly lines: readonly number[];
}

/** What a frame needs of V8's call sites. */
interface CallSite {
  getScriptNameOrSourceURL(): string | null;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
  toString(): string;
}

/** What short paths are relative to, as a URL that ends in a slash. */
let root: string | undefined;

/** Where this folder is: its frames are the kernel's own. */
const HERE = import.meta.url.slice(0, import.meta.url.lastIndexOf("/") + 1);

const CELL_ADDRESS = /^cell:(\d+)$/;
/** What V8 calls a function without a name, and Deno's timers the callbacks that they call. */
const NAMELESS = /^(async )?(\w+\.)?(<anonymous>|_onTimeout)$/;
const frames = new WeakMap<object, readonly Frame[]>();
const cells = new Map<number, RunCell>();

/** Returns the name of a cell's script. */
export function cellAddress(id: number): string {
  return `cell:${id}`;
}

/** Remembers a cell, so that frames can name it. */
export function rememberCell(id: number, cell: RunCell): void {
  cells.set(id, cell);
}

/** Returns what a message calls a cell. */
export function cellLabel(id: number): string {
  return `cell ${cells.get(id)?.label ?? id}`;
}

/** Makes all stacks readable from now on. */
export function installStacks(): void {
  Error.stackTraceLimit = STACK_FRAMES;
  Object.defineProperty(Error, "prepareStackTrace", {
    value: prepareStackTrace,
    configurable: true,
    enumerable: false,
    writable: true,
  });
}

/** The kernel's own frames count too, and are left out. */
const STACK_FRAMES = 30;

function prepareStackTrace(error: object, sites: readonly CallSite[]): string {
  const readable = sites.map(frameOf).filter((frame) => frame !== undefined);
  frames.set(error, readable);
  return [titleOf(error), ...readable.map((frame) => `    at ${frameText(frame)}`)].join("\n");
}

function titleOf(error: object): string {
  try {
    return String(error);
  } catch {
    return "Error"; // a getter, or toString(), has thrown
  }
}

function frameOf(site: CallSite): Frame | undefined {
  const address = site.getScriptNameOrSourceURL() ?? "";
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
  if (line === null || column === null || address === "") return undefined;
  if (/^(ext|node):/.test(address) || address.startsWith(HERE)) return undefined;
  const place = { name: functionName(`${site}`), line, column };
  const cell = CELL_ADDRESS.exec(address)?.[1];
  return cell === undefined
    ? { ...place, file: shortPath(address) }
    : { ...place, cell: Number(cell) };
}

/** V8 writes "async f (place)", "f (place)", "async place" or "place". */
function functionName(site: string): string {
  const name = site.endsWith(")") ? site.slice(0, site.lastIndexOf(" (")) : "";
  return NAMELESS.test(name) ? "" : name;
}

/** Returns a frame as text: "start (cell 3, line 2)"; `inCell` is what it says of a cell's place. */
export function frameText(frame: Frame, inCell: string = placeInCell(frame)): string {
  const { name, cell, file, line, column } = frame;
  const place = cell === undefined ? `${file}:${line}:${column}` : inCell;
  return name === "" ? place : `${name} (${place})`;
}

function placeInCell({ cell, line }: Frame): string {
  if (cell === undefined) return "";
  return `${cellLabel(cell)}, line ${cells.get(cell)?.lines[line - 1] ?? line}`;
}

/** Returns the innermost place in a cell at which an error was made: the cell's id, and its line. */
export function cellPlace(error: Error): { cell: number; line: number } | undefined {
  void error.stack; // V8 makes the frames when it is first read
  const frame = framesOf(error)?.find(({ cell }) => cell !== undefined);
  if (frame?.cell === undefined) return undefined;
  return { cell: frame.cell, line: cells.get(frame.cell)?.lines[frame.line - 1] ?? frame.line };
}

/** Returns the frames of an error whose stack has been read, if V8 made that stack. */
export function framesOf(error: object): readonly Frame[] | undefined {
  return frames.get(error);
}

/** Shortens an address: relative to the project, or as the package that a file belongs to. */
export function shortPath(address: string, from: string = root ??= projectFolder()): string {
  if (from !== "" && address.startsWith(from)) return decoded(address.slice(from.length));
  const npm = /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/([^/]+)\/(.+)$/.exec(address);
  if (npm) return `npm:${npm[1]}@${npm[2]}/${npm[3]}`;
  const modules = /\/node_modules\/((?:@[^/]+\/)?[^/]+\/.+)$/.exec(address);
  if (modules) return `npm:${modules[1]}`;
  const jsr = /^https:\/\/[^/]+\/(@[^/]+\/[^/]+)\/(\d[^/]*)\/(.+)$/.exec(address);
  if (jsr) return `jsr:${jsr[1]}@${jsr[2]}/${jsr[3]}`;
  return address.startsWith("file://") ? decoded(address.slice("file://".length)) : address;
}

/** Returns the folder of the deno.json that applies here, and this folder where none does. */
function projectFolder(): string {
  const here = Deno.cwd();
  for (let folder = here;; folder = dirname(folder)) {
    const has = ["deno.json", "deno.jsonc"].some((name) => existsSync(join(folder, name)));
    if (has || folder === dirname(folder)) return `${pathToFileURL(has ? folder : here)}/`;
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
