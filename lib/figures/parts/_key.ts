/** A key to lines: a sample and a word for each, in two columns, which a phone has room for. */
import { type Annotation, INK, label, type Shape, SMALL_PX } from "./_layout.ts";
import type { Look } from "./palette.ts";

/** One entry of a key. */
export interface KeyEntry {
  /** The word. */
  readonly text: string;
  /** How its line is drawn. */
  readonly look: Look;
}

/** Where a key stands, in px. */
export interface KeyPlace {
  /** From the left edge of the plot. */
  readonly left: number;
  /** From the top of the plot. */
  readonly top: number;
}

const ROW_PX = 20;
const COLUMN_PX = 156;
const SAMPLE_PX = 44;
const COLUMNS = 2;

/** Returns the height of a key, in px. */
export function keyHeight(entries: readonly KeyEntry[]): number {
  return Math.ceil(entries.length / COLUMNS) * ROW_PX;
}

/** Returns the parts of a key. */
export function keyParts(
  entries: readonly KeyEntry[],
  place: KeyPlace,
): { shapes: Shape[]; annotations: Annotation[] } {
  const at = entries.map((entry, index) => ({
    ...entry,
    x: place.left + (index % COLUMNS) * COLUMN_PX,
    y: place.top + (Math.floor(index / COLUMNS) + 0.5) * ROW_PX,
  }));
  return {
    shapes: at.map(({ look, x, y }) => ({
      type: "line",
      xref: "paper",
      xsizemode: "pixel",
      xanchor: 0,
      x0: x,
      x1: x + SAMPLE_PX,
      y0: y,
      y1: y,
      line: { color: look.color, dash: look.dash, width: 2 },
    })),
    annotations: at.map(({ text, x, y }) =>
      label(text, {
        xref: "paper",
        x: 0,
        xanchor: "left",
        xshift: x + SAMPLE_PX + 8,
        y,
        yanchor: "middle",
        font: { size: SMALL_PX, color: INK },
      })
    ),
  };
}
