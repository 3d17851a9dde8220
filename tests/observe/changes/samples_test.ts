import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Looks, nextLook } from "../../../lib/observe/changes/_samples.ts";
import type { Look } from "../../../lib/observe/changes/socket_change.ts";

const NOTHING = { read: () => [], onLook: () => {}, onError: () => {} };

/** Makes looks until there are `count`, with something to do in each, and returns when they were. */
function looked(interval: number, count: number, work: (index: number) => void): Promise<Look[]> {
  const seen: Look[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Look[]>();
  const looks: Looks = new Looks({
    interval,
    read: () => {
      work(seen.length);
      return [];
    },
    onLook: (look) => {
      seen.push(look);
      if (seen.length < count) return;
      looks.stop();
      resolve(seen);
    },
    onError: reject,
  });
  looks.keepAlive(true);
  return promise;
}

Deno.test("nextLook() is the first multiple of the interval that is not too early", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 60_000 }), fc.nat(1e9), (interval, earliest) => {
    const next = nextLook(earliest, interval);
    assertEquals(next % interval, 0);
    assert(next >= earliest && next < earliest + interval);
  }));
});

Deno.test("Looks keeps its pace: what a look takes never adds up", async () => {
  let early: number[] = [];
  // Where the machine is busy all timers are late; a pace that drifts is late on any machine.
  for (let tries = 0; tries < 10; tries++) {
    const looks = await looked(10, 12, () => busy(3));
    early = looks.slice(1).map(({ begin }) => (begin + 0.5) % 10);
    if (early.filter((late) => late < 2.5).length >= 8) return;
  }
  throw new Error(`Most looks are late: ${early.map((late) => late.toFixed(1))}`);
});

Deno.test("Looks leaves out what it is too late for, and leaves others at least as much time", async () => {
  const looks = await looked(5, 4, (index) => busy(index === 1 ? 42 : 0));
  const [, slow, after] = looks as [Look, Look, Look];
  assertGreater(slow.end - slow.begin, 41);
  assertGreater(after.begin - slow.end, 40, "it rests as long as it took");
});

Deno.test("Looks counts itself, and the longest time in which a thing can have been missed", async () => {
  const looks = new Looks({ ...NOTHING, interval: 60_000 });
  assertEquals(looks.count, 1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  const now = looks.now();
  looks.finish();
  assertEquals(looks.count, 2);
  assertGreater(looks.blind, now - 1);
  const { blind } = looks;
  looks.finish();
  assertEquals([looks.count, looks.blind], [2, blind], "over is over");
});

Deno.test("Looks throws what the first look throws, tells the error of another, and ends", async () => {
  const read = (failing: number) => {
    let count = 0;
    return () => {
      if (count++ === failing) throw new Error(`look ${failing}`);
      return [];
    };
  };
  assertThrows(
    () => new Looks({ ...NOTHING, interval: 1, read: read(0) }),
    Error,
    "look 0",
  );
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const looks = new Looks({ ...NOTHING, interval: 1, read: read(3), onError: resolve });
  looks.keepAlive(true);
  assertEquals((await promise as Error).message, "look 3");
  assertEquals(looks.count, 3);
});

Deno.test("Looks refuses an interval that is none", () => {
  const bad: readonly (readonly [value: unknown, error: ErrorConstructor, got: string])[] = [
    [0, RangeError, '"0" ms: an interval is 1 to 60000 milliseconds, got 0'],
    [60_001, RangeError, '"60001" ms: an interval is 1 to 60000 milliseconds, got 60001'],
    [NaN, RangeError, '"NaN" ms: an interval is 1 to 60000 milliseconds, got NaN'],
    ["5", TypeError, '"5" ms: an interval is 1 to 60000 milliseconds, got a string'],
  ];
  for (const [interval, error, got] of bad) {
    const make = () => new Looks({ ...NOTHING, interval: interval as number });
    assertEquals(assertThrows(make, error).message, `Cannot look every ${got}`);
  }
});

function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  assert(performance.now() >= end);
}
