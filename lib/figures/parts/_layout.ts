/**
 * The common look of every figure: white paper, one font, a title with a line under it, labels in
 * pixels that a phone of 360 px shows as well as a screen of 900 px.
 */
import { Figure, type FigureOptions, type Layout } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { quote } from "../../refusal.ts";
import { assertWords, plainText, wrap } from "./_words.ts";

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
/** The size of labels where many stand side by side, in px. */
export const SMALL_PX = 11;

/** In the widest usual font this fills a line of 360 px. */
const MAX_TITLE_LENGTH = 36;
/** About five lines. */
const MAX_SUBTITLE_LENGTH = 240;
const SUBTITLE_LINE_LENGTH = 48;

/** Above the plot: the title, then the lines of the subtitle, in px. */
const LEFT = 10;
const TITLE_TOP = 12;
const TITLE_LINE = 22;
const SUBTITLE_LINE = 17;

/** An annotation as plotly.js documents it. */
export type Annotation = Readonly<Record<string, unknown>>;
/** A shape as plotly.js documents it. */
export type Shape = Readonly<Record<string, unknown>>;

/** The words over a figure. */
export interface Heading {
  /** The title, at most 36 characters. */
  readonly title: string;
  /** The text under it, at most 240 characters. */
  readonly subtitle?: string | undefined;
}

/** What a figure without a plot says. */
export interface EmptyOptions {
  /** The columns of its table. */
  readonly columns: readonly string[];
  /** What there is none of. */
  readonly text: string;
}

/** The parts of a layout that differ from figure to figure. */
export interface LayoutOptions {
  /** The words over the figure. */
  readonly heading: Heading;
  /** The height of the plot between its margins, in px. */
  readonly plotHeight: number;
  /** The margins beside and under the plot, in px. */
  readonly margin: { readonly l: number; readonly r: number; readonly b: number };
  /** The labels in and beside the plot. */
  readonly annotations: readonly Annotation[];
  /** Axes, shapes and whatever else the figure has. */
  readonly parts: Layout;
}

/** Puts a figure's layout together; the top margin grows with the subtitle. */
export function layoutOf(options: LayoutOptions): FigureOptions["layout"] {
  const { heading, plotHeight, margin } = options;
  const lines = subtitleLines(heading.subtitle);
  const top = TITLE_TOP + TITLE_LINE + lines.length * SUBTITLE_LINE + 10;
  const title = {
    text: titleText(heading.title),
    font: { size: TITLE_PX, weight: 600, color: INK },
    x: 0,
    xref: "container",
    xanchor: "left",
    y: 1,
    yref: "container",
    yanchor: "top",
    pad: { t: TITLE_TOP, l: LEFT },
  };
  return {
    title,
    autosize: true,
    height: top + plotHeight + margin.b,
    margin: { ...margin, t: top, pad: 0 },
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    font: { family: FAMILY, size: LABEL_PX, color: INK },
    hoverlabel: { font: { family: FAMILY, size: LABEL_PX } },
    hovermode: "closest",
    // A finger on the figure scrolls the page.
    dragmode: false,
    showlegend: false,
    ...options.parts,
    annotations: [
      ...lines.map((line, index) => subtitleLine(line, { index, top, left: margin.l })),
      ...options.annotations,
    ],
  };
}

/** The subtitle's own place: plotly's moves with the number of its lines. */
function subtitleLine(
  text: string,
  { index, top, left }: { index: number; top: number; left: number },
): Annotation {
  return label(plainText(text), {
    xref: "paper",
    x: 0,
    xanchor: "left",
    xshift: LEFT - left - 1,
    yref: "paper",
    y: 1,
    yanchor: "top",
    yshift: top - TITLE_TOP - TITLE_LINE - index * SUBTITLE_LINE,
    font: { size: SUBTITLE_PX, color: MUTED },
  });
}

/** An axis whose unit is a pixel, counted from the top, so that text and boxes keep their distances. */
export function pixelAxis(height: number): Layout {
  return { range: [height, 0], visible: false, fixedrange: true };
}

/** Returns the margin, in px, that an axis with a title and ticks up to `highest` needs. */
export function marginFor(highest: number): number {
  return 36 + 8 * String(highest).length;
}

/** The domain of an axis from `top` to `bottom` px under the top of a plot of `height` px. */
export function domainOf(top: number, bottom: number, height: number): Layout {
  return { domain: [1 - bottom / height, 1 - top / height] };
}

/** A linear axis with a title. */
export function titledAxis(title: string, parts: Layout = {}): Layout {
  return {
    title: { text: title, font: { size: LABEL_PX, color: INK }, standoff: 10 },
    tickfont: { size: SMALL_PX, color: MUTED },
    gridcolor: GRID,
    zeroline: false,
    linecolor: MUTED,
    fixedrange: true,
    ...parts,
  };
}

/** A label without an arrow; `parts` says where it stands. */
export function label(text: string, parts: Annotation): Annotation {
  return { text, showarrow: false, font: { size: LABEL_PX, color: INK }, borderpad: 0, ...parts };
}

/** The place of a label in the bottom margin, `pixels` under the plot. */
export function underPlot(pixels: number): Annotation {
  return { yref: "paper", y: 0, yshift: -pixels };
}

function subtitleLines(subtitle: string | undefined): string[] {
  if (subtitle === undefined) return [];
  assertWords(subtitle, { as: "write under the title", most: MAX_SUBTITLE_LENGTH });
  const lines = wrap(subtitle, SUBTITLE_LINE_LENGTH);
  const tooLong = lines.find((line) => line.length > SUBTITLE_LINE_LENGTH);
  if (tooLong !== undefined) {
    throw new RangeError(
      `Cannot write under the title ${quote(subtitle)}: words of up to ${SUBTITLE_LINE_LENGTH} ` +
        `characters fit on a phone, got ${quote(tooLong)}`,
    );
  }
  return lines;
}

function titleText(title: string): string {
  assertWords(title, { as: "title a figure", most: MAX_TITLE_LENGTH });
  const markup = /[<&]/.exec(title);
  if (markup !== null) {
    throw new RangeError(
      `Cannot title a figure ${quote(title)}: a title is plain text, got "${markup[0]}"`,
    );
  }
  return title;
}

/** Returns a figure without a plot, which says what it did not get. */
export function emptyFigure(heading: Heading, empty: EmptyOptions): Figure {
  return new Figure({
    data: [],
    layout: layoutOf({
      heading,
      plotHeight: 80,
      margin: { l: 16, r: 16, b: 16 },
      parts: {
        xaxis: { range: [0, 1], visible: false, fixedrange: true },
        yaxis: pixelAxis(80),
      },
      annotations: [
        label(`Nothing to draw: ${empty.text}`, {
          x: 0.5,
          y: 40,
          font: { size: LABEL_PX, color: MUTED },
        }),
      ],
    }),
    table: new Table({ columns: empty.columns, rows: [] }),
  });
}
