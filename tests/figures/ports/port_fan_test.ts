import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { assertRefused } from "../_parts.ts";
import { spread } from "../../../lib/figures/ports/_port_fan.ts";

/** Wanted places, the places that come of them with a gap of 10 between 0 and 100, and why. */
const CASES: readonly (readonly [wanted: number[], places: number[], why: string])[] = [
  [[], [], "nothing to place"],
  [[50], [50], "one label is where it belongs"],
  [[10, 30, 90], [10, 30, 90], "labels far enough apart stay"],
  [[50, 50], [45, 55], "two for one place share it"],
  [[50, 52], [46, 56], "two that are too close move apart as much as needed"],
  [[0, 0, 0], [0, 10, 20], "at the lower bound they go up"],
  [[100, 100], [90, 100], "at the upper bound they go down"],
  [[20, 21, 22, 80], [11, 21, 31, 80], "a label far off does not feel the crowd"],
  [
    [20, 21, 35, 36],
    [13, 23, 33, 43],
    "crowds that meet become one",
  ],
  [[-50, 500], [0, 100], "what is wanted outside of the bounds is placed on them"],
];

for (const [wanted, places, why] of CASES) {
  Deno.test(`spread() of ${JSON.stringify(wanted)}: ${why}`, () => {
    assertEquals(spread(wanted, { gap: 10, first: 0, last: 100 }), places);
  });
}

Deno.test("spread() fills the room to the last place and refuses one more", () => {
  const eleven = Array.from({ length: 11 }, () => 7);
  const bounds = { gap: 10, first: 0, last: 100 };
  assertEquals(spread(eleven, bounds), eleven.map((_, index) => index * 10));
  assertRefused([[() => spread([...eleven, 7], bounds), RangeError, "12"]]);
});

Deno.test("spread() keeps order, gaps and bounds, and moves no label that may stay", () => {
  const wanted = fc.array(fc.integer({ min: 0, max: 65535 }), { maxLength: 20 })
    .map((places) => places.sort((one, other) => one - other));
  fc.assert(fc.property(wanted, fc.integer({ min: 1, max: 3449 }), (wanted, gap) => {
    const places = spread(wanted, { gap, first: 0, last: 65535 });
    const between = places.slice(1).map((place, index) => place - places[index]!);
    assert(between.every((distance) => distance >= gap - 1e-6));
    assert(places.every((place) => place >= 0 && place <= 65535 + 1e-6));
    const crowded = wanted.slice(1).some((place, index) => place - wanted[index]! < gap);
    if (!crowded) places.forEach((place, index) => assert(Math.abs(place - wanted[index]!) < 1e-6));
  }));
});

Deno.test("spread() moves labels as little as a search over all placings does", () => {
  const bounds = { gap: 2, first: 0, last: 8 };
  const wanted = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 4 })
    .map((places) => places.sort((one, other) => one - other));
  fc.assert(fc.property(wanted, (wanted) => {
    const cost = (places: readonly number[]) =>
      places.reduce((sum, place, index) => sum + (place - wanted[index]!) ** 2, 0);
    // Whole and half places: a finer grid finds nothing better by more than the grid's own step.
    const best = Math.min(...placings(wanted.length, bounds).map(cost));
    assert(cost(spread(wanted, bounds)) <= best + 1e-6);
  }));
});

/** Every placing on a grid of halves. */
function placings(
  count: number,
  { gap, first, last }: { gap: number; first: number; last: number },
) {
  let found: number[][] = [[]];
  for (let index = 0; index < count; index++) {
    found = found.flatMap((places) => {
      const from = places.length === 0 ? first : places.at(-1)! + gap;
      const steps = Math.max(0, Math.floor((last - from) * 2) + 1);
      return Array.from({ length: steps }, (_, step) => [...places, from + step / 2]);
    });
  }
  return found;
}
