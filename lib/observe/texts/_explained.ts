/** From a command's words and a table of options to the meaning of each part. */
import { quote } from "../../refusal.ts";
import type { CommandWord } from "./_command_words.ts";

/** What an option means. */
export interface OptionMeaning {
  readonly meaning: string;
  /** Its long name, without the two hyphens. */
  readonly long?: string;
  /** What follows it, if anything does. */
  readonly argument?: string;
  /** Whether it may stand without. */
  readonly isOptional?: boolean;
  /** Whether what follows it stands in the same word. */
  readonly isAttached?: boolean;
  /** What an argument means, or `undefined` if it is none. */
  readonly explain?: (argument: string) => string | undefined;
}

/** The options of a program, by their letters. */
export type OptionTable = Readonly<Record<string, OptionMeaning>>;

/** A part of a command with a meaning of its own. */
export interface Unit {
  /** Where it begins in the command, so that several systems' units can be put side by side. */
  readonly at: number;
  readonly text: string;
  readonly meaning: string;
}

/** A command that was taken apart. */
export interface ReadCommand {
  readonly units: readonly Unit[];
  /** The words that are neither options nor theirs. */
  readonly rest: readonly CommandWord[];
  /** Why the program would refuse the command: the first reason. */
  readonly refusal: string | undefined;
  /** Letters and long names that the program does not have. */
  readonly unknown: readonly string[];
}

/** Reads words as getopt(3) does: letters together, an argument behind its letter or after it. */
export function readOptions(words: readonly CommandWord[], table: OptionTable): ReadCommand {
  const units: Unit[] = [];
  const rest: CommandWord[] = [];
  const unknown: string[] = [];
  let refusal: string | undefined;
  const refuse = (reason: string) => void (refusal ??= reason);
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
  return { units, rest, refusal, unknown };

  function readLong({ at, text }: CommandWord): void {
    const option = Object.values(table).find(({ long }) => long === text.slice(2));
    if (option === undefined) {
      unknown.push(text);
      refuse(`there is no ${text}`);
    } else {
      units.push({ at, text, meaning: option.meaning });
    }
  }

  /** Returns whether the next word was taken for an argument. */
  function readLetters(word: CommandWord, next: CommandWord | undefined): boolean {
    for (let index = 1; index < word.text.length; index++) {
      const letter = word.text[index]!;
      const option = Object.hasOwn(table, letter) ? table[letter] : undefined;
      const unit = { at: word.at + index, text: `-${letter}` };
      if (option === undefined) {
        unknown.push(unit.text);
        units.push({ ...unit, meaning: "there is none" });
        refuse(`there is no ${unit.text}`);
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
      refuse(`after ${unit.text} stands ${option.argument}, got ${quote(argument.text)}`);
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
      refuse(`after ${unit.text} stands ${option.argument}, got none`);
    }
  }
}
