/** What netstat prints after the state (user, inode, process, timer), and which addresses it may have cut off. */
import { quote } from "../../refusal.ts";
import { type Line, numberIn, refuse, refuseWord, restFrom, type Word } from "./_text_lines.ts";
import type { SocketOwner } from "../rows/socket_owner.ts";
import type { End } from "./_tool_endpoint.ts";
import type { ToolRow } from "./tool_row.ts";

/** How a row is written: with queues and colons, with queues and points, without queues. */
export type RowForm = "linux" | "dotted" | "windows";

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
  /** Whether there are titles, and none of them is PID: -i of Windows puts a time there. */
  readonly isWithoutPid: boolean;
}

/** What is told. */
export type Details = Pick<ToolRow, "user" | "inode" | "owners">;

const NOTHING: Details = { user: undefined, inode: undefined, owners: undefined };

/** -o of Linux: which timer, when it ends, how often it has ended, how many probes. */
const TIMER = /(?:^|\s)[a-z]+(?:-[0-9]+)?\s+\([0-9.]+\/[0-9]+\/[0-9]+\)$/;
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

/** Reads what stands after the state, or after the peer where there is no state. */
export function detailsIn(
  line: Line,
  words: readonly Word[],
  { form, columns, isWithoutPid }: DetailsForm,
): Details {
  if (form === "dotted") return columns === undefined ? NOTHING : macDetails(line, words, columns);
  return form === "windows" && /^[0-9]+$/.test(words[0]?.text ?? "")
    ? isWithoutPid ? NOTHING : windowsDetails(line, words)
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
function windowsDetails(line: Line, [pid, offload, more]: readonly Word[]): Details {
  if (offload !== undefined && !/^\p{L}+$/u.test(offload.text)) {
    refuseWord(line, offload, "after the pid stands an offload state or nothing");
  }
  if (more !== undefined) refuseWord(line, more, "a row ends with the pid or an offload state");
  return { ...NOTHING, owners: ownerOf(numberIn(line, pid, "a pid")) };
}

function linuxDetails(line: Line, first: Word | undefined): Details {
  const all = restFrom(line, first);
  let rest = all.text.replace(TIMER, "").trimEnd();
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

/** addr_do_one() in net-tools' netstat.c: a long address loses its end until 23 characters are left. */
const CUT_ENDPOINT = 23;
/** inet6print() in the BSDs' inet6.c: an address has 16 characters at most. */
const CUT_HOST = 16;

/** Whether the text shows that nothing was cut, on Linux and on macOS: it has longer addresses. */
export interface Wide {
  readonly linux: boolean;
  readonly dotted: boolean;
}

/** Looks for endpoints that are longer than those that were cut. */
export function isWide(lines: readonly Line[]): Wide {
  const words = lines.flatMap(({ words }) => words.slice(1, 6).map(({ text }) => text))
    .filter((text) => /^[0-9a-f]{0,4}:[0-9a-f.:]+(?:%\w+)?[.:](?:[\w-]+|\*)$/i.test(text));
  const isDotted = (text: string) => text.lastIndexOf(".") > text.lastIndexOf(":");
  return {
    linux: words.some((text) => !isDotted(text) && text.length > CUT_ENDPOINT),
    dotted: words.some((text) => isDotted(text) && text.lastIndexOf(".") > CUT_HOST),
  };
}

/** Returns why a row with these ends cannot be trusted, if so. */
export function cutReason(ends: readonly CutCandidate[], wide: Wide): string | undefined {
  const isDoubtful = (end: CutCandidate) => {
    if (!end.text.includes(":") || end.text.startsWith("[")) return false;
    const port = end.text.lastIndexOf(".");
    return port > end.text.lastIndexOf(":")
      ? !wide.dotted && port === CUT_HOST
      : !wide.linux && end.text.length === CUT_ENDPOINT && end.text.split(":").length > 2;
  };
  const doubtful = ends.find(isDoubtful);
  if (doubtful === undefined) return undefined;
  const option = doubtful.text.lastIndexOf(".") > doubtful.text.lastIndexOf(":") ? "-l" : "-W";
  return `netstat may have cut off the end of ${doubtful.text}, and ${option} prints all of it`;
}

/** Both ends, as printed. */
export type CutCandidate = Pick<End, "text">;
