import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseLsof, parseNetstat, parseSs, type ToolRow, type ToolRows } from "fourtuple";
import {
  bsd,
  lsof,
  netTools,
  oldBusyBox,
  oracleLine,
  type OracleSocket,
  type PrintedTable,
  type Printing,
  sockets,
  ss,
  windows,
} from "./_printed_tables.ts";

const printing: fc.Arbitrary<Printing> = fc.record({
  isNumeric: fc.boolean(),
  isWide: fc.boolean(),
  isLong: fc.boolean(),
});

const TOOLS = [
  { name: "net-tools", print: netTools, parse: parseNetstat },
  { name: "BusyBox", print: oldBusyBox, parse: parseNetstat },
  { name: "the BSDs", print: bsd, parse: parseNetstat },
  { name: "Windows", print: windows, parse: parseNetstat },
  { name: "ss", print: ss, parse: (text: string) => parseSs(text) },
  { name: "lsof", print: lsof, parse: parseLsof },
];

function rowLine({ protocol, state, local, remote }: ToolRow): string {
  const far = state === "LISTEN" || remote.port === 0 ? "*" : remote;
  return `${protocol} ${state} ${local} ${far}`;
}

/** How a row of this socket may be read: macOS shows the IPv4 peer of an IPv6 socket as IPv4. */
function allowed(socket: OracleSocket): string[] {
  const line = oracleLine(socket);
  const isMapped = line.includes("[::ffff:");
  const plain = line.replaceAll(/\[::ffff:([0-9.]+)\]/g, "$1");
  return isMapped ? [line, plain, plain.replace("[::]", "0.0.0.0")] : [line];
}

for (const { name, print, parse } of TOOLS) {
  Deno.test(`No row is made of what ${name} cuts off, and nearly all others are read`, () => {
    let [whole, read] = [0, 0];
    fc.assert(
      fc.property(sockets, printing, fc.boolean(), (sockets, printing, hasHead) => {
        const { head, rows } = print(sockets, printing);
        const titles = hasHead ? head : [];
        const parsed = parsedOf(parse, [...titles, ...rows.map(({ text }) => text)].join("\n"));
        if (parsed === undefined) return;
        for (const row of parsed) {
          const socket = sockets[row.line - titles.length - 1]!;
          // Windows prints a connected UDP socket as one without a peer.
          if (name === "Windows" && socket.state === "CONNECTED") continue;
          assert(
            allowed(socket).includes(rowLine(row)),
            `${rowLine(row)} of ${oracleLine(socket)}`,
          );
        }
        const lines = [...parsed, ...parsed.leftOut].map(({ line }) => line);
        assertEquals(
          lines.toSorted((one, other) => one - other),
          rows.map((_, index) => titles.length + index + 1),
        );
        const readLines = new Set(parsed.map(({ line }) => line));
        rows.forEach(({ isWhole }, index) => {
          if (!isWhole) return;
          whole++;
          if (readLines.has(titles.length + index + 1)) read++;
        });
      }),
      { numRuns: 400 },
    );
    // The BSDs' "http-alt" stands for three ports, and their ends of exactly the limit are doubtful.
    const least = name === "the BSDs" ? 0.85 : 0.95;
    assert(read >= least * whole, `${read} of ${whole}`);
  });

  Deno.test(`No row is made of a slip in what ${name} cuts off`, () => {
    fc.assert(
      fc.property(sockets, printing, slip, (sockets, printing, slip) => {
        const { head, rows }: PrintedTable = print(sockets, { ...printing, isWide: false });
        const at = slip.row % rows.length;
        const { text, changed } = slipped(rows[at]!.text, slip);
        const lines = [...head, ...rows.map((row, index) => index === at ? text : row.text)];
        const parsed = parsedOf(parse, lines.join("\n"));
        for (const row of parsed ?? []) {
          const index = row.line - head.length - 1;
          const socket = sockets[index]!;
          if (index === at && changed) continue;
          if (name === "Windows" && socket.state === "CONNECTED") continue;
          assert(
            allowed(socket).includes(rowLine(row)),
            `${rowLine(row)} of ${oracleLine(socket)}`,
          );
        }
      }),
      { numRuns: 400 },
    );
  });
}

interface Slip {
  readonly row: number;
  readonly place: number;
  readonly put: string;
  readonly taken: number;
}

const slip: fc.Arbitrary<Slip> = fc.record({
  row: fc.nat(100),
  place: fc.nat(1000),
  put: fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom("0", "1", "9", ":", ".", "x")),
  taken: fc.nat(2),
});

function slipped(text: string, { place, put, taken }: Slip): { text: string; changed: boolean } {
  const at = place % text.length;
  const result = text.slice(0, at) + put.replaceAll(/[\r\n]/g, "") + text.slice(at + taken);
  return { text: result, changed: result !== text };
}

/** Parses; a text of which nothing can be read is refused. */
function parsedOf(parse: (text: string) => ToolRows, text: string): ToolRows | undefined {
  try {
    return parse(text);
  } catch (error) {
    assert(error instanceof SyntaxError, String(error));
    return undefined;
  }
}
