import { assertEquals, assertThrows } from "@std/assert";
import { parseLsof } from "fourtuple";
import { ownersText, saved, socketLine } from "./_saved.ts";
import { SOCKETS } from "./_tool_expected.ts";
import { assertSane } from "./_tool_fuzz.ts";

/** What ss said of the sockets that have owners, a line for each of them; lsof knows no zone. */
const OWNED = SOCKETS.flatMap(([socket, owners]) =>
  owners === "-" ? [] : owners.split(",").map((owner) => ({
    socket: socket.replace("%near", "").replace(/ \d+ \d+$/, ""),
    queues: socket.replace(/^.*?(\d+) \d+$/, "$1"),
    owner,
  }))
);

Deno.test("parseLsof() reads the sockets as parseSs() does, once for each owner", () => {
  const rows = parseLsof(saved("lsof_inet"));
  const lines = rows.map((row) => `${socketLine(row)} ${ownersText(row)}`);
  assertEquals(
    lines.sort(),
    OWNED.map(({ socket, owner }) => `${socket} - - ${owner}`).sort(),
  );
  const listener = rows.find(({ local }) => local.port === 3306)!;
  assertEquals([listener.user, listener.inode], ["root", 21529130]);
});

Deno.test("parseLsof() reads queues with -T, and users by number with -l", () => {
  const rows = parseLsof(saved("lsof_queues"));
  assertEquals(
    rows.map((row) => `${socketLine(row).replace(/ \d+$/, "")} ${ownersText(row)}`).sort(),
    OWNED.map(({ socket, queues, owner }) => `${socket} ${queues} ${owner}`).sort(),
  );
  assertEquals(new Set(rows.map(({ user }) => user)), new Set(["0"]));
});

Deno.test("parseLsof() reads what other options print of the same sockets", () => {
  const listening = OWNED.filter(({ socket }) => socket.includes("LISTEN"));
  const web = OWNED.filter(({ socket }) => socket.includes("0.0.0.0:80 "));
  // Not its files, of which the output is full.
  const process = OWNED.filter(({ owner }) => owner.includes("/30718#"));
  for (
    const [name, expected] of [
      ["lsof_listen", listening],
      ["lsof_80", web],
      ["lsof_process", process],
    ] as const
  ) {
    assertEquals(
      parseLsof(saved(name)).map((row) => `${socketLine(row)} ${ownersText(row)}`).sort(),
      expected.map(({ socket, owner }) => `${socket} - - ${owner}`).sort(),
      name,
    );
  }
});

Deno.test("parseLsof() reads macOS's rows: escaped names, zones inside of addresses", () => {
  assertEquals(
    parseLsof(saved("lsof_macos")).map((row) => `${socketLine(row)} ${ownersText(row)}`),
    [
      "tcp LISTEN 127.0.0.1:8080 * - - deno/1234#12",
      "tcp ESTABLISHED 127.0.0.1:8080 127.0.0.1:52112 - - deno/1234#13",
      "tcp ESTABLISHED [fe80::1c3e:ff:fe12:3456%11]:52119 " +
      "[fe80::aede:48ff:fe00:1122%11]:52120 - - Google Chrome/912#26",
      "tcp LISTEN [::]:3000 * - - node/4242#21",
      "tcp CLOSE 0.0.0.0:0 * - - node/4242#22",
      "udp UNCONNECTED 0.0.0.0:0 * - - rapportd/480#5",
      "udp UNCONNECTED 0.0.0.0:5353 * - - mDNSRespo/311#8",
      "tcp SYN_RECV 127.0.0.1:3000 127.0.0.1:52130 - - node/4242#23",
      "tcp FIN_WAIT_1 127.0.0.1:3000 127.0.0.1:52131 - - node/4242#24",
      "tcp CLOSE_WAIT 127.0.0.1:3000 127.0.0.1:52132 - - node/4242#25",
    ],
  );
});

Deno.test("parseLsof() needs no titles, and forgives others", () => {
  const row = "nginx 5678 www 6u IPv4 21190 0t0 TCP *:80 (LISTEN)";
  const line = "tcp LISTEN 0.0.0.0:80 * - -";
  const table: [text: string, expected: string[]][] = [
    ["", []],
    ["COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\n", []],
    [row, [line]],
    [
      "lsof: WARNING: can't stat() fuse file system /run/doc\n      Output information may be " +
      `incomplete.\nCOMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\n${row}`,
      [line],
    ],
    [`$ lsof -i :80\n${row}`, [line]],
    // The size may be blank, and -R and -g have columns more.
    ["nginx 5678 www 6u IPv4 21190 TCP *:http (LISTEN)", [line]],
    ["nginx 5678 1 5678 www 6uW IPv4 21190 0t0 TCP *:80 (LISTEN)", [line]],
    // Where an address has no zone printed, Linux's second group is its own.
    [
      "a 1 u 3u IPv6 21190 0t0 TCP [fe80:1::1]:80 (LISTEN)",
      ["tcp LISTEN [fe80:1::1]:80 * - -"],
    ],
    [
      "a 1 u 3u IPv4 21190 0t0 TCP localhost:5000->localhost:postgresql (ESTABLISHED)",
      ["tcp ESTABLISHED 127.0.0.1:5000 127.0.0.1:5432 - -"],
    ],
    ["a 1 u 3u IPv4 21190 0t0 TCP 127.0.0.1:80 (LISTEN QR=2 QS=0)", [
      "tcp LISTEN 127.0.0.1:80 * 2 0",
    ]],
    ["a 1 u 3u sock 0,8 0t0 21190 protocol: TCP", []],
    ["a 1 u 3u IPv4 21190 0t0 ICMP *:*", []],
  ];
  for (const [text, expected] of table) {
    assertEquals(parseLsof(text).map(socketLine), expected, text);
  }
});

Deno.test("parseLsof() refuses what is no row, with line and column", () => {
  const cannot = 'Cannot parse the output of "lsof" at line ';
  const row = (name: string) => `nginx 5678 www 6u IPv4 21190 0t0 TCP ${name}`;
  const table: [text: string, message: string][] = [
    [
      "lsof: command not found",
      '1, column 1: the output has rows of type IPv4 or IPv6, or its titles, got "lsof:"',
    ],
    ["5678", '1, column 1: the output has rows of type IPv4 or IPv6, or its titles, got "5678"'],
    [
      "nginx 5678 www 6u IPv5 21190 0t0 TCP *:80 (LISTEN)",
      '1, column 19: a row has the type IPv4 or IPv6 after PID, USER and FD, got "IPv5"',
    ],
    [
      "nginx x www 6u IPv4 21190 0t0 TCP *:80 (LISTEN)",
      '1, column 7: a pid is at most 15 decimal digits, got "x"',
    ],
    [
      "nginx 5678 www u IPv4 21190 0t0 TCP *:80 (LISTEN)",
      '1, column 16: a descriptor is a number and letters, such as 6u, got "u"',
    ],
    [
      "nginx 5678 www 6u IPv4 21190 0t0 TCQ *:80 (LISTEN)",
      '1, column 34: the node is TCP or UDP, got "TCQ"',
    ],
    [
      row("*:80 LISTEN"),
      '1, column 43: a state stands in parentheses at the end of the line, got "LISTEN"',
    ],
    [
      row("*:80"),
      "1, column 42: a state is a word such as LISTEN, ESTAB or TIME_WAIT, got the end of the line",
    ],
    [row("*:65536 (LISTEN)"), '1, column 40: a port is at most 65535, got "65536"'],
    [
      row("127.0.0.1:80->127.0.0.1:70000 (ESTABLISHED)"),
      '1, column 62: a port is at most 65535, got "70000"',
    ],
    [
      row("127.0.0.1:80->example.org:443 (ESTABLISHED)"),
      "1, column 52: an address is numbers, not a host name that has to be resolved " +
      '(-nP prints numbers), got "example.org"',
    ],
    [row("*:80 (ESTABLISHED)"), '1, column 38: a socket in ESTABLISHED has a peer, got "*:80"'],
    [
      row("127.0.0.1:80 (LISTEN QR=x QS=0)"),
      '1, column 51: a queue is at most 15 decimal digits, got "x"',
    ],
  ];
  for (const [text, message] of table) {
    assertEquals(assertThrows(() => parseLsof(text), SyntaxError).message, cannot + message, text);
  }
});

Deno.test("parseLsof() makes rows or a SyntaxError of any text, and no wrong row", () => {
  const names = ["lsof_inet", "lsof_80", "lsof_queues", "lsof_process", "lsof_macos"];
  assertSane(parseLsof, names.map(saved));
  const pasted = ["raw6", "nofd", "no_pcb", "macos_hbci"].map((name) => `pasted_lsof_${name}`);
  assertSane(parseLsof, pasted.map(saved));
});

Deno.test("parseLsof() reads a user's name with a blank in it where the titles say so", () => {
  const rows = parseLsof([
    "COMMAND  PID         USER   FD   TYPE DEVICE SIZE/OFF NODE NAME",
    "node    4242 domain users   21u  IPv4  21190      0t0  TCP *:3000 (LISTEN)",
    "node    4243          ada   21u  IPv4  21191      0t0  TCP *:3001 (LISTEN)",
  ].join("\n"));
  assertEquals(rows.map(({ user }) => user), ["domain users", "ada"]);
});

Deno.test("parseLsof() passes over who has the other end, which -E prints", () => {
  const [row] = parseLsof(
    "deno 24850 root 30u IPv4 55177206 0t0 TCP 127.0.0.1:36164->127.0.0.1:34163 26418,deno,53u (ESTABLISHED)",
  );
  assertEquals(`${row!.state} ${row!.remote}`, "ESTABLISHED 127.0.0.1:34163");
});
