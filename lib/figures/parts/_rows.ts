/**
 * Charts of rows, one under the other: each has words at its top and under them a body, mostly a bar.
 * Heights are in px, so that a phone shows the same as a screen.
 */
import {
  type Annotation,
  atLeft,
  INK,
  LABEL_PX,
  type Mark,
  MUTED,
  muted,
  onHover,
  SMALL_PX,
} from "./_layout.ts";
import { plainText, shorten } from "./_words.ts";

/** The heights of a row's parts, in px. */
export interface RowHeights<Item> {
  /** Where the first row begins; 0 by default. */
  readonly top?: number;
  /** The words; 20 by default. */
  readonly words?: number | ((item: Item) => number);
  /** The body. */
  readonly body: number;
  /** Between a body and the next words; 6 by default. */
  readonly gap?: number;
}

/** A row and its place, in px from the top of the plot. */
export interface Row<Item> {
  /** What it is a row of. */
  readonly item: Item;
  /** Where its words begin. */
  readonly top: number;
  /** Where its body begins. */
  readonly body: number;
  /** Where its body ends. */
  readonly bottom: number;
}

/** Rows that are placed. */
export interface Rows<Item> extends ReadonlyArray<Row<Item>> {
  /** Where the next row would begin. */
  readonly end: number;
}

/** Places rows one under the other. */
export function placeRows<Item>(items: readonly Item[], heights: RowHeights<Item>): Rows<Item> {
  const { words = 20, body: bodyHeight, gap = 6 } = heights;
  let { top: end = 0 } = heights;
  const rows = items.map((item) => {
    const top = end;
    const body = top + (typeof words === "number" ? words : words(item));
    const bottom = body + bodyHeight;
    end = bottom + gap;
    return { item, top, body, bottom };
  });
  return Object.assign(rows, { end });
}

/** Returns the middle of a row's body. */
export function middleOf({ body, bottom }: Row<unknown>): number {
  return (body + bottom) / 2;
}

/** The words of a row. */
export interface RowWords {
  /** Its name, in bold; the whole is shown on hover where it is shortened. */
  readonly name: string;
  /** What is before the name, as plotly's markup. */
  readonly before?: string;
  /** What is after the name, as plotly's markup; it is muted. */
  readonly after?: string;
  /** Lines under the name. */
  readonly lines?: readonly string[];
  /** How many letters of the name fit; 28 by default. */
  readonly letters?: number;
}

const LINE_PX = 15;
const NAME_LETTERS = 28;

/** Returns the height of words with `lines` under the name, in px. */
export function wordsHeight(lines: readonly string[]): number {
  return 20 + lines.length * LINE_PX;
}

/** Labels rows, over their bodies; `parts` may name another axis. */
export function rowLabels<Item>(
  rows: readonly Row<Item>[],
  wordsOf: (item: Item, index: number) => RowWords,
  parts: Annotation = {},
): Mark {
  return {
    annotations: rows.flatMap(({ item, body }, index) => {
      const { name, before = "", after, lines = [], letters = NAME_LETTERS } = wordsOf(item, index);
      const bottom = body - 3;
      const shown = `<b>${plainText(shorten(name, letters))}</b>`;
      return [
        atLeft(`${before}${shown}${after === undefined ? "" : ` ${muted(after)}`}`, {
          y: bottom - lines.length * LINE_PX,
          yanchor: "bottom",
          font: { size: lines.length > 0 ? LABEL_PX : SMALL_PX },
          ...onHover(name, letters),
          ...parts,
        }),
        ...lines.map((line, index) =>
          atLeft(plainText(line), {
            y: bottom - (lines.length - index - 1) * LINE_PX,
            yanchor: "bottom",
            font: { size: SMALL_PX, color: MUTED },
            ...parts,
          })
        ),
      ];
    }),
  };
}

/** How bars are drawn. */
export interface BarStyle<Item> {
  /** How long the bar of an item is, in units of the axis. */
  readonly length: (item: Item) => number;
  /** Where it begins; at 0 by default. */
  readonly from?: (item: Item) => number;
  /** Its colour. */
  readonly color: string;
  /** What is shown on hover. */
  readonly hover: (item: Item) => string;
  /** What else plotly is to know, such as the name of the trace. */
  readonly trace?: Readonly<Record<string, unknown>>;
}

/** Draws a bar in the body of each row. */
export function rowBars<Item>(rows: readonly Row<Item>[], style: BarStyle<Item>): Mark {
  if (rows.length === 0) return {};
  const { length, from, color, hover, trace } = style;
  return {
    traces: [{
      type: "bar",
      orientation: "h",
      ...(from !== undefined && { base: rows.map(({ item }) => from(item)) }),
      x: rows.map(({ item }) => length(item)),
      y: rows.map(middleOf),
      width: rows[0]!.bottom - rows[0]!.body,
      marker: { color },
      customdata: rows.map(({ item }) => plainText(hover(item))),
      hovertemplate: "%{customdata}<extra></extra>",
      ...trace,
    }],
  };
}

/** Draws points in the bodies of rows: `places` are in units of the axis. */
export function rowPoints<Item>(
  rows: readonly Row<Item>[],
  style: {
    readonly places: (item: Item) => readonly number[];
    readonly marker: Readonly<Record<string, unknown>>;
    readonly trace?: Readonly<Record<string, unknown>>;
  },
): Mark {
  const points = rows.flatMap((row) =>
    style.places(row.item).map((place) => ({ place, y: middleOf(row) }))
  );
  return {
    traces: [{
      type: "scatter",
      mode: "markers",
      x: points.map(({ place }) => place),
      y: points.map(({ y }) => y),
      marker: style.marker,
      cliponaxis: false,
      ...style.trace,
    }],
  };
}

/** Writes a number at the end of each bar. */
export function rowEnds<Item>(
  rows: readonly Row<Item>[],
  { at, text }: { at: (item: Item) => number; text: (item: Item) => string },
): Mark {
  return {
    annotations: rows.map((row) =>
      atLeft(text(row.item), {
        xref: "x",
        x: at(row.item),
        xshift: 5,
        y: middleOf(row),
        yanchor: "middle",
        font: { size: SMALL_PX },
      })
    ),
  };
}

/** A line from the top of the rows to their bottom. */
export function verticalLine(
  x: number,
  { from = 0, to, color = INK, dash = "solid", layer = "below" }: {
    readonly from?: number;
    readonly to: number;
    readonly color?: string;
    readonly dash?: string;
    readonly layer?: "above" | "below";
  },
): Mark {
  return {
    shapes: [{
      type: "line",
      x0: x,
      x1: x,
      y0: from,
      y1: to,
      layer,
      line: { color, width: 1, dash },
    }],
  };
}
