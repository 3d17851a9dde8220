/** Time axes: milliseconds, or seconds where that reads better; moments with a name on them. */
import type { Layout } from "../../show/figure.ts";
import type { TimelineMark } from "../../observe/changes/timeline.ts";
import { check, partOf, refusal } from "../../refusal.ts";
import { itemsOf, type ListOptions, words } from "./_checks.ts";
import {
  atLeft,
  type Block,
  label,
  type Mark,
  MUTED,
  SMALL_PX,
  titledAxis,
  underPlot,
} from "./_layout.ts";
import { plainText, wrap } from "./_words.ts";

/** What part of the time is drawn, in milliseconds. */
export interface TimeWindow {
  /** Its begin. */
  readonly from: number;
  /** Its end. */
  readonly to: number;
}

/** From here on, in milliseconds, an axis has seconds. */
const SECONDS_FROM = 2_000;
/** The width of the plot of a figure of 328 px. */
export const NARROWEST_PX = 280;
/** A line of numbers over the plot, and a line of words under it, in px. */
const NUMBER_PX = 16;
const TEXT_PX = 18;
const NUMBER_WIDTH_PX = 18;
const TEXT_LETTERS = 44;
const MOMENTS: ListOptions = { cannot: "Cannot draw moments", one: "moment", most: 20 };

/** An axis, and how a time in milliseconds is placed on it. */
export interface TimeAxis {
  /** The axis. */
  readonly axis: Layout;
  /** Returns the value of a time. */
  readonly valueOf: (milliseconds: number) => number;
  /** "ms" or "s". */
  readonly unit: string;
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

/** Returns a time with its unit, as in texts: "12 ms", "60.1 s". */
export function timeText(milliseconds: number): string {
  return milliseconds >= SECONDS_FROM
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${Number(milliseconds.toFixed(milliseconds < 10 ? 1 : 0))} ms`;
}

/** A named moment: its number, and the line of numbers that it is in. */
type PlacedMoment = TimelineMark & { readonly number: number; readonly line: number };

/** Moments of a window, numbered, each on a line of its own where they are close. */
export interface PlacedMoments {
  /** From the first to the last. */
  readonly moments: readonly PlacedMoment[];
  /** The height of their numbers over the plot, in px. */
  readonly above: number;
}

/**
 * Numbers the moments of a window.
 *
 * @throws {TypeError} If a time is not a number, or a text blank
 * @throws {RangeError} If there are more than 20 in the window
 */
export function placeMoments(given: readonly TimelineMark[], window: TimeWindow): PlacedMoments {
  const { cannot } = MOMENTS;
  for (const { time, text } of itemsOf(given, { ...MOMENTS, most: Infinity })) {
    if (typeof time !== "number") {
      throw refusal(TypeError, { cannot, rule: "a time is a number", part: partOf(time) });
    }
    check(text, words, { cannot, what: "the name of a moment" });
  }
  const shown = itemsOf(
    given.filter(({ time }) => time >= window.from && time <= window.to)
      .toSorted((one, other) => one.time - other.time),
    MOMENTS,
  );
  const pixels = NARROWEST_PX / (window.to - window.from);
  const ends: number[] = [];
  const moments = shown.map((moment, index) => {
    const x = (moment.time - window.from) * pixels;
    const free = ends.findIndex((end) => end <= x);
    const line = free < 0 ? ends.length : free;
    ends[line] = x + NUMBER_WIDTH_PX;
    return { ...moment, number: index + 1, line };
  });
  return { moments, above: ends.length * NUMBER_PX };
}

/**
 * Draws moments: a dotted line through the plot of `height` px, and at its top the moment's number.
 */
export function momentLines(
  { moments, above }: PlacedMoments,
  { valueOf, height }: { readonly valueOf: TimeAxis["valueOf"]; readonly height: number },
): Mark {
  return {
    shapes: moments.map(({ time, line }) => ({
      type: "line",
      x0: valueOf(time),
      x1: valueOf(time),
      yref: "paper",
      y0: 1 - (above - line * NUMBER_PX) / height,
      y1: 0,
      line: { color: MUTED, width: 1, dash: "dot" },
    })),
    annotations: moments.map(({ time, number, line }) =>
      label(`<b>${number}</b>`, {
        x: valueOf(time),
        yref: "paper",
        y: 1,
        yshift: -(above - (line + 0.5) * NUMBER_PX),
        yanchor: "middle",
        bgcolor: "#ffffff",
        font: { size: SMALL_PX },
      })
    ),
  };
}

/** The names of the moments, each with its number. */
export function momentTexts({ moments }: PlacedMoments): Block {
  const lines = moments.flatMap(({ number, time, text }) =>
    wrap(`${number} ${timeText(time)}: ${text}`, TEXT_LETTERS).map((line, index) =>
      index === 0
        ? plainText(line).replace(/^\d+/, "<b>$&</b>")
        : `<span style="color:${MUTED}">${plainText(line)}</span>`
    )
  );
  return {
    height: lines.length * TEXT_PX,
    mark: ({ top, left }) => ({
      annotations: lines.map((line, index) =>
        atLeft(line, {
          xshift: left,
          ...underPlot(top + (index + 0.5) * TEXT_PX),
          font: { size: SMALL_PX },
        })
      ),
    }),
  };
}
