import { assert, assertEquals, assertGreater } from "@std/assert";
import { PALETTE, plotLifeCycle, TCP_STATES } from "fourtuple";
import { annotations, assertRefused, filled, trace, words } from "../_parts.ts";
import { WHOLE_LIFE } from "../_whole_life.ts";

const HANDSHAKE = WHOLE_LIFE.slice(2, 7);

Deno.test("plotLifeCycle() goes down step by step, whichever lane they are in", () => {
  const figure = plotLifeCycle(WHOLE_LIFE);
  const said = annotations(figure).filter(({ showarrow }) => !showarrow);
  const heights = WHOLE_LIFE.map(({ call }, index) => {
    const line = call.split(" ")[0]!;
    const found = said.filter(({ text }) => text.startsWith(line));
    assert(found.length > 0, `step ${index} says ${call}`);
    return found;
  });
  assertEquals(heights.length, 15);
  const calls = [...trace(figure, "client calls").y, ...trace(figure, "client states").y];
  assertEquals(new Set(calls).size, calls.length, "nothing stands on another thing of its lane");
});

Deno.test("plotLifeCycle() colours a lane from each state to the next, on both ends of an arrow", () => {
  const figure = plotLifeCycle(HANDSHAKE);
  const lane = (edge: 0 | 1) =>
    Object.values(PALETTE).map(({ color }) => color)
      .filter((color, index, all) => all.indexOf(color) === index)
      .flatMap((color) => filled(figure, color))
      .filter(({ xanchor }) => xanchor === edge)
      .sort((one, other) => one.y0 - other.y0);
  for (
    const [edge, states] of [
      [0, ["CLOSE", "SYN_SENT", "ESTABLISHED"]],
      [1, ["LISTEN", "SYN_RECV", "ESTABLISHED"]],
    ] as const
  ) {
    const parts = lane(edge);
    assertEquals(parts.map(({ fillcolor }) => fillcolor), states.map((s) => PALETTE[s].color));
    for (const [index, part] of parts.slice(1).entries()) {
      assertEquals(parts[index]!.y1, part.y0, "one state ends where the next begins");
    }
    assertEquals(trace(figure, edge === 0 ? "client states" : "server states").text, states);
  }
});

Deno.test("plotLifeCycle() draws an arrow downwards from who sends to the other lane", () => {
  const arrows = annotations(plotLifeCycle(HANDSHAKE)).filter(({ showarrow }) => showarrow);
  assertEquals(arrows.map(({ ax, x }) => [ax, x]), [[0, 1], [1, 0], [0, 1]]);
  for (const { ay, y } of arrows) assertGreater(y, ay!);
  const said = words(plotLifeCycle(HANDSHAKE));
  for (const segment of ["SYN", "SYN, ACK", "ACK"]) assert(said.includes(segment), segment);
});

Deno.test("plotLifeCycle() writes the state beside the lane that comes to it", () => {
  const said = words(plotLifeCycle(WHOLE_LIFE));
  const times = (state: string) => said.filter((text) => text === state).length;
  assertEquals(
    TCP_STATES.map((state) => [state, times(state)]),
    [
      ["LISTEN", 1],
      ["SYN_SENT", 1],
      ["SYN_RECV", 1],
      ["ESTABLISHED", 2],
      ["FIN_WAIT_1", 1],
      ["FIN_WAIT_2", 1],
      ["CLOSE_WAIT", 1],
      ["CLOSING", 0],
      ["LAST_ACK", 1],
      ["TIME_WAIT", 1],
      ["CLOSE", 4],
    ],
  );
});

Deno.test("plotLifeCycle() marks a call that changes no state with a notch", () => {
  const figure = plotLifeCycle(WHOLE_LIFE);
  assertEquals(trace(figure, "server calls").text, [
    "bind()",
    "accept()",
    "recv()",
    "the kernel acknowledges",
  ]);
  assertEquals(trace(figure, "client calls").text, [
    "connect() returns",
    "send()",
    "the kernel acknowledges",
  ]);
});

Deno.test("plotLifeCycle() grows with its steps", () => {
  const height = (count: number) =>
    plotLifeCycle(WHOLE_LIFE.slice(0, count)).layout.height as number;
  assertGreater(height(2), height(1));
  assertGreater(height(15), height(14));
});

Deno.test("plotLifeCycle() has its steps in a table", () => {
  assertEquals(plotLifeCycle(HANDSHAKE).table.rows, [
    [1, "server", "listen()", "LISTEN", "", ""],
    [2, "client", "socket()", "CLOSE", "", ""],
    [3, "client", "connect()", "SYN_SENT", "SYN", ""],
    [4, "server", "the kernel answers", "SYN_RECV", "SYN, ACK", "ESTABLISHED"],
    [5, "client", "connect() returns", "", "ACK", "ESTABLISHED"],
  ]);
});

Deno.test("plotLifeCycle() shows text as it is, not as markup", () => {
  const figure = plotLifeCycle([{ lane: "client", call: "send(<b>&)" }]);
  assert(annotations(figure).some(({ text }) => text === "send(&lt;b>&amp;)"));
});

Deno.test("plotLifeCycle() of no step says so", () => {
  assertEquals(words(plotLifeCycle([], { subtitle: "A subtitle." })), [
    "A subtitle.",
    "Nothing to draw: no step",
  ]);
});

Deno.test("plotLifeCycle() wraps a call and shortens a segment, whole in table and on hover", () => {
  const [call, segment] = ["setsockopt(SO_REUSEPORT_LB)", "data, data, data, data"];
  const figure = plotLifeCycle([{ lane: "client", call, to: { segment } }]);
  assert(words(figure).join("").includes(call) && !words(figure).includes(call));
  const [shown] = annotations(figure).filter(({ hovertext }) => hovertext === segment);
  assert(shown!.text.includes("…"));
  assertEquals(figure.table.rows, [[1, "client", call, "", segment, ""]]);
});

Deno.test("plotLifeCycle() refuses what is no step", () => {
  const draw = (change: object) => () =>
    plotLifeCycle([{ lane: "client", call: "send()", ...change }]);
  assertRefused([
    [draw({ lane: "peer" }), TypeError, '"peer"'],
    [draw({ call: "" }), TypeError, '""'],
    [draw({ call: undefined }), TypeError, "undefined"],
    [draw({ state: "OPEN" }), TypeError, '"OPEN"'],
    [draw({ to: { segment: "SYN", state: "OPEN" } }), TypeError, '"OPEN"'],
    [draw({ to: { segment: 7 } }), TypeError, "7"],
  ]);
});
