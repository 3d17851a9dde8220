/**
 * The lives of sockets: one bar each, in the colours of its states.
 *
 * @module
 */
import { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import type { Timeline } from "../../observe/changes/timeline.ts";
import {
  type Annotation,
  emptyFigure,
  label,
  layoutOf,
  MUTED,
  SMALL_PX,
  underPlot,
} from "../parts/_layout.ts";
import {
  barLabels,
  barTraces,
  beginTrace,
  groupLives,
  groupShapes,
  groupsUpTo,
  placeGroups,
  spansIn,
  statesOf,
} from "./_state_bars.ts";
import { stateKey, stateKeyHeight } from "../parts/_state_look.ts";
import { assertWindow, momentParts, placeMoments, timeAxis, timeText } from "../parts/_time.ts";
import { assertCount, counted } from "../parts/_words.ts";

/** How {@linkcode plotStateTimeline} draws. */
export interface PlotStateTimelineOptions {
  /** Where the time axis begins, in milliseconds after the start; 0 by default. */
  readonly from?: number;
  /** Where the time axis ends, in milliseconds after the start; by default with the timeline. */
  readonly to?: number;
  /** How many bars are drawn at most; 12 by default, 60 at most. */
  readonly limit?: number;
  /** The title, at most 36 characters; "Sockets and their states" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const SUBTITLE = "A bar is a socket, as long as the kernel has it; the ends of one conversation " +
  "stand together. A symbol is where a state is first seen.";
const COLUMNS = ["local", "remote", "state", "from (ms)", "to (ms)"];
const MAX_LIMIT = 60;
const AXIS_PX = 50;
const MORE_PX = 22;
const GAP_PX = 6;

/**
 * Draws a timeline: a bar for each socket along the time, in the colour of its state, with the
 * symbol of each state where it is first seen. Both ends of a conversation stand on one ground, the higher
 * port, which is the client's nearly always, above; listening sockets come first. Moments that the
 * program named are dotted lines with a number.
 *
 * What is more than `limit` is left out and counted. Where no socket is in the window, the figure
 * says so.
 *
 * @throws {TypeError} If a time is not a number
 * @throws {RangeError} If the window has no width, there are more than 20 marks in it or one has more
 * than 40 characters, or the title is blank or too long for a phone
 *
 * @example Who closes first, waits
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
  const { from = 0, to = timeline.duration, limit = 12 } = options;
  const { title = "Sockets and their states", subtitle = subtitleOf(timeline.resolution) } =
    options;
  assertCount(limit, { as: "draw sockets up to a limit of", most: MAX_LIMIT });
  const window = { from, to };
  assertWindow(window);
  const lives = timeline.sockets.filter((life) => spansIn(life, window).length > 0);
  if (lives.length === 0) {
    return emptyFigure({ title, subtitle }, { columns: COLUMNS, text: "no socket at that time" });
  }
  const groups = placeGroups(groupsUpTo(groupLives(lives), limit), window);
  const bars = groups.flatMap(({ bars }) => bars);
  const bottom = groups.at(-1)!.bottom + 6;
  const time = timeAxis(window);
  const moments = placeMoments(timeline.marks, window);
  const parts = momentParts(moments, { valueOf: time.valueOf, bottom, textTop: AXIS_PX });
  const keyTop = AXIS_PX + moments.below + (moments.below > 0 ? GAP_PX : 0);
  const states = statesOf(groups);
  const moreTop = keyTop + stateKeyHeight(states);
  const more = moreLabels(lives.length - bars.length, moreTop);
  return new Figure({
    data: [...barTraces(groups, time), beginTrace(groups, time)],
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: moments.above + bottom,
      margin: { l: 16, r: 20, b: moreTop + more.length * MORE_PX + GAP_PX },
      parts: {
        barmode: "overlay",
        xaxis: time.axis,
        yaxis: { range: [bottom, -moments.above], visible: false, fixedrange: true },
        shapes: [...groupShapes(groups), ...parts.shapes],
      },
      annotations: [
        ...barLabels(groups, time, window),
        ...parts.annotations,
        ...stateKey(states, keyTop),
        ...more,
      ],
    }),
    table: new Table({
      columns: COLUMNS,
      rows: bars.flatMap(({ life, spans }) =>
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

function moreLabels(count: number, top: number): Annotation[] {
  if (count === 0) return [];
  return [label(`+ ${counted(count, "more socket")}`, {
    xref: "paper",
    x: 0,
    xanchor: "left",
    ...underPlot(top + MORE_PX / 2),
    yanchor: "middle",
    font: { size: SMALL_PX, color: MUTED },
  })];
}

function subtitleOf(resolution: number | undefined): string {
  return resolution === undefined
    ? SUBTITLE
    : `${SUBTITLE} Times are right to within ${timeText(Math.round(resolution))}.`;
}
