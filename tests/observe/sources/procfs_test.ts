import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "fourtuple";
import { parseProcNet, PROC_FILES, type ProcFile } from "../../../lib/observe/sources/_procfs.ts";

const [TCP, TCP6, UDP, UDP6] = PROC_FILES as [ProcFile, ProcFile, ProcFile, ProcFile];

function saved(file: ProcFile): string {
  const { name } = file;
  return Deno.readTextFileSync(new URL(`../texts/saved/${name}.txt`, import.meta.url));
}

/** A row on one line: state, local, remote, receive and send queue, uid, inode. */
function line(row: Connection): string {
  const { state, local, remote, receiveQueue, sendQueue, uid, inode } = row;
  return `${state} ${local} ${remote} ${receiveQueue} ${sendQueue} ${uid} ${inode}`;
}

Deno.test("parseProcNet() reads saved texts of the four files", () => {
  const table: [file: ProcFile, rows: string[]][] = [
    [TCP, [
      "LISTEN 127.0.0.1:44501 0.0.0.0:0 1 undefined 0 2380998",
      "ESTABLISHED 127.0.0.1:48840 127.0.0.1:45559 0 0 0 2381012",
      "ESTABLISHED 127.0.0.1:44501 127.0.0.1:42044 0 0 0 0",
      "CLOSE_WAIT 127.0.0.1:44501 127.0.0.1:42018 1 0 1000 2381002",
      "ESTABLISHED 127.0.0.1:42012 127.0.0.1:44501 0 31 0 2380999",
      "FIN_WAIT_2 127.0.0.1:42018 127.0.0.1:44501 0 0 0 0",
      "TIME_WAIT 127.0.0.1:42032 127.0.0.1:44501 0 0 0 0",
      "ESTABLISHED 127.0.0.1:44501 127.0.0.1:42012 5 0 0 2381000",
    ]],
    [TCP6, [
      "LISTEN [::1]:43641 [::]:0 0 undefined 0 2381009",
      "LISTEN [::ffff:127.0.0.1]:45559 [::]:0 1 undefined 0 2381011",
      "ESTABLISHED [::ffff:127.0.0.1]:45559 [::ffff:127.0.0.1]:48840 0 0 0 0",
      "SYN_SENT [2001:db8::5]:51234 [2001:db8::80]:443 0 1 1000 2381020",
    ]],
    [UDP, [
      "UNCONNECTED 127.0.0.1:49628 0.0.0.0:0 768 0 0 2381006",
      "CONNECTED 127.0.0.1:32813 127.0.0.1:49628 0 0 0 2381008",
    ]],
    [UDP6, ["UNCONNECTED [::]:55202 [::]:0 0 0 0 2381010"]],
  ];
  for (const [file, lines] of table) {
    const rows = parseProcNet(saved(file), file);
    assertEquals(rows.map(line), lines);
    for (const row of rows) assertEquals([row.protocol, row.family], [file.protocol, file.family]);
  }
});

Deno.test("parseProcNet() names every state of TCP by its number", () => {
  // include/net/tcp_states.h, TCP_ESTABLISHED = 1 to TCP_NEW_SYN_RECV = 12.
  const names = "ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSE CLOSE_WAIT " +
    "LAST_ACK LISTEN CLOSING SYN_RECV";
  const [header, first] = saved(TCP).split("\n") as [string, string];
  const rows = Array.from({ length: 12 }, (_, index) => {
    const number = (index + 1).toString(16).toUpperCase().padStart(2, "0");
    return first.replace(" 0A ", ` ${number} `);
  });
  const parsed = parseProcNet([header, ...rows, ""].join("\n"), TCP);
  assertEquals(parsed.map((row) => row.state), names.split(" ") as Connection["state"][]);
});

Deno.test("parseProcNet() reads a table without sockets", () => {
  assertEquals(parseProcNet(`${saved(TCP).split("\n")[0]}\n`, TCP), []);
});

Deno.test("parseProcNet() tells the line and the column of what it cannot read", () => {
  const endpoint = "an endpoint is 8 hexadecimal digits, a colon and 4 more";
  const end = "the end of the line";
  const table: [change: (text: string) => string, place: string, rule: string, got: string][] = [
    [() => "", "line 1, column 1", "the first line has the titles", '""'],
    [() => "Bad\n", "line 1, column 1", "the first line has the titles", '"Bad"'],
    [
      (text) => text.slice(0, 1210),
      "line 9, column 1",
      "each line has an end",
      "the end of the text",
    ],
    [
      (text) => text.replace("   3: ", "   x: "),
      "line 5, column 4",
      "a row begins with its number and a colon",
      '"x:"',
    ],
    [
      (text) => text.replace("0100007F:BEC8", "100007F:BEC8"),
      "line 3, column 7",
      endpoint,
      '"100007F:BEC8"',
    ],
    [
      (text) => text.replace("0100007F:BEC8", "0100007G:BEC8"),
      "line 3, column 7",
      endpoint,
      '"0100007G:BEC8"',
    ],
    [
      (text) => text.replace("0100007F:B1F7", "0100007F:B1F70"),
      "line 3, column 21",
      endpoint,
      '"0100007F:B1F70"',
    ],
    [
      (text) => text.replace(" 0A ", " 0D "),
      "line 2, column 35",
      "a state is one of 01, 02, 03, 04, 05, 06, 07, 08, 09, 0A, 0B, 0C",
      '"0D"',
    ],
    [
      (text) => text.replace("0000001F:", "-0000001:"),
      "line 6, column 38",
      "the queues are twice 8 hexadecimal digits with a colon between",
      '"-0000001:00000000"',
    ],
    [
      (text) => text.replace("03:0000176A", "03"),
      "line 7, column 56",
      "a timer is two hexadecimal numbers with a colon between",
      '"03"',
    ],
    [
      (text) => text.replace(" 1000 ", " root "),
      "line 5, column 78",
      "a uid is decimal digits",
      '"root"',
    ],
    [
      (text) => text.replace("2380998", "2380998x"),
      "line 2, column 92",
      "an inode is decimal digits",
      '"2380998x"',
    ],
    [
      (text) => text.replace(/ 0A .*/, " 0A"),
      "line 2, column 37",
      "the queues are twice 8 hexadecimal digits with a colon between",
      end,
    ],
    [
      (text) => text.replace(/\n/, "\n\n"),
      "line 2, column 1",
      "a row begins with its number and a colon",
      end,
    ],
  ];
  for (const [change, place, rule, got] of table) {
    const { message } = assertThrows(() => parseProcNet(change(saved(TCP)), TCP), SyntaxError);
    assertEquals(message, `Cannot parse "/proc/net/tcp" at ${place}: ${rule}, got ${got}`);
  }
});

Deno.test("parseProcNet() refuses IPv4 rows in the IPv6 file and TCP's states in UDP's", () => {
  assertEquals(
    assertThrows(() => parseProcNet(saved(TCP), TCP6), SyntaxError).message,
    'Cannot parse "/proc/net/tcp6" at line 2, column 7: an endpoint is 32 hexadecimal digits, a ' +
      'colon and 4 more, got "0100007F:ADD5"',
  );
  assertEquals(
    assertThrows(() => parseProcNet(saved(TCP), UDP), SyntaxError).message,
    'Cannot parse "/proc/net/udp" at line 2, column 35: a state is one of 01, 07, got "0A"',
  );
});

Deno.test("parseProcNet() gives rows or an error for any damaged text, and no wrong kind of row", () => {
  const text = saved(TCP);
  const damage = fc.record({
    at: fc.nat(text.length),
    cut: fc.nat(40),
    insert: fc.string({ maxLength: 4 }),
  });
  fc.assert(fc.property(damage, ({ at, cut, insert }) => {
    let rows;
    try {
      rows = parseProcNet(text.slice(0, at) + insert + text.slice(at + cut), TCP);
    } catch (error) {
      if (error instanceof SyntaxError && / at line \d+, column \d+: /.test(error.message)) return;
      throw error;
    }
    for (const row of rows) {
      assertEquals(row.local.family, "IPv4");
      assertEquals(Number.isSafeInteger(row.inode) && Number.isSafeInteger(row.uid), true);
    }
  }));
});
