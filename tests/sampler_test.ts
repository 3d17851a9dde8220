import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import fc from "fast-check";
import { nextSample, Sampler } from "../lib/sampler.ts";

const NOTHING = { read: () => 0, onSample: () => {}, onError: () => {} };

/**
 * Takes samples on a clock of its own, whose timers are 1 ms late, and returns when they began.
 *
 * @param lasts How long each sample takes, in milliseconds
 */
function beginsOf(interval: number, lasts: readonly number[]): number[] {
  const { performance, setTimeout } = globalThis;
  let now = 0;
  let timer: (() => void) | undefined;
  const begins: number[] = [];
  const sampler = new Sampler({
    ...NOTHING,
    interval,
    keepsAlive: true,
    read: () => now += lasts[begins.length]!,
    onSample: ({ begin }) => void begins.push(begin),
  });
  try {
    Object.assign(globalThis, {
      performance: { now: () => now },
      setTimeout: (call: () => void, delay: number) => {
        timer = call;
        now += delay + 1;
      },
    });
    sampler.start();
    while (begins.length < lasts.length) timer!();
  } finally {
    Object.assign(globalThis, { performance, setTimeout });
  }
  return begins;
}

Deno.test("nextSample() is the first multiple of the interval that is not too early", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 60_000 }), fc.nat(1e9), (interval, earliest) => {
    const next = nextSample(earliest, interval);
    assertEquals(next % interval, 0);
    assert(next >= earliest && next < earliest + interval);
  }));
});

Deno.test("Sampler keeps its pace: what a sample takes never adds up", () => {
  assertEquals(beginsOf(10, [3, 3, 3, 3, 3, 3]), [0, 11, 21, 31, 41, 51]);
});

Deno.test("Sampler leaves out what it is too late for, and pauses for as long as a sample took", () => {
  assertEquals(beginsOf(5, [0, 42, 0, 0]), [0, 6, 91, 96]);
});

Deno.test("Sampler counts its samples, and tells the longest time in which something can be missed", async () => {
  const sampler = new Sampler({ ...NOTHING, interval: 60_000 });
  sampler.start();
  assertEquals(sampler.count, 1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  const now = sampler.now();
  sampler.finish();
  assertEquals(sampler.count, 2);
  assertGreater(sampler.resolution, now - 1);
  const { resolution } = sampler;
  sampler.finish();
  assertEquals([sampler.count, sampler.resolution], [2, resolution], "over is over");
});

Deno.test("Sampler throws what the first sample throws, passes on the error of another, and ends", async () => {
  const read = (failing: number) => {
    let count = 0;
    return () => {
      if (count++ === failing) throw new Error(`sample ${failing}`);
    };
  };
  const failing = new Sampler({ ...NOTHING, interval: 1, read: read(0) });
  assertThrows(() => failing.start(), Error, "sample 0");
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const options = { ...NOTHING, interval: 1, onError: resolve, keepsAlive: true };
  const sampler = new Sampler({ ...options, read: read(3) });
  sampler.start();
  assertEquals((await promise as Error).message, "sample 3");
  assertEquals(sampler.count, 3);
});

Deno.test("Sampler refuses an interval out of bounds, and options that it does not know", () => {
  for (const interval of [0, 60_001, NaN]) {
    assertThrows(() => new Sampler({ ...NOTHING, interval }), RangeError, '"interval"');
  }
  const make = (options: object) => () => new Sampler({ ...NOTHING, interval: 5, ...options });
  assertThrows(make({ interval: "5" }), TypeError, '"interval"');
  assertThrows(make({ onSampel: () => {} }), TypeError, '"onSampel"');
});
