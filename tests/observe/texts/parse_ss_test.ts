import { assertEquals, assertThrows } from "@std/assert";
import { parseSs, type ParseSsOptions } from "fourtuple";
import { ownersText, saved, socketLine } from "./_saved.ts";
import { SOCKETS } from "./_tool_expected.ts";
import { assertSane } from "./_tool_fuzz.ts";

Deno.test("parseSs() reads sockets in every state, with owners, inode, uid and device", () => {
  const rows = parseSs(saved("ss_tuanpeo"));
  const read = rows.map((row): [string, string] => [socketLine(row), ownersText(row)]);
  assertEquals(read, SOCKETS);
  assertEquals(rows.map((row) => row.line), SOCKETS.map((_, index) => index + 2));
  const bound = rows.filter(({ device }) => device !== undefined);
  assertEquals(bound.map((row) => `${row.local} ${row.device}`), ["127.0.0.53:53 lo"]);
  assertEquals([rows[0]!.inode, rows[0]!.user], [21529175, "0"]);
});

Deno.test("parseSs() reads what other options print of the same sockets", () => {
  const all = SOCKETS.map(([socket]) => socket);
  const tcp = all.filter((line) => line.startsWith("tcp"));
  const table: [name: string, expected: string[], options?: ParseSsOptions][] = [
    ["ss_tlnp", all.filter((line) => line.includes("LISTEN"))],
    ["ss_udp", all.filter((line) => line.startsWith("udp"))],
    ["ss_established", tcp.filter((line) => line.includes("ESTABLISHED")), {
      state: "ESTABLISHED",
    }],
    // Of sockets of other kinds, and lines of details, nothing is left.
    ["ss_an", all],
    ["ss_tanim", tcp.slice(0, 20)],
    // Without -n: names of services.
    ["ss_names", all.filter((line) => line.includes("LISTEN"))],
  ];
  for (const [name, expected, options] of table) {
    const rows = parseSs(saved(name), options);
    assertEquals(rows.map(socketLine).sort(), expected.toSorted(), name);
    assertEquals(rows.leftOut, []);
  }
});

Deno.test("parseSs() needs no titles, and forgives others", () => {
  const row = "LISTEN 0 511 127.0.0.1:80 0.0.0.0:*";
  const line = "tcp LISTEN 127.0.0.1:80 * 0 511";
  const table: [text: string, expected: string[]][] = [
    ["", []],
    ["\n  \n", []],
    ["State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n", []],
    [row, [line]],
    [`\r\n  ${row}\r\n\r\n`, [line]],
    [`\uFEFF${row}`, [line]],
    [`Zustand Empfangen Gesendet Hier:Port Dort:Port\n${row}`, [line]],
    [`$ ss -tln\n${row}`, [line]],
    [`ada@laptop:~$ sudo ss -tln sport = :80\n${row}`, [line]],
    [`${row}\nState Recv-Q Send-Q Local Address:Port Peer Address:Port\n${row}`, [line, line]],
    [`State   Recv-Q\n${row}\n\t cubic cwnd:10`, [line]],
  ];
  for (const [text, expected] of table) assertEquals(parseSs(text).map(socketLine), expected, text);
});

Deno.test("parseSs() tells the protocol by the states, unless it is told", () => {
  const established = "ESTAB 0 0 127.0.0.1:5000 127.0.0.1:53";
  const unconnected = "UNCONN 0 0 127.0.0.1:53 0.0.0.0:*";
  const listening = "LISTEN 0 5 127.0.0.1:53 0.0.0.0:*";
  const states = (text: string, options?: ParseSsOptions) =>
    parseSs(text, options).map(({ protocol, state }) => `${protocol} ${state}`);
  assertEquals(states(established), ["tcp ESTABLISHED"]);
  assertEquals(states(established, { protocol: "udp" }), ["udp CONNECTED"]);
  assertEquals(states(`${established}\n${unconnected}`), ["udp CONNECTED", "udp UNCONNECTED"]);
  assertEquals(states(`${listening}\n${unconnected}`), ["tcp LISTEN", "tcp CLOSE"]);
  assertEquals(states(`udp ${established}\ntcp ${established}`), [
    "udp CONNECTED",
    "tcp ESTABLISHED",
  ]);
});

Deno.test("parseSs() takes protocol and state from the command that was copied along", () => {
  const states = (text: string, options?: ParseSsOptions) =>
    parseSs(text, options).map(({ protocol, state }) => `${protocol} ${state}`);
  const row = "0 0 127.0.0.1:5000 127.0.0.1:53";
  assertEquals(states(`$ ss -tn state established\n${row}`), ["tcp ESTABLISHED"]);
  assertEquals(states(`$ ss -un state established\n${row}`), ["udp CONNECTED"]);
  assertEquals(states(`# ss -n state close-wait | grep 53\n${row}`), ["tcp CLOSE_WAIT"]);
  assertEquals(states(`$ ss -un\nESTAB ${row}`), ["udp CONNECTED"]);
  assertEquals(states(`$ ss -tun\nESTAB ${row}`), ["tcp ESTABLISHED"]);
  assertEquals(states(`$ ss -un\nESTAB ${row}`, { protocol: "tcp" }), ["tcp ESTABLISHED"]);
  assertThrows(() => parseSs(`$ ss -tn\n${row}`), SyntaxError);
});

Deno.test("parseSs() reads the wildcards of old and new versions", () => {
  const row = (end: string) => `LISTEN 0 5 ${end} *:*`;
  const local = (text: string) => parseSs(text).map(({ local }) => String(local));
  assertEquals(local(row("*:80")), ["[::]:80"]);
  assertEquals(local(`${row("*:80")}\nLISTEN 0 5 :::80 :::*`), ["0.0.0.0:80", "[::]:80"]);
  assertEquals(local("LISTEN 0 5 0.0.0.0:80 0.0.0.0:*\nLISTEN 0 5 [::]:80 [::]:*"), [
    "0.0.0.0:80",
    "[::]:80",
  ]);
  // An IPv4 address beside it, the same port twice, or a column of ten for short states.
  const wide = "State      Recv-Q Send-Q Local Address:Port Peer Address:Port";
  const process = `${wide}Process`;
  const table: [text: string, expected: string][] = [
    [`${row("*:80")}\nLISTEN 0 5 127.0.0.1:25 *:*`, "0.0.0.0:80"],
    [`${row("*:80")}\nLISTEN 0 5 [::]:80 [::]:*`, "0.0.0.0:80"],
    [`${wide}\n${row("*:80")}`, "0.0.0.0:80"],
    [`${wide}\n${row("*:80")}\nCLOSE-WAIT 0 0 [::1]:80 [::1]:5000`, "[::]:80"],
    [`${process}\n${row("*:80")}\nLISTEN 0 5 [::]:80 [::]:*`, "[::]:80"],
    [`${row("*:80")}\nLISTEN 0 5 0.0.0.0:81 0.0.0.0:*\nLISTEN 0 5 [::]:80 [::]:*`, "[::]:80"],
    [`${row("*:80")}\nLISTEN 0 5 [::]:81 [::]:*`, "[::]:80"],
  ];
  for (const [text, expected] of table) assertEquals(local(text)[0], expected, text);
});

Deno.test("parseSs() reads owners of every version, and names with marks in them", () => {
  const table: [users: string, owners: string][] = [
    ['users:(("nginx",pid=5678,fd=6))', "nginx/5678#6"],
    ['users:(("nginx",pid=5678,fd=6),("nginx",pid=5679,fd=6))', "nginx/5678#6,nginx/5679#6"],
    ['users:(("sshd",1234,3))', "sshd/1234#3"],
    ['users:(("Web Content",pid=7,fd=30))', "Web Content/7#30"],
    ['users:(("a(b)",pid=7,fd=30)) uid:1000 ino:5', "a(b)/7#30"],
    ['users:(("java",pid=7,tid=9,fd=30))', "java/7#30"],
    ["timer:(keepalive,1min,0)", "-"],
  ];
  for (const [users, owners] of table) {
    const [row] = parseSs(`ESTAB 0 0 127.0.0.1:80 127.0.0.1:5000 ${users}`);
    assertEquals(ownersText(row!), owners);
  }
  const wrapped = 'LISTEN 0 5 *:80 *:*\nusers:(("nginx",pid=5678,fd=6))';
  assertEquals(parseSs(wrapped).map(ownersText), ["nginx/5678#6"]);
  const [numbered] = parseSs("ESTAB 0 0 127.0.0.1:80 127.0.0.1:5000 uid:1000 ino:5 sk:1");
  assertEquals([numbered!.user, numbered!.inode], ["1000", 5]);
});

Deno.test("parseSs() refuses what is no row, with line and column", () => {
  const cannot = 'Cannot parse the output of "ss" at line ';
  const state = "a state is a word such as LISTEN, ESTAB or TIME_WAIT";
  const endpoint =
    "an endpoint is an address and a port, as in 127.0.0.1:80, [::1]:80, *:80 or *.80";
  const queue = "a queue is at most 15 decimal digits";
  const table: [text: string, message: string][] = [
    [
      "ss: command not found",
      '1, column 1: the output has rows that begin with a state, or its titles, got "ss:"',
    ],
    ["State Recv-Q\nLISTNE 0 5 *:80 *:*", `2, column 1: ${state}, got "LISTNE"`],
    ["tcp", `1, column 4: ${state}, got the end of the line`],
    ["LISTEN", `1, column 7: ${queue}, got the end of the line`],
    ["LISTEN 0 5x *:80 *:*", `1, column 10: ${queue}, got "5x"`],
    ["LISTEN 0 -1 *:80 *:*", `1, column 10: ${queue}, got "-1"`],
    ["LISTEN 0 1234567890123456 *:80 *:*", `1, column 10: ${queue}, got "1234567890123456"`],
    ["LISTEN 0 5 80 *:*", `1, column 12: ${endpoint}, got "80"`],
    ["LISTEN 0 5 *:80", `1, column 16: ${endpoint}, got the end of the line`],
    ["LISTEN 0 5 *:65536 *:*", '1, column 14: a port is at most 65535, got "65536"'],
    [
      "\n LISTEN 0 5 *:gopherd *:*",
      "2, column 15: a port is a number, or the name of a tcp service that is known here " +
      '(-n prints numbers), got "gopherd"',
    ],
    [
      "LISTEN 0 5 127.0.0.256:80 0.0.0.0:*",
      '1, column 12: each part of an IPv4 address is at most 255, got "256"',
    ],
    [
      "ESTAB 0 0 127.0.0.1:80 example.org:443",
      "1, column 24: an address is numbers, not a host name that has to be resolved " +
      '(-n prints numbers), got "example.org"',
    ],
    [
      "LISTEN 0 5 [127.0.0.1]:80 *:*",
      '1, column 12: brackets are for IPv6 addresses, got "[127.0.0.1]:80"',
    ],
    ["LISTEN 0 5 [::1:80 *:*", `1, column 12: ${endpoint}, got "[::1:80"`],
    [
      "ESTAB 0 0 127.0.0.1:80 [::1]:5000",
      '1, column 24: an IPv4 socket has an IPv4 address, got "::1"',
    ],
    [
      "ESTAB 0 0 127.0.0.1:80 0.0.0.0:*",
      '1, column 24: a socket in ESTABLISHED has a peer, got "0.0.0.0:*"',
    ],
    [
      "LISTEN 0 5 *:80 127.0.0.1:81",
      '1, column 17: a socket in LISTEN has no peer, got "127.0.0.1:81"',
    ],
    ["udp LISTEN 0 5 *:80 *:*", '1, column 5: UDP has no such state, got "LISTEN"'],
    [
      "Recv-Q Send-Q\n0 5 127.0.0.1:80 127.0.0.1:81",
      '2, column 1: a row begins with its state, unless the option state tells it, got "0"',
    ],
    [
      'LISTEN 0 5 *:80 *:* users:(("a",pid=x,fd=6))',
      '1, column 28: processes stand as users:(("name",pid=1,fd=2),…), got ' +
      '"(\\"a\\",pid=x,fd=6))"',
    ],
    [
      "LISTEN 0 5 127.0.0.1%l/o:80 *:*",
      '1, column 12: a device\'s name is letters, digits and the marks - . _ ~, got "l/o"',
    ],
  ];
  for (const [text, message] of table) {
    assertEquals(assertThrows(() => parseSs(text), SyntaxError).message, cannot + message, text);
  }
  assertThrows(() => parseSs(80 as unknown as string), TypeError);
  assertThrows(() => parseSs("", { protocl: "udp" } as object), TypeError, '"protocl"');
  assertThrows(() => parseSs("", { state: "ESTAB" as never }), TypeError, '"state"');
});

Deno.test("parseSs() makes rows or a SyntaxError of any text, and no wrong row", () => {
  assertSane(parseSs, ["ss_tuanpeo", "ss_tlnp", "ss_names"].map(saved));
  assertSane(parseSs, ["pasted_ss_centos7_wildcards"].map(saved));
  assertSane((text) => parseSs(text, { protocol: "udp" }), [saved("ss_udp")]);
  assertSane((text) => parseSs(text, { state: "ESTABLISHED" }), [saved("ss_established")]);
});

Deno.test("parseSs() reads the outputs of several commands, each with the columns of its own", () => {
  const titles = "State  Recv-Q Send-Q Local Address:Port Peer Address:Port";
  const rows = parseSs([
    "root@a:~# ss -tln",
    titles,
    "LISTEN 0      128    0.0.0.0:22         0.0.0.0:*",
    "root@a:~# ss -uan",
    titles,
    "UNCONN 0      0      0.0.0.0:5353       0.0.0.0:*",
    "ESTAB  0      0      10.0.0.5:68        10.0.0.1:67",
    "root@a:~# ss -A udp -n state established",
    titles.slice("State  ".length),
    "0      0      10.0.0.5:68        10.0.0.1:67",
    "root@a:~# ss -tn state time-wait",
    titles.slice("State  ".length),
    "0      0      10.0.0.5:22        10.0.0.9:51234",
    "root@a:~# ss -tB",
    titles.slice("State  ".length),
    "0      0      127.0.0.1:41234    0.0.0.0:*",
    "root@a:~# ss -n state established",
    `Netid ${titles.slice("State  ".length)}`,
    "udp   0      0      10.0.0.5:68        10.0.0.1:67",
  ].join("\n"));
  assertEquals(rows.map(({ protocol, state }) => `${protocol} ${state}`), [
    "tcp LISTEN",
    "udp UNCONNECTED",
    "udp CONNECTED",
    "udp CONNECTED",
    "tcp TIME_WAIT",
    "tcp CLOSE",
    "udp CONNECTED",
  ]);
  assertEquals(rows.leftOut, []);
});

Deno.test("parseSs() takes * for IPv4 where processes or cookies are written as before 2015", () => {
  for (
    const row of [
      'LISTEN 0 128 *:22 *:* users:(("sshd",1234,3))',
      "LISTEN 0 128 *:22 *:* ino:12345 sk:ffff880036d0c7c0 <->",
    ]
  ) {
    assertEquals(String(parseSs(row)[0]!.local), "0.0.0.0:22", row);
  }
  const later = 'LISTEN 0 128 *:22 *:* users:(("sshd",pid=1234,fd=3)) ino:12345 sk:ffff <->';
  assertEquals(String(parseSs(later)[0]!.local), "[::]:22");
});

Deno.test("parseSs() reads no process out of a name that looks like a list of them", () => {
  const before = "LISTEN 0 128 127.0.0.1:80 0.0.0.0:* ";
  const rows = parseSs(
    `${before}users:(("",pid=1,fd=2),(",pid=99,fd=3),("b",pid=5,fd=4))\n` +
      `${before}users:(("a "b" c",pid=13,fd=7))`,
  );
  assertEquals(rows.map(({ line, owners }) => [line, owners![0]!.program]), [[2, 'a "b" c']]);
  assertEquals(rows.leftOut.map(({ line }) => line), [1]);
});
