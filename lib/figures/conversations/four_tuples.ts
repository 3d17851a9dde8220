/**
 * Four-tuples taken apart: what conversations share, and which part tells each from all others.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { checkOptions, type OptionChecks, wholeNumber } from "../../refusal.ts";
import { HEADING, list } from "../parts/_checks.ts";
import { stateKey } from "../parts/_key.ts";
import {
  type Annotation,
  drawFigure,
  emptyFigure,
  hiddenAxis,
  INK,
  label,
  type Mark,
  moreLine,
  MUTED,
  pixelAxis,
  type Shape,
  SMALL_PX,
  TRACK,
} from "../parts/_layout.ts";
import { placeRows, rowPoints } from "../parts/_rows.ts";
import { stateMarker } from "../parts/_state_style.ts";
import { counted, plainText, wrapName } from "../parts/_words.ts";
import type { ConversationRow } from "./_conversations.ts";
import {
  ANYBODY,
  boxesOf,
  checkedRows,
  columnsOf,
  decidingParts,
  type TupleBox,
  type TuplePart,
  tupleRows,
} from "./_tuple_parts.ts";

export type { TuplePart };

/** How {@linkcode plotFourTuples} draws. */
export interface PlotFourTuplesOptions {
  /**
   * The parts from left to right; by default as a server sees its clients: local port, local
   * address, remote address, remote port. The protocol comes before them where TCP and UDP meet.
   */
  readonly order?: readonly TuplePart[];
  /** How many rows are drawn at most; 12 by default, 60 at most. */
  readonly limit?: number;
  /** The title; "What tells them apart?" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const SUBTITLE = "A row is a socket. Read from the left: as long as sockets agree, they share a " +
  "grey box. At a frame, no other socket agrees with this one any more.";
const OPTIONS: OptionChecks<PlotFourTuplesOptions> = {
  ...HEADING,
  order: list(),
  limit: wholeNumber({ least: 1, most: 60 }),
};
/** Shares of the figure's width. Where there are five columns, an address has less of it. */
const PORT_WIDTH = 1;
const PROTOCOL_WIDTH = 1.05;
const STATE_WIDTH = 0.45;
const ADDRESS = { width: 2.05, letters: 15 };
const NARROW_ADDRESS = { width: 1.55, letters: 11 };

const HEAD_PX = 48;
const LINE_PX = 14;
const PADDING_PX = 10;

interface Column {
  readonly part: TuplePart;
  readonly left: number;
  readonly right: number;
  /** How many letters of an address fit into a line. */
  readonly letters: number;
}

/**
 * Draws sockets as rows and the parts of their four-tuples as columns. Rows that agree in all columns
 * from the left share a box; where a row is alone, its box has a frame, and the columns after it are
 * not needed to tell it from the others. The symbol at the right is its state; a row without a state
 * has none.
 *
 * It takes rows of the kernel's table as they are: a remote end that may be anybody's is a "*", and an
 * IPv4 client of an IPv6 socket is an IPv4 client. Sockets that have the whole four-tuple in common,
 * as listeners may, share boxes to the end. Rows beyond `limit` are left out and counted. If there is
 * no row, the figure says so.
 *
 * @param rows Four-tuples, or rows of the kernel's table
 * @throws {TypeError} If an end of a row is not an Endpoint, a state or a part is not known, or an
 * option is not known or of the wrong kind
 * @throws {RangeError} If a part is there twice, or the limit is out of bounds
 *
 * @example One port number, three computers
 * ```ts
 * import { parseFourTuple } from "fourtuple/tuples";
 * import { plotFourTuples } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotFourTuples([
 *   parseFourTuple("192.168.1.100:80 -> 10.0.0.50:52431"),
 *   parseFourTuple("192.168.1.100:80 -> 10.0.0.50:52432"),
 *   parseFourTuple("192.168.1.100:80 -> 10.0.0.99:52431"),
 * ]);
 * const parts = figure.table.rows.map((row) => row.at(-1));
 * assertEquals(parts.at(0), "remote address, remote port");
 * assertEquals(parts.at(-1), "remote address");
 * ```
 */
export function plotFourTuples(
  rows: Iterable<ConversationRow>,
  options: PlotFourTuplesOptions = {},
): Figure {
  checkOptions(options, OPTIONS, "Cannot draw four-tuples");
  const { limit = 12, title = "What tells them apart?", subtitle = SUBTITLE } = options;
  const given = checkedRows(rows);
  const parts = columnsOf(given, options.order);
  const titles = [...parts, "state", "told apart by"];
  if (given.length === 0) {
    return emptyFigure({ title, subtitle: options.subtitle }, {
      columns: titles,
      text: "no four-tuple",
    });
  }
  const all = tupleRows(given, parts);
  const drawn = all.slice(0, limit);
  const columns = place(parts, drawn.some(({ state }) => state !== undefined));
  const boxes = boxesOf(drawn, parts);
  const pitch = PADDING_PX +
    LINE_PX * Math.max(...boxes.map((box) => linesOf(box, columns[box.column]!).length));
  const placed = placeRows(drawn, { top: HEAD_PX, words: 0, body: pitch, gap: 0 });
  const known = placed.filter(({ item }) => item.state !== undefined);
  const states = known.map(({ item }) => item.state!);
  const more = all.length - drawn.length;
  const atState = (columns.at(-1)!.right + 1) / 2;
  return drawFigure({
    heading: { title, subtitle },
    height: placed.end,
    margin: { l: 12, r: 8 },
    axes: { xaxis: hiddenAxis(0, 1), yaxis: pixelAxis(placed.end) },
    marks: [
      ...columns.map((column, index) => head(column, all.map(({ values }) => values[index]!))),
      ...boxes.map((box) => boxMark(box, columns[box.column]!, pitch)),
      rowPoints(known, {
        places: () => [atState],
        marker: stateMarker(states, 11),
        trace: { name: "state", text: states, hovertemplate: "%{text}<extra></extra>" },
      }),
    ],
    under: [stateKey([...new Set(states)]), moreLine(more, "socket")],
    table: new Table({
      columns: titles,
      rows: drawn.map((row) => [
        ...row.values,
        row.state ?? "",
        row.needs === undefined ? "nothing" : decidingParts(row, all, parts).join(", "),
      ]),
      ...(more > 0 && { caption: `${drawn.length} of ${all.length} sockets` }),
    }),
  });
}

function place(parts: readonly TuplePart[], hasStates: boolean): Column[] {
  const address = parts.includes("protocol") ? NARROW_ADDRESS : ADDRESS;
  const widths = parts.map((part) =>
    part === "protocol" ? PROTOCOL_WIDTH : part.endsWith("port") ? PORT_WIDTH : address.width
  );
  const total = widths.reduce((sum, width) => sum + width, hasStates ? STATE_WIDTH : 0);
  let left = 0;
  return parts.map((part, index) => {
    const right = left + widths[index]! / total;
    const column = { part, left, right, letters: address.letters };
    left = right;
    return column;
  });
}

function linesOf({ value }: TupleBox, { letters }: Column): string[] {
  return wrapName(value, letters);
}

function boxMark(box: TupleBox, column: Column, pitch: number): Mark {
  return {
    shapes: [boxShape(box, column, pitch)],
    annotations: boxLabels(box, column, pitch),
  };
}

function boxShape({ first, last, kind }: TupleBox, { left, right }: Column, pitch: number): Shape {
  const isDeciding = kind === "deciding";
  return {
    type: "rect",
    layer: "below",
    xref: "paper",
    x0: left + 0.004,
    x1: right - 0.004,
    y0: HEAD_PX + first * pitch + 2,
    y1: HEAD_PX + (last + 1) * pitch - 2,
    fillcolor: kind === "shared" ? TRACK : "#ffffff",
    line: { color: INK, width: isDeciding ? 1.5 : 0 },
  };
}

function boxLabels(box: TupleBox, column: Column, pitch: number): Annotation[] {
  const { left, right } = column;
  const lines = linesOf(box, column);
  const middle = HEAD_PX + (box.first + box.last + 1) / 2 * pitch;
  return lines.map((line, index) => {
    const text = plainText(line);
    return label(box.kind === "deciding" ? `<b>${text}</b>` : text, {
      xref: "paper",
      x: (left + right) / 2,
      xanchor: "center",
      y: middle + (index - (lines.length - 1) / 2) * LINE_PX,
      yanchor: "middle",
      font: { size: SMALL_PX, color: box.kind === "decided" ? MUTED : INK },
    });
  });
}

/** The name of a part in two lines, and how many values it has. */
function head({ part, left, right }: Column, values: readonly string[]): Mark {
  const count = new Set(values.filter((value) => value !== ANYBODY)).size;
  const annotations = [...part.split(" "), counted(count, "value")].map((text, index, lines) =>
    label(text, {
      xref: "paper",
      x: (left + right) / 2,
      xanchor: "center",
      y: HEAD_PX - 4 - (lines.length - index - 0.5) * LINE_PX,
      yanchor: "middle",
      font: { size: SMALL_PX, color: index === lines.length - 1 ? MUTED : INK },
    })
  );
  return { annotations };
}
