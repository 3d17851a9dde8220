/**
 * What lies in the two queues of a socket, along the time.
 *
 * @module
 */
import { Figure, type Trace } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import type { QueueSample, TimelineMark } from "../../observe/changes/timeline.ts";
import { kindOf, quoteValue } from "../../refusal.ts";
import {
  type Annotation,
  emptyFigure,
  INK,
  label,
  layoutOf,
  marginFor,
  MUTED,
  SMALL_PX,
  titledAxis,
  underPlot,
} from "../parts/_layout.ts";
import { lookOfState } from "../parts/_state_look.ts";
import { momentParts, placeMoments, type TimeAxis, timeAxis } from "../parts/_time.ts";

/** How {@linkcode plotQueues} draws. */
export interface PlotQueuesOptions {
  /**
   * The backlog of a listening socket, where the samples do not tell it, as those from /proc; by
   * default that of the samples.
   */
  readonly backlog?: number;
  /** Moments with a name, such as a timeline's `marks`; none by default. */
  readonly marks?: readonly TimelineMark[];
  /** The title, at most 36 characters; "The queues of a socket" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says what the queues are. */
  readonly subtitle?: string;
}

const COLUMNS = ["time (ms)", "state", "receive queue", "send queue"];
const OF_A_CONNECTION = "Bytes that have arrived and were not read, and bytes that were sent and " +
  "not acknowledged.";
const OF_A_LISTENER = "Connections that are complete and wait for accept, and how many may wait. " +
  "Linux takes one more than the backlog.";
const PLOT_PX = 190;
const AXIS_PX = 50;
const KEY_ROW_PX = 20;
const BOTTOM_PX = 8;
/** Over the highest value there is room for a label. */
const HEADROOM = 1.18;

/** A line of the figure: what it is called, and its values. */
interface Series {
  readonly name: string;
  readonly color: string;
  readonly dash: "solid" | "dash";
  readonly values: readonly number[];
}

/**
 * Draws the two queues of one socket as steps: of a connection both in bytes; of a listening socket
 * the connections that wait, and its backlog as a dashed line.
 *
 * A {@linkcode Timeline} has the samples of each of its sockets. A sample holds until the next. No
 * sample at all gives a figure that says so.
 *
 * @throws {TypeError} If a time or a queue is not a number
 * @throws {RangeError} If some samples are a listening socket's and others are not, if there are more
 * than 20 marks, or if the title is blank or too long for a phone
 *
 * @example Nobody accepts
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
  const { title = "The queues of a socket" } = options;
  const given = checked([...samples]);
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
  const series = seriesOf(given, options.backlog);
  const highest = Math.max(1, ...series.flatMap(({ values }) => values));
  const moments = placeMoments(options.marks ?? [], window);
  // A unit of the axis in px, so that the numbers of moments stand over the plot
  const unit = PLOT_PX / (highest * HEADROOM);
  const parts = momentParts(moments, {
    valueOf: time.valueOf,
    bottom: PLOT_PX,
    textTop: AXIS_PX,
  });
  const toAxis = (pixels: number) => (PLOT_PX - pixels) / unit;
  const keyTop = AXIS_PX + moments.below;
  return new Figure({
    data: series.map((each) => trace(each, given, time)),
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: moments.above + PLOT_PX,
      margin: {
        l: marginFor(Math.round(highest)),
        r: 20,
        b: keyTop + series.length * KEY_ROW_PX + BOTTOM_PX,
      },
      parts: {
        xaxis: time.axis,
        yaxis: titledAxis(isListening ? "connections" : "bytes", {
          range: [0, toAxis(-moments.above)],
          // No half connections
          ...(highest < 5 ? { dtick: 1 } : { nticks: 5 }),
          tickformat: ",d",
          rangemode: "tozero",
        }),
        shapes: parts.shapes.map((shape) => ({
          ...shape,
          y0: toAxis(Number(shape.y0)),
          y1: toAxis(Number(shape.y1)),
        })),
      },
      annotations: [
        ...parts.annotations.map((each) =>
          each.yref === "paper" ? each : { ...each, y: toAxis(Number(each.y)) }
        ),
        ...series.map((each, index) => keyLabel(each, keyTop + (index + 0.5) * KEY_ROW_PX)),
      ],
    }),
    table: new Table({
      columns: isListening ? [...COLUMNS.slice(0, 2), "waiting", "backlog"] : COLUMNS,
      rows: given.map(({ time, state, receiveQueue, sendQueue }) => [
        Math.round(time),
        state,
        receiveQueue,
        isListening ? sendQueue ?? options.backlog : sendQueue,
      ]),
    }),
  });
}

function checked(samples: readonly QueueSample[]): QueueSample[] {
  for (const { time, receiveQueue, sendQueue = 0 } of samples) {
    for (const value of [time, receiveQueue, sendQueue]) {
      if (typeof value === "number" && Number.isFinite(value)) continue;
      throw new TypeError(
        `Cannot draw ${quoteValue(value)} in a queue: a time and a queue are finite numbers, got ${
          kindOf(value)
        }`,
      );
    }
  }
  const listening = samples.filter(({ state }) => state === "LISTEN").length;
  if (listening > 0 && listening < samples.length) {
    throw new RangeError(
      `Cannot draw the queues of "${samples.length}" samples: they are one socket's, got ` +
        `${listening} of a listening one`,
    );
  }
  return samples.toSorted((one, other) => one.time - other.time);
}

function seriesOf(samples: readonly QueueSample[], backlog: number | undefined): Series[] {
  const { state } = samples[0]!;
  const isListening = state === "LISTEN";
  const received = samples.map(({ receiveQueue }) => receiveQueue);
  const sent = samples.map(({ sendQueue }) => isListening ? backlog ?? sendQueue : sendQueue);
  const hasSent = sent.every((value) => value !== undefined);
  return [
    {
      name: isListening ? "waiting for accept (recv-q)" : "receive queue (recv-q)",
      color: lookOfState(isListening ? state : samples.at(-1)!.state).color,
      dash: "solid",
      values: received,
    },
    ...(hasSent
      ? [{
        name: isListening ? "backlog (send-q)" : "send queue (send-q)",
        color: INK,
        dash: "dash" as const,
        values: sent,
      }]
      : []),
  ];
}

function trace(
  { name, color, dash, values }: Series,
  samples: readonly QueueSample[],
  { valueOf, unit }: TimeAxis,
): Trace {
  return {
    type: "scatter",
    mode: "lines",
    name,
    x: samples.map(({ time }) => valueOf(time)),
    y: values,
    ...(dash === "solid" && { fill: "tozeroy", fillcolor: `${color}33` }),
    line: { shape: "hv", color, dash, width: 2 },
    hovertemplate: `%{y:,d} at %{x:.4~g} ${unit}<extra></extra>`,
    cliponaxis: false,
  };
}

function keyLabel({ name, color, dash }: Series, top: number): Annotation {
  const sample = dash === "solid" ? "━━" : "╍╍";
  return label(`<span style="color:${color}">${sample}</span> ${name}`, {
    xref: "paper",
    x: 0,
    xanchor: "left",
    ...underPlot(top),
    yanchor: "middle",
    font: { size: SMALL_PX, color: MUTED },
  });
}
