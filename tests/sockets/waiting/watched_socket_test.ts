import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { RECEIVE_INTO } from "../../../lib/sockets/waiting/waiting_calls.ts";
import { Wait } from "../../../lib/sockets/waiting/wait.ts";
import { WaitQueue, Watch } from "../../../lib/sockets/waiting/watched_socket.ts";

const STREAM = new Watch(-1, true);

Deno.test("WaitQueue keeps the order of an array, whoever leaves", () => {
  const step = fc.oneof(
    fc.constant("add" as const),
    fc.constant("shift" as const),
    fc.nat({ max: 9 }), // the place of who leaves early
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const queue = new WaitQueue();
    const model: Wait[] = [];
    for (const what of steps) {
      if (what === "add") {
        const wait = new Wait(RECEIVE_INTO, STREAM, new Uint8Array(1)) as Wait;
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

Deno.test("WaitQueue.remove() of somebody who is not there changes nothing", () => {
  const [first, second, stranger] = Array.from(
    { length: 3 },
    () => new Wait(RECEIVE_INTO, STREAM, new Uint8Array(1)) as Wait,
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

Deno.test("Watch.isBusy() after a receive that got less than it had room for", () => {
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
    ["the kernel would not tell", { isRegistered: false }, 3, false],
    ["the kernel has told already", { isSpecial: true }, 3, false],
  ];
  for (const [why, options, length, isBusy] of cases) {
    const { isStream = true, isRegistered = true, isSpecial = false } = options;
    const watch = new Watch(-1, isStream);
    watch.isRegistered = isRegistered;
    if (isSpecial) watch.noteReadable(true);
    watch.noteReceived(length, 10);
    assertEquals(watch.isBusy("readers"), isBusy, why);
    assertFalse(watch.isBusy("writers"), why);
    watch.noteReadable(false);
    assertFalse(watch.isBusy("readers"), why);
  }
});

Deno.test("Watch.isBusy() while somebody waits on that side", () => {
  const watch = new Watch(-1, true);
  watch.readers.add(new Wait(RECEIVE_INTO, watch, new Uint8Array(1)) as Wait);
  assertEquals([watch.isBusy("readers"), watch.isBusy("writers")], [true, false]);
});
