import { assertEquals, assertThrows } from "@std/assert";
import { check, instanceOf } from "../lib/refusal.ts";
import { PortRange } from "../lib/ports/port_range.ts";

Deno.test("instanceOf() allows an instance of a class with a private constructor, and nothing else", () => {
  const range = instanceOf(PortRange, "a PortRange");
  assertEquals(range.allows(PortRange.from(1, 2)), true);
  for (const value of ["1-2", {}, null, undefined]) assertEquals(range.allows(value), false);
  assertThrows(() => check("1-2", range, { cannot: "Cannot go on", what: "a range" }), TypeError);
});
