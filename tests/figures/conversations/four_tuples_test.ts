import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  connections,
  type ConversationRow,
  PALETTE,
  parseEndpoint,
  parseFourTuple,
  plotFourTuples,
  type PlotFourTuplesOptions,
} from "fourtuple";
import { TRACK } from "../../../lib/figures/parts/_layout.ts";
import { annotations, assertRefused, filled, trace, words } from "../_parts.ts";

/** Reads "192.168.1.100:80 -> 10.0.0.50:52431 TIME_WAIT"; without a peer it waits for anybody. */
function row(text: string, protocol = "tcp"): ConversationRow {
  const [near, , far, state] = text.split(" ") as [string, string, string?, string?];
  const local = parseEndpoint(near);
  if (far === undefined) {
    const anybody = parseEndpoint(local.family === "IPv4" ? "0.0.0.0:0" : "[::]:0");
    return { protocol, local, remote: anybody, ...(protocol === "tcp" && { state: "LISTEN" }) };
  }
  return { protocol, local, remote: parseEndpoint(far), ...(state && { state }) };
}

const SERVER: readonly ConversationRow[] = [
  row("192.168.1.100:80"),
  row("192.168.1.100:80 -> 10.0.0.99:41000"),
  row("192.168.1.100:80 -> 10.0.0.50:52431"),
  row("192.168.1.100:80 -> 10.0.0.50:52432 TIME_WAIT"),
  row("192.168.1.100:22 -> 10.0.0.50:52431"),
];

Deno.test("plotFourTuples() sorts rows by their parts, and tells which part tells each apart", () => {
  const { columns, rows } = plotFourTuples(SERVER).table;
  assertEquals(columns, [
    "local port",
    "local address",
    "remote address",
    "remote port",
    "state",
    "told apart by",
  ]);
  assertEquals(rows, [
    ["22", "192.168.1.100", "10.0.0.50", "52431", "", "local port"],
    ["80", "192.168.1.100", "*", "*", "LISTEN", "local port, remote address"],
    ["80", "192.168.1.100", "10.0.0.50", "52431", "", "local port, remote address, remote port"],
    [
      ...["80", "192.168.1.100", "10.0.0.50", "52432"],
      ...["TIME_WAIT", "local port, remote address, remote port"],
    ],
    ["80", "192.168.1.100", "10.0.0.99", "41000", "", "local port, remote address"],
  ]);
});

Deno.test("plotFourTuples() draws one box for what neighbours share, and a frame where one is told", () => {
  const figure = plotFourTuples(SERVER);
  const pitch = 24;
  const heights = filled(figure, TRACK).map(({ y0, y1 }) => Math.round((y1 - y0 + 4) / pitch));
  assertEquals(heights, [4, 4, 2], "port 80, its address, and one client's");
  const bold = annotations(figure).filter(({ text }) => text.startsWith("<b>"));
  assertEquals(bold.map(({ text }) => text.replace(/<[^>]*>/g, "")), [
    "22",
    "*",
    "10.0.0.99",
    "52431",
    "52432",
  ]);
});

Deno.test("plotFourTuples() counts each part's values, anybody not among them", () => {
  const said = words(plotFourTuples(SERVER));
  assertEquals(said.filter((word) => / values?$/.test(word)), [
    "2 values",
    "1 value",
    "2 values",
    "3 values",
  ]);
});

const NUMBER = fc.integer({ min: 1, max: 3 });
const ROW = fc.tuple(NUMBER, NUMBER, NUMBER, NUMBER).map(([a, b, c, d]) =>
  row(`127.0.0.${a}:${b} -> 127.0.0.${c}:${d}`)
);

Deno.test("plotFourTuples(): no other row has the parts that tell one apart, and each of them is needed", () => {
  fc.assert(fc.property(fc.array(ROW, { minLength: 1, maxLength: 20 }), (rows) => {
    const { table } = plotFourTuples(rows, { limit: 20 });
    assertEquals(table.rows.length, rows.length);
    for (const [index, own] of table.rows.entries()) {
      const others = table.rows.filter((_, at) => at !== index);
      const alike = (columns: readonly number[]) =>
        others.filter((other) => columns.every((column) => own[column] === other[column]));
      const said = String(own.at(-1));
      if (said === "nothing") {
        assert(alike([0, 1, 2, 3]).length > 0);
        continue;
      }
      const named = said === "" ? [] : said.split(", ").map((part) => table.columns.indexOf(part));
      assertEquals(alike(named), []);
      for (const column of named) {
        const before = alike([0, 1, 2, 3].slice(0, column));
        assert(before.some((other) => other[column] !== own[column]), `column ${column}`);
      }
    }
  }));
});

Deno.test("plotFourTuples() takes the parts in the order that is asked for", () => {
  const order = ["remote port", "remote address"] as const;
  const { columns, rows } = plotFourTuples(SERVER.slice(1, 4), { order }).table;
  assertEquals(columns.slice(0, 2), [...order]);
  assertEquals(rows.map((row) => row[0]), ["41000", "52431", "52432"]);
});

Deno.test("plotFourTuples() puts the protocol first where TCP and UDP meet at one port", () => {
  const { columns, rows } =
    plotFourTuples([row("127.0.0.1:443"), row("127.0.0.1:443", "udp")]).table;
  assertEquals(columns[0], "protocol");
  assertEquals(rows.map((row) => [row[0], row[5], row[6]]), [
    ["tcp", "LISTEN", "protocol"],
    ["udp", "UNCONNECTED", "protocol"],
  ]);
  assertEquals(plotFourTuples([row("127.0.0.1:443", "udp")]).table.columns[0], "local port");
});

Deno.test("plotFourTuples() says that nothing tells apart what has the same four-tuple", () => {
  const { rows } = plotFourTuples([row("127.0.0.1:80"), row("127.0.0.1:80")]).table;
  assertEquals(rows.map((row) => row.at(-1)), ["nothing", "nothing"]);
});

Deno.test("plotFourTuples() shows the state by its colour, and an IPv4 client as one", () => {
  const figure = plotFourTuples([
    row("[::ffff:127.0.0.1]:80 -> [::ffff:127.0.0.2]:5000 TIME_WAIT"),
    row("127.0.0.1:80 -> 127.0.0.2:5001 ESTABLISHED"),
    row("127.0.0.1:80 -> 127.0.0.2:5002"),
  ]);
  assertEquals(figure.table.rows.map((row) => row[4]), ["TIME_WAIT", "ESTABLISHED", ""]);
  assertEquals(figure.table.rows.map((row) => row[2]), ["127.0.0.2", "127.0.0.2", "127.0.0.2"]);
  const { color } = trace(figure, "state").marker as unknown as { color: string[] };
  assertEquals(color, [PALETTE.TIME_WAIT.color, PALETTE.ESTABLISHED.color]);
  assert(words(figure).includes("◆ TIME_WAIT"));
});

Deno.test("plotFourTuples() takes the rows of the kernel's table", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  const rows = connections({ port }).filter(({ state }) => state !== "TIME_WAIT");
  const told = plotFourTuples(rows).table.rows.map((row) => [...row.slice(0, 1), row[4]].join(" "));
  assertEquals(
    told.toSorted(),
    [
      `${port} ESTABLISHED`,
      `${port} LISTEN`,
      `${client.localAddr.port} ESTABLISHED`,
    ].sort(),
  );
});

Deno.test("plotFourTuples() counts the sockets that it leaves out", () => {
  const rows = Array.from(
    { length: 15 },
    (_, index) => row(`127.0.0.1:80 -> 127.0.0.1:${5000 + index}`),
  );
  const figure = plotFourTuples(rows);
  assert(words(figure).includes("+ 3 more sockets"));
  assert(words(figure).includes("15 values"), "all are counted");
  assertEquals(figure.table.caption, "12 of 15 sockets");
});

Deno.test("plotFourTuples() of no row says so", () => {
  assertEquals(words(plotFourTuples([])), ["Nothing to draw: no four-tuple"]);
});

Deno.test("plotFourTuples() refuses what is no row, no part, or no state", () => {
  const { local, remote } = parseFourTuple("127.0.0.1:80 -> 127.0.0.1:5000");
  const draw = (row: unknown, order?: unknown) => () =>
    plotFourTuples(
      [row as ConversationRow],
      { order } as PlotFourTuplesOptions,
    );
  assertRefused([
    [draw({ local: "127.0.0.1:80", remote }), TypeError, '"127.0.0.1:80"'],
    [draw({ local, remote, state: "ESTAB" }), TypeError, '"ESTAB"'],
    [draw({ local, remote }, ["port"]), TypeError, '"port"'],
    [draw({ local, remote }, ["local port", "local port"]), RangeError, '"local port" twice'],
  ]);
});
