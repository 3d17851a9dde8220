import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Quarantine } from "../../../lib/ports/allocator/_quarantine.ts";

Deno.test("Quarantine ends in the order of the releases, for each port at its time", () => {
  const quarantine = new Quarantine(3);
  quarantine.add(2, 10);
  quarantine.add(0, 20);
  assertEquals([quarantine.count, quarantine.has(0), quarantine.has(1), quarantine.has(2)], [
    2,
    true,
    false,
    true,
  ]);
  assertEquals(quarantine.takeEnded(9), undefined);
  assertEquals(quarantine.takeEnded(10), 2);
  assertEquals(quarantine.takeEnded(19), undefined);
  // The third and the fourth port to come: the ring wraps around.
  quarantine.add(1, 30);
  quarantine.add(2, 30);
  assertEquals([quarantine.count, quarantine.takeEnded(30), quarantine.takeEnded(30)], [3, 0, 1]);
  assertEquals([quarantine.takeEnded(30), quarantine.takeEnded(30), quarantine.count], [
    2,
    undefined,
    0,
  ]);
});

Deno.test("Quarantine has room for every port, and works with clocks that begin below zero", () => {
  const quarantine = new Quarantine(100);
  for (let offset = 99; offset >= 0; offset--) quarantine.add(offset, -1_000 - offset);
  assertEquals(quarantine.count, 100);
  for (let offset = 99; offset >= 0; offset--) {
    assertEquals(quarantine.takeEnded(-1_000 - offset), offset);
  }
});

Deno.test("Quarantine does the same as a plain list, whatever the steps", () => {
  const steps = fc.array(fc.record({ offset: fc.nat(4), wait: fc.nat(5) }), {
    maxLength: 100,
    size: "max",
  });
  fc.assert(fc.property(steps, (steps) => {
    const quarantine = new Quarantine(5);
    const list: { offset: number; until: number }[] = [];
    let now = 0;
    for (const { offset, wait } of steps) {
      now += wait;
      if (quarantine.has(offset)) {
        const ended = list[0]!.until <= now ? list.shift()!.offset : undefined;
        assertEquals(quarantine.takeEnded(now), ended);
      } else {
        quarantine.add(offset, now + 10);
        list.push({ offset, until: now + 10 });
      }
      assertEquals(quarantine.count, list.length);
      for (let each = 0; each < 5; each++) {
        assert(quarantine.has(each) === list.some(({ offset }) => offset === each));
      }
    }
  }));
});
