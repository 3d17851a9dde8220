import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type CounterName, COUNTERS, Counters } from "fourtuple";
import type { Refusal } from "../../../lib/refusal.ts";

/** A reading with these numbers. */
function reading(numbers: Partial<Record<CounterName, number>>): Counters {
  return new Counters(new Map(Object.entries(numbers) as [CounterName, number][]));
}

Deno.test("COUNTERS has a sentence and a source for each counter", () => {
  for (const [name, { protocol, line, meaning, source }] of Object.entries(COUNTERS)) {
    assertMatch(meaning, /^[A-Z].{20,140}\.$/, name);
    assertEquals(meaning.match(/\./g)!.length, 1, name);
    assertMatch(
      source,
      protocol === "tcp"
        ? /^(RFC 4022 tcp\w+|Linux LINUX_MIB_[A-Z]+)$/
        : /^(RFC 4113 udp\w+|Linux UDP_MIB_[A-Z]+)$/,
    );
    assertEquals(line === "Udp", protocol === "udp");
    // The standards' names are the kernel's, with the protocol before.
    if (source.startsWith("RFC")) assertEquals(source.slice(9), `${protocol}${name}`);
  }
});

Deno.test("Counters.since() tells by how much each counter has changed", () => {
  const before = reading({ ActiveOpens: 5, CurrEstab: 4, NoPorts: 1 });
  const after = reading({ ActiveOpens: 8, CurrEstab: 2, NoPorts: 1 });
  const difference = after.since(before);
  assertEquals([...difference], [["ActiveOpens", 3], ["CurrEstab", -2], ["NoPorts", 0]]);
  assertEquals(difference.changed, [["ActiveOpens", 3], ["CurrEstab", -2]]);
  assertEquals(difference.get("NoPorts"), 0);
  assertEquals(
    String(difference),
    [
      "protocol  counter      change  what it counts",
      `tcp       ActiveOpens  +3      ${COUNTERS.ActiveOpens.meaning}`,
      `tcp       CurrEstab    −2      ${COUNTERS.CurrEstab.meaning}`,
    ].join("\n"),
  );
});

Deno.test("Counters.since() of equal readings says that nothing has changed", () => {
  const difference = reading({ InSegs: 7 }).since(reading({ InSegs: 7 }));
  assertEquals(difference.changed, []);
  assertMatch(String(difference), /^No counter has changed\.\n/);
});

Deno.test("Counters show all they have, in one order, and tell what they lack", () => {
  const counters = reading({ NoPorts: 2, ActiveOpens: 1 });
  assertEquals([...counters], [["ActiveOpens", 1], ["NoPorts", 2]]);
  assertEquals(counters.toTable().rows, [
    ["tcp", "ActiveOpens", 1, COUNTERS.ActiveOpens.meaning],
    ["udp", "NoPorts", 2, COUNTERS.NoPorts.meaning],
  ]);
  assert(counters.has("NoPorts") && !counters.has("TW"));
  const error = assertThrows(() => counters.get("TW"), Deno.errors.NotSupported) as Refusal;
  assertEquals([error.rule, error.part], ["this kernel counts NoPorts, ActiveOpens", '"TW"']);
  // A counter that only one of two readings has, has no difference.
  assert(!counters.since(reading({ ActiveOpens: 1 })).has("NoPorts"));
});

Deno.test("Counters refuse what is not a counter, and what is not a reading", () => {
  const counters = reading({ InSegs: 1 });
  const cases: [act: () => unknown, part: string][] = [
    [() => counters.get("Segs" as CounterName), '"Segs"'],
    [() => counters.get("toString" as CounterName), '"toString"'],
    [() => counters.since({} as Counters), "an object"],
    [() => counters.since(counters.since(counters) as unknown as Counters), "an object"],
  ];
  for (const [act, part] of cases) {
    assertEquals((assertThrows(act, TypeError) as Refusal).part, part);
  }
});
