/** A command line as words, options and their meanings: no shell is needed, and none is started. */
import { quote, type RefusalParts, type Refuse } from "../../refusal.ts";

/** A word of a command. */
export interface CommandWord {
  /** Where it begins in the command. */
  readonly at: number;
  readonly text: string;
}

/** Splits a command into words, and at its pipes. */
export function pipeline(command: string, refuse: Refuse): CommandWord[][] {
  const stages: CommandWord[][] = [[]];
  const token = /\s*(?:(\|)|"([^"]*)"|'([^']*)'|((?:\\.|[^\s|"'\\])+|\\))/y;
  const end = command.trimEnd().length;
  while (token.lastIndex < end) {
    const from = token.lastIndex;
    const match = token.exec(command);
    if (match === null) {
      return refuse(
        "a quotation mark has a closing one",
        quote(command.slice(from).trim()),
      );
    }
    const [all, pipe, double, single, plain] = match;
    if (pipe !== undefined) {
      stages.push([]);
      continue;
    }
    if (plain !== undefined && /[;&<>`$]/.test(plain.replaceAll(/\\./g, ""))) {
      refuse("a command uses nothing of the shell but a pipe", quote(plain));
    }
    if (plain !== undefined && /^[\u2010-\u2015\u2212]/.test(plain)) {
      refuse("an option begins with a hyphen, for which text programs put a dash", quote(plain));
    }
    // What stands behind a backslash is not for the shell: \( of a filter.
    const text = plain?.replaceAll(/\\(.)/g, "$1") ?? double ?? single ?? "";
    const width = (plain ?? double ?? single ?? "").length;
    stages.at(-1)!.push({ at: from + all.length - width, text });
  }
  return stages;
}

/** What an option means. */
export interface OptionMeaning {
  readonly meaning: string;
  /** Its long name, without the two hyphens. */
  readonly long?: string;
  /** What its argument is, if it takes one. */
  readonly argument?: string;
  /** Whether the argument may be left out. */
  readonly isOptional?: boolean;
  /** Whether the argument is part of the same word. */
  readonly isAttached?: boolean;
  /** What an argument means, or `undefined` if it is not valid. */
  readonly explain?: (argument: string) => string | undefined;
}

/** The options of a program, by their letters. */
export type OptionTable = Readonly<Record<string, OptionMeaning>>;

/** A part of a command with a meaning of its own. */
export interface Unit {
  /** Where it begins in the command, so that the units of several systems can be shown side by side. */
  readonly at: number;
  readonly text: string;
  readonly meaning: string;
}

/** Why a program would refuse a command. */
export type CommandRefusal = Pick<RefusalParts, "rule" | "part">;

/** A command that was taken apart. */
export interface ReadCommand {
  readonly units: readonly Unit[];
  /** The words that are neither options nor arguments of options. */
  readonly rest: readonly CommandWord[];
  /** Why the program would refuse the command. */
  readonly refusals: readonly CommandRefusal[];
  /** Letters and long names that the table does not have. */
  readonly unknown: readonly string[];
}

/** What an option means that the table of a program does not have. */
const NO_OPTION = "there is none";

/** Says of options that they are not known here, which is no reason to refuse a command. */
export function withUnknown(
  { units, ...rest }: ReadCommand,
  unknown: readonly string[] = rest.unknown,
): readonly Unit[] {
  return units.map((unit) =>
    unknown.includes(unit.text) ? { ...unit, meaning: "an option that is not known here" } : unit
  );
}

/** Reads words as getopt(3) does: letters together, an argument behind its letter or after it. */
export function readOptions(words: readonly CommandWord[], table: OptionTable): ReadCommand {
  const units: Unit[] = [];
  const rest: CommandWord[] = [];
  const unknown: string[] = [];
  const refusals: CommandRefusal[] = [];
  const refuse = (rule: string, part: string) => void refusals.push({ rule, part });
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word.text.startsWith("--")) {
      readLong(word);
    } else if (word.text.length > 1 && word.text.startsWith("-")) {
      if (readLetters(word, words[index + 1])) index++;
    } else {
      rest.push(word);
    }
  }
  return { units, rest, refusals, unknown };

  function readLong({ at, text }: CommandWord): void {
    const [name, argument] = text.slice(2).split("=", 2) as [string, string?];
    const option = Object.values(table).find(({ long }) => long === name);
    if (option === undefined) {
      unknown.push(text);
      refuse("it takes only options of its own", text);
    }
    const isTaken = argument === undefined || option?.argument !== undefined;
    if (!isTaken && option !== undefined) refuse(`--${name} takes no argument`, quote(argument));
    units.push({ at, text, meaning: option?.meaning ?? NO_OPTION });
  }

  /** Returns whether the next word was taken for an argument. */
  function readLetters(word: CommandWord, next: CommandWord | undefined): boolean {
    for (let index = 1; index < word.text.length; index++) {
      const letter = word.text[index]!;
      const option = Object.hasOwn(table, letter) ? table[letter] : undefined;
      const unit = { at: word.at + index, text: `-${letter}` };
      if (option === undefined) {
        unknown.push(unit.text);
        units.push({ ...unit, meaning: NO_OPTION });
        refuse("it takes only options of its own", unit.text);
        continue;
      }
      if (option.argument === undefined) {
        units.push({ ...unit, meaning: option.meaning });
        continue;
      }
      const behind = word.text.slice(index + 1);
      const isNextFree = next !== undefined && !/^[-+]./.test(next.text);
      const after = option.isAttached || !isNextFree ? undefined : next;
      if (behind !== "") readArgument(option, unit, { at: unit.at + 1, text: behind }, true);
      else if (after !== undefined) readArgument(option, unit, after, false);
      else readWithout(option, unit);
      return behind === "" && after !== undefined;
    }
    return false;
  }

  function readArgument(
    option: OptionMeaning,
    unit: { at: number; text: string },
    argument: CommandWord,
    isBehind: boolean,
  ): void {
    const meaning = option.explain?.(argument.text);
    if (option.explain !== undefined && meaning === undefined) {
      refuse(`${unit.text} needs ${option.argument}`, quote(argument.text));
    }
    if (isBehind && option.explain !== undefined) {
      const text = unit.text + argument.text;
      units.push({ at: unit.at, text, meaning: meaning ?? option.meaning });
      return;
    }
    units.push({ ...unit, meaning: option.meaning });
    units.push({ ...argument, meaning: meaning ?? `${option.argument}, for ${unit.text}` });
  }

  function readWithout(option: OptionMeaning, unit: { at: number; text: string }): void {
    units.push({ ...unit, meaning: option.meaning });
    if (!option.isOptional) {
      refuse(`${unit.text} needs ${option.argument}`, "none");
    }
  }
}
