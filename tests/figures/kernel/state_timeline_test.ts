import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Figure, PALETTE, plotStateTimeline } from "fourtuple";
import { ONE_CONNECTION, seen } from "../_lives.ts";
import { annotations, assertRefused, axis, filled, trace, traceNames, words } from "../_parts.ts";
import { PANEL } from "../../../lib/figures/parts/_layout.ts";

interface Bars {
  readonly base: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly marker: { readonly color: string };
}

function bars(figure: Figure, state: string): Bars {
  return trace(figure, state) as unknown as Bars;
}

Deno.test("plotStateTimeline() draws each state from its begin to its end, in its colour", () => {
  const figure = plotStateTimeline(seen(ONE_CONNECTION));
  assertEquals(traceNames(figure), [
    "LISTEN",
    "SYN_SENT",
    "ESTABLISHED",
    "FIN_WAIT_2",
    "TIME_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "first seen",
  ]);
  assertEquals([bars(figure, "ESTABLISHED").base, bars(figure, "ESTABLISHED").x], [
    [100, 100],
    [300, 300],
  ]);
  for (const state of ["LISTEN", "SYN_SENT", "TIME_WAIT", "CLOSE_WAIT"] as const) {
    assertEquals(bars(figure, state).marker.color, PALETTE[state].color);
  }
  const first = trace(figure, "first seen");
  assertEquals(first.x, [0, 99, 100, 400, 700, 100, 400, 700]);
});

Deno.test("plotStateTimeline() puts both ends on one ground, the client above, listeners first", () => {
  const figure = plotStateTimeline(seen([
    ONE_CONNECTION[1]!,
    "10.0.0.6:51234 > 203.0.113.80:443 | ESTABLISHED 100-400",
    ONE_CONNECTION[2]!,
    "[::ffff:203.0.113.80]:443 > [::ffff:10.0.0.6]:51234 | ESTABLISHED 100-400",
    ONE_CONNECTION[0]!,
  ]));
  const grounds = filled(figure, PANEL);
  assertEquals(grounds.length, 3);
  const names = annotations(figure).filter(({ text }) => text.startsWith("<b>"))
    .map(({ text, y }) => [
      grounds.findIndex(({ y0, y1 }) => y >= y0 && y <= y1),
      text.replace(/<[^>]*>/g, ""),
    ]);
  assertEquals(names, [
    [0, "203.0.113.80:443"],
    [1, "10.0.0.5:51234"],
    [1, "203.0.113.80:443"],
    [2, "10.0.0.6:51234"],
    [2, "[::ffff:203.0.113.80]:443"],
  ]);
});

Deno.test("plotStateTimeline() names the peer of a socket that stands alone, where there is room", () => {
  const said = (line: string) => words(plotStateTimeline(seen([line], 60)))[3];
  assertEquals(
    said("127.0.0.1:5000 > 127.0.0.1:80 | TIME_WAIT 0-60"),
    "127.0.0.1:5000 → 127.0.0.1:80",
  );
  assertEquals(
    said("[2001:db8:9:1:2:3:4:5]:50000 > [2001:db8:9:1:2:3:4:6]:443 | TIME_WAIT 0-60"),
    "[2001:db8:9:1:2:3:4:5]:50000",
  );
  const long = said("[2001:db8:85a3:1234:5678:8a2e:3700:7331]:60999 > * | LISTEN 0-60")!;
  assertEquals(long, "[2001:db8:85a3:1234:…2e:3700:7331]:60999");
});

Deno.test("plotStateTimeline() writes the state under its bar where it has room on a phone", () => {
  const said = words(plotStateTimeline(seen(ONE_CONNECTION)));
  const times = (state: string) => said.filter((word) => word === state).length;
  assertEquals(times("LISTEN"), 1);
  assertEquals(times("SYN_SENT"), 0);
  assertEquals(said.filter((word) => word.endsWith(" SYN_SENT")).length, 1, "the key has all");
});

Deno.test("plotStateTimeline() cuts what is drawn to its window", () => {
  const figure = plotStateTimeline(seen(ONE_CONNECTION), { from: 300, to: 500 });
  assertEquals(axis(figure, "xaxis").range, [300, 500]);
  assertEquals([bars(figure, "ESTABLISHED").base, bars(figure, "ESTABLISHED").x], [
    [300, 300],
    [100, 100],
  ]);
  assert(!traceNames(figure).includes("TIME_WAIT"));
  assertEquals(figure.table.rows, [
    ["203.0.113.80:443", "*", "LISTEN", 300, 500],
    ["10.0.0.5:51234", "203.0.113.80:443", "ESTABLISHED", 300, 400],
    ["10.0.0.5:51234", "203.0.113.80:443", "FIN_WAIT_2", 400, 500],
    ["203.0.113.80:443", "10.0.0.5:51234", "ESTABLISHED", 300, 400],
    ["203.0.113.80:443", "10.0.0.5:51234", "CLOSE_WAIT", 400, 500],
  ]);
});

Deno.test("plotStateTimeline() counts seconds where milliseconds get long", () => {
  const line = "127.0.0.1:5000 > 127.0.0.1:80 | ESTABLISHED 0-500, TIME_WAIT 500-60500";
  const long = plotStateTimeline(seen([line], 61_000));
  assertEquals(axis(long, "xaxis").title!.text, "time since the start (s)");
  assertEquals(axis(long, "xaxis").range, [0, 61]);
  assertEquals([bars(long, "TIME_WAIT").base, bars(long, "TIME_WAIT").x], [[0.5], [60]]);
  const short = plotStateTimeline(seen([line], 61_000), { to: 1000 });
  assertEquals(axis(short, "xaxis").title!.text, "time since the start (ms)");
});

Deno.test("plotStateTimeline() numbers the moments in its window, and tells them under the axis", () => {
  const timeline = {
    ...seen(ONE_CONNECTION),
    marks: [
      { time: 700, text: "server.close()" },
      { time: 400, text: "client.shutdown()" },
      { time: 702, text: "<client>" },
      { time: 3, text: "too early" },
    ],
  };
  const figure = plotStateTimeline(timeline, { from: 100 });
  const said = words(figure);
  for (const text of ["1 400 ms: client.shutdown()", "2 700 ms: server.close()"]) {
    assert(said.includes(text), text);
  }
  assert(said.includes("3 702 ms: &lt;client>"));
  assert(!said.some((word) => word.includes("too early")));
  const [one, two, three] = ["1", "2", "3"].map((number) =>
    annotations(figure).find(({ text }) => text === `<b>${number}</b>`)!
  );
  assertEquals(one!.yshift, two!.yshift);
  assertGreater(three!.yshift!, two!.yshift!, "what is close is on another line");
});

Deno.test("plotStateTimeline() counts the sockets that it leaves out", () => {
  const many = seen(
    Array.from(
      { length: 15 },
      (_, index) => `127.0.0.1:${5000 + index} > 127.0.0.1:80 | ESTABLISHED 0-1000`,
    ),
  );
  assert(words(plotStateTimeline(many)).includes("+ 3 more sockets"));
  assert(words(plotStateTimeline(many, { limit: 14 })).includes("+ 1 more socket"));
  assert(!words(plotStateTimeline(many, { limit: 15 })).some((word) => word.includes("more")));
  assertEquals(plotStateTimeline(many, { limit: 15 }).table.rows.length, 15);
});

Deno.test("plotStateTimeline() tells a UDP socket with a peer from one without", () => {
  const figure = plotStateTimeline(seen(
    ["127.0.0.1:5000 > 127.0.0.1:53 | UNCONNECTED 0-500, CONNECTED 500-1000"],
  ));
  assertEquals(bars(figure, "CONNECTED").marker.color, PALETTE.udp.color);
  assert(words(figure).includes("☆ UNCONNECTED") && words(figure).includes("★ CONNECTED"));
});

Deno.test("plotStateTimeline() says how wrong its times can be, if the timeline does", () => {
  const told = plotStateTimeline({ ...seen(ONE_CONNECTION), resolution: 21.4 });
  assert(words(told).join(" ").includes("Times are right to within 21 ms."));
  assert(!words(plotStateTimeline(seen(ONE_CONNECTION))).join(" ").includes("right to within"));
});

Deno.test("plotStateTimeline() of no socket says so", () => {
  assertEquals(words(plotStateTimeline(seen([]), { subtitle: "A subtitle." })), [
    "A subtitle.",
    "Nothing to draw: no socket at that time",
  ]);
  assert(words(plotStateTimeline(seen(ONE_CONNECTION), { from: 2000, to: 2001 })).at(-1)!
    .startsWith("Nothing to draw"));
});

Deno.test("plotStateTimeline() wraps the name of a moment", () => {
  const text = "a call that is named at such length that it needs two lines";
  const figure = plotStateTimeline({ ...seen(ONE_CONNECTION), marks: [{ time: 1, text }] });
  assert(words(figure).join(" ").includes(text));
  assert(!words(figure).some((line) => line.includes(text)));
});

Deno.test("plotStateTimeline() refuses what is no timeline, and a window without a width", () => {
  const whole = seen(ONE_CONNECTION);
  const marks = Array.from({ length: 21 }, () => ({ time: 1, text: "x" }));
  const draw = plotStateTimeline;
  assertRefused([
    [() => draw(whole, { from: 5, to: 5 }), RangeError, "0 ms"],
    [() => draw(whole, { from: NaN }), RangeError, "NaN ms"],
    [() => draw(whole, { from: "5" as unknown as number }), TypeError, '"5"'],
    [() => draw(whole, { limit: 61 }), RangeError, "61"],
    [() => draw({ ...whole, marks }), RangeError, "21"],
    [() => draw({ ...whole, duration: "1" as unknown as number }), TypeError, '"1"'],
  ]);
});
