import { assert, assertEquals, assertGreater } from "@std/assert";
import { PALETTE, plotQueues, type QueueSample, type SocketState } from "fourtuple";
import { annotations, assertRefused, axis, trace, traceNames, words } from "../_parts.ts";

function samples(
  state: SocketState,
  values: readonly (readonly [time: number, received: number, sent?: number])[],
): QueueSample[] {
  return values.map(([time, receiveQueue, sendQueue]) => ({
    ...{ time, state, receiveQueue, sendQueue },
  }));
}

const LISTENING = samples("LISTEN", [[10, 0, 5], [50, 1, 5], [60, 6, 5], [90, 0, 5]]);
const CONNECTED = samples("ESTABLISHED", [[0, 0, 0], [500, 700, 0], [2500, 0, 1400]]);

/** The parts of a layout that say how high a plot is. */
interface Frame {
  readonly height: number;
  readonly margin: { readonly t: number; readonly b: number };
}

Deno.test("plotQueues() draws both queues of a connection, in bytes, each value until the next", () => {
  const figure = plotQueues(CONNECTED);
  assertEquals(traceNames(figure), ["receive queue (recv-q)", "send queue (send-q)"]);
  const received = trace(figure, "receive queue (recv-q)");
  assertEquals([received.x, received.y], [[0, 0.5, 2.5], [0, 700, 0]]);
  assertEquals(trace(figure, "send queue (send-q)").y, [0, 0, 1400]);
  for (const { line } of figure.data as unknown as { line: { shape: string } }[]) {
    assertEquals(line.shape, "hv");
  }
  assertEquals(axis(figure, "yaxis").title!.text, "bytes");
  assertEquals(axis(figure, "xaxis").title!.text, "time since the start (s)");
  assertEquals(figure.table.rows[1], [500, "ESTABLISHED", 700, 0]);
});

Deno.test("plotQueues() draws the connections that wait at a listening socket, and its backlog as a dashed line", () => {
  const figure = plotQueues(LISTENING);
  const waiting = trace(figure, "waiting for accept (recv-q)");
  assertEquals([waiting.x, waiting.y], [[10, 50, 60, 90], [0, 1, 6, 0]]);
  assertEquals(waiting.line!.color, PALETTE.LISTEN.color);
  const backlog = trace(figure, "backlog (send-q)");
  assertEquals([backlog.y, backlog.line!.dash], [[5, 5, 5, 5], "dash"]);
  assertEquals(axis(figure, "yaxis").title!.text, "connections");
  assertGreater(axis(figure, "yaxis").range[1], 6);
  assertEquals(figure.table.columns, ["time (ms)", "state", "waiting", "backlog"]);
});

Deno.test("plotQueues() takes the backlog from its options where the samples lack it", () => {
  const unknown = LISTENING.map((sample) => ({ ...sample, sendQueue: undefined }));
  assertEquals(traceNames(plotQueues(unknown)), ["waiting for accept (recv-q)"]);
  const figure = plotQueues(unknown, { backlog: 7 });
  assertEquals(trace(figure, "backlog (send-q)").y, [7, 7, 7, 7]);
  assertEquals(figure.table.rows[0], [10, "LISTEN", 0, 7]);
});

Deno.test("plotQueues() puts samples in the order of their time", () => {
  assertEquals(
    trace(plotQueues(CONNECTED.toReversed()), "receive queue (recv-q)").x,
    trace(plotQueues(CONNECTED), "receive queue (recv-q)").x,
  );
});

Deno.test("plotQueues() names moments, over the highest value", () => {
  const figure = plotQueues(LISTENING, { marks: [{ time: 60, text: "accept" }] });
  assert(words(figure).includes("1 60 ms: accept"));
  const number = annotations(figure).find(({ text }) => text === "<b>1</b>")!;
  const { domain } = axis(figure, "yaxis");
  const { height, margin } = figure.layout as unknown as Frame;
  const plot = height - margin.t - margin.b;
  assert(-number.yshift! < (1 - domain![1]) * plot, "the number is over the axis");
  const { shapes } = figure.layout as unknown as { shapes: { y1: number }[] };
  assertEquals(shapes[0]!.y1, 0, "the line goes down to the axis");
});

Deno.test("plotQueues() of one sample, and of none", () => {
  assertEquals(trace(plotQueues(CONNECTED.slice(0, 1)), "receive queue (recv-q)").y, [0]);
  assertEquals(words(plotQueues([])), ["Nothing to draw: no sample"]);
});

Deno.test("plotQueues() refuses what is no sample of one socket", () => {
  const one = (change: object) => plotQueues([{ ...CONNECTED[0]!, ...change }]);
  assertRefused([
    [() => plotQueues([...LISTENING, ...CONNECTED]), RangeError, "4 of 7 of a listening one"],
    [() => one({ receiveQueue: "5" }), TypeError, '"5"'],
    [() => one({ time: NaN }), RangeError, "NaN"],
    [() => plotQueues(LISTENING, { marks: [{ time: 50, text: "" }] }), TypeError, '""'],
    [() => plotQueues(LISTENING, { backlog: -1 }), RangeError, "-1"],
  ]);
});
