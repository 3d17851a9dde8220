/**
 * What the commands mean that people type to see their ports.
 *
 * @module
 */
import { ShownAsTable, Table } from "../../show/table.ts";
import { check, quote, type Refuse, refuser, text as anyText } from "../../refusal.ts";
import {
  type CommandWord,
  pipeline,
  type ReadCommand,
  readOptions,
  type Unit,
  withUnknown,
} from "./_command_line.ts";
import {
  explainFilter,
  LINUX_NETSTAT,
  LSOF,
  MAC_NETSTAT,
  SS,
  WINDOWS_NETSTAT,
} from "./_tool_options.ts";

/** A system with a program of its own under the name. */
export type ExplainedSystem = "Linux" | "macOS" | "Windows";

/** A part of a command, and what it means. */
export interface ExplainedPart {
  /** The part: "-t", "tcp", "| grep LISTEN". */
  readonly text: string;
  /** What it means, by system; a system on which the program is not there is missing. */
  readonly meanings: Readonly<Partial<Record<ExplainedSystem, string>>>;
}

/** A command that was taken apart; shows itself as a table, with a column for each system. */
export class Explanation extends ShownAsTable {
  /** The command. */
  readonly command: string;
  /** Its parts, in their order. */
  readonly parts: readonly ExplainedPart[];
  /** Why a system refuses the command, where it does. */
  readonly refusals: Readonly<Partial<Record<ExplainedSystem, string>>>;
  /** The options that are not known here: "-Q". A system may have them all the same. */
  readonly unknown: readonly string[];

  /** Puts together what was found out; {@linkcode explain} finds it out. */
  constructor(
    command: string,
    parts: readonly ExplainedPart[],
    refusals: Readonly<Partial<Record<ExplainedSystem, string>>> = {},
    unknown: readonly string[] = [],
  ) {
    super();
    this.unknown = unknown;
    this.command = command;
    this.parts = parts;
    this.refusals = refusals;
  }

  /** Returns the parts as a table; a caption tells on which system the command does not run. */
  override toTable(): Table {
    const systems = SYSTEMS.filter((system) => this.parts.some(({ meanings }) => meanings[system]));
    const isOneMeaning = this.parts.every(({ meanings }) =>
      new Set(systems.map((system) => meanings[system])).size === 1
    );
    const shown = isOneMeaning ? systems.slice(0, 1) : systems;
    const refusals = SYSTEMS.flatMap((system) => {
      const reason = this.refusals[system];
      return reason === undefined ? [] : [`${system} refuses it: ${reason}.`];
    });
    return new Table({
      caption: refusals.length === 0 ? this.command : `${this.command} – ${refusals.join(" ")}`,
      columns: ["part", ...shown.map((system) => isOneMeaning ? "meaning" : `on ${system}`)],
      rows: this.parts.map(({ text, meanings }) => [
        text,
        ...shown.map((system) => meanings[system]),
      ]),
    });
  }
}

const SYSTEMS: readonly ExplainedSystem[] = ["Linux", "macOS", "Windows"];

/**
 * Explains a command with ss, netstat or lsof: what each of its options means, and on which system
 * it means something else. `sudo` may stand before it, and `| grep` or `| findstr` behind it. Of an
 * option that no table has here, the explanation says so, and explains the rest.
 *
 * Three programs are called netstat. Linux' `-p` names the process, that of macOS and Windows wants a
 * protocol; `-o` is a timer here and the process there. What an option means on macOS and Windows is
 * taken from the manuals and was not tried.
 *
 * @param command The command, as one types it
 * @throws {TypeError} If `command` is not a string
 * @throws {SyntaxError} If the program is another, an option lacks its argument or has one that is
 * not valid on all systems, a filter is not known, or the shell is asked for more than a pipe
 *
 * @example One letter, two meanings
 * ```ts
 * import { explain } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * const { parts, refusals } = explain("netstat -anp");
 * const p = parts.find(({ text }) => text === "-p")!;
 * assertEquals(p.meanings.Linux, "who has it, as PID/program; others' only for root");
 * assertEquals(p.meanings.macOS, "only one protocol, whose name follows");
 * assertEquals(refusals.macOS, "-p needs the protocol's name, got none");
 * ```
 */
export function explain(command: string): Explanation {
  check(command, anyText, { cannot: "Cannot explain a command", what: "a command" });
  const refuse = refuser(`Cannot explain ${quote(command)}`);
  const [first = [], ...pipes] = pipeline(command, refuse);
  const parts: ExplainedPart[] = [];
  const words = [...first];
  if (words[0]?.text === "sudo") {
    words.shift();
    const meaning = "as root, who may see everybody's processes";
    parts.push({ text: "sudo", meanings: { Linux: meaning, macOS: meaning } });
  }
  const program = words.shift();
  const { systems, refusals, unknown } = readProgram(program?.text ?? "", words, refuse);
  parts.push(...sideBySide(systems));
  const allUnknown = [...unknown];
  for (const words of pipes) {
    const { meaning, where, unknown } = readFilter(words, refuse);
    allUnknown.push(...unknown);
    const program = words[0]!.text;
    const meanings = Array.from(systems.keys(), (system) => [
      system,
      where.includes(system) ? meaning : `there is no ${program}`,
    ]);
    const text = `| ${words.map(({ text }) => text).join(" ")}`;
    parts.push({ text, meanings: Object.fromEntries(meanings) });
  }
  return new Explanation(command.trim(), parts, refusals, allUnknown);
}

interface ReadProgram {
  /** The units, on each system that has the program. */
  readonly systems: ReadonlyMap<ExplainedSystem, readonly Unit[]>;
  readonly refusals: Partial<Record<ExplainedSystem, string>>;
  readonly unknown: readonly string[];
}

function readProgram(program: string, words: readonly CommandWord[], refuse: Refuse): ReadProgram {
  switch (program) {
    case "ss":
      return readOne(["Linux"], readSs(words, refuse), refuse);
    case "lsof": {
      const { plus, rest } = plusOptions(words);
      const read = readOptions(rest, LSOF);
      const [stray] = read.rest;
      const unit = stray && { ...stray, meaning: "a file, and who has it open" };
      return readOne(["Linux", "macOS"], {
        ...read,
        unknown: [
          ...read.unknown,
          ...plus.flatMap(({ text, meaning }) => meaning === undefined ? [text] : []),
        ],
        units: [
          ...read.units,
          ...plus.map((option) => ({ ...option, meaning: option.meaning ?? "" })),
          ...unit === undefined ? [] : [unit],
        ],
      }, refuse);
    }
    case "netstat":
    case "netstat.exe":
      return readNetstat(words);
    default:
      return refuse("a command begins with ss, netstat or lsof", quote(program));
  }
}

/** lsof's options with a plus: how wide names are, and folders. Their argument may stand apart. */
const PLUS: Readonly<Record<string, (argument: string) => string>> = {
  c: (width) => `${width} characters of a program's name${width === "0" ? ": all of them" : ""}`,
  d: (folder) => `who has files of the folder ${folder} open`,
  D: (folder) => `who has files in the folder ${folder} open, at any depth`,
};

function plusOptions(words: readonly CommandWord[]): {
  plus: readonly (CommandWord & { meaning: string | undefined })[];
  rest: readonly CommandWord[];
} {
  const plus: (CommandWord & { meaning: string | undefined })[] = [];
  const rest: CommandWord[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const [, letter, behind] = /^\+(.)(.*)$/.exec(word.text) ?? [];
    if (letter === undefined) {
      rest.push(word);
      continue;
    }
    const explained = Object.hasOwn(PLUS, letter) ? PLUS[letter] : undefined;
    const next = words[index + 1]?.text ?? "";
    const isApart = explained !== undefined && behind === "" && /^[^-+]/.test(next);
    const argument = isApart ? next : behind!;
    const isValid = letter === "c" ? /^[0-9]+$/.test(argument) : argument !== "";
    if (isApart && isValid) index++;
    const text = isApart && isValid ? `${word.text} ${next}` : word.text;
    plus.push({ ...word, text, meaning: isValid ? explained?.(argument) : undefined });
  }
  return { plus, rest };
}

/** A program that is the same wherever it is: what it would refuse is refused here. */
function readOne(
  systems: readonly ExplainedSystem[],
  read: ReadCommand,
  refuse: Refuse,
): ReadProgram {
  const { unknown } = read;
  const refusal = read.refusals.find(({ part }) => !unknown.includes(part));
  if (refusal !== undefined) refuse(refusal.rule, refusal.part);
  const units = withUnknown(read);
  return { systems: new Map(systems.map((system) => [system, units])), refusals: {}, unknown };
}

function readSs(words: readonly CommandWord[], refuse: Refuse): ReadCommand {
  const read = readOptions(words, SS);
  if (read.rest.length === 0) return read;
  const { parts, unknown } = explainFilter(read.rest.map(({ text }) => text));
  if (unknown !== undefined) {
    refuse(
      "a filter is a state, sport, dport, src or dst with a value, and, or, not",
      quote(unknown),
    );
  }
  const { at } = read.rest[0]!;
  const filters = parts.map(([text, meaning], index) => ({ at: at + index / 1000, text, meaning }));
  return { ...read, units: [...read.units, ...filters] };
}

function readNetstat(words: readonly CommandWord[]): ReadProgram {
  const reads = {
    Linux: withRest(readOptions(words, LINUX_NETSTAT), () => "is passed over"),
    macOS: withRest(readOptions(words, MAC_NETSTAT), () => "of this its manual does not tell"),
    Windows: withRest(
      readOptions(words, WINDOWS_NETSTAT),
      (text) => /^[0-9]+$/.test(text) ? `again every ${text} seconds` : undefined,
    ),
  };
  const unknown = reads.Linux.unknown.filter((option) =>
    reads.macOS.unknown.includes(option) && reads.Windows.unknown.includes(option)
  );
  const refusals = Object.fromEntries(
    Object.entries(reads).flatMap(([system, { refusals }]) => {
      const refusal = refusals.find(({ part }) => !unknown.includes(part));
      return refusal === undefined ? [] : [[system, `${refusal.rule}, got ${refusal.part}`]];
    }),
  );
  const systems = new Map(SYSTEMS.map((system) => [system, withUnknown(reads[system], unknown)]));
  return { systems, refusals, unknown };
}

/** Words without an option: each system makes something else of them, or nothing. */
function withRest(
  read: ReadCommand,
  meaningOf: (text: string) => string | undefined,
): ReadCommand {
  const units = read.rest.map((word) => ({
    ...word,
    meaning: meaningOf(word.text) ?? "is no option",
  }));
  const stray = read.rest.find(({ text }) => meaningOf(text) === undefined);
  return {
    ...read,
    units: [...read.units, ...units],
    refusals: stray === undefined ? read.refusals : [
      ...read.refusals,
      { rule: "a word is an option or its argument", part: quote(stray.text) },
    ],
  };
}

/** Puts the units of the systems into rows, by where they stand. */
function sideBySide(systems: ReadonlyMap<ExplainedSystem, readonly Unit[]>): ExplainedPart[] {
  const rows = new Map<string, { at: number; part: ExplainedPart }>();
  for (const [system, units] of systems) {
    for (const { at, text, meaning } of units) {
      const key = `${at} ${text}`;
      const known = rows.get(key)?.part.meanings;
      rows.set(key, { at, part: { text, meanings: { ...known, [system]: meaning } } });
    }
  }
  return [...rows.values()].sort((one, other) => one.at - other.at).map(({ part }) => part);
}

/** The programs that pick lines, and where they are. */
const FILTERS: Readonly<Record<string, readonly ExplainedSystem[]>> = {
  grep: ["Linux", "macOS"],
  egrep: ["Linux", "macOS"],
  fgrep: ["Linux", "macOS"],
  findstr: ["Windows"],
  find: ["Windows"],
};

/** Reads what `| grep ESTABLISHED` or `| findstr :80` keeps. */
function readFilter(
  [program, ...words]: readonly CommandWord[],
  refuse: Refuse,
): {
  meaning: string;
  where: readonly ExplainedSystem[];
  unknown: readonly string[];
} {
  const name = program?.text ?? "";
  const where = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (where === undefined) return refuse("a pipe leads to grep or findstr", quote(name));
  const isOption = ({ text }: CommandWord) =>
    text.startsWith(where.includes("Windows") ? "/" : "-");
  const unknown = words.filter((word) => isOption(word) && !/^.[ivIV]$/.test(word.text))
    .map(({ text }) => text);
  const [pattern, more] = words.filter((word) => !isOption(word));
  if (pattern === undefined) return refuse(`${name} looks for a word`, "none");
  if (more !== undefined) refuse(`${name} looks for one word`, quote(more.text));
  const isWithout = words.some((word) => isOption(word) && /v/i.test(word.text));
  const what = `${name === "egrep" ? "what matches " : ""}${quote(pattern.text)}`;
  const keeps = `only lines ${isWithout ? "without" : "with"} ${what}`;
  const port = /^:([0-9]+)$/.exec(pattern.text)?.[1];
  const meaning = port === undefined
    ? keeps
    : `${keeps}: port ${port} at either end, and each port that begins with ${port}`;
  const notes = unknown.map((option) => `; ${option} is not known here`);
  return { meaning: meaning + notes.join(""), where, unknown };
}
