import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { RestQueue } from "../../../lib/ports/allocator/_quarantine.ts";

Deno.test("RestQueue lets places go in the order in which they came, each at its time", () => {
  const queue = new RestQueue(3);
  queue.add(2, 10);
  queue.add(0, 20);
  assertEquals([queue.count, queue.has(0), queue.has(1), queue.has(2)], [2, true, false, true]);
  assertEquals(queue.takeRested(9), undefined);
  assertEquals(queue.takeRested(10), 2);
  assertEquals(queue.takeRested(19), undefined);
  // Round the ring's end: the third place to come and the fourth.
  queue.add(1, 30);
  queue.add(2, 30);
  assertEquals([queue.count, queue.takeRested(30), queue.takeRested(30)], [3, 0, 1]);
  assertEquals([queue.takeRested(30), queue.takeRested(30), queue.count], [2, undefined, 0]);
});

Deno.test("RestQueue holds every place at once and works with clocks that begin below zero", () => {
  const queue = new RestQueue(100);
  for (let place = 99; place >= 0; place--) queue.add(place, -1_000 - place);
  assertEquals(queue.count, 100);
  for (let place = 99; place >= 0; place--) assertEquals(queue.takeRested(-1_000 - place), place);
});

Deno.test("RestQueue does as a plain list, whatever the steps", () => {
  const steps = fc.array(fc.record({ place: fc.nat(4), wait: fc.nat(5) }), {
    maxLength: 100,
    size: "max",
  });
  fc.assert(fc.property(steps, (steps) => {
    const queue = new RestQueue(5);
    const list: { place: number; until: number }[] = [];
    let now = 0;
    for (const { place, wait } of steps) {
      now += wait;
      if (queue.has(place)) {
        const rested = list[0]!.until <= now ? list.shift()!.place : undefined;
        assertEquals(queue.takeRested(now), rested);
      } else {
        queue.add(place, now + 10);
        list.push({ place, until: now + 10 });
      }
      assertEquals(queue.count, list.length);
      for (let each = 0; each < 5; each++) {
        assert(queue.has(each) === list.some(({ place }) => place === each));
      }
    }
  }));
});
