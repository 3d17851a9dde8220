/** What netstat prints after the state: user, inode, process, timer. */
import { quote } from "../../refusal.ts";
import { type Line, numberIn, refuse, refuseWord, restFrom, type Word } from "./_text_lines.ts";
import type { SocketOwner } from "../rows/socket_owner.ts";
import type { RowForm } from "./_cut_ends.ts";
import type { ToolRow } from "./tool_row.ts";

/** Where macOS's -v has the process: after so many other columns behind "(state)". */
export interface Columns {
  readonly before: number;
  /** Whether the program's name stands before the number, as in "nginx:5678": macOS 14 and on. */
  readonly isNamed: boolean;
}

/** How a row is written, and what the titles say of its last columns. */
export interface DetailsForm {
  readonly form: RowForm;
  readonly columns: Columns | undefined;
  readonly numbers: WindowsNumbers;
}

/** Which numbers Windows has after the state, as the titles say. */
export type WindowsNumbers = "pid" | "time" | "pid time" | "time pid";

/** What is told. */
export type Details = Pick<ToolRow, "user" | "inode" | "owners">;

const NOTHING: Details = { user: undefined, inode: undefined, owners: undefined };

/**
 * -o of Linux: which timer, when it ends, how often it has ended, how many probes. The name is in the
 * language of the catalogue, the number has its decimal comma, and Estonian has two parentheses.
 */
const TIMER = /(?:^|\s)\S+(?: [0-9]+)?\s+\(+[0-9]+[.,][0-9]+\/[0-9]+(?:\/[0-9]+)?\)$/u;
/** -Z of Linux: who the process is for SELinux. */
const SECURITY_CONTEXT = /(?:^|\s)[\w.]+_u:[\w.]+_r:[\w.]+_t(?::\S+)?$/;
const PROCESS = /^(?:-|([0-9]{1,10})\/(.*))$/;
const USER_AND_INODE = /^(\S+)\s+([0-9]{1,15})(?:\s+|$)/;

/** Finds macOS's column of processes in a line of titles. */
export function columnsIn(titles: Line): Columns | undefined {
  const words = titles.words.map(({ text }) => text.toLowerCase());
  const state = words.indexOf("(state)");
  const process = words.findIndex((word) => word === "pid" || word === "process:pid");
  if (state === -1 || process < state) return undefined;
  return { before: process - state - 1, isNamed: words[process] === "process:pid" };
}

/**
 * Finds Windows' numbers in a line of titles, which says PID in every language. -i adds how long a
 * state has lasted, in milliseconds.
 */
export function numbersIn(titles: Line): WindowsNumbers {
  const pid = titles.text.search(/\bPID\b/);
  const time = titles.text.search(/\bTime\b|\(/);
  if (pid === -1) return "time";
  if (time === -1) return "pid";
  return pid < time ? "pid time" : "time pid";
}

/** Reads what stands after the state, or after the peer where there is no state. */
export function detailsIn(
  line: Line,
  words: readonly Word[],
  { form, columns, numbers }: DetailsForm,
): Details {
  if (form === "dotted") return columns === undefined ? NOTHING : macDetails(line, words, columns);
  if (form === "linux" || words.length === 0) return linuxDetails(line, words[0]);
  if (/^[0-9]+$/.test(words[0]!.text)) return windowsDetails(line, words, numbers);
  // Without a pid there may be the offload state alone, TCP_CONNECTION_OFFLOAD_STATE of tcpmib.h.
  return words.length === 1 && /^(?:InHost|Offloading|Offloaded|Uploading)$/.test(words[0]!.text)
    ? NOTHING
    : linuxDetails(line, words[0]);
}

function macDetails(line: Line, words: readonly Word[], columns: Columns): Details {
  for (const word of words.slice(0, columns.before)) {
    numberIn(line, word, "a column before the pid");
  }
  const word = words[columns.before];
  if (!columns.isNamed) return { ...NOTHING, owners: ownerOf(numberIn(line, word, "a pid")) };
  // A program's name may have blanks in it, and colons.
  const match = /^(.{0,64}?):([0-9]{1,10})(?=\s|$)/.exec(restFrom(line, word).text);
  if (match === null) return refuseWord(line, word, "a process is its name, a colon and its pid");
  return { ...NOTHING, owners: ownerOf(Number(match[2]), match[1]) };
}

/** After the pid stands whether a chip does the work of TCP, if -t was asked for. */
function windowsDetails(line: Line, words: readonly Word[], numbers: WindowsNumbers): Details {
  const columns = numbers.split(" ");
  const [offload, more] = words.slice(columns.length);
  if (offload !== undefined && !/^\p{L}+$/u.test(offload.text)) {
    refuseWord(line, offload, "after the pid stands an offload state or nothing");
  }
  if (more !== undefined) refuseWord(line, more, "a row ends with the pid or an offload state");
  const pid = columns.indexOf("pid");
  if (pid === -1) return NOTHING;
  return { ...NOTHING, owners: ownerOf(numberIn(line, words[pid], "a pid")) };
}

function linuxDetails(line: Line, first: Word | undefined): Details {
  const all = restFrom(line, first);
  let rest = all.text.replace(TIMER, "").trimEnd().replace(SECURITY_CONTEXT, "").trimEnd();
  let told = NOTHING;
  let match = PROCESS.test(rest) ? null : USER_AND_INODE.exec(rest);
  if (match !== null) {
    told = { ...told, user: match[1], inode: Number(match[2]) };
    rest = rest.slice(match[0].length);
  }
  if (rest === "") return told;
  match = PROCESS.exec(rest);
  if (match === null) {
    return refuse(
      line.tool,
      { line: all.line, column: all.column + all.text.lastIndexOf(rest) },
      "after the state stand user and inode, the process as 1234/name, and a timer, if at all",
      quote(rest),
    );
  }
  const [, pid, program] = match;
  return { ...told, owners: pid === undefined ? [] : ownerOf(Number(pid), program) };
}

/** Process 0 stands for nobody: on Windows and macOS such sockets have lost their process. */
function ownerOf(pid: number, program?: string): readonly SocketOwner[] {
  return pid === 0 ? [] : [{ pid, program, descriptor: undefined }];
}
