import { assertEquals, assertStringIncludes } from "@std/assert";
import { DISPLAY } from "../../lib/show/display.ts";
import { ShownAsTable, Table, type TableOptions } from "../../lib/show/table.ts";
import { refused } from "../_refused.ts";

Deno.test("Table aligns a column of numbers with gaps to the right", () => {
  const table = new Table({
    columns: ["queue", "x"],
    rows: [[5, "a"], [undefined, "b"], [10, "c"]],
  });
  assertEquals(String(table), "queue  x\n    5  a\n       b\n   10  c");
});

Deno.test("Table aligns numbers to the right and leaves the cell of a null empty", () => {
  const table = new Table({
    caption: "Two",
    columns: ["n", "word"],
    rows: [[5, "five"], [10, null]],
  });
  assertEquals(String(table), "Two\n n  word\n 5  five\n10");
});

Deno.test("Table refuses a row with a missing cell", () => {
  const make = () => new Table({ columns: ["a", "b"], rows: [["1", "2"], ["3"]] });
  assertEquals(refused(make, RangeError).part, "1 in row 1");
});

Deno.test("Table refuses options that are unknown or of the wrong kind", () => {
  const cases: [unknown, part: string][] = [
    [{ columns: "a", rows: [] }, '"a"'],
    [{ columns: ["a"], rows: {} }, "an object"],
    [{ columns: ["a"], rows: [], caption: 5 }, "5"],
    [{ columns: ["a"], rows: [], title: "a" }, '"title"'],
  ];
  for (const [options, part] of cases) {
    assertEquals(refused(() => new Table(options as TableOptions), TypeError).part, part);
  }
});

Deno.test("ShownAsTable shows a value as its table, as text and in a notebook", () => {
  const table = new Table({ columns: ["n"], rows: [[1]] });
  class Counted extends ShownAsTable {
    override toTable(): Table {
      return table;
    }
  }
  const counted = new Counted();
  assertEquals([String(counted), counted[DISPLAY]()], [String(table), table[DISPLAY]()]);
});

Deno.test("Table shows text as text in its HTML", () => {
  const table = new Table({ columns: ["<a>"], rows: [["x & y"]] });
  const bundle = table[DISPLAY]();
  assertStringIncludes(String(bundle["text/html"]), "&lt;a&gt;");
  assertStringIncludes(String(bundle["text/html"]), "x &amp; y");
  assertEquals(bundle["text/plain"], "<a>\nx & y");
});

Deno.test("Table without rows has its titles", () => {
  assertEquals(String(new Table({ columns: ["a", "b"], rows: [] })), "a  b");
});

Deno.test("Table keeps short titles in one line, and wraps the text of its cells", () => {
  const html = new Table({
    columns: ["bytes sent", "what to do where it is missing"],
    rows: [[1, "a b"]],
  }).toHtml();
  const styles = [...html.matchAll(/<(t[hd]) style="([^"]*)"/g)].map((
    [, tag, style],
  ) => [tag, style!.includes("white-space:nowrap")]);
  assertEquals(styles, [["th", true], ["th", false], ["td", false], ["td", false]]);
});
