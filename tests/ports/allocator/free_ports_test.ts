import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import {
  AnyOrder,
  type FreePlaces,
  LowestFirst,
  type Storage,
} from "../../../lib/ports/allocator/_free_ports.ts";
import { seededRandom } from "../../../lib/ports/allocator/_random.ts";

/** Sizes where a word or a level begins or ends, and those of real ranges. */
const SIZES = [1, 2, 31, 32, 33, 1023, 1024, 1025, 28_232, 32_768, 32_769, 65_535, 65_536];

/** What counts how often a set reads or writes a number that it keeps. */
class Meter {
  touches = 0;
  readonly storage: Storage = (length) =>
    new Proxy(new Uint32Array(length), {
      get: (words, key) => {
        if (typeof key === "string" && key !== "length") this.touches++;
        return Reflect.get(words, key);
      },
      set: (words, key, value) => {
        this.touches++;
        return Reflect.set(words, key, value);
      },
    });

  /** Returns how many numbers `run` touches. */
  of(run: () => unknown): number {
    const before = this.touches;
    run();
    return this.touches - before;
  }
}

const MAKERS: Readonly<Record<string, (size: number, storage?: Storage) => FreePlaces>> = {
  LowestFirst: (size, storage) => new LowestFirst(size, storage),
  AnyOrder: (size, storage) => new AnyOrder(size, seededRandom(7), storage),
};

for (const [name, make] of Object.entries(MAKERS)) {
  Deno.test(`${name} gives every place once, then none, and again after they came back`, () => {
    for (const size of SIZES) {
      const free = make(size);
      for (let round = 0; round < 2; round++) {
        const seen = new Uint8Array(size);
        for (let taken = 0; taken < size; taken++) seen[free.takeNext()!]!++;
        assert(seen.every((times) => times === 1), `${size}: each once`);
        assertEquals([free.takeNext(), free.count], [undefined, 0]);
        for (let place = 0; place < size; place++) free.giveBack(place);
        assertEquals(free.count, size);
      }
    }
  });

  Deno.test(`${name} has exactly the places that were not taken`, () => {
    const toggles = fc.array(fc.nat(), { maxLength: 300, size: "max" });
    // Up to three levels of words; small sizes are toggled to and fro.
    const sizes = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 990, max: 1_100 }));
    fc.assert(fc.property(sizes, toggles, (size, numbers) => {
      const free = make(size);
      const model = new Set(Array.from({ length: size }, (_, place) => place));
      for (const place of numbers.map((each) => each % size)) {
        if (model.delete(place)) {
          free.take(place);
        } else {
          free.giveBack(place);
          model.add(place);
        }
        assertEquals(free.count, model.size);
      }
      for (let place = 0; place < size; place++) {
        assert(free.has(place) === model.has(place), `${place} of ${size}`);
      }
      const rest = Array.from(model, () => free.takeNext()!);
      const inOrder = [...model].toSorted((a, b) => a - b);
      if (name === "LowestFirst") assertEquals(rest, inOrder);
      else assertEquals(rest.toSorted((a, b) => a - b), inOrder);
    }));
  });

  Deno.test(`${name} takes as many steps nearly full as nearly empty`, () => {
    const size = 65_536;
    const meter = new Meter();
    const free = make(size, meter.storage);
    const random = seededRandom(3);
    const worst = [0, 0.5, 0.9, 0.99, 0.9999].map((fill) => {
      while (free.count > size * (1 - fill)) free.takeNext();
      let most = 0;
      for (let round = 0; round < 1_000; round++) {
        const place = random(size);
        if (free.has(place)) {
          most = Math.max(most, meter.of(() => free.take(place)));
          most = Math.max(most, meter.of(() => free.giveBack(place)));
        } else {
          most = Math.max(most, meter.of(() => free.giveBack(place)));
          most = Math.max(most, meter.of(() => free.take(place)));
        }
        let taken: number | undefined;
        most = Math.max(most, meter.of(() => taken = free.takeNext()));
        free.giveBack(taken!);
      }
      return most;
    });
    // Four levels to go down and four to go up, each read and written; a row and its positions.
    for (const most of worst) assertLessOrEqual(most, 12, `${name}: ${worst}`);
    assert(Math.min(...worst) > 2, "the meter counts nothing");
  });
}

Deno.test("LowestFirst gives the lowest, AnyOrder each as often", () => {
  const lowest = new LowestFirst(2_000);
  for (let place = 0; place < 1_500; place++) lowest.takeNext();
  for (const place of [1_499, 40, 1_023, 1_024]) lowest.giveBack(place);
  assertEquals(Array.from({ length: 5 }, () => lowest.takeNext()), [
    40,
    1_023,
    1_024,
    1_499,
    1_500,
  ]);

  const any = new AnyOrder(10, seededRandom(1));
  const times = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 10_000; draw++) {
    const place = any.takeNext()!;
    times[place]!++;
    any.giveBack(place);
  }
  // A thousand each; 150 is five times the standard deviation.
  for (const count of times) assertLessOrEqual(Math.abs(count - 1_000), 150, `${times}`);
});

Deno.test("AnyOrder is as likely to give any of the places that are left", () => {
  const times = new Array<number>(6).fill(0);
  const random = seededRandom(5);
  for (let draw = 0; draw < 6_000; draw++) {
    const any = new AnyOrder(6, random);
    any.take(0);
    any.take(4);
    any.giveBack(0);
    any.take(2);
    times[any.takeNext()!]!++;
  }
  assertEquals([times[2], times[4]], [0, 0]);
  // 1,500 each of four; 170 is five times the standard deviation.
  for (const place of [0, 1, 3, 5]) {
    assertLessOrEqual(Math.abs(times[place]! - 1_500), 170, `${times}`);
  }
});
