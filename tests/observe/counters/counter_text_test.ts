import { assertEquals, assertThrows } from "@std/assert";
import { parseCounters } from "../../../lib/observe/counters/_counter_text.ts";
import type { Refusal } from "../../../lib/refusal.ts";

/** As a small machine prints them, Linux 6.18; the lines that matter, and one of the others. */
const SNMP = `Ip: Forwarding DefaultTTL InReceives
Ip: 2 64 301464423
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors
Tcp: 1 200 120000 -1 8767476 7853104 911516 69349 12 300475499 300472871 610 0 961970 0
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
Udp: 1500534 886 14469 1515950 14468 3 0 0 0
UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
UdpLite: 9 9 9 9 9 9 9 9 9
`;
const NETSTAT =
  `TcpExt: SyncookiesSent TW TWRecycled TWKilled ListenOverflows ListenDrops TCPTimeouts TCPAbortOnData TCPAbortOnClose TCPAbortOnTimeout TCPSynRetrans TCPOrigDataSent
TcpExt: 0 2619447 3502 0 2452 2453 35328 24774 1930 5 603 250417702
IpExt: InNoRoutes InTruncatedPkts
IpExt: 0 0
`;
const SNMP6 = `Ip6InReceives                   \t528315
Udp6InDatagrams                 \t40
Udp6NoPorts                     \t2
Udp6InErrors                    \t1
Udp6OutDatagrams                \t42
Udp6RcvbufErrors                \t1
Udp6SndbufErrors                \t0
UdpLite6InDatagrams             \t7
`;
const TEXTS = { snmp: SNMP, netstat: NETSTAT, snmp6: SNMP6 };

Deno.test("parseCounters() finds each counter by its line and name, and adds up UDP's two", () => {
  assertEquals(Object.fromEntries(parseCounters(TEXTS)), {
    ActiveOpens: 8767476,
    PassiveOpens: 7853104,
    AttemptFails: 911516,
    EstabResets: 69349,
    CurrEstab: 12,
    InSegs: 300475499,
    OutSegs: 300472871,
    RetransSegs: 610,
    OutRsts: 961970,
    TCPOrigDataSent: 250417702,
    TCPTimeouts: 35328,
    TCPSynRetrans: 603,
    ListenOverflows: 2452,
    ListenDrops: 2453,
    TW: 2619447,
    TWRecycled: 3502,
    TCPAbortOnData: 24774,
    TCPAbortOnClose: 1930,
    TCPAbortOnTimeout: 5,
    InDatagrams: 1500574,
    OutDatagrams: 1515992,
    NoPorts: 888,
    InErrors: 14470,
    RcvbufErrors: 14469,
    SndbufErrors: 3,
  });
});

Deno.test("parseCounters() leaves out what this kernel does not have", () => {
  const counters = parseCounters({
    snmp: "Udp: InDatagrams NoPorts\nUdp: 5 6",
    netstat: "",
    snmp6: "",
  });
  assertEquals(Object.fromEntries(counters), { InDatagrams: 5, NoPorts: 6 });
  assertEquals(parseCounters({ snmp: "", netstat: "", snmp6: "" }).size, 0);
});

Deno.test("parseCounters() refuses a text of another form and tells the line and the part", () => {
  const pair = "a line of names, then one of as many numbers, begin alike";
  const table: [file: "snmp" | "netstat" | "snmp6", text: string, rule: string, got: string][] = [
    ["snmp", "Tcp: ActiveOpens", pair, '"Tcp:" in line 1'],
    ["snmp", "Tcp: ActiveOpens\nTcp: 1 2", pair, '"Tcp:" in line 1'],
    ["snmp", "Tcp: ActiveOpens InSegs\nTcp: 1", pair, '"Tcp:" in line 1'],
    ["snmp", "Ip: A\nIp: 1\nTcp: ActiveOpens\nUdp: 1", pair, '"Tcp:" in line 3'],
    ["netstat", "TcpExt TW\nTcpExt 1", pair, '"TcpExt" in line 1'],
    ["snmp", "Tcp: ActiveOpens\nTcp: 1x", "a counter is decimal digits", '"1x" in line 2'],
    ["snmp", "Tcp: ActiveOpens\nTcp: ", pair, '"Tcp:" in line 1'],
    ["netstat", "TcpExt: TW\nTcpExt: 0x5", "a counter is decimal digits", '"0x5" in line 2'],
    ["snmp6", "Udp6NoPorts", "a line has a name and a number", '"Udp6NoPorts" in line 1'],
    ["snmp6", "A 1\nB 1 2", "a line has a name and a number", '"B 1 2" in line 2'],
    ["snmp6", "Udp6NoPorts many", "a counter is decimal digits", '"many" in line 1'],
  ];
  for (const [file, text, rule, got] of table) {
    const texts = { ...TEXTS, [file]: text };
    const error = assertThrows(() => parseCounters(texts), SyntaxError, file, text) as Refusal;
    assertEquals([error.rule, error.part], [rule, got]);
  }
});
