/** The options of lsof that have to do with sockets. */
import type { OptionTable } from "./_explained.ts";

const INTERNET = "only Internet sockets; without it, everything that is open";

/** lsof(8) 4.95. */
export const LSOF: OptionTable = {
  i: { meaning: INTERNET, argument: "which of them", isOptional: true, explain: internet },
  s: {
    meaning: "only TCP or UDP sockets in a state; alone, sizes",
    argument: "protocol and state",
    isOptional: true,
    isAttached: true,
    explain: states,
  },
  n: { meaning: "addresses, not names of hosts" },
  P: { meaning: "numbers, not names of ports" },
  l: { meaning: "numbers, not names of users" },
  a: { meaning: "all conditions must hold; without it, one is enough" },
  p: { meaning: "only of these processes", argument: "their numbers" },
  u: { meaning: "only of this user", argument: "the user's name or number" },
  c: { meaning: "only of programs whose name begins so", argument: "the name's beginning" },
  t: { meaning: "nothing but the PIDs, for other programs" },
  R: { meaning: "the parent's PID, too" },
  g: { meaning: "the process group, too" },
  U: { meaning: "Unix sockets, which have no port" },
  b: { meaning: "asks the kernel nothing that could make it wait" },
  w: { meaning: "no warnings" },
  F: {
    meaning: "a field a line, for other programs",
    argument: "the fields",
    isOptional: true,
    isAttached: true,
  },
  T: {
    meaning: "what TCP and UDP tell",
    argument: "which: f flags, q queues, s states, w windows",
    isOptional: true,
    isAttached: true,
  },
  r: {
    meaning: "again and again, until Ctrl+C",
    argument: "the number of seconds",
    isOptional: true,
    isAttached: true,
  },
};

/** `[46][protocol][@host][:ports]` of -i. */
function internet(text: string): string | undefined {
  const match = /^([46])?(tcp|udp)?(?:@(\[[^\]]+\]|[^:]+))?(?::(.+))?$/i.exec(text);
  if (match === null || text === "") return undefined;
  const [, version, protocol, host, ports] = match;
  return [
    "only",
    [version && `IPv${version}`, protocol?.toUpperCase(), "sockets"].filter(Boolean).join(" "),
    host && `with the address ${host} at either end`,
    ports && `with the port ${ports} at either end`,
  ].filter(Boolean).join(" ");
}

function states(text: string): string | undefined {
  const match = /^(tcp|udp):(.+)$/i.exec(text);
  return match === null ? undefined : `only ${match[1]!.toUpperCase()} sockets in ${match[2]}`;
}
