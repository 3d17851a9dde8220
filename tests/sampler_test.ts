import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import fc from "fast-check";
import { nextSample, type Sample, Sampler } from "../lib/sampler.ts";

const NOTHING = { read: () => 0, onSample: () => {}, onError: () => {} };

/** Takes `count` samples, with something to do in each. */
function taken(
  interval: number,
  count: number,
  work: (index: number) => void,
): Promise<Sample<void>[]> {
  const seen: Sample<void>[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Sample<void>[]>();
  const sampler = new Sampler({
    interval,
    keepsAlive: true,
    read: () => work(seen.length),
    onSample: (sample) => {
      seen.push(sample);
      if (seen.length < count) return;
      sampler.stop();
      resolve(seen);
    },
    onError: reject,
  });
  sampler.start();
  return promise;
}

Deno.test("nextSample() is the first multiple of the interval that is not too early", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 60_000 }), fc.nat(1e9), (interval, earliest) => {
    const next = nextSample(earliest, interval);
    assertEquals(next % interval, 0);
    assert(next >= earliest && next < earliest + interval);
  }));
});

Deno.test("Sampler keeps its pace: what a sample takes never adds up", async () => {
  let early: number[] = [];
  // Where the machine is busy all timers are late; a pace that drifts is late on any machine.
  for (let tries = 0; tries < 10; tries++) {
    const samples = await taken(10, 12, () => busy(3));
    early = samples.slice(1).map(({ begin }) => (begin + 0.5) % 10);
    if (early.filter((late) => late < 2.5).length >= 8) return;
  }
  throw new Error(`Most samples are late: ${early.map((late) => late.toFixed(1))}`);
});

Deno.test("Sampler leaves out what it is too late for, and pauses for as long as a sample took", async () => {
  const samples = await taken(5, 4, (index) => busy(index === 1 ? 42 : 0));
  const [, slow, after] = samples as [Sample<void>, Sample<void>, Sample<void>];
  assertGreater(slow.end - slow.begin, 41);
  assertGreater(after.begin - slow.end, 40, "it pauses as long as it took");
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

function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  assert(performance.now() >= end);
}
