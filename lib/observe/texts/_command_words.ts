/** A command line as words: no shell is needed, and none is started. */
import { quote } from "../../refusal.ts";

/** A word of a command. */
export interface CommandWord {
  /** Where it begins in the command. */
  readonly at: number;
  readonly text: string;
}

/** Throws the error whose message ends in this rule and this part. */
export type Refuse = (rule: string, got: string) => never;

/** Splits a command into words, and at its pipes. */
export function pipeline(command: string, refuse: Refuse): CommandWord[][] {
  const stages: CommandWord[][] = [[]];
  const token = /\s*(?:(\|)|"([^"]*)"|'([^']*)'|([^\s|"']+))/y;
  const end = command.trimEnd().length;
  while (token.lastIndex < end) {
    const from = token.lastIndex;
    const match = token.exec(command);
    if (match === null) {
      return refuse(
        "what begins with a quotation mark ends with one",
        quote(command.slice(from).trim()),
      );
    }
    const [all, pipe, double, single, plain] = match;
    if (pipe !== undefined) {
      stages.push([]);
      continue;
    }
    if (plain !== undefined && /[;&<>`$]/.test(plain)) {
      refuse("the shell is asked for a pipe at most", quote(plain));
    }
    const text = plain ?? double ?? single ?? "";
    stages.at(-1)!.push({ at: from + all.length - text.length, text });
  }
  return stages;
}
