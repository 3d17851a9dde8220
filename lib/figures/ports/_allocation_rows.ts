/** Clients in rows: what each holds over time, where it was refused and where it gives back. */
import type { Trace } from "../../show/figure.ts";
import { type AllocationStep, type FollowedStep, stretchesOf } from "./_allocations.ts";
import { type Annotation, INK, label, MUTED, SMALL_PX } from "../parts/_layout.ts";
import { counted, plainText } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";

/** Rows, drawn on the axis y2, whose unit is a pixel. */
export interface ClientRows {
  /** In px. */
  readonly height: number;
  readonly traces: readonly Trace[];
  readonly annotations: readonly Annotation[];
}

/** One mark in a plot. */
export interface Mark {
  readonly at: number;
  readonly client: string;
  readonly y: number;
}

/** How a refusal is marked. */
export const CROSS = {
  marker: {
    symbol: PALETTE.refused.symbol,
    color: PALETTE.refused.color,
    size: 9,
    opacity: 1,
  },
};
/** On a bar, with a rim that parts it from the bar. */
const CROSS_ON_BAR = {
  marker: { ...CROSS.marker, line: { color: "#ffffff", width: 1 } },
};
const CIRCLE = {
  marker: {
    symbol: "circle",
    color: "#ffffff",
    size: 8,
    opacity: 1,
    line: { color: PALETTE.held.color, width: 2 },
  },
};

/** With more clients the figure is longer than a screen. */
const MAX_ROWS = 10;

const ROW_PX = 43;
const BAR_PX = 14;
/** Under a bar, so that it stands nearer to its own name than to the next. */
const FOOT_PX = 12;
const MORE_PX = 20;

type Row = readonly [client: string, steps: readonly FollowedStep[]];

/** Draws a row for each client up to the moment `end`; those without a row are counted. */
export function clientRows(steps: readonly FollowedStep[], end: number): ClientRows {
  const clients = [...Map.groupBy(steps, ({ client }) => client)];
  const rows = clients.slice(0, MAX_ROWS);
  const missing = clients.length - rows.length;
  const height = rows.length * ROW_PX + (missing > 0 ? MORE_PX : 0);
  const unit = unitOf(rows);
  const onRows = { yaxis: "y2" };
  return {
    height,
    traces: [
      { ...rowsTrace(rows, { unit, end }), ...onRows },
      { ...marksTrace("refused", rowMarks(rows, "refused", BAR_PX / 2), CROSS_ON_BAR), ...onRows },
      { ...marksTrace("gives back", rowMarks(rows, "released", unit / 2), CIRCLE), ...onRows },
    ],
    annotations: [
      ...rows.map(([client], row) =>
        rowLabel(`<b>${plainText(client)}</b>`, { y: row * ROW_PX, yanchor: "top" })
      ),
      ...(missing > 0
        ? [rowLabel(`+ ${counted(missing, "more client")}`, { y: height, yanchor: "bottom" })]
        : []),
    ],
  };
}

/** Draws marks; `what` is the word that stands beside a mark under the mouse. */
export function marksTrace(what: string, marks: readonly Mark[], look: Trace): Trace {
  return {
    type: "scatter",
    mode: "markers",
    name: what,
    x: marks.map(({ at }) => at),
    y: marks.map(({ y }) => y),
    text: marks.map(({ client }) => plainText(client)),
    hovertemplate: `%{text}: ${what} at %{x} s<extra></extra>`,
    cliponaxis: false,
    ...look,
  };
}

/** The height of one number, in px: the most that a client ever holds fills its row. */
function unitOf(rows: readonly Row[]): number {
  return BAR_PX / rows.reduce(
    (most, [, steps]) => steps.reduce((high, { held }) => Math.max(high, held), most),
    1,
  );
}

function rowsTrace(rows: readonly Row[], { unit, end }: { unit: number; end: number }): Trace {
  const boxes = rows.flatMap(([, steps], row) =>
    stretchesOf(steps, end).map(({ from, to, held }) => {
      const top = footOf(row) - unit * held;
      return {
        x: [from, to, to, from, from],
        y: [footOf(row), footOf(row), top, top, footOf(row)],
      };
    })
  );
  return {
    type: "scatter",
    mode: "lines",
    name: "each client",
    x: boxes.flatMap(({ x }) => [...x, null]),
    y: boxes.flatMap(({ y }) => [...y, null]),
    fill: "toself",
    fillcolor: PALETTE.held.color,
    line: { width: 0 },
    hoverinfo: "skip",
  };
}

/** The marks in the rows of the clients. */
function rowMarks(rows: readonly Row[], what: AllocationStep["what"], up: number): Mark[] {
  return rows.flatMap(([client, steps], row) =>
    steps.filter((step) => step.what === what)
      .map(({ at }) => ({ at, client, y: footOf(row) - up }))
  );
}

function footOf(row: number): number {
  return (row + 1) * ROW_PX - FOOT_PX;
}

function rowLabel(text: string, place: Annotation): Annotation {
  return label(text, {
    xref: "paper",
    x: 0,
    xanchor: "left",
    yref: "y2",
    ...place,
    font: { size: SMALL_PX, color: text.startsWith("+") ? MUTED : INK },
  });
}
