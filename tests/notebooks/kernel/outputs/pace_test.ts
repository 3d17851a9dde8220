import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Pace } from "../../../../lib/notebooks/kernel/outputs/pace.ts";

/** The limits of jupyter_server 2.20, as sums over its window. */
const SERVER = { windowMs: 3_000, messages: 3_000, bytes: 3_000_000 };
/** How far behind the server may be. */
const LAG_MS = 1_000;
const ENVELOPE_BYTES = 1_200;

/** Sends as fast as the pace allows, and returns when each output left. */
function times(sizes: readonly number[]): number[] {
  let now = 0;
  const pace = new Pace(() => now);
  return sizes.map((size) => {
    for (let wait; (wait = pace.wait(size)) > 0;) now += Math.max(wait, 0.01);
    pace.count(size);
    return now;
  });
}

Deno.test("Pace lets nothing exceed a Jupyter server's limits, even one that lags behind", () => {
  const sizes = fc.array(fc.oneof(fc.constantFrom(0, 1_001_000), fc.nat({ max: 400_000 })), {
    maxLength: 60,
  });
  const count = fc.constantFrom(1, 100);
  fc.assert(
    fc.property(sizes, count, (some, count) => {
      const all = Array.from({ length: count }, () => some).flat();
      const at = times(all);
      let [first, bytes] = [0, 0];
      at.forEach((time, last) => {
        bytes += all[last] ? all[last] + ENVELOPE_BYTES : 0;
        while (at[first]! < time - SERVER.windowMs - LAG_MS) {
          bytes -= all[first] ? all[first]! + ENVELOPE_BYTES : 0;
          first++;
        }
        assert(last - first + 1 <= SERVER.messages);
        assert(bytes <= SERVER.bytes, `${bytes} bytes`);
      });
    }),
    { numRuns: 50 },
  );
});

Deno.test("Pace lets a million characters go at once, and 8 million within 20 s", () => {
  const pieces = (count: number) => Array.from({ length: count }, () => 65_536);
  assertEquals(times(pieces(15)).at(-1), 0);
  const last = times(pieces(122)).at(-1)!;
  assert(last > 10_000 && last < 20_000, `${last} ms`);
});

Deno.test("Pace begins again when the kernel is idle", () => {
  const pace = new Pace(() => 0);
  pace.count(1_000_000);
  assert(pace.wait(500_000) > 0);
  pace.reset();
  assertEquals(pace.wait(500_000), 0);
});
