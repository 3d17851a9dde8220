import { assertEquals } from "@std/assert";
import { History } from "../../../../lib/notebooks/kernel/help/_history.ts";

const history = new History();
["1", "const a = 1;", "[a?]", "if (a) {\n  f();\n}", "1"].forEach((source, i) =>
  history.add(i + 1, source)
);

function numbers(content: Record<string, unknown>): number[] {
  return history.entries({ output: false, raw: true, ...content }).map(([, number]) => number);
}

Deno.test("History.entries() returns the last cells", () => {
  const asked = { hist_access_type: "tail", output: false, raw: true, n: 2 };
  assertEquals(history.entries(asked), [[1, 4, "if (a) {\n  f();\n}"], [1, 5, "1"]]);
  assertEquals(history.entries({ ...asked, n: 1, output: true }), [[1, 5, ["1", null]]]);
  assertEquals(numbers({ ...asked, n: 0 }), []);
  assertEquals(numbers({ ...asked, n: 100 }), [1, 2, 3, 4, 5]);
});

Deno.test("History.entries() returns a range of this session, without its end", () => {
  const asked = { hist_access_type: "range", session: 0, start: 2, stop: 4 };
  assertEquals(numbers(asked), [2, 3]);
  assertEquals(numbers({ ...asked, stop: null }), [2, 3, 4, 5]);
  assertEquals(numbers({ ...asked, session: 1 }), [2, 3]);
  assertEquals(numbers({ ...asked, session: -1 }), []);
  assertEquals(numbers({ ...asked, session: 2 }), []);
});

Deno.test("History.entries() finds the cells that a pattern fits as a whole", () => {
  const asked = { hist_access_type: "search", n: 10 };
  assertEquals(numbers({ ...asked, pattern: "1" }), [1, 5]);
  assertEquals(numbers({ ...asked, pattern: "1", n: 1 }), [5]);
  assertEquals(numbers({ ...asked, pattern: "1", unique: true }), [5]);
  assertEquals(numbers({ ...asked, pattern: "*a*" }), [2, 3, 4]);
  assertEquals(numbers({ ...asked, pattern: "[a?]" }), [3]);
  assertEquals(numbers({ ...asked, pattern: "?a??" }), [3]);
  assertEquals(numbers({ ...asked, pattern: "if*}" }), [4]);
  assertEquals(numbers({ ...asked, pattern: "a" }), []);
});
