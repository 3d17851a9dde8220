import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { PortHistory } from "../../lib/services/_port_history.ts";

Deno.test("PortHistory records which client held which port, from when to when", () => {
  let now = 5000;
  const history = new PortHistory(undefined, () => now);
  const state = { name: "client 1" };
  now = 6000;
  const leave = history.hold(6001, state, "tuple a");
  now = 6500;
  history.refuse("client 2", "exhausted");
  history.refuse("client 2", "taken", 6001);
  const holding = { port: 6001, tuple: "tuple a", from: 1 };
  assertEquals(history.holdings(), [{ ...holding, client: "client 1", until: undefined }]);
  state.name = "Ada";
  now = 7000;
  leave();
  now = 8000;
  leave(); // a second time changes nothing
  state.name = "somebody else";
  assertEquals(history.holdings(), []);
  assertEquals(history.all(), [{ ...holding, client: "Ada", until: 2 }]);
  assertEquals(history.events(), [
    { at: 1, client: "Ada", what: "allocated", port: 6001 },
    { at: 1.5, client: "client 2", what: "refused", reason: "exhausted" },
    { at: 1.500001, client: "client 2", what: "refused", port: 6001, reason: "taken" },
    { at: 2, client: "Ada", what: "released", port: 6001 },
  ]);
});

Deno.test("PortHistory forgets the oldest, and never a release without its allocation", () => {
  const history = new PortHistory(10, () => 0);
  const open = history.hold(1, { name: "stays" }, "tuple");
  for (let port = 2; port < 1000; port++) history.hold(port, { name: "goes" }, "tuple")();
  for (let port = 2; port < 1000; port++) history.refuse("asks", "taken", port);
  const events = history.events();
  assertEquals(events.length <= 1 + 2 * 20 + 20 && events.length >= 1 + 2 * 10 + 10, true);
  assertEquals(events[0]!.client, "stays");
  assertEquals(history.all().at(-1)!.port, 999);
  let held = 0;
  for (const { what } of events) {
    held += { allocated: 1, released: -1, refused: 0 }[what];
    assertEquals(held >= 0 && held <= 2, true);
  }
  open();
  assertEquals(history.holdings(), []);
});

Deno.test("PortHistory returns events in the order in which they happened", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 });
  fc.assert(fc.property(steps, (steps) => {
    const history = new PortHistory(1000, () => 0); // a clock that does not move
    const leaves = new Map<number, () => void>();
    const expected: string[] = [];
    for (const port of steps) {
      const leave = leaves.get(port);
      expected.push(`${leave === undefined ? "allocated" : "released"} ${port}`);
      if (leave === undefined) leaves.set(port, history.hold(port, { name: `${port}` }, ""));
      else {
        leave();
        leaves.delete(port);
      }
    }
    const events = history.events();
    assertEquals(events.map(({ what, port }) => `${what} ${port}`), expected);
    assertEquals(history.holdings().map(({ port }) => port), [...leaves.keys()]);
  }));
});
