/**
 * What is in the two queues of a socket, over time.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import type { QueueSample, TimelineMark } from "../../observe/changes/timeline.ts";
import { checkOptions, type OptionChecks, partOf, refusal, wholeNumber } from "../../refusal.ts";
import { HEADING, itemsOf, list } from "../parts/_checks.ts";
import { type KeyEntry, lineKey } from "../parts/_key.ts";
import {
  domainOf,
  drawFigure,
  emptyFigure,
  INK,
  marginFor,
  type Mark,
  space,
  titledAxis,
} from "../parts/_layout.ts";
import { stateStyle } from "../parts/_state_style.ts";
import { momentLines, momentTexts, placeMoments, type TimeAxis, timeAxis } from "../parts/_time.ts";

/** How {@linkcode plotQueues} draws. */
export interface PlotQueuesOptions {
  /**
   * The backlog of a listening socket whose samples do not have it, such as those from /proc; by
   * default that of the samples.
   */
  readonly backlog?: number;
  /** Moments with a name, such as a timeline's `marks`; none by default. */
  readonly marks?: readonly TimelineMark[];
  /** The title; "The queues of a socket" by default. */
  readonly title?: string;
  /** The text under the title; by default it says what the queues are. */
  readonly subtitle?: string;
}

const COLUMNS = ["time (ms)", "state", "receive queue", "send queue"];
const OF_A_CONNECTION = "Bytes that have arrived and were not read, and bytes that were sent and " +
  "not acknowledged.";
const OF_A_LISTENER = "Connections that are complete and wait for accept, and how many may wait. " +
  "Linux takes one more than the backlog.";
const QUEUES = { cannot: "Cannot draw queues", one: "sample" };
const OPTIONS: OptionChecks<PlotQueuesOptions> = {
  ...HEADING,
  backlog: wholeNumber(),
  marks: list(),
};
const PLOT_PX = 190;
const AXIS_PX = 46;
/** Over the highest value there is room for a label. */
const HEADROOM = 1.18;

/** A line of the figure: what it is called, how it is drawn, and its values. */
interface Series extends KeyEntry {
  readonly values: readonly number[];
}

/**
 * Draws the two queues of one socket as steps: of a connection both in bytes; of a listening socket
 * the connections that wait, and its backlog as a dashed line.
 *
 * A {@linkcode Timeline} has the samples of each of its sockets. A sample holds until the next. If
 * there is no sample, the figure says so.
 *
 * @param samples The samples of one socket, in any order
 * @throws {TypeError} If a time or a queue is not a number, or an option is not known or of the wrong
 * kind
 * @throws {RangeError} If some samples are a listening socket's and others are not, or if there are
 * more than 20 marks
 *
 * @example A connection that no program accepts
 * ```ts
 * import { connectionsWhen, recordTimeline } from "fourtuple/observe";
 * import { plotQueues } from "fourtuple/figures";
 * import { assert } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * const recorder = recordTimeline({ localPort: port });
 * using _client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await connectionsWhen({ localPort: port }, (rows) => rows.length === 2);
 *
 * const { sockets } = recorder.stop();
 * const listening = sockets.find(({ spans }) => spans[0]!.state === "LISTEN")!;
 * const figure = plotQueues(listening.queues, { title: "The accept queue" });
 * assert(figure.table.rows.some(([, , waiting]) => waiting === 1));
 * ```
 */
export function plotQueues(
  samples: Iterable<QueueSample>,
  options: PlotQueuesOptions = {},
): Figure {
  const given = checked(samples);
  checkOptions(options, OPTIONS, QUEUES.cannot);
  const { title = "The queues of a socket", backlog, marks = [] } = options;
  if (given.length === 0) {
    return emptyFigure({ title, subtitle: options.subtitle }, {
      columns: COLUMNS,
      text: "no sample",
    });
  }
  const isListening = given[0]!.state === "LISTEN";
  const { subtitle = isListening ? OF_A_LISTENER : OF_A_CONNECTION } = options;
  const [from, last] = [given[0]!.time, given.at(-1)!.time];
  const window = { from, to: last > from ? last : from + 1 };
  const time = timeAxis(window);
  const series = seriesOf(given, backlog);
  const highest = Math.max(1, ...series.flatMap(({ values }) => values));
  const moments = placeMoments(marks, window);
  const height = moments.above + PLOT_PX;
  return drawFigure({
    heading: { title, subtitle },
    height,
    margin: { l: marginFor(highest), r: 20 },
    axes: {
      xaxis: time.axis,
      yaxis: titledAxis(isListening ? "connections" : "bytes", {
        // The numbers of the moments are over the plot.
        ...domainOf(moments.above, height, height),
        range: [0, highest * HEADROOM],
        // No half connections
        ...(highest < 5 ? { dtick: 1 } : { nticks: 5 }),
        tickformat: ",d",
        rangemode: "tozero",
      }),
    },
    marks: [
      ...series.map((each) => steps(each, given, time)),
      momentLines(moments, { valueOf: time.valueOf, height }),
    ],
    under: [space(AXIS_PX), momentTexts(moments), lineKey(series)],
    table: new Table({
      columns: isListening ? [...COLUMNS.slice(0, 2), "waiting", "backlog"] : COLUMNS,
      rows: given.map(({ time, state, receiveQueue, sendQueue }) => [
        Math.round(time),
        state,
        receiveQueue,
        isListening ? sendQueue ?? backlog : sendQueue,
      ]),
    }),
  });
}

function checked(given: Iterable<QueueSample>): QueueSample[] {
  const { cannot } = QUEUES;
  const samples = itemsOf(given, QUEUES);
  for (const { time, receiveQueue, sendQueue = 0 } of samples) {
    for (const value of [time, receiveQueue, sendQueue]) {
      if (typeof value === "number" && Number.isFinite(value)) continue;
      const Class = typeof value === "number" ? RangeError : TypeError;
      throw refusal(Class, {
        cannot,
        rule: "a time and a queue are finite numbers",
        part: partOf(value),
      });
    }
  }
  const listening = samples.filter(({ state }) => state === "LISTEN").length;
  if (listening > 0 && listening < samples.length) {
    throw refusal(RangeError, {
      cannot,
      rule: "the samples are of one socket",
      part: `${listening} of ${samples.length} of a listening one`,
    });
  }
  return samples.sort((one, other) => one.time - other.time);
}

function seriesOf(samples: readonly QueueSample[], backlog: number | undefined): Series[] {
  const { state } = samples[0]!;
  const isListening = state === "LISTEN";
  const { color } = stateStyle(isListening ? state : samples.at(-1)!.state);
  const sent = samples.map(({ sendQueue }) => isListening ? backlog ?? sendQueue : sendQueue);
  const received: Series = {
    text: isListening ? "waiting for accept (recv-q)" : "receive queue (recv-q)",
    style: { color, dash: "solid", symbol: "circle" },
    values: samples.map(({ receiveQueue }) => receiveQueue),
  };
  if (!sent.every((value) => value !== undefined)) return [received];
  return [received, {
    text: isListening ? "backlog (send-q)" : "send queue (send-q)",
    style: { color: INK, dash: "dash", symbol: "circle" },
    values: sent,
  }];
}

function steps(
  { text, style: { color, dash }, values }: Series,
  samples: readonly QueueSample[],
  { valueOf, unit }: TimeAxis,
): Mark {
  return {
    traces: [{
      type: "scatter",
      mode: "lines",
      name: text,
      x: samples.map(({ time }) => valueOf(time)),
      y: values,
      ...(dash === "solid" && { fill: "tozeroy", fillcolor: `${color}33` }),
      line: { shape: "hv", color, dash, width: 2 },
      hovertemplate: `%{y:,d} at %{x:.4~g} ${unit}<extra></extra>`,
      cliponaxis: false,
    }],
  };
}
