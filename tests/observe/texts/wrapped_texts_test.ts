/** Texts whose lines a narrow window has cut, or a mail program has broken at blanks. */
import { assert, assertEquals } from "@std/assert";
import { parseLsof, parseNetstat, parseSs, type ToolRow, type ToolRows } from "fourtuple";
import { saved } from "./_saved.ts";

const SAVED: readonly [parse: (text: string) => ToolRows, names: readonly string[]][] = [
  [parseSs, [
    "ss_tuanpeo",
    "ss_tlnp",
    "ss_an",
    "ss_tanim",
    "ss_udp",
    "pasted_ss_centos7_wildcards",
  ]],
  [parseNetstat, [
    ...["netstat_tuanpeo", "netstat_anp", "netstat_tan", "netstat_macos_an", "netstat_macos_anv"],
    ...["netstat_windows_ano", "netstat_windows_anob", "netstat_windows_german"],
    ...["pasted_netstat_japanese_timer", "pasted_netstat_rhel_prompt"],
  ]],
  [parseLsof, ["lsof_inet", "lsof_queues", "lsof_process", "lsof_macos", "lsof_listen"]],
];

/** Breaks lines: at the width, or at the last blank before it. */
function wrapped(text: string, width: number, atBlanks: boolean): string {
  return text.split("\n").flatMap((line) => {
    const parts: string[] = [];
    while (line.length > width) {
      const blank = line.lastIndexOf(" ", width);
      const isBroken = atBlanks && line.slice(0, blank).trim() !== "";
      const at = isBroken ? blank : width;
      parts.push(line.slice(0, at));
      line = isBroken ? line.slice(at).trimStart() : line.slice(at);
    }
    return [...parts, line];
  }).join("\n");
}

const OPTIONAL = ["receiveQueue", "sendQueue", "device", "user", "inode", "owners"] as const;

/** Whether a row says what another says, or less. */
function isPartOf(row: ToolRow, whole: ToolRow): boolean {
  const ends = ({ protocol, family, state, local, remote }: ToolRow) =>
    `${protocol} ${family} ${state} ${local} ${remote}`;
  const plain = (value: unknown) => JSON.stringify(value);
  return ends(row) === ends(whole) &&
    OPTIONAL.every((key) =>
      row[key] === undefined || plain(row[key]) === plain(whole[key]) ||
      (key === "owners" && plain(row.owners) ===
          plain(whole.owners?.map((owner) => ({ ...owner, program: undefined }))))
    );
}

function rowsOf(parse: (text: string) => ToolRows, text: string): readonly ToolRow[] {
  try {
    return parse(text);
  } catch (error) {
    assert(error instanceof SyntaxError, String(error));
    return [];
  }
}

Deno.test("The parsers make no wrong row of a text whose lines a window or a mail has broken", () => {
  let [made, whole] = [0, 0];
  for (const [parse, names] of SAVED) {
    for (const name of names) {
      const text = saved(name);
      const rows = parse(text);
      for (let width = 50; width <= 140; width += 3) {
        for (const [atBlanks, quote] of [[false, ""], [true, ""], [true, "> "]] as const) {
          const broken = wrapped(text, width, atBlanks).replaceAll(/^/gm, quote);
          const lines = broken.split("\n");
          for (const row of rowsOf(parse, broken)) {
            made++;
            assert(
              rows.some((each) => isPartOf(row, each)),
              `${name}, ${width} wide:\n${lines.slice(row.line - 1, row.line + 1).join("\n")}`,
            );
          }
          whole += rows.length;
        }
      }
    }
  }
  assert(made > whole / 4, `only ${made} rows of ${whole}`);
});

Deno.test("The parsers leave out a row whose state or peer goes on in the next line", () => {
  const table: [text: string, parse: (text: string) => ToolRows][] = [
    ["tcp 0 0 127.0.0.1:80 127.0.0.1:5000 CLOSE\n_WAIT  12/nginx", parseNetstat],
    ["tcp4 0 0 127.0.0.1.80 127.0.0.1.5000 CLOSE\n_WAIT", parseNetstat],
    ["  TCP  127.0.0.1:80  127.0.0.1:5000  CLOSE\n_WAIT   12", parseNetstat],
    ["dig 12 ada 3u IPv4 7 0t0 UDP 127.0.0.1:5000\n->127.0.0.1:53", parseLsof],
  ];
  for (const [text, parse] of table) {
    const rows = parse(text);
    assertEquals([rows.length, rows.leftOut[0]?.line], [0, 1], text);
    assertEquals(rows.leftOut[0]!.reason, "it may go on in the next line");
  }
  const [row] = parseNetstat("tcp 0 0 127.0.0.1:80 0.0.0.0:* LISTEN 12/ngi\nnx");
  assertEquals(row!.owners, [{ pid: 12, program: undefined, descriptor: undefined }]);
  for (const rest of ["...", "[…]", "", "tcp 0 0 127.0.0.1:81 0.0.0.0:* LISTXN 12/nginx"]) {
    const [row] = parseNetstat(`tcp 0 0 127.0.0.1:80 0.0.0.0:* LISTEN 12/nginx\n${rest}`);
    assertEquals(row!.owners![0]!.program, "nginx", rest);
  }
});
