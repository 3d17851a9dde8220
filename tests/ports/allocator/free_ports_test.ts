import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import {
  type FreePorts,
  LowestFirst,
  RandomOrder,
} from "../../../lib/ports/allocator/_free_ports.ts";
import { seededRandom } from "../../../lib/ports/allocator/seeded_random.ts";

/** Sizes where a word or a level begins or ends, and those of real ranges. */
const SIZES = [1, 2, 31, 32, 33, 1023, 1024, 1025, 28_232, 32_768, 32_769, 65_535, 65_536];

/** Counts how often the arrays that a set makes are read or written. */
class Meter {
  accesses = 0;

  /** Returns what `make` makes, with arrays that count. */
  watch<Value>(make: () => Value): Value {
    const { Uint32Array } = globalThis;
    const counting = (length: number) =>
      new Proxy(new Uint32Array(length), {
        get: (words, key) => {
          if (typeof key === "string" && key !== "length") this.accesses++;
          return Reflect.get(words, key);
        },
        set: (words, key, value) => {
          this.accesses++;
          return Reflect.set(words, key, value);
        },
      });
    globalThis.Uint32Array = function (length: number) {
      return counting(length);
    } as unknown as Uint32ArrayConstructor;
    try {
      return make();
    } finally {
      globalThis.Uint32Array = Uint32Array;
    }
  }

  /** Returns how many accesses `run` makes. */
  of(run: () => unknown): number {
    const before = this.accesses;
    run();
    return this.accesses - before;
  }
}

const MAKERS: Readonly<Record<string, (size: number) => FreePorts>> = {
  LowestFirst: (size) => new LowestFirst(size),
  RandomOrder: (size) => new RandomOrder(size, seededRandom(7)),
};

for (const [name, make] of Object.entries(MAKERS)) {
  Deno.test(`${name} gives every port once, then none, and again after they were put back`, () => {
    for (const size of SIZES) {
      const free = make(size);
      for (let round = 0; round < 2; round++) {
        const seen = new Uint8Array(size);
        for (let taken = 0; taken < size; taken++) seen[free.takeNext()!]!++;
        assert(seen.every((times) => times === 1), `${size}: each once`);
        assertEquals([free.takeNext(), free.count], [undefined, 0]);
        for (let offset = 0; offset < size; offset++) free.putBack(offset);
        assertEquals(free.count, size);
      }
    }
  });

  Deno.test(`${name} has exactly the ports that were not taken`, () => {
    const toggles = fc.array(fc.nat(), { maxLength: 300, size: "max" });
    // Up to three levels of words; small sizes are toggled back and forth.
    const sizes = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 990, max: 1_100 }));
    fc.assert(fc.property(sizes, toggles, (size, numbers) => {
      const free = make(size);
      const model = new Set(Array.from({ length: size }, (_, offset) => offset));
      for (const offset of numbers.map((each) => each % size)) {
        if (model.delete(offset)) {
          free.take(offset);
        } else {
          free.putBack(offset);
          model.add(offset);
        }
        assertEquals(free.count, model.size);
      }
      for (let offset = 0; offset < size; offset++) {
        assert(free.has(offset) === model.has(offset), `${offset} of ${size}`);
      }
      const rest = Array.from(model, () => free.takeNext()!);
      const inOrder = [...model].toSorted((a, b) => a - b);
      if (name === "LowestFirst") assertEquals(rest, inOrder);
      else assertEquals(rest.toSorted((a, b) => a - b), inOrder);
    }));
  });

  Deno.test(`${name} takes as many steps when nearly full as when nearly empty`, () => {
    const size = 65_536;
    const meter = new Meter();
    const free = meter.watch(() => make(size));
    const random = seededRandom(3);
    const worst = [0, 0.5, 0.9, 0.99, 0.9999].map((fill) => {
      while (free.count > size * (1 - fill)) free.takeNext();
      let most = 0;
      for (let round = 0; round < 1_000; round++) {
        const offset = random(size);
        if (free.has(offset)) {
          most = Math.max(most, meter.of(() => free.take(offset)));
          most = Math.max(most, meter.of(() => free.putBack(offset)));
        } else {
          most = Math.max(most, meter.of(() => free.putBack(offset)));
          most = Math.max(most, meter.of(() => free.take(offset)));
        }
        let taken: number | undefined;
        most = Math.max(most, meter.of(() => taken = free.takeNext()));
        free.putBack(taken!);
      }
      return most;
    });
    // Four levels down and four up, each read and written; an array of ports and one of indices.
    for (const most of worst) assertLessOrEqual(most, 12, `${name}: ${worst}`);
    assert(Math.min(...worst) > 2, "the meter counts nothing");
  });
}

Deno.test("LowestFirst gives the lowest, RandomOrder each equally often", () => {
  const lowest = new LowestFirst(2_000);
  for (let offset = 0; offset < 1_500; offset++) lowest.takeNext();
  for (const offset of [1_499, 40, 1_023, 1_024]) lowest.putBack(offset);
  assertEquals(Array.from({ length: 5 }, () => lowest.takeNext()), [
    40,
    1_023,
    1_024,
    1_499,
    1_500,
  ]);

  const any = new RandomOrder(10, seededRandom(1));
  const times = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 10_000; draw++) {
    const offset = any.takeNext()!;
    times[offset]!++;
    any.putBack(offset);
  }
  // A thousand each; 150 is five times the standard deviation.
  for (const count of times) assertLessOrEqual(Math.abs(count - 1_000), 150, `${times}`);
});

Deno.test("RandomOrder gives each of the ports that are left equally often", () => {
  const times = new Array<number>(6).fill(0);
  const random = seededRandom(5);
  for (let draw = 0; draw < 6_000; draw++) {
    const any = new RandomOrder(6, random);
    any.take(0);
    any.take(4);
    any.putBack(0);
    any.take(2);
    times[any.takeNext()!]!++;
  }
  assertEquals([times[2], times[4]], [0, 0]);
  // 1,500 each of four; 170 is five times the standard deviation.
  for (const offset of [0, 1, 3, 5]) {
    assertLessOrEqual(Math.abs(times[offset]! - 1_500), 170, `${times}`);
  }
});
