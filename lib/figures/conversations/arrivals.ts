/**
 * Numbered messages, and when each of them arrived.
 *
 * @module
 */
import { checkOptions, type OptionChecks, partOf, quote, refusal } from "../../refusal.ts";
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { checkNames, HEADING, itemsOf } from "../parts/_checks.ts";
import { drawFigure, emptyFigure, marginFor } from "../parts/_layout.ts";
import { layPanels, type Panel, POINT_PX } from "../parts/_panels.ts";
import { plainText } from "../parts/_words.ts";
import { type Meaning, PALETTE } from "../parts/palette.ts";

/** A message that has arrived. */
export interface Arrival {
  /** Its number, from 1 in the order of sending. */
  readonly message: number;
  /** When it arrived, in milliseconds from the start. */
  readonly milliseconds: number;
}

/** The messages that were sent in one way. */
export interface ArrivalSeries {
  /** The way: "TCP". */
  readonly name: string;
  /** How many messages were sent. */
  readonly sent: number;
  /** Those that arrived, in the order in which they did. */
  readonly arrivals: readonly Arrival[];
}

/** How {@linkcode plotArrivals} draws. */
export interface PlotArrivalsOptions {
  /** The title; "When each message arrived" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const CANNOT = "Cannot draw arrivals";
const OPTIONS: OptionChecks<PlotArrivalsOptions> = HEADING;
const SERIES = { cannot: CANNOT, one: "series", most: 3 };
const SUBTITLE = "A point is a message that arrived. A cross at the left edge is one that did not.";
const MEANINGS: readonly Meaning[] = ["client", "udp", "server"];

/** So that the first and the last point of a panel are whole. */
const ROOM = 0.05;

/**
 * Draws a panel for each series: a point for each message, upwards by its number, to the right by the
 * time at which it arrived. Messages that did not arrive are crosses at the left edge.
 *
 * If no message was sent, the figure says so.
 *
 * @param series At most 3 ways of sending
 * @throws {TypeError} If a number is not one, a name is not a text, or an option is not known or of the
 * wrong kind
 * @throws {RangeError} If two names are the same, there are more than 3 series, or a message has a
 * number that was not sent
 *
 * @example All but one
 * ```ts
 * import { plotArrivals } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const arrivals = [{ message: 1, milliseconds: 5 }, { message: 3, milliseconds: 9 }];
 * const figure = plotArrivals([{ name: "UDP", sent: 3, arrivals }]);
 * assertEquals(figure.table.columns, ["message", "UDP, ms"]);
 * assertEquals(figure.table.rows, [[1, 5], [2, undefined], [3, 9]]);
 * ```
 */
export function plotArrivals(
  series: readonly ArrivalSeries[],
  options: PlotArrivalsOptions = {},
): Figure {
  checkOptions(options, OPTIONS, CANNOT);
  const { title = "When each message arrived", subtitle = SUBTITLE } = options;
  const drawn = itemsOf(series, SERIES);
  checkNames(drawn, SERIES);
  for (const one of drawn) checkNumbers(one);
  const most = Math.max(0, ...drawn.map(({ sent }) => sent));
  const columns = ["message", ...drawn.map(({ name }) => `${name}, ms`)];
  if (most === 0) return emptyFigure({ title, subtitle }, { columns, text: "no message" });
  const latest = Math.max(
    1,
    ...drawn.flatMap(({ arrivals }) => arrivals.map((each) => each.milliseconds)),
  );
  const { height, axes, marks, under } = layPanels(drawn.map(panelOf), [
    "milliseconds since the first was sent",
    { range: [-ROOM * latest, latest * (1 + ROOM)], nticks: 5 },
  ]);
  return drawFigure({
    heading: { title, subtitle },
    height,
    margin: { l: marginFor(most), r: 20 },
    axes,
    marks,
    under,
    table: new Table({
      columns,
      rows: Array.from({ length: most }, (_, index) => [
        index + 1,
        ...drawn.map(({ arrivals }) => {
          const found = arrivals.find(({ message }) => message === index + 1);
          return found && Math.round(found.milliseconds * 10) / 10;
        }),
      ]),
    }),
  });
}

function checkNumbers({ name, sent, arrivals }: ArrivalSeries): void {
  const cannot = `${CANNOT} of ${quote(name)}`;
  if (!Number.isInteger(sent) || sent < 0) {
    throw refusal(TypeError, {
      cannot,
      rule: "the number of messages is a whole one",
      part: partOf(sent),
    });
  }
  for (const { message, milliseconds } of itemsOf(arrivals, { cannot, one: "arrival" })) {
    if (!Number.isFinite(milliseconds)) {
      throw refusal(TypeError, {
        cannot,
        rule: "a time is a number of milliseconds",
        part: partOf(milliseconds),
      });
    }
    if (Number.isInteger(message) && message >= 1 && message <= sent) continue;
    throw refusal(RangeError, {
      cannot,
      rule: `the messages have the numbers 1 to ${sent}`,
      part: partOf(message),
    });
  }
}

function missingOf({ sent, arrivals }: ArrivalSeries): number[] {
  const arrived = new Set(arrivals.map(({ message }) => message));
  return Array.from({ length: sent }, (_, index) => index + 1).filter((each) => !arrived.has(each));
}

function panelOf(one: ArrivalSeries, index: number): Panel {
  const { name, sent, arrivals } = one;
  const missing = missingOf(one);
  const { color, symbol } = PALETTE[MEANINGS[index]!];
  const lost = PALETTE.refused;
  return {
    name,
    after: `${sent} sent, ${arrivals.length} arrived`,
    traces: [{
      name,
      x: arrivals.map(({ milliseconds }) => milliseconds),
      y: arrivals.map(({ message }) => message),
      marker: { symbol, size: POINT_PX, color },
      hovertemplate: `message %{y:d} after %{x:.1f} ms<extra>${plainText(name)}</extra>`,
    }, {
      name: `${name}, not arrived`,
      x: missing.map(() => 0),
      y: missing,
      marker: { symbol: lost.symbol, size: POINT_PX, color: lost.color },
      hovertemplate: `message %{y:d} did not arrive<extra>${plainText(name)}</extra>`,
    }],
    yaxis: ["message", {
      range: [1 - ROOM * sent, sent + ROOM * sent],
      tickvals: [...new Set([1, Math.ceil(sent / 2), sent])],
    }],
  };
}
