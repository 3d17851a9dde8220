import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import {
  Wait,
  WaitQueue,
  WatchedDescriptor,
} from "../../../lib/sockets/waiting/watched_descriptor.ts";

const STREAM = new WatchedDescriptor(-1, true);

function newWait(watched = STREAM): Wait {
  return new Wait<unknown>(watched, "recv", "readers", () => undefined);
}

Deno.test("WaitQueue keeps the order of an array, whichever waits are removed", () => {
  const step = fc.oneof(
    fc.constant("add" as const),
    fc.constant("shift" as const),
    fc.nat({ max: 9 }), // the place of a wait that is removed early
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const queue = new WaitQueue();
    const model: Wait[] = [];
    for (const what of steps) {
      if (what === "add") {
        const wait = newWait();
        queue.add(wait);
        model.push(wait);
      } else if (what === "shift") {
        assert(queue.shift() === model.shift());
      } else if (what < model.length) {
        const [wait] = model.splice(what, 1);
        queue.remove(wait!);
      }
      assert(queue.first === model[0]);
    }
    for (const wait of model) assert(queue.shift() === wait);
    assertEquals(queue.shift(), undefined);
  }));
});

Deno.test("WaitQueue.remove() of a wait that is not in the queue changes nothing", () => {
  const [first, second, stranger] = Array.from(
    { length: 3 },
    () => newWait(),
  );
  const queue = new WaitQueue();
  queue.remove(stranger!);
  queue.add(first!);
  queue.add(second!);
  queue.remove(stranger!);
  assert(queue.shift() === first);
  assert(queue.shift() === second);
  assertEquals(queue.shift(), undefined);
});

Deno.test("WatchedDescriptor.isBusy() after a receive that got less than it had room for", () => {
  const cases: readonly (readonly [
    why: string,
    watch: { isStream?: boolean; isRegistered?: boolean; isSpecial?: boolean },
    length: number | undefined,
    isBusy: boolean,
  ])[] = [
    ["that was all", {}, 3, true],
    ["there may be more", {}, 10, false],
    ["the end, which may be asked for again", {}, 0, false],
    ["nothing yet: the event is still to come", {}, undefined, false],
    ["one datagram says nothing of the next", { isStream: false }, 3, false],
    ["the kernel would not report more", { isRegistered: false }, 3, false],
    ["the kernel has already reported the end", { isSpecial: true }, 3, false],
  ];
  for (const [why, options, length, isBusy] of cases) {
    const { isStream = true, isRegistered = true, isSpecial = false } = options;
    const watched = new WatchedDescriptor(-1, isStream);
    watched.isRegistered = isRegistered;
    if (isSpecial) watched.noteReadable(true);
    watched.noteReceived(length, 10);
    assertEquals(watched.isBusy("readers"), isBusy, why);
    assertFalse(watched.isBusy("writers"), why);
    watched.noteReadable(false);
    assertFalse(watched.isBusy("readers"), why);
  }
});

Deno.test("WatchedDescriptor.isBusy() while a call waits on that side", () => {
  const watched = new WatchedDescriptor(-1, true);
  watched.readers.add(newWait(watched));
  assertEquals([watched.isBusy("readers"), watched.isBusy("writers")], [true, false]);
});
