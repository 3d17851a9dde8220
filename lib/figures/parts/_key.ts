/** Keys under a plot: samples of lines, symbols of states, or chips in a colour, each with a word. */
import type { SocketState } from "../../tuples/socket_state.ts";
import {
  type Annotation,
  atLeft,
  type Block,
  MUTED,
  onHover,
  type Shape,
  SMALL_PX,
  underPlot,
} from "./_layout.ts";
import { stateStyle } from "./_state_style.ts";
import { plainText, shorten, widthOf, wrap } from "./_words.ts";
import { type MarkStyle, readableOn } from "./palette.ts";

/** One entry of a key to lines. */
export interface KeyEntry {
  /** The word. */
  readonly text: string;
  /** How its line is drawn. */
  readonly style: MarkStyle;
  /** How wide its line is, in px; 2 by default. */
  readonly width?: number;
}

const ROW_PX = 20;
/** A phone has room for two columns, if the words are short. */
const COLUMN_PX = 156;
const COLUMN_LETTERS = 16;
const WIDE_LETTERS = 36;
const GAP_PX = 8;
const SAMPLE_PX = 44;
const TEXT_ROW_PX = 16;
const TEXT_LETTERS = 44;

const CHIP_ROW_PX = 26;
const CHIP_PX = 20;
const CHIP_LETTER_PX = 8;
const CHIP_AROUND_PX = 12;

/** Plotly's symbols as characters. */
const GLYPHS: Readonly<Record<string, string>> = {
  circle: "●",
  "circle-open": "○",
  square: "■",
  "square-open": "□",
  "triangle-up": "▲",
  "triangle-up-open": "△",
  "triangle-down": "▼",
  "triangle-down-open": "▽",
  "triangle-left": "◀",
  "triangle-right": "▶",
  diamond: "◆",
  cross: "✚",
  x: "✖",
  star: "★",
  "star-open": "☆",
};

/** A sample of each line and its word, in two columns if all words are short; nothing for none. */
export function lineKey(entries: readonly KeyEntry[]): Block {
  const columns = entries.every(({ text }) => widthOf(text) <= COLUMN_LETTERS) ? 2 : 1;
  const letters = columns === 2 ? COLUMN_LETTERS : WIDE_LETTERS;
  const rows = Math.ceil(entries.length / columns);
  return {
    height: rows === 0 ? 0 : GAP_PX + rows * ROW_PX,
    mark: ({ top, left }) => {
      const at = entries.map((entry, index) => ({
        ...entry,
        x: left + (index % columns) * COLUMN_PX,
        y: top + GAP_PX + (Math.floor(index / columns) + 0.5) * ROW_PX,
      }));
      return {
        shapes: at.map(({ style, width = 2, x, y }) => ({
          ...pixelsUnderPlot({ x0: x, x1: x + SAMPLE_PX, y0: y, y1: y }),
          type: "line",
          line: { color: style.color, dash: style.dash, width },
        })),
        annotations: at.map(({ text, x, y }) =>
          keyLabel(plainText(shorten(text, letters)), x + SAMPLE_PX + 8, y, onHover(text, letters))
        ),
      };
    },
  };
}

/** Sentences, each from a line of its own on; nothing if there is none. */
export function textLines(texts: readonly string[]): Block {
  const lines = texts.flatMap((text) => wrap(text, TEXT_LETTERS));
  return {
    height: lines.length === 0 ? 0 : GAP_PX + lines.length * TEXT_ROW_PX,
    mark: ({ top, left }) => ({
      annotations: lines.map((line, index) => ({
        ...keyLabel(plainText(line), left, top + GAP_PX + (index + 0.5) * TEXT_ROW_PX),
        font: { size: SMALL_PX, color: MUTED },
      })),
    }),
  };
}

/** A symbol and a name for each state, in two columns. */
export function stateKey(states: readonly SocketState[]): Block {
  return {
    height: states.length === 0 ? 0 : GAP_PX + Math.ceil(states.length / 2) * ROW_PX,
    mark: ({ top, left }) => ({
      annotations: states.map((state, index) => {
        const { color, symbol } = stateStyle(state);
        return keyLabel(
          `<span style="color:${color}">${GLYPHS[symbol]}</span> ${state}`,
          left + (index % 2) * COLUMN_PX,
          top + GAP_PX + (Math.floor(index / 2) + 0.5) * ROW_PX,
        );
      }),
    }),
  };
}

/** A chip: a mark on a colour, and what it stands for. */
export interface Chip {
  /** What is written on it. */
  readonly mark: string;
  /** Its colour. */
  readonly color: string;
  /** What it means. */
  readonly name: string;
}

/** A chip and its meaning on each line; nothing if there is no chip. */
export function chipKey(chips: readonly Chip[]): Block {
  const width = CHIP_AROUND_PX +
    CHIP_LETTER_PX * Math.ceil(Math.max(0, ...chips.map(({ mark }) => widthOf(mark))));
  const letters = WIDE_LETTERS + 6 - width / CHIP_LETTER_PX;
  return {
    height: chips.length === 0 ? 0 : 16 + chips.length * CHIP_ROW_PX,
    mark: ({ top, left }) => {
      const middle = (index: number) => top + 16 + (index + 0.5) * CHIP_ROW_PX;
      return {
        shapes: chips.map(({ color }, index) => ({
          ...pixelsUnderPlot({
            x0: left,
            x1: left + width,
            y0: middle(index) - CHIP_PX / 2,
            y1: middle(index) + CHIP_PX / 2,
          }),
          type: "rect",
          fillcolor: color,
          line: { width: 0 },
        })),
        annotations: chips.flatMap(({ mark, name, color }, index) => [
          {
            ...keyLabel(`<b>${plainText(mark)}</b>`, left + width / 2, middle(index), {
              xanchor: "center",
            }),
            font: { size: markSize(mark), color: readableOn(color) },
          },
          keyLabel(
            plainText(shorten(name, letters)),
            left + width + 8,
            middle(index),
            onHover(name, letters),
          ),
        ]),
      };
    },
  };
}

/** A sign by itself is larger than a word. */
export function markSize(mark: string): number {
  return mark.length > 1 ? SMALL_PX : 14;
}

function keyLabel(text: string, x: number, y: number, parts: Annotation = {}): Annotation {
  return atLeft(text, { xshift: x, ...underPlot(y), font: { size: SMALL_PX }, ...parts });
}

/** Places a shape by px from the left edge of the plot, and under it. */
function pixelsUnderPlot(
  { x0, x1, y0, y1 }: { x0: number; x1: number; y0: number; y1: number },
): Shape {
  return {
    ...{ xref: "paper", xsizemode: "pixel", xanchor: 0, x0, x1 },
    ...{ yref: "paper", ysizemode: "pixel", yanchor: 0, y0: -y0, y1: -y1 },
  };
}
