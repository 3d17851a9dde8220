/**
 * How something was divided: a bar for each part, beside what chance alone would give it.
 *
 * @module
 */
import { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { kindOf, quote, quoteValue } from "../../refusal.ts";
import { emptyFigure, INK, label, layoutOf, MUTED, SMALL_PX } from "../parts/_layout.ts";
import { pixelAxis, titledAxis, TRACK } from "../parts/_layout.ts";
import { assertCount, assertWords, plainText } from "../parts/_words.ts";
import { assertMeaning, type Meaning, PALETTE } from "../parts/palette.ts";

/** What one of several got. */
export interface Share {
  /** Its name, at most 28 characters. */
  readonly name: string;
  /** How much it got. */
  readonly count: number;
}

/** How {@linkcode plotShares} draws. */
export interface PlotSharesOptions {
  /** What is counted, in the plural, at most 28 characters: "connections". */
  readonly unit: string;
  /** Whose colour the bars have; "server" by default. */
  readonly meaning?: Meaning;
  /** The title, at most 36 characters; "Who got how much" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says what the band is. */
  readonly subtitle?: string;
}

const MAX_SHARES = 20;
const MAX_NAME = 28;
const MAX_COUNT = 1_000_000_000;
/** Within so many standard deviations are 95 of 100 draws. */
const DEVIATIONS = 2;

const SUBTITLE =
  "The line is the equal share. If chance alone decides, with equal odds for all, a " +
  "bar ends within the grey band 19 times out of 20.";

/** From the top to the bottom, in px. */
const NAME_PX = 20;
const BAR_PX = 22;
const ROW_PX = NAME_PX + BAR_PX + 6;
const AXIS_PX = 44;

/**
 * Draws a bar for each of several that have divided something, the equal share as a line, and around
 * it a band of two standard deviations of the binomial distribution.
 *
 * Nobody, or nothing that was divided, gives a figure that says so.
 *
 * @throws {TypeError} If a name is not a string, or a count not a number
 * @throws {RangeError} If a name is blank, too long or there twice, a count is no whole number from
 * 0 to 1,000,000,000, or there are more than 20
 *
 * @example Four listeners and their clients
 * ```ts
 * import { plotShares } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const counts = [87, 109, 101, 103];
 * const figure = plotShares(counts.map((count, index) => ({ name: `listener ${index}`, count })), {
 *   unit: "connections",
 * });
 * assertEquals(figure.table.columns, ["who", "connections", "share (%)"]);
 * assertEquals(figure.table.rows[0], ["listener 0", 87, 21.8]);
 * assertEquals(figure.table.rows.at(-1), ["equal share", 100, 25]);
 * ```
 */
export function plotShares(parts: readonly Share[], options: PlotSharesOptions): Figure {
  const { unit, meaning = "server", title = "Who got how much", subtitle = SUBTITLE } = options;
  assertWords(unit, { as: "say what is counted", most: MAX_NAME });
  assertMeaning(meaning);
  assertParts(parts);
  const columns = ["who", unit, "share (%)"];
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return emptyFigure({ title, subtitle }, { columns, text: `no ${unit}` });

  const mean = total / parts.length;
  const spread = DEVIATIONS * Math.sqrt(mean * (1 - 1 / parts.length));
  const bars = parts.length * ROW_PX;
  const highest = Math.max(mean + spread, ...parts.map(({ count }) => count));
  const line = { type: "line", y0: 0, y1: bars, layer: "above" };
  const { color } = PALETTE[meaning];
  return new Figure({
    data: [{
      type: "bar",
      orientation: "h",
      x: parts.map(({ count }) => count),
      y: parts.map((_, index) => index * ROW_PX + NAME_PX + BAR_PX / 2),
      width: BAR_PX,
      marker: { color },
      customdata: parts.map(({ name }) => plainText(name)),
      hovertemplate: `%{customdata}: %{x} ${plainText(unit)}<extra></extra>`,
    }],
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: bars,
      margin: { l: 14, r: 24, b: AXIS_PX },
      parts: {
        xaxis: titledAxis(plainText(unit), {
          range: [0, highest * 1.04],
          nticks: 6,
          showgrid: false,
          ticks: "outside",
        }),
        yaxis: pixelAxis(bars),
        shapes: [
          {
            type: "rect",
            x0: Math.max(0, mean - spread),
            x1: mean + spread,
            y0: 0,
            y1: bars,
            fillcolor: TRACK,
            line: { width: 0 },
            layer: "below",
          },
          { ...line, x0: mean, x1: mean, line: { color: INK, width: 1, dash: "dash" } },
        ],
      },
      annotations: parts.map(({ name, count }, index) =>
        label(
          `<b>${plainText(name)}</b> <span style="color:${MUTED}">${
            count.toLocaleString("en")
          }</span>`,
          {
            xref: "paper",
            x: 0,
            xanchor: "left",
            y: index * ROW_PX + NAME_PX - 2,
            yanchor: "bottom",
            font: { size: SMALL_PX, color: INK },
          },
        )
      ),
    }),
    table: new Table({
      columns,
      rows: [
        ...parts.map(({ name, count }) => [name, count, percent(count / total)]),
        ["equal share", Math.round(mean * 10) / 10, percent(1 / parts.length)],
      ],
    }),
  });
}

/** With one decimal. */
function percent(part: number): number {
  return Math.round(part * 1000) / 10;
}

function assertParts(parts: readonly Share[]): void {
  if (parts.length > 0) {
    assertCount(parts.length, { as: "draw shares, in number", most: MAX_SHARES });
  }
  const names = new Set<string>();
  for (const { name, count } of parts) {
    assertWords(name, { as: "name a share", most: MAX_NAME });
    if (names.has(name)) {
      throw new RangeError(
        `Cannot name a share ${quote(name)}: each has a name of its own, got it twice`,
      );
    }
    names.add(name);
    const refusal = `Cannot draw the share ${quoteValue(count)}: it takes a whole number from 0 ` +
      `to ${MAX_COUNT}`;
    if (typeof count !== "number") throw new TypeError(`${refusal}, got ${kindOf(count)}`);
    if (!Number.isInteger(count) || count < 0 || count > MAX_COUNT) {
      throw new RangeError(`${refusal}, got ${count}`);
    }
  }
}
