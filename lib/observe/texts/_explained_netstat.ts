/** The options of the three programs that are called netstat. */
import type { OptionMeaning, OptionTable } from "./_explained.ts";

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
