/** The options and filters of ss. */
import type { OptionTable } from "./_explained.ts";

/** ss(8) of iproute2 6.1. */
export const SS: OptionTable = {
  t: { meaning: "TCP sockets", long: "tcp" },
  u: { meaning: "UDP sockets", long: "udp" },
  w: { meaning: "raw sockets", long: "raw" },
  x: { meaning: "Unix sockets, which have no port", long: "unix" },
  "4": { meaning: "IPv4 only", long: "ipv4" },
  "6": { meaning: "IPv6 only", long: "ipv6" },
  l: { meaning: "only sockets that wait for somebody", long: "listening" },
  a: { meaning: "all sockets, also those that wait for somebody", long: "all" },
  n: { meaning: "numbers, not names of services", long: "numeric" },
  r: { meaning: "names of hosts", long: "resolve" },
  p: {
    meaning: "who has it: program, pid and descriptor; others' only for root",
    long: "processes",
  },
  e: { meaning: "uid, inode and the kernel's cookie, too", long: "extended" },
  o: { meaning: "the timer, too", long: "options" },
  m: { meaning: "the memory of its queues, too", long: "memory" },
  i: { meaning: "what TCP has measured, too: round-trip time, window", long: "info" },
  s: { meaning: "a summary instead of sockets", long: "summary" },
  H: { meaning: "no titles", long: "no-header" },
  O: { meaning: "one line for each socket", long: "oneline" },
  E: { meaning: "each socket as it ends, until Ctrl+C", long: "events" },
  K: { meaning: "closes what it shows!", long: "kill" },
};

const WORDS: readonly (readonly [pattern: RegExp, meaning: (match: RegExpExecArray) => string])[] =
  [
    [/^state (\S+)$/, ([, state]) => `only sockets in the state ${state}`],
    [/^exclude (\S+)$/, ([, state]) => `no sockets in the state ${state}`],
    [/^sport (?:(?:=|==|eq) )?:?(\S+)$/, ([, port]) => `only with the local port ${port}`],
    [/^dport (?:(?:=|==|eq) )?:?(\S+)$/, ([, port]) => `only with the remote port ${port}`],
    [/^src (?:(?:=|==|eq) )?(\S+)$/, ([, end]) => `only at the local address ${end}`],
    [/^dst (?:(?:=|==|eq) )?(\S+)$/, ([, end]) => `only with a peer at ${end}`],
    [/^(?:and|&&?)$/, () => "and also"],
    [/^(?:or|\|\|?)$/, () => "or"],
    [/^(?:not|!)$/, () => "but not"],
    [/^[()]$/, () => "what belongs together"],
  ];

/** Takes a filter apart: each part with its meaning, or `undefined` with the first word that has none. */
export function explainFilter(
  words: readonly string[],
): { parts: [text: string, meaning: string][]; unknown: string | undefined } {
  const parts: [string, string][] = [];
  const spaced = words.join(" ").replaceAll(/\s*(==|=|[()])\s*/g, " $1 ").trim().split(/\s+/);
  let at = 0;
  while (at < spaced.length && spaced[at] !== "") {
    const found = [3, 2, 1].flatMap((length) => {
      const text = spaced.slice(at, at + length).join(" ");
      const word = WORDS.find(([pattern]) => pattern.test(text));
      return word === undefined ? [] : [{ length, text, meaning: word[1](word[0].exec(text)!) }];
    })[0];
    if (found === undefined) return { parts, unknown: spaced[at] };
    parts.push([found.text, found.meaning]);
    at += found.length;
  }
  return { parts, unknown: undefined };
}
