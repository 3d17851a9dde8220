import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DISPLAY } from "../../lib/show/display.ts";
import { Table } from "../../lib/show/table.ts";

Deno.test("Table sets a column of numbers with gaps to the right", () => {
  const table = new Table({
    columns: ["queue", "x"],
    rows: [[5, "a"], [undefined, "b"], [10, "c"]],
  });
  assertEquals(String(table), "queue  x\n    5  a\n       b\n   10  c");
});

Deno.test("Table sets numbers to the right and shows nothing for null", () => {
  const table = new Table({
    caption: "Two",
    columns: ["n", "word"],
    rows: [[5, "five"], [10, null]],
  });
  assertEquals(String(table), "Two\n n  word\n 5  five\n10");
});

Deno.test("Table refuses a row with a missing cell", () => {
  assertThrows(
    () => new Table({ columns: ["a", "b"], rows: [["1", "2"], ["3"]] }),
    RangeError,
    "Cannot make a table: each row has one cell a column (2), got 1 in row 1",
  );
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

Deno.test("Table keeps short titles in one line, and wraps what stands in its cells", () => {
  const html = new Table({
    columns: ["bytes sent", "what to do where it is missing"],
    rows: [[1, "a b"]],
  }).toHtml();
  const styles = [...html.matchAll(/<(t[hd]) style="([^"]*)"/g)].map((
    [, tag, style],
  ) => [tag, style!.includes("white-space:nowrap")]);
  assertEquals(styles, [["th", true], ["th", false], ["td", false], ["td", false]]);
});
