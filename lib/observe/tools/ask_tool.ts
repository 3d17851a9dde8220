/**
 * What ss, netstat and lsof say on this machine.
 *
 * @module
 */
import { DISPLAY, type Displayable, escapeHtml, type MimeBundle } from "../../show/display.ts";
import { runChild } from "../../program/child_process.ts";
import { findProgram } from "../../program/find_program.ts";
import {
  type Check,
  checkOptions,
  milliseconds,
  objectWith,
  quote,
  type Refuse,
  refuser,
} from "../../refusal.ts";
import { pipeline } from "../texts/_command_line.ts";
import { findPackageManager, toolRemedy } from "../machine/tools.ts";
import type { TableTool } from "../texts/_text_lines.ts";
import { explain } from "../texts/explain.ts";
import { parseLsof } from "../texts/parse_lsof.ts";
import { readNetstat } from "../texts/parse_netstat.ts";
import { readSs } from "../texts/parse_ss.ts";
import type { ToolRows } from "../texts/tool_row.ts";

export type { TableTool };

/** How a tool is asked. */
export interface AskToolOptions {
  /** How long the tool may take, in milliseconds, 1 to 2,147,483,647; 10,000 by default. */
  readonly timeout?: number;
  /**
   * Where the tool runs: a private network, a neighbour, or any words to put before a command, such as
   * `{ enter: ["unshare", "--user"] }` for a user to whom your processes are hidden. By default here.
   */
  readonly inside?: { readonly enter: readonly string[] };
}

const PLACE: Check<NonNullable<AskToolOptions["inside"]>> = objectWith(
  "enter",
  "a network, or an object with words to put before a command",
);

const DEFAULT_MS = 10_000;
/** A notebook file would carry all of them. */
const MAX_LINES = 40;
/**
 * ss -K closes sockets, -D of ss and lsof writes a file; the others never end. netstat -w is harmless on
 * Linux alone.
 */
const NEVER_RUN: Readonly<Record<TableTool, RegExp>> = {
  ss: /^-[KED]$|^--(?:kill|events|diag)\b/,
  netstat: Deno.build.os === "linux"
    ? /^-c$|^--continuous$|^[0-9]+$/
    : /^-[cw]$|^--continuous$|^[0-9]+$/,
  lsof: /^-[rD]$/,
};

/** What a tool has printed; shows itself as the text that it is. */
export class ToolAnswer implements Displayable {
  /** The command. */
  readonly command: string;
  /** Which tool it runs. */
  readonly tool: TableTool;
  /** What the tool printed and the pipe let through; "" where the tool is missing. */
  readonly text: string;
  /** What is missing, and the remedy; `undefined` if the tool is there. */
  readonly missing: string | undefined;

  /** Keeps an answer; {@linkcode askTool} gets one. */
  constructor(
    command: string,
    { tool, text, missing }: Pick<ToolAnswer, "tool" | "text" | "missing">,
  ) {
    this.command = command;
    this.tool = tool;
    this.text = text;
    this.missing = missing;
  }

  /**
   * The rows of the answer; none where the tool is missing.
   *
   * @throws {SyntaxError} If the output is not a list of sockets, such as that of `ss -s`
   */
  get rows(): ToolRows {
    if (this.tool === "ss") return readSs(this.text, { command: this.command });
    return this.tool === "netstat" ? readNetstat(this.text, this.command) : parseLsof(this.text);
  }

  /** Returns the command and what it printed, or what is missing. */
  toString(): string {
    if (this.missing !== undefined) return `$ ${this.command}\n${this.missing}`;
    const lines = this.text.trimEnd().split("\n").map((line) => line.trimEnd());
    const more = lines.length - MAX_LINES;
    return [
      `$ ${this.command}`,
      ...lines.slice(0, MAX_LINES),
      ...more > 0 ? [`… and ${more} more lines`] : [],
    ].join("\n").trimEnd();
  }

  /** Returns the text as HTML that scrolls to the side, and as it is. */
  [DISPLAY](): MimeBundle {
    const style = "overflow-x:auto;white-space:pre;overflow-wrap:normal";
    return {
      "text/html": `<pre style="${style}">${escapeHtml(String(this))}</pre>`,
      "text/plain": String(this),
    };
  }
}

/**
 * Runs a command with ss, netstat or lsof, and waits for what it prints. `| grep` and `| findstr`
 * pick lines here; no shell is started. A tool that this machine lacks is not an error: the answer
 * says so, with the remedy, and has no rows. If the tool complains, its complaint is the text.
 *
 * @param command The command, such as "ss -tlnp"
 * @throws {TypeError} If `command` is not a string, or an option is unknown or of the wrong kind
 * @throws {RangeError} If the limit is out of bounds
 * @throws {SyntaxError} If {@linkcode explain} does not know the command, or it begins with sudo, does
 * not end by itself, closes sockets (`ss -K`), or has an option that is not known here
 * @throws {DOMException} With the name "TimeoutError", if the tool is not done in time
 *
 * @example Whatever this machine has
 * ```ts
 * import { askTool } from "fourtuple/observe";
 * import { assert } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const answer = await askTool("ss -tln");
 * const isThere = answer.rows.some((row) => row.local.port === listener.addr.port);
 * assert(isThere || answer.missing !== undefined);
 * ```
 */
export async function askTool(command: string, options: AskToolOptions = {}): Promise<ToolAnswer> {
  const { parts, unknown } = explain(command);
  const cannot = `Cannot run ${quote(command)}`;
  checkOptions(options, { timeout: milliseconds({ least: 1 }), inside: PLACE }, cannot);
  const { timeout = DEFAULT_MS, inside } = options;
  const refuse: Refuse = refuser(cannot);
  const [words = [], ...pipes] = pipeline(command, refuse);
  const [program, ...args] = words.map(({ text }) => text) as [string, ...string[]];
  if (program === "sudo") refuse("a notebook cannot ask for a password", quote(program));
  const tool = program.replace(/\.exe$/, "") as TableTool;
  const [option] = unknown;
  if (option !== undefined) refuse("an option is one that explain() knows", quote(option));
  const endless = parts.find(({ text }) => NEVER_RUN[tool].test(text));
  if (endless !== undefined) {
    refuse("a command changes nothing, and ends by itself", quote(endless.text));
  }
  if (pipes.some(([first]) => first?.text === "egrep")) {
    refuse("a pipe looks for a word, not for a pattern", quote("egrep"));
  }
  const printed = findProgram(program) === undefined
    ? undefined
    : await run([...inside?.enter ?? [], program, ...args], timeout);
  if (printed === undefined) {
    const manager = findPackageManager();
    const remedy = toolRemedy(tool, { manager, needsSudo: Deno.uid() !== 0 });
    const missing = `This machine has no ${tool}. Remedy: ${remedy}`;
    return new ToolAnswer(command, { tool, text: "", missing });
  }
  const filters = pipes.map(([, ...rest]) => keeps(rest.map(({ text }) => text)));
  const lines = printed.split("\n").filter((line) => filters.every((keep) => keep(line)));
  return new ToolAnswer(command, { tool, text: lines.join("\n"), missing: undefined });
}

async function run(words: readonly string[], timeout: number): Promise<string> {
  const { success, stdout, stderr } = await runChild(words, { env: { LC_ALL: "C" }, timeout });
  return stdout === "" && !success ? stderr : stdout;
}

/** Reads the words after grep or findstr, which explain() has checked. */
function keeps(words: readonly string[]): (line: string) => boolean {
  const isOption = (word: string) => /^[-/][ivIV]$/.test(word);
  const pattern = words.find((word) => !isOption(word))!;
  const has = (letter: string) =>
    words.some((word) => isOption(word) && word[1]!.toLowerCase() === letter);
  const cased = (text: string) => has("i") ? text.toLowerCase() : text;
  return (line) => line.trim() !== "" && cased(line).includes(cased(pattern)) !== has("v");
}
