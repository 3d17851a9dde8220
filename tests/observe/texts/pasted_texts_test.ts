import { assertEquals, assertThrows } from "@std/assert";
import { parseLsof, parseNetstat, parseSs, type ToolRows } from "fourtuple";
import { ownersText, saved, socketLine } from "./_saved.ts";

function read(rows: ToolRows): string[] {
  return rows.map((row) => `${socketLine(row)} ${ownersText(row)}`);
}

function parserOf(name: string): (text: string) => ToolRows {
  return name.startsWith("lsof") ? parseLsof : name.startsWith("ss") ? parseSs : parseNetstat;
}

Deno.test("The parsers read what people have pasted", () => {
  const table: [name: string, rows: string[], leftOut?: number[]][] = [
    ["lsof_bare_command", [
      "tcp LISTEN 0.0.0.0:5000 * - - ControlCe/1081#7",
      "tcp LISTEN [::]:5000 * - - ControlCe/1081#8",
    ]],
    ["lsof_raw6", ["tcp LISTEN 0.0.0.0:22 * - - sshd/900#3"]],
    ["lsof_nofd", ["tcp LISTEN [::]:3000 * - - node/4242#21"]],
    ["lsof_no_pcb", ["tcp LISTEN 0.0.0.0:80 * - - httpd/104#6"]],
    ["lsof_macos_hbci", ["tcp LISTEN [::]:3000 * - - node/78070#24"]],
    ["netstat_rhel_prompt", ["tcp LISTEN 0.0.0.0:80 * 0 0 nginx: master/2126"]],
    ["netstat_trailing_prompt", [
      "tcp LISTEN 0.0.0.0:8080 * - - ?/13304",
      "tcp LISTEN [::]:8080 * - - ?/13304",
    ]],
    ["netstat_german_question_mark", ["tcp LISTEN 0.0.0.0:135 * - - ?/908"]],
    ["netstat_german_syn_received", ["tcp SYN_RECV 10.1.1.99:12345 10.1.1.100:80 - - ?/77"]],
    ["netstat_cut_ipv4_live", [], [3, 4]],
    ["netstat_bsd_A_cut_port", [], [3]],
    ["netstat_bsd_changed_note", [
      "tcp LISTEN 127.0.0.1:8080 * 0 0 -",
      "udp UNCONNECTED 0.0.0.0:5353 * 0 0 -",
    ]],
    ["netstat_xp_b_failed", [
      "tcp LISTEN 0.0.0.0:445 * - - ?/4",
      "tcp LISTEN 0.0.0.0:464 * - - lsass.exe/592",
    ]],
    ["netstat_japanese_timer", ["tcp LISTEN 127.0.0.1:38511 * 0 0 deno/21295"]],
    ["ss_centos7_wildcards", [
      "udp UNCONNECTED 0.0.0.0:68 * 0 0 -",
      "udp UNCONNECTED 127.0.0.1:323 * 0 0 -",
      "udp UNCONNECTED [::1]:323 * 0 0 -",
      "tcp LISTEN 0.0.0.0:22 * 0 128 -",
      "tcp LISTEN [::]:22 * 0 128 -",
    ]],
  ];
  for (const [name, expected, leftOut = []] of table) {
    const rows = parserOf(name)(saved(`pasted_${name}`));
    assertEquals(read(rows), expected, name);
    assertEquals(rows.leftOut.map(({ line }) => line), leftOut, name);
  }
});

const SS_ROW = "LISTEN 0 511 127.0.0.1:80 0.0.0.0:*";
const NETSTAT_ROW = "tcp        0      0 127.0.0.1:80            0.0.0.0:*               LISTEN";
const MAC_ROW = "tcp4       0      0  127.0.0.1.80           *.*                    LISTEN";
const WINDOWS_ROW = "  TCP    127.0.0.1:80           0.0.0.0:0              LISTENING       4";
const LSOF_ROW = "nginx 5678 www 6u IPv4 21190 0t0 TCP 127.0.0.1:80 (LISTEN)";

Deno.test("The parsers pass over prompts and commands before, between and after the rows", () => {
  const prompts = [
    "$ ",
    "# ",
    "ada@laptop:~$ ",
    "ada@laptop:~/a b$ ",
    "[root@host ~]# ",
    "[ada@host src]$ ",
    "root@5f3a1c:/# ",
    "bash-5.1$ ",
    "~ $ ",
    "/ # ",
    "(venv) ada@laptop:~$ ",
    "(base) ada@Adas-MBP ~ % ",
    "Adas-MacBook-Pro:~ ada$ ",
    "ada@mac ~ % ",
    "➜  ~ ",
    "➜  web git:(main) ✗ ",
    "❯ ",
    "╰─$ ",
    "ada@host ~> ",
    "12:04:33 ada@host:~$ ",
    "C:\\Users\\ada>",
    "PS C:\\Users\\ada> ",
    "PS /home/ada> ",
  ];
  const samples: [command: string, row: string, parse: (text: string) => ToolRows][] = [
    ["ss -tln", SS_ROW, parseSs],
    ["netstat -tln", NETSTAT_ROW, parseNetstat],
    ["netstat -an | grep LISTEN", MAC_ROW, parseNetstat],
    ["netstat -ano | findstr :80", WINDOWS_ROW, parseNetstat],
    ["sudo lsof -nP -i :80", LSOF_ROW, parseLsof],
  ];
  for (const prompt of prompts) {
    for (const [command, row, parse] of samples) {
      const typed = prompt + command;
      const text = [typed, row, prompt.trimEnd(), typed, row, "", prompt, ""].join("\n");
      const rows = parse(text);
      assertEquals(rows.map(({ line }) => line), [2, 5], text);
      assertEquals(rows.map(({ local }) => `${local}`), Array(2).fill("127.0.0.1:80"), text);
      assertEquals(rows.leftOut, [], text);
      assertEquals(parse(`${typed}\n${row}\n${typed}`).length, 1, text);
    }
  }
  for (
    const command of [
      "netstat -tln",
      "/bin/netstat -tln",
      "LC_ALL=C netstat -tln",
      "busybox netstat -t",
    ]
  ) {
    assertEquals(parseNetstat(`${command}\n${NETSTAT_ROW}`).leftOut, [], command);
  }
});

Deno.test("The parsers take an empty output for no rows, with a prompt or titles too", () => {
  const empty: [text: string, parse: (text: string) => ToolRows][] = [
    ["", parseLsof],
    ["$ lsof -i :3000\n$ ", parseLsof],
    ["ada@mac ~ % lsof -i :3000\nada@mac ~ % ", parseLsof],
    ["lsof: WARNING: can't stat() tracefs file system /sys/kernel/debug/tracing", parseLsof],
    ["C:\\>netstat -ano | findstr :80\n\nC:\\>", parseNetstat],
    ["netstat -tln\nActive Internet connections (only servers)\nProto Recv-Q\n$", parseNetstat],
    ["$ ss -tln\nState Recv-Q Send-Q Local Address:Port Peer Address:Port\n$", parseSs],
  ];
  for (const [text, parse] of empty) {
    const rows = parse(text);
    assertEquals([rows.length, rows.leftOut.length], [0, 0], text);
  }
});

Deno.test("A strange line costs the parsers that line, and says where it is and why", () => {
  const samples: [row: string, parse: (text: string) => ToolRows][] = [
    [SS_ROW, parseSs],
    [NETSTAT_ROW, parseNetstat],
    [MAC_ROW, parseNetstat],
    [LSOF_ROW, parseLsof],
  ];
  for (const [row, parse] of samples) {
    for (
      const strange of [
        "three rows of 127.0.0.1:80",
        row.replace("127.0.0.1", "127.0.0.256"),
        row.replace("127.0.0.1", "example.org"),
        row.replace(/LISTEN/, "LISXEN"),
      ]
    ) {
      for (const text of [[row, strange, row], [row, strange], [strange, row]]) {
        const rows = parse(text.join("\n"));
        assertEquals(rows.length, text.length - 1, strange);
        assertEquals(rows.leftOut.map(({ line }) => line), [text.indexOf(strange) + 1], strange);
        assertEquals(rows.leftOut[0]!.text, strange);
      }
      const twice = parse([strange, row, strange, strange].join("\n"));
      assertEquals(twice.leftOut.map(({ line }) => line), [1, 3, 4]);
      assertThrows(() => parse(strange), SyntaxError);
    }
  }
});

Deno.test("The parsers read colours, quotations, numbered lines and fences of a paste", () => {
  const texts = [
    `\x1b[1;31mtcp\x1b[0m        0      0 127.0.0.1:80   0.0.0.0:*  \x1b[01;31m\x1b[KLISTEN\x1b[m\x1b[K`,
    `> ${NETSTAT_ROW}`,
    `12:${NETSTAT_ROW}`,
    `     3\t${NETSTAT_ROW}`,
    "```\n" + NETSTAT_ROW + "\n```",
    `\uFEFF${NETSTAT_ROW}\r\n`,
    NETSTAT_ROW.replaceAll("  ", "\u00A0 "),
  ];
  for (const text of texts) {
    const rows = parseNetstat(text);
    assertEquals(rows.map(socketLine), ["tcp LISTEN 127.0.0.1:80 * 0 0"], text);
    assertEquals(rows.leftOut, [], text);
  }
});

Deno.test("The parsers leave out a row whose last number a window's edge has cut in two", () => {
  const cut: [text: string, parse: (text: string) => ToolRows, leftOut: number[]][] = [
    [
      "tcp  ESTAB 0  0      192.168.1.20:22      192.168.1.30:512\n34\n" + SS_ROW,
      parseSs,
      [1, 2],
    ],
    [
      "tcp        0      0 127.0.0.1:631           0.0.0.0:*               LISTEN      1000       1234\n" +
      "56     777/cupsd\n" + NETSTAT_ROW,
      parseNetstat,
      [1, 2],
    ],
    [
      "  TCP    [2001:db8:aaaa:bbbb:cccc::1]:50123  [2001:db8::1]:443  ESTABLISHED     70\n20\n" +
      WINDOWS_ROW,
      parseNetstat,
      [1],
    ],
    [
      "node 4242 ada 21u IPv4 21190 0t0 UDP 10.0.0.1:3000->10.0.0.2:50\n00\n" + LSOF_ROW,
      parseLsof,
      [1, 2],
    ],
  ];
  for (const [text, parse, leftOut] of cut) {
    const rows = parse(text);
    assertEquals(rows.map(({ line, local }) => [line, `${local}`]), [[3, "127.0.0.1:80"]], text);
    assertEquals(rows.leftOut.map(({ line }) => line), leftOut, text);
    assertEquals(rows.leftOut[0]!.reason, "it may go on in the next line");
  }
  const whole = parseSs(
    "$ ss -tn state established\n" +
      "0      0           192.168.1.20:22      192.168.1.30:51234\n" +
      "0      0           192.168.1.20:22      192.168.1.30:51235",
  );
  assertEquals([whole.length, whole.leftOut.length], [2, 0]);
});

Deno.test("The parsers say what a command has printed instead of rows", () => {
  const complaints: [text: string, parse: (text: string) => ToolRows, lines: number[]][] = [
    ["$ netstat -tln\n-bash: netstat: command not found", parseNetstat, [2]],
    ["$ ss -tlnz\nss: invalid option -- 'z'\nUsage: ss [ OPTIONS ]\n$", parseSs, [2, 3]],
    ["$ lsof -t -i :3000\n4242\n4243", parseLsof, [2, 3]],
    ["$ sudo ss -tlnp\n[sudo] password for ada: \n$", parseSs, []],
  ];
  for (const [text, parse, lines] of complaints) {
    const rows = parse(text);
    assertEquals([rows.length, ...rows.leftOut.map(({ line }) => line)], [0, ...lines], text);
  }
});

Deno.test("The parsers read quotations of quotations, lists, tables and numbered rows of all tools", () => {
  const samples: [row: string, parse: (text: string) => ToolRows][] = [
    ['LISTEN 0 511 127.0.0.1:80 0.0.0.0:* users:(("nginx",pid=5678,fd=6))', parseSs],
    [`${NETSTAT_ROW}      5678/nginx`, parseNetstat],
    [LSOF_ROW, parseLsof],
  ];
  for (const [row, parse] of samples) {
    const titles = parse === parseLsof ? "COMMAND PID USER FD TYPE" : "Proto State Recv-Q Send-Q";
    for (
      const text of [
        `>> ${row}\n>> ${row}`,
        `> > ${row}\n> > ${row}`,
        `> ${titles}\n> ${row}\n>\n> ${row}`,
        `3:${row}\n12:${row}`,
        `     1\t${titles}\n     2\t${row}\n     3\t${row}`,
        `\u200B${row}\u200B\n${row}\u200E`,
      ]
    ) {
      const rows = parse(text);
      assertEquals(rows.map(({ local }) => `${local}`), Array(2).fill("127.0.0.1:80"), text);
      assertEquals(rows.map(({ owners }) => owners![0]!.program), ["nginx", "nginx"], text);
      assertEquals(rows.leftOut, [], text);
    }
  }
  const bars = parseNetstat(`| ${NETSTAT_ROW}      5678/nginx |\n- ${NETSTAT_ROW}      5678/nginx`);
  assertEquals(bars.map(({ owners }) => owners![0]!.program), ["nginx", "nginx"]);
});

Deno.test("The parsers read what web pages write for quotation marks and arrows", () => {
  const [ss] = parseSs(
    "LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:((&quot;nginx&quot;,pid=1187,fd=6))",
  );
  assertEquals(ss!.owners, [{ program: "nginx", pid: 1187, descriptor: 6 }]);
  const [lsof] = parseLsof(
    "nginx 5678 www 6u IPv4 21190 0t0 TCP 10.0.0.1:80-&gt;10.0.0.2:5000 (ESTABLISHED)",
  );
  assertEquals(`${lsof!.local} ${lsof!.remote}`, "10.0.0.1:80 10.0.0.2:5000");
  const [markdown] = parseSs(String.raw`LISTEN 0 511 \[::1\]:80 \[::\]:\*`);
  assertEquals(`${markdown!.local}`, "[::1]:80");
  const [netstat] = parseNetstat(`&gt; ${NETSTAT_ROW}`);
  assertEquals(`${netstat!.local}`, "127.0.0.1:80");
});
