/**
 * The frame of every figure: white paper, one font, a title with lines under it, the plot made of
 * marks, and blocks under it. Labels are in pixels, so that a phone of 360 px shows them as well as a
 * screen of 900 px.
 */
import { Figure, type FigureOptions, type Layout, type Trace } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { counted, plainText, shorten, wrap } from "./_words.ts";

/** Text. */
export const INK = "#1b2126";
/** Text of less weight; 7:1 on white. */
export const MUTED = "#4f5961";
/** Lines that only guide the eye. */
export const GRID = "#d9dee2";
/** The part of a bar that is not filled. */
export const TRACK = "#e6eaed";
/** The ground under a group of things. */
export const PANEL = "#f3f5f7";

const FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";
const TITLE_PX = 16;
const SUBTITLE_PX = 12;

/** The size of labels, in px. */
export const LABEL_PX = 12;
/** The size of labels where many are side by side, in px. */
export const SMALL_PX = 11;

/** In the widest usual font, a line of 326 px has room for this many letters. */
const TITLE_LETTERS = 28.5;
const SUBTITLE_LETTERS = 41;
/** The same for a line of 620 px, where a figure is wide. */
const WIDE_TITLE_LETTERS = 54;
const WIDE_SUBTITLE_LETTERS = 78;
/** The same for a line of small letters from edge to edge. */
const SMALL_LETTERS = 40;

const LEFT = 10;
const TITLE_TOP = 12;
const TITLE_LINE = 22;
const SUBTITLE_LINE = 17;
const BOTTOM = 10;

/** An annotation as plotly.js documents it. */
export type Annotation = Readonly<Record<string, unknown>>;
/** A shape as plotly.js documents it. */
export type Shape = Readonly<Record<string, unknown>>;

/** A part of a plot, such as the bars of its rows or a line across them. */
export interface Mark {
  /** What plotly draws from data. */
  readonly traces?: readonly Trace[];
  /** Lines and boxes. */
  readonly shapes?: readonly Shape[];
  /** Labels. */
  readonly annotations?: readonly Annotation[];
}

/** Something under the plot, such as a key. */
export interface Block {
  /** Its height, in px. */
  readonly height: number;
  /** Returns it where it is put: `top` px under the plot, `left` px from the plot's left edge. */
  mark(place: { readonly top: number; readonly left: number }): Mark;
}

/** The words over a figure. */
export interface Heading {
  /** The title. */
  readonly title: string;
  /** The text under it. */
  readonly subtitle?: string | undefined;
}

/** What a figure is composed of. */
export interface FigureParts {
  /** The words over it. */
  readonly heading: Heading;
  /** The height of the plot, in px. */
  readonly height: number;
  /** The margins beside the plot, in px. */
  readonly margin: { readonly l: number; readonly r: number };
  /** The axes, and whatever else plotly is to know. */
  readonly axes: Layout;
  /** What is in the plot, from the back to the front. */
  readonly marks: readonly Mark[];
  /** What is under the plot, from the top to the bottom; the axis needs {@linkcode space}. */
  readonly under?: readonly Block[];
  /** The figure's numbers. */
  readonly table: Table;
}

/** Composes a figure; the margins over and under the plot grow with what is in them. */
export function drawFigure(parts: FigureParts): Figure {
  const { heading, height, margin, under = [] } = parts;
  let bottom = 0;
  const blocks = under.map((block) => {
    const mark = block.mark({ top: bottom, left: LEFT + 2 - margin.l });
    bottom += block.height;
    return mark;
  });
  const marks = [...parts.marks, ...blocks];
  const narrow = headMark(heading, { ...NARROW, left: margin.l });
  const wide = headMark(heading, { ...WIDE, left: margin.l });
  const around = (head: HeadMark) => ({
    title: head.title,
    height: head.height + height + bottom + BOTTOM,
    margin: { ...margin, t: head.height, b: bottom + BOTTOM, pad: 0 },
    annotations: [...head.annotations, ...marks.flatMap(({ annotations = [] }) => annotations)],
  });
  const layout: FigureOptions["layout"] = {
    autosize: true,
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    font: { family: FAMILY, size: LABEL_PX, color: INK },
    hoverlabel: { font: { family: FAMILY, size: LABEL_PX } },
    hovermode: "closest",
    // A finger on the figure scrolls the page.
    dragmode: false,
    showlegend: false,
    ...parts.axes,
    shapes: marks.flatMap(({ shapes = [] }) => shapes),
    ...around(narrow),
  };
  return new Figure({
    data: marks.flatMap(({ traces = [] }) => traces),
    layout,
    // Where the words need no fewer lines, one layout does for all widths.
    ...(wide.height < narrow.height && { wide: around(wide) }),
    title: heading.title,
    table: parts.table,
  });
}

/** The words over a plot, as plotly takes them. */
interface HeadMark {
  readonly title: { readonly text: string };
  /** The lines under the title. */
  readonly annotations: readonly Annotation[];
  /** How much room they need, in px. */
  readonly height: number;
}

const NARROW = { titleLetters: TITLE_LETTERS, subtitleLetters: SUBTITLE_LETTERS };
const WIDE = { titleLetters: WIDE_TITLE_LETTERS, subtitleLetters: WIDE_SUBTITLE_LETTERS };

/** Breaks the words into lines of at most so many letters; `left` is the margin, in px. */
function headMark(
  { title, subtitle }: Heading,
  { titleLetters, subtitleLetters, left }: {
    readonly titleLetters: number;
    readonly subtitleLetters: number;
    readonly left: number;
  },
): HeadMark {
  const titleLines = wrap(title, titleLetters);
  const lines = subtitle === undefined ? [] : wrap(subtitle, subtitleLetters);
  const subtitleTop = TITLE_TOP + titleLines.length * TITLE_LINE;
  const height = subtitleTop + lines.length * SUBTITLE_LINE + 10;
  return {
    height,
    title: titleMark(titleLines),
    // Lines of their own: plotly's subtitle moves with the number of its lines.
    annotations: lines.map((line, index) =>
      atLeft(plainText(line), {
        xshift: LEFT - left - 1,
        yref: "paper",
        y: 1,
        yanchor: "top",
        yshift: height - subtitleTop - index * SUBTITLE_LINE,
        font: { size: SUBTITLE_PX, color: MUTED },
      })
    ),
  };
}

function titleMark(lines: readonly string[]) {
  return {
    text: lines.map(plainText).join("<br>"),
    font: { size: TITLE_PX, weight: 600, color: INK },
    x: 0,
    xref: "container",
    xanchor: "left",
    y: 1,
    yref: "container",
    yanchor: "top",
    // Plotly draws the first of several lines higher than a single one, by 0.7 of the font's size.
    pad: { t: TITLE_TOP + (lines.length > 1 ? 0.7 * TITLE_PX : 0), l: LEFT },
  };
}

/** Returns a figure without a plot, which says what there is none of. */
export function emptyFigure(
  heading: Heading,
  { columns, text }: { readonly columns: readonly string[]; readonly text: string },
): Figure {
  const lines = wrap(`Nothing to draw: ${text}`, SMALL_LETTERS);
  return drawFigure({
    heading,
    height: 80,
    margin: { l: 16, r: 16 },
    axes: { xaxis: hiddenAxis(0, 1), yaxis: pixelAxis(80) },
    marks: [{
      annotations: [
        label(lines.map(plainText).join("<br>"), { x: 0.5, y: 40, font: { color: MUTED } }),
      ],
    }],
    table: new Table({ columns, rows: [] }),
  });
}

/** An axis that is not drawn. */
export function hiddenAxis(from: number, to: number): Layout {
  return { range: [from, to], visible: false, fixedrange: true };
}

/** An axis whose unit is a pixel, counted from the top, so that text and boxes keep their distances. */
export function pixelAxis(height: number): Layout {
  return hiddenAxis(height, 0);
}

/** Returns the margin, in px, that an axis with a title and ticks up to `highest` needs. */
export function marginFor(highest: number): number {
  return 36 + 8 * String(Math.round(highest)).length;
}

/** The domain of an axis from `top` to `bottom` px under the top of a plot of `height` px. */
export function domainOf(top: number, bottom: number, height: number): Layout {
  return { domain: [1 - bottom / height, 1 - top / height] };
}

/** A linear axis with a title. */
export function titledAxis(title: string, parts: Layout = {}): Layout {
  return {
    title: { text: plainText(title), font: { size: LABEL_PX, color: INK }, standoff: 10 },
    tickfont: { size: SMALL_PX, color: MUTED },
    gridcolor: GRID,
    zeroline: false,
    linecolor: MUTED,
    fixedrange: true,
    ...parts,
  };
}

/** A label without an arrow; `parts` says where it is. */
export function label(
  text: string,
  { font, ...parts }: Annotation & { readonly font?: Annotation },
): Annotation {
  return {
    text,
    showarrow: false,
    borderpad: 0,
    ...parts,
    font: { size: LABEL_PX, color: INK, ...font },
  };
}

/** A label that begins at the left edge of the plot. */
export function atLeft(
  text: string,
  parts: Annotation & { readonly font?: Annotation },
): Annotation {
  return label(text, { xref: "paper", x: 0, xanchor: "left", ...parts });
}

/** What a label needs to show the whole of a text that is shortened in it. */
export function onHover(text: string, letters: number): Annotation {
  return shorten(text, letters) === text ? {} : { hovertext: plainText(text) };
}

/** The place of a label `pixels` under the plot. */
export function underPlot(pixels: number): Annotation {
  return { yref: "paper", y: 0, yshift: -pixels, yanchor: "middle" };
}

/** Returns text of less weight within a label. */
export function muted(text: string): string {
  return `<span style="color:${MUTED}">${text}</span>`;
}

/** Nothing: the space that an axis needs under the plot, in px. */
export function space(height: number): Block {
  return { height, mark: () => ({}) };
}

/** How many are not drawn: "+ 8 more sockets"; nothing if all are. */
export function moreLine(count: number, noun: string): Block {
  return {
    height: count === 0 ? 0 : 22,
    mark: ({ top, left }) => ({
      annotations: count === 0 ? [] : [
        atLeft(`+ ${counted(count, `more ${noun}`)}`, {
          xshift: left,
          ...underPlot(top + 11),
          font: { size: SMALL_PX, color: MUTED },
        }),
      ],
    }),
  };
}
