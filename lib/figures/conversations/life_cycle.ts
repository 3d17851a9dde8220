/**
 * The life of a connection: two lanes, one step a system call.
 *
 * @module
 */
import { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import {
  arrow,
  callTrace,
  HEAD_PX,
  laneShapes,
  laneTitle,
  MARGIN_PX,
  stateTrace,
  stepLabels,
} from "./_lanes.ts";
import { emptyFigure, layoutOf } from "../parts/_layout.ts";
import {
  changesOf,
  endOf,
  type Lane,
  LANES,
  type LifeCycleArrival,
  type LifeCycleStep,
  placeSteps,
} from "./_life_steps.ts";

export type { Lane, LifeCycleArrival, LifeCycleStep };

/** How {@linkcode plotLifeCycle} draws. */
export interface PlotLifeCycleOptions {
  /** The title, at most 36 characters; "The life of a connection" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it says how to read the figure. */
  readonly subtitle?: string;
}

const SUBTITLE = "Time runs down. A lane has the colour of the state that the kernel keeps.";
const COLUMNS = ["step", "lane", "call", "state", "sends", "state there"];

/**
 * Draws the steps of a client and a server one under the other: the calls beside the lanes, the
 * state that each socket has from then on, and an arrow for each segment that travels.
 *
 * No step at all gives a figure that says so.
 *
 * @throws {TypeError} If a text is not a string
 * @throws {RangeError} If a text is blank or too long for a phone, or a state none of the kernel's
 *
 * @example The handshake
 * ```ts
 * import { plotLifeCycle } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotLifeCycle([
 *   { lane: "server", call: "listen()", state: "LISTEN" },
 *   { lane: "client", call: "connect()", state: "SYN_SENT", to: { segment: "SYN" } },
 *   {
 *     lane: "server",
 *     call: "the kernel answers",
 *     state: "SYN_RECV",
 *     to: { segment: "SYN, ACK", state: "ESTABLISHED" },
 *   },
 * ]);
 * assertEquals(figure.table.rows[1], [2, "client", "connect()", "SYN_SENT", "SYN", ""]);
 * ```
 */
export function plotLifeCycle(
  steps: Iterable<LifeCycleStep>,
  options: PlotLifeCycleOptions = {},
): Figure {
  const { title = "The life of a connection", subtitle = SUBTITLE } = options;
  const placed = placeSteps([...steps]);
  if (placed.length === 0) {
    return emptyFigure({ title, subtitle }, { columns: COLUMNS, text: "no step" });
  }
  const bottom = endOf(placed.at(-1)!);
  const changes = changesOf(placed);
  return new Figure({
    data: LANES.flatMap((lane) => [
      callTrace(placed.filter((step) => step.lane === lane), lane),
      stateTrace(changes.filter((change) => change.lane === lane), lane),
    ]),
    layout: layoutOf({
      heading: { title, subtitle },
      plotHeight: HEAD_PX + bottom,
      margin: { l: MARGIN_PX, r: MARGIN_PX, b: 12 },
      parts: {
        xaxis: { range: [0, 1], visible: false, fixedrange: true },
        yaxis: { range: [bottom, -HEAD_PX], visible: false, fixedrange: true },
        shapes: LANES.flatMap((lane) =>
          laneShapes(lane, changes.filter((change) => change.lane === lane), bottom)
        ),
      },
      annotations: [
        ...LANES.map(laneTitle),
        ...placed.flatMap(stepLabels),
        ...placed.flatMap(arrow),
      ],
    }),
    table: new Table({
      columns: COLUMNS,
      rows: placed.map(({ lane, call, state, to }, index) => [
        index + 1,
        lane,
        call,
        state ?? "",
        to?.segment ?? "",
        to?.state ?? "",
      ]),
    }),
  });
}
