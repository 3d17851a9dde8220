/**
 * Lines that a person has typed between the outputs: prompts and commands.
 *
 * People copy them with the rows. What is known here is passed over without a word; any other line
 * that is no row is named among the lines left out.
 */

/** A command that lists sockets. */
const COMMAND = /(?:^|[\s/\\|;&(>#$%!`+])(?:ss|netstat|lsof)(?:\.exe)?(?=\s|`|$)/i;

/** What stands before it: a prompt of any kind, then sudo, busybox and the like, or a path. */
const BEFORE_COMMAND = new RegExp(
  "(?:^|[$#%>❯➜»›λ✗!`+:\\])~]|^\\W*\\S+@\\S+|^[❯➜»›λ]\\s.*)\\s*" +
    "(?:(?:sudo|doas|busybox|toybox|watch|time)\\s+(?:-\\S+\\s+)*|\\w+=\\S*\\s+)*(?:\\S*[/\\\\])?$",
  "u",
);

/** What stands after it, if anything: an option, a filter of ss, or more of the shell. */
const AFTER_COMMAND = /^(?:$|[-/|(<>&;`'"]|(?:state|exclude|sport|dport|src|dst)\b)/;

/** A prompt without a command: bash, zsh and its themes, fish, cmd, PowerShell, sudo. */
const BARE_PROMPTS: readonly RegExp[] = [
  /^[$#%>❯➜»›λ]$/u,
  /^\S+(?: \S+)?\s?[$#%>❯]$/u,
  /^[❯➜»›λ╭╰┌└].*$/u,
  /^PS \S.*>$/,
  /^[A-Za-z]:[\\/].*>$/,
  /^(?:\(\S+\)\s*)?\S*@\S.*[$#%>❯]$/u,
  /^(?:\(\S+\)\s*)?\[\S+@\S.*\][$#%]$/,
  /^\[sudo\]\s.*:$/,
  /^Password:$/,
];

/** A prompt with another command after it. */
const OTHER_COMMANDS: readonly RegExp[] = [
  /^[$❯➜»›λ]\s+\S/u,
  /^PS [A-Za-z~/][^>]*>/,
  /^\S+:\S* \S+[$#%]\s/,
  /^[A-Za-z]:\\[^>|"]*>/,
  /^(?:\(\S+\)\s*)?\[\S+@\S+ [^\]]*\][$#%]/,
  /^(?:\(\S+\)\s*)?[\w.-]+@[\w.-]+(?::\S*| \S+)\s?[$#%>]/,
];

/** Nobody types a longer line; the patterns would take long for it. */
const MAX_TYPED = 1000;

/** The beginnings of rows, which nobody types. */
const ROWS: readonly RegExp[] = [
  /^(?:tcp|udp)\w*\s+\S+\s+\S/i,
  /^\S+\s+[0-9]+\s.*\s(?:IPv[46]|TCP|UDP)\s/,
  /^[A-Z][A-Z0-9-]+\s+[0-9]+\s+[0-9]+\s/,
];

/**
 * Returns the command in a line that a person has typed, from the tool's name on, and "" for a bare
 * prompt or another command; `undefined` for every other line.
 */
export function typedIn(text: string): string | undefined {
  const line = text.trim();
  if (line.length > MAX_TYPED) return undefined;
  if (ROWS.some((pattern) => pattern.test(line))) return undefined;
  const match = COMMAND.exec(line);
  if (match !== null) {
    const end = match.index + match[0].length;
    const start = end - match[0].replace(/^[^a-z]/i, "").length;
    const isTyped = AFTER_COMMAND.test(line.slice(end).trimStart()) &&
      BEFORE_COMMAND.test(line.slice(0, start));
    if (isTyped) return line.slice(start);
  }
  return [...BARE_PROMPTS, ...OTHER_COMMANDS].some((pattern) => pattern.test(line))
    ? ""
    : undefined;
}
