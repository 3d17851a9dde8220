import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseNetstat, TCP_STATES } from "fourtuple";
import { ownersText, saved, socketLine } from "./_saved.ts";
import { SOCKETS } from "./_tool_expected.ts";
import { assertSane } from "./_tool_fuzz.ts";

/** What ss said of the same sockets; netstat knows no backlog and no zone. */
const LINUX = SOCKETS.map(([socket]) =>
  socket.replace(/(LISTEN .*) \d+$/, "$1 0").replace("%near", "")
);

function lines(name: string): string[] {
  return parseNetstat(saved(name)).map(socketLine);
}

Deno.test("parseNetstat() reads Linux's sockets as parseSs() does", () => {
  assertEquals(lines("netstat_tuanpeo").sort(), LINUX.toSorted());
  const rows = parseNetstat(saved("netstat_tuanpeo"));
  const listener = rows.find(({ local }) => local.port === 3306)!;
  assertEquals(ownersText(listener), "python3/30718");
  assertEquals([listener.user, listener.inode], ["0", 21529130]);
  const timeWait = rows.find(({ state }) => state === "TIME_WAIT")!;
  assertEquals([ownersText(timeWait), timeWait.inode], ["nobody", 0]);
  assertEquals(parseNetstat(saved("netstat_tan")).map(ownersText)[0], "-");
});

Deno.test("parseNetstat() leaves out what Linux may have cut off, and tells so", () => {
  const isCut = (line: string) => line.includes("2001:db8::1234:5678:9abc:def0");
  const table: [name: string, expected: string[], cut: number][] = [
    ["netstat_anp", LINUX, 3],
    ["netstat_tan", LINUX.filter((line) => line.startsWith("tcp")), 3],
    ["netstat_tlnp", LINUX.filter((line) => line.includes("LISTEN")), 1],
  ];
  for (const [name, expected, cut] of table) {
    const rows = parseNetstat(saved(name));
    assertEquals(
      rows.map(socketLine).sort(),
      expected.filter((line) => !isCut(line)).sort(),
      name,
    );
    assertEquals(rows.leftOut.length, cut, name);
  }
  // What is left of it would be an address, too: another one.
  const [first] = parseNetstat(saved("netstat_tan")).leftOut;
  assertEquals(first, {
    line: 30,
    text: "tcp6       0      0 2001:db8::1234:5678:443 :::*                    LISTEN     ",
    reason: "netstat may have cut off the end of 2001:db8::1234:5678:443, and -W prints all of it",
  });
});

Deno.test("parseNetstat() reads macOS's rows, and passes over its other lists", () => {
  assertEquals(lines("netstat_macos_an"), [
    "tcp ESTABLISHED 192.168.1.23:52110 203.0.113.80:443 0 0",
    "tcp SYN_SENT 192.168.1.23:52111 203.0.113.80:443 0 0",
    "tcp ESTABLISHED 127.0.0.1:8080 127.0.0.1:52112 5 0",
    "tcp ESTABLISHED 127.0.0.1:52112 127.0.0.1:8080 0 0",
    "tcp SYN_RECV 127.0.0.1:8080 127.0.0.1:52113 0 0",
    "tcp FIN_WAIT_1 127.0.0.1:52114 127.0.0.1:8080 0 0",
    "tcp FIN_WAIT_2 127.0.0.1:52115 127.0.0.1:8080 0 0",
    "tcp CLOSE_WAIT 127.0.0.1:8080 127.0.0.1:52115 1 0",
    "tcp CLOSING 127.0.0.1:52116 127.0.0.1:8080 0 0",
    "tcp LAST_ACK 127.0.0.1:52117 127.0.0.1:8080 0 0",
    "tcp TIME_WAIT 127.0.0.1:52118 127.0.0.1:8080 0 0",
    "tcp ESTABLISHED [::1]:52121 [::1]:5432 0 0",
    "tcp LISTEN 127.0.0.1:8080 * 0 0",
    "tcp LISTEN [::1]:5432 * 0 0",
    "tcp LISTEN [::]:3000 * 0 0",
    "tcp LISTEN 0.0.0.0:22 * 0 0",
    "tcp LISTEN [::]:22 * 0 0",
    "tcp CLOSE 0.0.0.0:0 * 0 0",
    "udp UNCONNECTED 0.0.0.0:5353 * 0 0",
    "udp UNCONNECTED [::]:5353 * 0 0",
    "udp CONNECTED 192.168.1.23:61000 192.0.2.53:53 0 0",
    "udp UNCONNECTED [fe80::1%lo0]:123 * 0 0",
    "udp UNCONNECTED [::]:50000 * 0 0",
  ]);
  assertEquals(
    parseNetstat(saved("netstat_macos_an")).leftOut.map(({ line, reason }) => [
      line,
      reason,
    ]),
    [[
      14,
      "netstat may have cut off the end of fe80::1c3e:ff:fe.52119, and -l prints all of it",
    ]],
  );
});

Deno.test("parseNetstat() finds macOS's processes by the titles of -v, old and new", () => {
  const owned = (name: string) =>
    parseNetstat(saved(name)).map((row) => `${row.local} ${ownersText(row)}`);
  assertEquals(owned("netstat_macos_anv"), [
    "[::]:8082 ?/70902",
    "127.0.0.1:8082 ?/70902",
    "127.0.0.1:52118 nobody",
    "0.0.0.0:5353 ?/311",
  ]);
  assertEquals(owned("netstat_macos_anvl"), [
    "127.0.0.1:8080 deno/1234",
    "[fe80::1c3e:ff:fe12:3456%en0]:52119 Google Chrome He/912",
    "[::]:3000 node/4242",
    "0.0.0.0:5353 mDNSResponder/311",
  ]);
  const untitled = saved("netstat_macos_anv").split("\n").slice(2).join("\n");
  assertEquals(parseNetstat(untitled).map(ownersText), ["-", "-", "-", "-"]);
});

Deno.test("parseNetstat() reads Windows' rows with their processes", () => {
  const rows = parseNetstat(saved("netstat_windows_ano"));
  assertEquals(rows.map((row) => `${socketLine(row)} ${ownersText(row)}`), [
    "tcp LISTEN 0.0.0.0:135 * - - ?/1044",
    "tcp LISTEN 127.0.0.1:8080 * - - ?/5678",
    "tcp ESTABLISHED 127.0.0.1:8080 127.0.0.1:52110 - - ?/5678",
    "tcp SYN_RECV 127.0.0.1:8080 127.0.0.1:52111 - - ?/5678",
    "tcp CLOSE_WAIT 127.0.0.1:8080 127.0.0.1:52112 - - ?/5678",
    "tcp LAST_ACK 127.0.0.1:8080 127.0.0.1:52113 - - ?/5678",
    "tcp ESTABLISHED 127.0.0.1:52110 127.0.0.1:8080 - - ?/6789",
    "tcp FIN_WAIT_2 127.0.0.1:52112 127.0.0.1:8080 - - ?/6789",
    "tcp FIN_WAIT_1 127.0.0.1:52114 127.0.0.1:8080 - - ?/6789",
    "tcp CLOSING 127.0.0.1:52115 127.0.0.1:8080 - - ?/6789",
    "tcp TIME_WAIT 127.0.0.1:52116 127.0.0.1:8080 - - nobody",
    "tcp SYN_SENT 192.168.1.23:52117 203.0.113.80:443 - - ?/6789",
    "tcp CLOSE 192.168.1.23:52118 * - - ?/6789",
    "tcp LISTEN [::]:135 * - - ?/1044",
    "tcp ESTABLISHED [::1]:5432 [::1]:52119 - - ?/4321",
    "tcp ESTABLISHED [fe80::1c3e:ff:fe12:3456%12]:52120 [fe80::aede:48ff:fe00:1122%12]:445 - - ?/4",
    "udp UNCONNECTED 0.0.0.0:123 * - - ?/1200",
    "udp UNCONNECTED [::1]:1900 * - - ?/3100",
    "udp UNCONNECTED [fe80::1c3e:ff:fe12:3456%12]:1900 * - - ?/3100",
  ]);
  assertEquals(parseNetstat(saved("netstat_windows_anob")).map(ownersText), [
    "svchost.exe/1044",
    "?/4",
    "deno.exe/5678",
  ]);
});

Deno.test("parseNetstat() takes no time for a process: -i of Windows", () => {
  const row = "  TCP    127.0.0.1:80   127.0.0.1:5000   ESTABLISHED   81422";
  const titles = "  Proto  Local Address  Foreign Address  State";
  assertEquals(parseNetstat(`${titles}  PID\n${row}`).map(ownersText), ["?/81422"]);
  assertEquals(parseNetstat(`${titles}  Time in State (ms)\n${row}`).map(ownersText), ["-"]);
});

Deno.test("parseNetstat() reads a Windows that speaks German", () => {
  assertEquals(parseNetstat(saved("netstat_windows_german")).map(({ state }) => state), [
    "LISTEN",
    "LISTEN",
    "ESTABLISHED",
    "CLOSE_WAIT",
    "FIN_WAIT_2",
    "TIME_WAIT",
    "SYN_SENT",
    "UNCONNECTED",
  ]);
});

Deno.test("parseNetstat() is read in every state on every system", () => {
  // Linux's own table of closed sockets is empty; Windows and macOS show some.
  const seen = (name: string) => new Set(parseNetstat(saved(name)).map(({ state }) => state));
  for (const state of TCP_STATES) {
    if (state !== "CLOSE") assert(seen("netstat_tuanpeo").has(state), state);
    assert(seen("netstat_macos_an").has(state), state);
    assert(seen("netstat_windows_ano").has(state), state);
  }
});

Deno.test("parseNetstat() needs no titles, and forgives others", () => {
  const row = "tcp        0      0 0.0.0.0:22  0.0.0.0:*  LISTEN  1234/sshd: /usr/sb";
  const line = "tcp LISTEN 0.0.0.0:22 * 0 0";
  const bare = "tcp LISTEN 0.0.0.0:22 * - -";
  const table: [text: string, expected: string[]][] = [
    ["", []],
    ["Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address", []],
    ["Active UNIX domain sockets (w/o servers)\nunix  3 [ ] STREAM CONNECTED 21529180", []],
    [row, [line]],
    // As in the book's listing: fewer columns.
    [
      "Proto Local Address    Foreign Address  State   PID/Program\n" +
      "tcp   0.0.0.0:22       0.0.0.0:*        LISTEN  1234/sshd",
      [bare],
    ],
    [`Proto Empf-Q Send-Q Lokale Adresse  Fremde Adresse  Status\n${row}`, [line]],
    [
      "(Not all processes could be identified, non-owned process info\n will not be shown, you " +
      `would have to be root to see it all.)\nActive Internet connections\n${row}`,
      [line],
    ],
    [
      `活动连接\n\n  协议  本地地址  外部地址  状态  PID\n  TCP  0.0.0.0:22  0.0.0.0:0  LISTENING  4`,
      [
        bare,
      ],
    ],
    [`C:\\Users\\ada> netstat -ano\n  TCP  0.0.0.0:22  0.0.0.0:0  LISTENING  4`, [bare]],
    ["PS C:\\> netstat -an\n  TCP  0.0.0.0:22  LAPTOP:0  LISTENING", [bare]],
    ["  TCP  0.0.0.0:22  0.0.0.0:0  LISTENING  4  InHost", [bare]],
    // BusyBox does not tell tcp6 from tcp.
    ["tcp 0 0 :::22 :::* LISTEN -", ["tcp LISTEN [::]:22 * 0 0"]],
    // Names of services, and of the loopback address.
    [
      "tcp 0 0 localhost:http-alt localhost:51234 VERBUNDEN",
      ["tcp ESTABLISHED 127.0.0.1:8080 127.0.0.1:51234 0 0"],
    ],
    ["tcp6 0 0 ip6-localhost:ssh [::]:* LISTEN", ["tcp LISTEN [::1]:22 * 0 0"]],
    ["tcp4 0 0 localhost.http *.* LISTEN", ["tcp LISTEN 127.0.0.1:80 * 0 0"]],
    [
      "1aa7cd3f5b2a9b11 tcp4 0 0 127.0.0.1.80 *.* LISTEN",
      ["tcp LISTEN 127.0.0.1:80 * 0 0"],
    ],
    ["udp 0 0 0.0.0.0:68 0.0.0.0:* 612/dhclient", ["udp UNCONNECTED 0.0.0.0:68 * 0 0"]],
    ["raw6 0 0 :::58 :::* 7", []],
  ];
  for (const [text, expected] of table) {
    assertEquals(parseNetstat(text).map(socketLine), expected, text);
  }
  assertEquals(parseNetstat(row).map(ownersText), ["sshd: /usr/sb/1234"]);
});

Deno.test("parseNetstat() reads what stands after the state in every order of columns", () => {
  const row = "tcp 0 0 127.0.0.1:80 127.0.0.1:5000 ESTABLISHED";
  const table: [after: string, user: string, inode: string, owners: string][] = [
    ["", "-", "-", "-"],
    ["-", "-", "-", "nobody"],
    ["1234/nginx: worker p", "-", "-", "nginx: worker p/1234"],
    ["www-data 21190", "www-data", "21190", "-"],
    ["33 21190 1234/nginx", "33", "21190", "nginx/1234"],
    ["33 21190 -", "33", "21190", "nobody"],
    ["off (0.00/0/0)", "-", "-", "-"],
    ["33 21190 1234/nginx keepalive (12.31/0/0)", "33", "21190", "nginx/1234"],
    ["- timewait (59.12/0/0)", "-", "-", "nobody"],
  ];
  for (const [after, ...expected] of table) {
    const [read] = parseNetstat(`${row} ${after}`);
    assertEquals([read!.user ?? "-", `${read!.inode ?? "-"}`, ownersText(read!)], expected, after);
  }
});

Deno.test("parseNetstat() refuses what is no row, with line and column", () => {
  const cannot = 'Cannot parse the output of "netstat" at line ';
  const table: [text: string, message: string][] = [
    [
      "netstat: command not found",
      "1, column 1: the output has rows that begin with tcp or udp, or its titles, " +
      'got "netstat:"',
    ],
    [
      "Proto\ntcq 0 0 127.0.0.1:80 0.0.0.0:* LISTEN",
      '2, column 1: a row begins with its protocol, such as tcp or udp6, got "tcq"',
    ],
    [
      "tcp 0 0 127.0.0.1:80",
      "1, column 21: an endpoint is an address and a port, as in 127.0.0.1:80, [::1]:80, *:80 " +
      "or *.80, got the end of the line",
    ],
    [
      "tcp 0 0 127.0.0.1:80 0.0.0.0:*",
      "1, column 31: a state is a word such as LISTEN, ESTAB or TIME_WAIT, got the end of the line",
    ],
    [
      "tcp 0 0 127.0.0.1:99999 0.0.0.0:* LISTEN",
      '1, column 19: a port is at most 65535, got "99999"',
    ],
    ["tcp4 0 0 127.0.0.1.99999 *.* LISTEN", '1, column 20: a port is at most 65535, got "99999"'],
    [
      "  TCP  127.0.0.1:80  LAPTOP:5000  ESTABLISHED",
      "1, column 22: an address is numbers, not a host name that has to be resolved " +
      '(-n prints numbers), got "LAPTOP"',
    ],
    [
      "  TCP  127.0.0.1:80  0.0.0.0:0  LISTENING  x",
      "1, column 44: after the state stand user and inode, the process as 1234/name, and a " +
      'timer, if at all, got "x"',
    ],
    [
      "  TCP  127.0.0.1:80  0.0.0.0:0  LISTENING  12  34",
      '1, column 48: after the pid stands an offload state or nothing, got "34"',
    ],
    [
      "Proto Recv-Q Send-Q Local Foreign (state) rhiwat shiwat pid\n" +
      "tcp4 0 0 127.0.0.1.80 *.* LISTEN 131072 131072",
      "2, column 47: a pid is at most 15 decimal digits, got the end of the line",
    ],
    [
      "Proto Recv-Q Send-Q Local Foreign (state) rhiwat shiwat process:pid\n" +
      "tcp4 0 0 127.0.0.1.80 *.* LISTEN 131072 131072 nginx",
      '2, column 48: a process is its name, a colon and its pid, got "nginx"',
    ],
  ];
  for (const [text, message] of table) {
    assertEquals(
      assertThrows(() => parseNetstat(text), SyntaxError).message,
      cannot + message,
      text,
    );
  }
});

Deno.test("parseNetstat() makes rows or a SyntaxError of any text, and no wrong row", () => {
  for (
    const names of [
      ["netstat_tuanpeo", "netstat_anp", "netstat_tlnp", "netstat_tan"],
      ["pasted_netstat_cut_ipv4_live", "pasted_netstat_bsd_A_cut_port"],
      ["pasted_netstat_japanese_timer", "pasted_netstat_rhel_prompt"],
      ["pasted_netstat_bsd_changed_note", "pasted_netstat_xp_b_failed"],
      ["netstat_macos_an", "netstat_macos_anv", "netstat_macos_anvl"],
      ["netstat_windows_ano", "netstat_windows_anob", "netstat_windows_german"],
    ]
  ) assertSane(parseNetstat, names.map(saved));
});

Deno.test("parseNetstat() takes the only word of Windows for a listener's, but not where -q was asked", () => {
  const row = "  TCP    0.0.0.0:50001          0.0.0.0:0              GEBUNDEN        7020";
  assertThrows(() => parseNetstat(`C:\\>netstat -anoq | findstr GEBUNDEN\n${row}`), SyntaxError);
  assertEquals(parseNetstat(row.replace("GEBUNDEN", "LYSSNAR"))[0]?.state, "LISTEN");
});

Deno.test("parseNetstat() reads -t of Windows without -o: a chip's state, and no pid", () => {
  const rows = parseNetstat([
    "  Proto  Local Address          Foreign Address        State           Offload State",
    "",
    "  TCP    127.0.0.1:5354         127.0.0.1:49155        ESTABLISHED     InHost",
  ].join("\n"));
  assertEquals(rows.map(({ state, owners }) => [state, owners]), [["ESTABLISHED", undefined]]);
});
