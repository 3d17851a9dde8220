import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { seededRandom } from "../../../lib/ports/allocator/seeded_random.ts";

Deno.test("seededRandom() gives mulberry32's numbers", () => {
  // The published generator's first outputs for the seed 0.
  const random = seededRandom(0);
  const first = Array.from({ length: 3 }, () => random(2 ** 32));
  assertEquals(first, [1_144_304_738, 1_416_247, 958_946_056]);
});

Deno.test("seededRandom() stays below its limit and gives the same numbers for the same seed", () => {
  fc.assert(fc.property(fc.nat(2 ** 32 - 1), fc.integer({ min: 1, max: 65_536 }), (seed, limit) => {
    const [a, b] = [seededRandom(seed), seededRandom(seed)];
    for (let draw = 0; draw < 20; draw++) {
      const number = a(limit);
      assert(Number.isInteger(number) && number >= 0 && number < limit);
      assertEquals(b(limit), number);
    }
  }));
});

Deno.test("seededRandom() gives each number equally often", () => {
  const random = seededRandom(42);
  const times = new Array<number>(16).fill(0);
  for (let draw = 0; draw < 16_000; draw++) times[random(16)]!++;
  // A thousand each; 155 is five times the standard deviation.
  for (const count of times) assertLessOrEqual(Math.abs(count - 1_000), 155, `${times}`);
});
