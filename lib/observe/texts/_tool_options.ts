/** What the options and filters of ss, netstat and lsof mean, as far as they concern sockets. */
import type { OptionMeaning, OptionTable } from "./_command_line.ts";

/** ss(8) of iproute2 6.1; -B is of 6.8. */
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
  B: { meaning: "only TCP sockets that are bound and do nothing yet", long: "bound-inactive" },
  M: { meaning: "MPTCP sockets", long: "mptcp" },
  S: { meaning: "SCTP sockets", long: "sctp" },
  d: { meaning: "DCCP sockets", long: "dccp" },
  "0": { meaning: "sockets that see whole packets", long: "packet" },
  f: { meaning: "only one family of sockets", long: "family", argument: "the family's name" },
  A: { meaning: "only some tables", long: "query", argument: "their names" },
  T: { meaning: "who has it, by threads", long: "threads" },
  b: { meaning: "the filter of its packets, too", long: "bpf" },
  Z: { meaning: "for whom its process is to SELinux, too", long: "context" },
  N: { meaning: "of another network namespace", long: "net", argument: "its name" },
  D: { meaning: "into a file, for other programs", long: "diag", argument: "the file's name" },
  F: { meaning: "a filter from a file", long: "filter", argument: "the file's name" },
  h: { meaning: "help", long: "help" },
  V: { meaning: "its version", long: "version" },
};

/** The comparisons of ss(8), by their words and by their signs. */
const COMPARISONS: Readonly<Record<string, string>> = {
  ...{ "!=": "other than", ne: "other than", neq: "other than" },
  ...{ ">": "above", gt: "above", "<": "below", lt: "below" },
  ...{ ">=": "from", ge: "from", geq: "from", "<=": "up to", le: "up to", leq: "up to" },
};
const COMPARISON = "(!=|>=|<=|>|<|neq?|gt|lt|geq?|leq?)";

const WORDS: readonly (readonly [pattern: RegExp, meaning: (match: RegExpExecArray) => string])[] =
  [
    [/^state (\S+)$/, ([, state]) => `only sockets in the state ${state}`],
    [/^exclude (\S+)$/, ([, state]) => `no sockets in the state ${state}`],
    [/^sport (?:(?:=|==|eq) )?:?([\w-]+)$/, ([, port]) => `only with the local port ${port}`],
    [/^dport (?:(?:=|==|eq) )?:?([\w-]+)$/, ([, port]) => `only with the remote port ${port}`],
    [
      new RegExp(`^([sd])port ${COMPARISON} :?(\\S+)$`),
      ([, side, comparison, port]) =>
        `only with a ${side === "s" ? "local" : "remote"} port ${COMPARISONS[comparison!]} ${port}`,
    ],
    [/^dev (?:(?:=|==|eq) )?(\S+)$/, ([, device]) => `only bound to the device ${device}`],
    [/^fwmark (?:(?:=|==|eq) )?(\S+)$/, ([, mark]) => `only with the firewall's mark ${mark}`],
    [/^cgroup (?:(?:=|==|eq) )?(\S+)$/, ([, path]) => `only of the control group ${path}`],
    [/^autobound$/, () => "only with a local port that the kernel has chosen"],
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
  const spaced = words.join(" ").replaceAll(/\s*(==|!=|>=|<=|=|[<>()])\s*/g, " $1 ").trim().split(
    /\s+/,
  );
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

/** Both systems refuse what is no protocol. */
const PROTOCOL: OptionMeaning = {
  meaning: "only one protocol, whose name follows",
  argument: "the protocol's name",
  explain: (text) =>
    /^(?:tcp|udp|icmp|ip)(?:v?6)?$|^(?:igmp|ipsec|mptcp|unix)$/i.test(text)
      ? `only ${text.toUpperCase()}`
      : undefined,
};

/** netstat(8) of net-tools 2.10. */
export const LINUX_NETSTAT: OptionTable = {
  t: { meaning: "TCP sockets", long: "tcp" },
  u: { meaning: "UDP sockets", long: "udp" },
  w: { meaning: "raw sockets", long: "raw" },
  x: { meaning: "Unix sockets, which have no port", long: "unix" },
  "4": { meaning: "IPv4 only" },
  "6": { meaning: "IPv6 only" },
  l: { meaning: "only sockets that wait for somebody", long: "listening" },
  a: { meaning: "all sockets, also those that wait for somebody", long: "all" },
  n: { meaning: "numbers, not names of hosts, ports and users", long: "numeric" },
  p: { meaning: "who has it, as PID/program; others' only for root", long: "programs" },
  e: { meaning: "the user and the inode, too", long: "extend" },
  o: { meaning: "the timer, too", long: "timers" },
  W: { meaning: "no address is cut off", long: "wide" },
  c: { meaning: "again each second, until Ctrl+C", long: "continuous" },
  v: { meaning: "says what it cannot show", long: "verbose" },
  N: { meaning: "names for hardware addresses", long: "symbolic" },
  r: { meaning: "the routing table instead of sockets", long: "route" },
  i: { meaning: "the interfaces instead of sockets", long: "interfaces" },
  g: { meaning: "the multicast groups instead of sockets", long: "groups" },
  s: { meaning: "the counters instead of sockets", long: "statistics" },
  A: { meaning: "only one family of addresses", argument: "the family: inet, inet6 or unix" },
  Z: { meaning: "for whom its process is to SELinux, too", long: "context" },
  U: { meaning: "UDP-Lite sockets", long: "udplite" },
  S: { meaning: "SCTP sockets", long: "sctp" },
  M: { meaning: "translated addresses instead of sockets", long: "masquerade" },
  F: { meaning: "with -r, the table by which packets are sent", long: "fib" },
  C: { meaning: "with -r, what was found there lately", long: "cache" },
  V: { meaning: "its version", long: "version" },
  h: { meaning: "help", long: "help" },
  // Long names without a letter.
  inet: { meaning: "IPv4 only", long: "inet" },
  inet6: { meaning: "IPv6 only", long: "inet6" },
  numericHosts: { meaning: "numbers, not names of hosts", long: "numeric-hosts" },
  numericPorts: { meaning: "numbers, not names of ports", long: "numeric-ports" },
  numericUsers: { meaning: "numbers, not names of users", long: "numeric-users" },
};

/** netstat(1) of macOS; not tried here. */
export const MAC_NETSTAT: OptionTable = {
  a: { meaning: "all sockets, also those that wait for somebody" },
  n: { meaning: "numbers, not names of hosts and ports" },
  p: PROTOCOL,
  f: { meaning: "only one family of addresses", argument: "the family: inet, inet6 or unix" },
  l: { meaning: "IPv6 addresses are not cut off" },
  W: { meaning: "addresses are not cut off" },
  v: { meaning: "more columns, the process among them" },
  b: { meaning: "bytes that came in and went out" },
  A: { meaning: "the kernel's address of each socket" },
  L: { meaning: "the queues of listeners" },
  t: { meaning: "nothing about sockets: a timer of interfaces, with -i" },
  d: { meaning: "nothing about sockets: lost packets, with -i" },
  R: { meaning: "nothing about sockets: whether a link is reached, with -i" },
  S: { meaning: "nothing about sockets: an interface's state, with -i" },
  q: { meaning: "nothing about sockets: an interface's queues, with -i" },
  g: { meaning: "the multicast groups instead of sockets" },
  i: { meaning: "the interfaces instead of sockets" },
  I: { meaning: "one interface instead of sockets", argument: "the interface's name" },
  m: { meaning: "the kernel's buffers instead of sockets" },
  r: { meaning: "the routing table instead of sockets" },
  s: { meaning: "the counters instead of sockets" },
  w: { meaning: "again after so many seconds", argument: "the number of seconds" },
};

/** Microsoft's reference of netstat; not tried here. */
export const WINDOWS_NETSTAT: OptionTable = {
  a: { meaning: "all sockets, also those that wait for somebody" },
  n: { meaning: "numbers, not names of hosts and ports" },
  o: { meaning: "the PID of the process that has it" },
  b: { meaning: "the program that has it; for administrators only" },
  p: PROTOCOL,
  q: { meaning: "also TCP sockets that are bound and do not listen" },
  f: { meaning: "full names of the other hosts" },
  i: { meaning: "how long a connection has been in its state" },
  t: { meaning: "whether the network card does TCP's work" },
  e: { meaning: "the counters of Ethernet instead of sockets" },
  r: { meaning: "the routing table instead of sockets" },
  s: { meaning: "the counters instead of sockets" },
  x: { meaning: "NetworkDirect connections" },
  y: { meaning: "TCP's templates of connections" },
};

const INTERNET = "only Internet sockets; without it, everything that is open";

/** lsof(8) 4.95. */
export const LSOF: OptionTable = {
  i: { meaning: INTERNET, argument: "which of them", isOptional: true, explain: internet },
  s: {
    meaning: "only TCP or UDP sockets in a state; alone, sizes",
    argument: "protocol and state",
    isOptional: true,
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
  K: { meaning: "tasks, which are threads, too", argument: "i for none", isOptional: true },
  E: { meaning: "also who has the other end" },
  d: { meaning: "only these descriptors", argument: "their numbers or names" },
  D: { meaning: "how it uses a file of devices", argument: "what to do with it" },
  L: { meaning: "no numbers of links" },
  M: { meaning: "no names of RPC programs' ports" },
  N: { meaning: "only files of NFS" },
  o: { meaning: "offsets, not sizes", argument: "digits", isOptional: true },
  O: { meaning: "asks the kernel directly, and may wait for ever" },
  Q: { meaning: "finds nothing without calling it an error" },
  S: { meaning: "how long the kernel may take", argument: "the seconds", isOptional: true },
  V: { meaning: "says what it did not find" },
  Z: { meaning: "for whom its process is to SELinux, too", argument: "whom", isOptional: true },
  h: { meaning: "help" },
  v: { meaning: "its version" },
  U: { meaning: "Unix sockets, which have no port" },
  b: { meaning: "asks the kernel nothing that could make it wait" },
  w: { meaning: "no warnings" },
  F: {
    meaning: "a field a line, for other programs",
    argument: "the fields",
    isOptional: true,
  },
  T: {
    meaning: "what TCP and UDP tell",
    argument: "which: f flags, q queues, s states, w windows",
    isOptional: true,
  },
  r: {
    meaning: "again and again, until Ctrl+C",
    argument: "the number of seconds",
    isOptional: true,
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
