/**
 * The lives of sockets: one bar each, in the colours of its states.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import type { SocketLife, Timeline, TimelineMark } from "../../observe/changes/timeline.ts";
import {
  check,
  checkOptions,
  type OptionChecks,
  partOf,
  refusal,
  wholeNumber,
} from "../../refusal.ts";
import { HEADING, itemsOf } from "../parts/_checks.ts";
import { stateKey } from "../parts/_key.ts";
import { drawFigure, emptyFigure, hiddenAxis, moreLine, space } from "../parts/_layout.ts";
import {
  momentLines,
  momentTexts,
  placeMoments,
  timeAxis,
  timeText,
  type TimeWindow,
} from "../parts/_time.ts";
import {
  firstSeen,
  grounds,
  groupLives,
  groupsUpTo,
  placeGroups,
  spansIn,
  stateBars,
  stateNames,
} from "./_state_bars.ts";

/** How {@linkcode plotStateTimeline} draws. */
export interface PlotStateTimelineOptions {
  /** Where the time axis begins, in milliseconds after the start; 0 by default. */
  readonly from?: number;
  /** Where the time axis ends, in milliseconds after the start; by default with the timeline. */
  readonly to?: number;
  /** How many bars are drawn at most; 12 by default, 60 at most. */
  readonly limit?: number;
  /** The title; "Sockets and their states" by default. */
  readonly title?: string;
  /** The text under the title; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const SUBTITLE = "A bar is a socket, as long as the kernel has it; the ends of one conversation " +
  "are together. A symbol is where a state is first seen.";
const COLUMNS = ["local", "remote", "state", "from (ms)", "to (ms)"];
const CANNOT = "Cannot draw a timeline";
/** Any: what it may be depends on the other end. */
const TIME = {
  rule: "a number of milliseconds",
  allows: (value: unknown): value is number => typeof value === "number",
};
const OPTIONS: OptionChecks<PlotStateTimelineOptions> = {
  ...HEADING,
  from: TIME,
  to: TIME,
  limit: wholeNumber({ least: 1, most: 60 }),
};
const AXIS_PX = 46;

/**
 * Draws a timeline: a bar for each socket over time, in the colour of its state, with the symbol of
 * each state where it is first seen. Both ends of a conversation are on one ground, the higher port,
 * which nearly always is the client's, above; listening sockets come first. Moments that the program
 * named are dotted lines with a number.
 *
 * Sockets beyond `limit` are left out and counted. If no socket is in the window, the figure says so.
 *
 * @param timeline What a timeline recorder gives when it stops
 * @throws {TypeError} If an option is not known or of the wrong kind
 * @throws {RangeError} If the window has no width, the limit is out of bounds, or there are more than
 * 20 marks in the window
 *
 * @example The end that closes first waits
 * ```ts
 * import { connectionsWhen, recordTimeline } from "fourtuple/observe";
 * import { PALETTE, plotStateTimeline } from "fourtuple/figures";
 * import { assert, assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * const recorder = recordTimeline({ port });
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * const server = await listener.accept();
 * recorder.mark("client.close()");
 * client.close();
 * server.close();
 * const end = { localPort: client.localAddr.port, remotePort: port };
 * await connectionsWhen(end, ([row]) => row?.state === "TIME_WAIT");
 *
 * const figure = plotStateTimeline(recorder.stop());
 * assertEquals(figure.title, "Sockets and their states");
 * assert(figure.table.rows.some((row) => row.includes("TIME_WAIT")));
 * assert(figure.data.some(({ name }) => name === "TIME_WAIT"), PALETTE.TIME_WAIT.color);
 * ```
 */
export function plotStateTimeline(
  timeline:
    & Pick<Timeline, "sockets" | "marks" | "duration">
    & Partial<Pick<Timeline, "resolution">>,
  options: PlotStateTimelineOptions = {},
): Figure {
  checkTimeline(timeline);
  checkOptions(options, OPTIONS, CANNOT);
  const { from = 0, to = timeline.duration, limit = 12 } = options;
  const { title = "Sockets and their states", subtitle = subtitleOf(timeline.resolution) } =
    options;
  const window = { from, to };
  checkWindow(window);
  const lives = timeline.sockets.filter((life) => spansIn(life, window).length > 0);
  if (lives.length === 0) {
    return emptyFigure({ title, subtitle }, { columns: COLUMNS, text: "no socket at that time" });
  }
  const groups = placeGroups(groupsUpTo(groupLives(lives), limit), window);
  const bars = groups.flatMap(({ bars }) => bars);
  const bottom = groups.at(-1)!.bottom + 6;
  const time = timeAxis(window);
  const moments = placeMoments(timeline.marks, window);
  const height = moments.above + bottom;
  const spans = bars.flatMap(({ item }) => item.spans);
  return drawFigure({
    heading: { title, subtitle },
    height,
    margin: { l: 16, r: 20 },
    axes: {
      barmode: "overlay",
      xaxis: time.axis,
      yaxis: hiddenAxis(bottom, -moments.above),
    },
    marks: [
      grounds(groups),
      stateBars(bars, time),
      firstSeen(bars, time),
      momentLines(moments, { valueOf: time.valueOf, height }),
      stateNames(bars, time, window),
    ],
    under: [
      space(AXIS_PX),
      momentTexts(moments),
      stateKey([...new Set(spans.map(({ state }) => state))]),
      moreLine(lives.length - bars.length, "socket"),
    ],
    table: new Table({
      columns: COLUMNS,
      rows: bars.flatMap(({ item: { life, spans } }) =>
        spans.map((span) => [
          String(life.local),
          life.remote.port === 0 ? "*" : String(life.remote),
          span.state,
          Math.round(span.from),
          Math.round(span.to),
        ])
      ),
    }),
  });
}

function checkTimeline(timeline: unknown): void {
  const { sockets, marks, duration } = (timeline ?? {}) as Partial<Timeline>;
  itemsOf(sockets as Iterable<SocketLife>, { cannot: CANNOT, one: "socket" });
  itemsOf(marks as Iterable<TimelineMark>, { cannot: CANNOT, one: "mark" });
  check(duration, TIME, { cannot: CANNOT, what: "a duration" });
}

function checkWindow({ from, to }: TimeWindow): void {
  if (to > from && Number.isFinite(to - from)) return;
  throw refusal(RangeError, {
    cannot: `Cannot draw the time from ${from} to ${to} ms`,
    rule: "it ends after it begins",
    part: `${partOf(to - from)} ms`,
  });
}

function subtitleOf(resolution: number | undefined): string {
  return resolution === undefined
    ? SUBTITLE
    : `${SUBTITLE} Times are right to within ${timeText(Math.round(resolution))}.`;
}
