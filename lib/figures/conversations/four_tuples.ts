/**
 * Four-tuples taken apart: what conversations share, and which part tells each from all others.
 *
 * @module
 */
import { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import type { ConversationRow } from "./_conversations.ts";
import { headLines } from "./_hosts.ts";
import {
  type Annotation,
  emptyFigure,
  INK,
  label,
  layoutOf,
  MUTED,
  pixelAxis,
  type Shape,
  SMALL_PX,
  TRACK,
  underPlot,
} from "../parts/_layout.ts";
import { markerOf, stateKey, stateKeyHeight } from "../parts/_state_look.ts";
import {
  ANYBODY,
  boxesOf,
  columnsOf,
  type TupleBox,
  type TuplePart,
  tupleRows,
} from "./_tuple_parts.ts";
import { assertCount, counted, plainText } from "../parts/_words.ts";

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
  /** The title, at most 36 characters; "What tells them apart?" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const SUBTITLE = "A row is a socket. Read from the left: as long as sockets agree, they share a " +
  "grey box. A frame is where a socket is told from all others.";
const MAX_LIMIT = 60;
/** Parts of the figure's width; the rest is the state's. Five columns leave an address less. */
const PORT_WIDTH = 1;
const PROTOCOL_WIDTH = 1.05;
const STATE_WIDTH = 0.45;
const ADDRESS = { width: 2.05, length: 15 };
const NARROW_ADDRESS = { width: 1.55, length: 11 };

const HEAD_PX = 48;
const LINE_PX = 14;
const PADDING_PX = 10;
const KEY_GAP_PX = 12;
const MORE_PX = 22;

interface Column {
  readonly part: TuplePart;
  readonly left: number;
  readonly right: number;
  /** How many characters of an address stand in a line. */
  readonly length: number;
}

/**
 * Draws sockets as rows and the parts of their four-tuples as columns. Rows that agree in all columns
 * from the left share a box; where a row is alone, its box has a frame, and what follows is not
 * needed any more to tell it from the others. The symbol at the right is its state.
 *
 * It takes rows of the kernel's table as they are: a remote end that may be anybody is a "*", and an
 * IPv4 client of an IPv6 socket is an IPv4 client. Sockets that have the whole four-tuple in common,
 * as listeners may, share boxes to the end. What is more than `limit` is left out and counted. No row
 * at all gives a figure that says so.
 *
 * @throws {TypeError} If an end of a row is not an Endpoint
 * @throws {RangeError} If a state or a part is unknown, or the title is blank or too long for a phone
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
 * assertEquals(parts, ["remote port", "remote port", "remote address"]);
 * ```
 */
export function plotFourTuples(
  rows: Iterable<ConversationRow>,
  options: PlotFourTuplesOptions = {},
): Figure {
  const { limit = 12, title = "What tells them apart?", subtitle = SUBTITLE } = options;
  assertCount(limit, { as: "draw four-tuples up to a limit of", most: MAX_LIMIT });
  const given = [...rows];
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
  const columns = place(parts);
  const boxes = boxesOf(drawn, parts);
  const pitch = PADDING_PX +
    LINE_PX * Math.max(...boxes.map((box) => linesOf(box, columns[box.column]!).length));
  const height = HEAD_PX + drawn.length * pitch;
  const states = [...new Set(drawn.map(({ state }) => state))];
  const keyBottom = KEY_GAP_PX + stateKeyHeight(states);
  const more = all.length - drawn.length;
  return new Figure({
    data: [{
      type: "scatter",
      mode: "markers",
      name: "state",
      x: drawn.map(() => (columns.at(-1)!.right + 1) / 2),
      y: drawn.map((_, index) => HEAD_PX + (index + 0.5) * pitch),
      text: drawn.map(({ state }) => state),
      hovertemplate: "%{text}<extra></extra>",
      marker: markerOf(drawn.map(({ state }) => state), 11),
    }],
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: height,
      margin: { l: 12, r: 8, b: keyBottom + (more > 0 ? MORE_PX : 0) + KEY_GAP_PX },
      parts: {
        xaxis: { range: [0, 1], visible: false, fixedrange: true },
        yaxis: pixelAxis(height),
        shapes: boxes.map((box) => boxShape(box, columns[box.column]!, pitch)),
      },
      annotations: [
        ...columns.flatMap((column, index) =>
          headLabels(column, all.map(({ values }) => values[index]!))
        ),
        ...boxes.flatMap((box) => boxLabels(box, columns[box.column]!, pitch)),
        ...stateKey(states, KEY_GAP_PX),
        ...(more > 0 ? [moreLabel(more, keyBottom)] : []),
      ],
    }),
    table: new Table({
      columns: titles,
      rows: drawn.map(({ values, state, needs }) => [
        ...values,
        state,
        needs === undefined ? "nothing" : parts[needs - 1],
      ]),
      ...(more > 0 && { caption: `${drawn.length} of ${all.length} sockets` }),
    }),
  });
}

function place(parts: readonly TuplePart[]): Column[] {
  const address = parts.includes("protocol") ? NARROW_ADDRESS : ADDRESS;
  const widths = parts.map((part) =>
    part === "protocol" ? PROTOCOL_WIDTH : part.endsWith("port") ? PORT_WIDTH : address.width
  );
  const total = widths.reduce((sum, width) => sum + width, STATE_WIDTH);
  let left = 0;
  return parts.map((part, index) => {
    const right = left + widths[index]! / total;
    const column = { part, left, right, length: address.length };
    left = right;
    return column;
  });
}

/** An IPv6 address in as many lines as it needs, an IPv4 one in at most two. */
function linesOf({ value }: TupleBox, { length }: Column): string[] {
  if (value.includes(":")) return headLines(value, length);
  if (value.length <= length) return [value];
  const half = value.indexOf(".", value.indexOf(".") + 1) + 1;
  return [value.slice(0, half), value.slice(half)];
}

function boxShape({ first, last, kind }: TupleBox, { left, right }: Column, pitch: number): Shape {
  const isTelling = kind === "telling";
  return {
    type: "rect",
    layer: "below",
    xref: "paper",
    x0: left + 0.004,
    x1: right - 0.004,
    y0: HEAD_PX + first * pitch + 2,
    y1: HEAD_PX + (last + 1) * pitch - 2,
    fillcolor: kind === "shared" ? TRACK : "#ffffff",
    line: { color: INK, width: isTelling ? 1.5 : 0 },
  };
}

function boxLabels(box: TupleBox, column: Column, pitch: number): Annotation[] {
  const { left, right } = column;
  const lines = linesOf(box, column);
  const middle = HEAD_PX + (box.first + box.last + 1) / 2 * pitch;
  return lines.map((line, index) => {
    const text = plainText(line);
    return label(box.kind === "telling" ? `<b>${text}</b>` : text, {
      xref: "paper",
      x: (left + right) / 2,
      xanchor: "center",
      y: middle + (index - (lines.length - 1) / 2) * LINE_PX,
      yanchor: "middle",
      font: { size: SMALL_PX, color: box.kind === "told" ? MUTED : INK },
    });
  });
}

/** The name of a part in two lines, and how many values it has. */
function headLabels({ part, left, right }: Column, values: readonly string[]): Annotation[] {
  const count = new Set(values.filter((value) => value !== ANYBODY)).size;
  return [...part.split(" "), counted(count, "value")].map((text, index, lines) =>
    label(text, {
      xref: "paper",
      x: (left + right) / 2,
      xanchor: "center",
      y: HEAD_PX - 4 - (lines.length - index - 0.5) * LINE_PX,
      yanchor: "middle",
      font: { size: SMALL_PX, color: index === lines.length - 1 ? MUTED : INK },
    })
  );
}

function moreLabel(count: number, top: number): Annotation {
  return label(`+ ${counted(count, "more socket")}`, {
    xref: "paper",
    x: 0,
    xanchor: "left",
    ...underPlot(top + MORE_PX / 2),
    yanchor: "middle",
    font: { size: SMALL_PX, color: MUTED },
  });
}
