/** Time axes: milliseconds, or seconds where that reads better; moments with a name on them. */
import type { Layout } from "../../show/figure.ts";
import type { TimelineMark } from "../../observe/changes/timeline.ts";
import { kindOf, quoteValue } from "../../refusal.ts";
import {
  type Annotation,
  INK,
  label,
  MUTED,
  type Shape,
  SMALL_PX,
  titledAxis,
  underPlot,
} from "./_layout.ts";
import { assertWords, plainText } from "./_words.ts";

/** What part of the time is drawn, in milliseconds. */
export interface TimeWindow {
  /** Its begin. */
  readonly from: number;
  /** Its end. */
  readonly to: number;
}

/** From here on, in milliseconds, an axis has seconds. */
const SECONDS_FROM = 2_000;
/** The plot of a figure of 328 px is about so wide. */
export const NARROWEST_PX = 280;
/** Over the plot a line of numbers, under it a line for each text, in px. */
const NUMBER_PX = 16;
const TEXT_PX = 18;
const NUMBER_WIDTH_PX = 18;
const MAX_TEXT_LENGTH = 40;
/** Beyond this nobody reads them. */
const MAX_MOMENTS = 20;

/** An axis, and how a time in milliseconds stands on it. */
export interface TimeAxis {
  /** The axis. */
  readonly axis: Layout;
  /** Returns the value of a time. */
  readonly valueOf: (milliseconds: number) => number;
  /** "ms" or "s". */
  readonly unit: string;
}

/**
 * Asserts that a window has a width.
 *
 * @throws {TypeError} If an end is no number
 * @throws {RangeError} If it does not end after it begins
 */
export function assertWindow({ from, to }: TimeWindow): void {
  for (const time of [from, to]) {
    if (typeof time !== "number") {
      throw new TypeError(
        `Cannot draw the time ${quoteValue(time)}: it takes milliseconds, got ${kindOf(time)}`,
      );
    }
  }
  if (!(to > from && Number.isFinite(to - from))) {
    throw new RangeError(
      `Cannot draw the time from "${from}" to "${to}" ms: it ends after it begins, got ${
        to - from
      } ms`,
    );
  }
}

/** Returns the axis of a window. */
export function timeAxis({ from, to }: TimeWindow): TimeAxis {
  const unit = to - from >= SECONDS_FROM ? "s" : "ms";
  const valueOf = (milliseconds: number) => unit === "s" ? milliseconds / 1000 : milliseconds;
  const axis = titledAxis(`time since the start (${unit})`, {
    range: [valueOf(from), valueOf(to)],
    nticks: 7,
    ticks: "outside",
    showline: true,
    gridcolor: "#e9ecef",
  });
  return { axis, valueOf, unit };
}

/** Returns a time with its unit, as it stands in texts: "12 ms", "60.1 s". */
export function timeText(milliseconds: number): string {
  return milliseconds >= SECONDS_FROM
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${Number(milliseconds.toFixed(milliseconds < 10 ? 1 : 0))} ms`;
}

/** Moments of a window, numbered, each on a line of its own where they are close. */
export interface PlacedMoments {
  /** From the first to the last. */
  readonly moments: readonly (TimelineMark & { readonly number: number; readonly line: number })[];
  /** The height of their numbers over the plot, in px. */
  readonly above: number;
  /** The height of their texts under the plot, in px. */
  readonly below: number;
}

/**
 * Numbers the moments of a window.
 *
 * @throws {RangeError} If there are more than 20, or a text is too long for a phone
 */
export function placeMoments(moments: readonly TimelineMark[], window: TimeWindow): PlacedMoments {
  for (const { text } of moments) assertWords(text, { as: "name a moment", most: MAX_TEXT_LENGTH });
  const shown = moments.filter(({ time }) => time >= window.from && time <= window.to)
    .toSorted((one, other) => one.time - other.time);
  if (shown.length > MAX_MOMENTS) {
    throw new RangeError(
      `Cannot draw "${shown.length}" moments: there is room for ${MAX_MOMENTS}, got ${shown.length}`,
    );
  }
  const pixels = NARROWEST_PX / (window.to - window.from);
  const ends: number[] = [];
  const placed = shown.map((moment, index) => {
    const x = (moment.time - window.from) * pixels;
    const free = ends.findIndex((end) => end <= x);
    const line = free < 0 ? ends.length : free;
    ends[line] = x + NUMBER_WIDTH_PX;
    return { ...moment, number: index + 1, line };
  });
  return {
    moments: placed,
    above: ends.length * NUMBER_PX,
    below: placed.length * TEXT_PX,
  };
}

/**
 * Draws moments: a dotted line through the plot, its number over it, its text under the plot. y is
 * in px: the plot begins at 0, its numbers end there; it ends at `bottom`. The texts begin `textTop` px
 * under the plot.
 */
export function momentParts(
  { moments }: PlacedMoments,
  { valueOf, bottom, textTop }: {
    valueOf: TimeAxis["valueOf"];
    bottom: number;
    textTop: number;
  },
): { shapes: Shape[]; annotations: Annotation[] } {
  return {
    shapes: moments.map(({ time, line }) => ({
      type: "line",
      x0: valueOf(time),
      x1: valueOf(time),
      y0: -line * NUMBER_PX,
      y1: bottom,
      line: { color: MUTED, width: 1, dash: "dot" },
    })),
    annotations: moments.flatMap(({ time, text, number, line }, index) => [
      label(`<b>${number}</b>`, {
        x: valueOf(time),
        y: -(line + 0.5) * NUMBER_PX,
        yanchor: "middle",
        bgcolor: "#ffffff",
        font: { size: SMALL_PX, color: INK },
      }),
      label(`<b>${number}</b> ${timeText(time)}: ${plainText(text)}`, {
        xref: "paper",
        x: 0,
        xanchor: "left",
        ...underPlot(textTop + (index + 0.5) * TEXT_PX),
        yanchor: "middle",
        font: { size: SMALL_PX, color: INK },
      }),
    ]),
  };
}
