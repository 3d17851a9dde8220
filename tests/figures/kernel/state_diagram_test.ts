import { assert, assertEquals } from "@std/assert";
import { PALETTE, plotStateDiagram, type StateTransition, TCP_STATES } from "fourtuple";
import { assertRefused, filled, words } from "../_parts.ts";

/** The arrows that a figure shows as tried. */
function tried(transitions: Iterable<StateTransition>): string[] {
  return plotStateDiagram(transitions).table.rows.filter((row) => row.at(-1) === "yes")
    .map(([from, to]) => `${from} ${to}`);
}

Deno.test("plotStateDiagram() has every state, an arrow into each and one out of each", () => {
  const { rows } = plotStateDiagram([]).table;
  for (const place of [0, 1]) {
    assertEquals(new Set(rows.map((row) => row[place])), new Set(TCP_STATES));
  }
  const pairs = rows.map(([from, to]) => `${from} ${to}`);
  assertEquals(new Set(pairs).size, pairs.length);
});

Deno.test("plotStateDiagram() has the arrows of RFC 9293, figure 5, and the one of its second note", () => {
  const { rows } = plotStateDiagram([]).table;
  // The RFC writes CLOSED, SYN-RCVD and FINWAIT-1.
  assertEquals(
    rows.map(([from, to]) => `${from} ${to}`).toSorted(),
    [
      "CLOSE LISTEN",
      "CLOSE SYN_SENT",
      "CLOSE_WAIT LAST_ACK",
      "CLOSING TIME_WAIT",
      "ESTABLISHED CLOSE_WAIT",
      "ESTABLISHED FIN_WAIT_1",
      "FIN_WAIT_1 CLOSING",
      "FIN_WAIT_1 FIN_WAIT_2",
      "FIN_WAIT_1 TIME_WAIT",
      "FIN_WAIT_2 TIME_WAIT",
      "LAST_ACK CLOSE",
      "LISTEN CLOSE",
      "LISTEN SYN_RECV",
      "LISTEN SYN_SENT",
      "SYN_RECV ESTABLISHED",
      "SYN_RECV FIN_WAIT_1",
      "SYN_RECV LISTEN",
      "SYN_SENT CLOSE",
      "SYN_SENT ESTABLISHED",
      "SYN_SENT SYN_RECV",
      "TIME_WAIT CLOSE",
    ],
  );
});

Deno.test("plotStateDiagram() lights what was tried, and fills the states at its ends", () => {
  const figure = plotStateDiagram([["ESTABLISHED", "CLOSE_WAIT"], ["ESTABLISHED", "CLOSE_WAIT"]]);
  assertEquals(tried([["ESTABLISHED", "CLOSE_WAIT"]]), ["ESTABLISHED CLOSE_WAIT"]);
  assertEquals(filled(figure, PALETTE.ESTABLISHED.color).length, 1);
  assertEquals(filled(figure, PALETTE.CLOSE_WAIT.color).length, 1);
  assertEquals(filled(figure, PALETTE.LISTEN.color).length, 0);
  assertEquals(tried([]), []);
});

Deno.test("plotStateDiagram() says why Linux does not go from LISTEN to SYN_SENT", () => {
  const figure = plotStateDiagram([]);
  const row = figure.table.rows.find(([from, to]) => from === "LISTEN" && to === "SYN_SENT")!;
  assertEquals(row.at(-1), "no: not on Linux");
  assert(words(figure).includes("not on Linux"));
  assert(words(figure).join(" ").includes("On Linux, LISTEN never leads to SYN_SENT"));
});

Deno.test("plotStateDiagram() takes the events of a timeline: a socket outside the table is in CLOSE", () => {
  assertEquals(
    tried([
      { from: undefined, to: "SYN_SENT" },
      { from: "SYN_SENT", to: "ESTABLISHED" },
      { from: undefined, to: "ESTABLISHED" },
      { from: "ESTABLISHED", to: "ESTABLISHED" },
      { from: "ESTABLISHED", to: undefined },
      { from: undefined, to: "CONNECTED" },
      { from: "TIME_WAIT", to: undefined },
    ]),
    ["CLOSE SYN_SENT", "SYN_SENT ESTABLISHED", "TIME_WAIT CLOSE"],
  );
});

Deno.test("plotStateDiagram() knows that a socket which appears in SYN_RECV comes from a listening one", () => {
  assertEquals(tried([{ from: undefined, to: "SYN_RECV" }]), ["LISTEN SYN_RECV"]);
  assertEquals(tried([{ from: "SYN_SENT", to: "SYN_RECV" }]), ["SYN_SENT SYN_RECV"]);
});

Deno.test("plotStateDiagram() names a pair without an arrow, and lights nothing for it", () => {
  const pair = ["ESTABLISHED", "TIME_WAIT"] as const;
  assertEquals(tried([pair]), []);
  const figure = plotStateDiagram([pair, { from: "ESTABLISHED", to: "TIME_WAIT" }]);
  assertEquals(words(figure).join(" ").split("ESTABLISHED, then TIME_WAIT").length, 2);
});

Deno.test("plotStateDiagram() refuses what is no change of a state", () => {
  const draw = (...given: unknown[]) => () => plotStateDiagram(given as StateTransition[]);
  assertRefused([
    [draw(["ESTABLISHED", "ESTAB"]), RangeError, '"ESTAB"'],
    [draw(["CLOSED", "LISTEN"]), RangeError, '"CLOSED"'],
    [draw(["ESTABLISHED"]), TypeError, "1 of them"],
    [draw(["LISTEN", 7]), TypeError, "7"],
    [draw("LISTEN"), TypeError, '"LISTEN"'],
  ]);
});
