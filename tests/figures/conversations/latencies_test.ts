import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Figure, type LatencySeries, PALETTE, plotLatencies } from "fourtuple";
import { assertRefused, axis, trace, traceNames, words } from "../_parts.ts";

/** The five numbers of a box. */
interface Box {
  readonly lowerfence: readonly [number];
  readonly q1: readonly [number];
  readonly median: readonly [number];
  readonly q3: readonly [number];
  readonly upperfence: readonly [number];
  readonly y: readonly [number];
  readonly line: { readonly color: string };
}

function box(name: string, series: readonly LatencySeries[]): Box {
  return trace(plotLatencies(series), name) as unknown as Box;
}

const HUNDRED_AND_ONE = Array.from({ length: 101 }, (_, index) => index);

Deno.test("plotLatencies() has a box and its points for each series, one row under the other", () => {
  const figure = plotLatencies([
    { name: "open", milliseconds: [3, 1, 2] },
    { name: "none", milliseconds: [] },
    { name: "udp", milliseconds: [5], meaning: "udp" },
  ]);
  assertEquals(traceNames(figure), ["open", "open, one by one", "udp", "udp, one by one"]);
  assertEquals(trace(figure, "open, one by one").x, [1, 2, 3]);
  assertEquals(trace(figure, "udp").line!.color, PALETTE.udp.color);
  const below = Math.max(...trace(figure, "open, one by one").y as number[]);
  assert(trace(figure, "udp").y[0]! > below);
  assert(words(figure).includes("open median 2 ms"));
  assert(words(figure).includes("udp median 5 ms"));
  assertEquals(axis(figure, "xaxis").title?.text, "milliseconds");
});

Deno.test("plotLatencies() draws quartiles, the median, and the 5th and 95th of a hundred", () => {
  const shuffled = HUNDRED_AND_ONE.map((n) => n * 37 % 101);
  const { lowerfence, q1, median, q3, upperfence } = box("a", [
    { name: "a", milliseconds: shuffled.map((n) => n + 1) },
  ]);
  assertEquals([lowerfence, q1, median, q3, upperfence], [[6], [26], [51], [76], [96]]);
  const even = box("b", [{ name: "b", milliseconds: [1, 2] }]);
  assertAlmostEquals(even.median[0], 1.5, 1e-12);
});

Deno.test("plotLatencies() says of few times that the whiskers reach to their ends, as they do", () => {
  const of = (count: number) =>
    plotLatencies([{ name: "a", milliseconds: Array.from({ length: count }, (_, n) => n + 1) }]);
  const ends = (figure: Figure) => {
    const [box] = figure.data as unknown as [{ lowerfence: number[]; upperfence: number[] }];
    return [box.lowerfence[0], box.upperfence[0]];
  };
  assertEquals(ends(of(19)), [1, 19]);
  assert(words(of(19)).join(" ").includes("from the shortest to the longest"));
  assertEquals(ends(of(100)), [5, 95]);
  assert(words(of(100)).join(" ").includes("90 % are between the whiskers"));
});

Deno.test("plotLatencies() ends its whiskers at times that were measured", () => {
  const ends = (milliseconds: number[]) => {
    const { lowerfence, upperfence } = box("a", [{ name: "a", milliseconds }]);
    return [...lowerfence, ...upperfence];
  };
  assertEquals(ends([0.1, 41, 42, 43, 44, 44, 44, 44, 44, 45]), [0.1, 45]);
  assertEquals(ends([7]), [7, 7]);
  const twenty = HUNDRED_AND_ONE.slice(1, 21);
  assertEquals(ends(twenty.slice(1)), [2, 20]);
  assertEquals(ends(twenty), [1, 19]);
  assertEquals(ends(HUNDRED_AND_ONE.slice(1, 41)), [2, 38]);
});

Deno.test("plotLatencies() has a logarithmic axis where the longest is over 20 times the shortest", () => {
  const typeOf = (milliseconds: number[], logarithmic?: boolean) =>
    (plotLatencies([{ name: "a", milliseconds }], { logarithmic }).layout.xaxis as {
      type?: string;
    })
      .type;
  assertEquals(typeOf([1, 20]), undefined);
  assertEquals(typeOf([1, 20.1]), "log");
  assertEquals(typeOf([1, 20.1], false), undefined);
  assertEquals(typeOf([1, 2], true), "log");
});

Deno.test("plotLatencies() names where a logarithmic axis begins, at or below the shortest time", () => {
  const cases: [times: number[], ticks: number[]][] = [
    [[0.03, 9], [0.01, 0.1, 1, 10]],
    [[3, 70], [2, 5, 10, 20, 50]],
    [[1, 100], [1, 10, 100]],
    [[0.001, 10_000], [0.001, 0.1, 10, 1000]],
  ];
  for (const [milliseconds, ticks] of cases) {
    const drawn = plotLatencies([{ name: "a", milliseconds }], { logarithmic: true });
    assertEquals(axis(drawn, "xaxis").tickvals!.map((tick) => Number(tick.toPrecision(3))), ticks);
  }
});

Deno.test("plotLatencies() keeps every time within a logarithmic axis, zero among them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }),
      (times) => {
        const figure = plotLatencies([{ name: "a", milliseconds: times }], { logarithmic: true });
        const [first, last] = axis(figure, "xaxis").range as unknown as [number, number];
        for (const x of trace(figure, "a, one by one").x) {
          assert(Math.log10(x!) > first && Math.log10(x!) < last, `${x} of ${first} to ${last}`);
        }
      },
    ),
  );
});

Deno.test("plotLatencies() draws at most 300 points, the ends among them, and counts all", () => {
  const milliseconds = Array.from({ length: 10_000 }, (_, index) => index + 1);
  const figure = plotLatencies([{ name: "a", milliseconds }]);
  const { x } = trace(figure, "a, one by one");
  assertEquals([x.length, x[0], x.at(-1)], [300, 1, 10_000]);
  assertEquals(figure.table.rows[0], ["a", 10_000, 1, 5001, 9500, 10_000]);
});

Deno.test("plotLatencies() says that there is nothing to draw", () => {
  for (const series of [[], [{ name: "a", milliseconds: [] }]]) {
    const figure = plotLatencies(series);
    assertEquals(figure.data, []);
    assert(words(figure).includes("Nothing to draw: no time"));
  }
});

Deno.test("plotLatencies() refuses what it cannot draw", () => {
  const one = (milliseconds: unknown, name: unknown = "a") =>
    [{ name, milliseconds }] as unknown as LatencySeries[];
  assertRefused([
    [() => plotLatencies(one([-1])), RangeError, "-1"],
    [() => plotLatencies(one([NaN])), RangeError, "NaN"],
    [() => plotLatencies(one(["1"])), TypeError, '"1"'],
    [() => plotLatencies(one("1")), TypeError, '"1"'],
    [() => plotLatencies(one([1], " ")), TypeError, '" "'],
    [() => plotLatencies([...one([1]), ...one([2])]), RangeError, '"a" twice'],
  ]);
});
