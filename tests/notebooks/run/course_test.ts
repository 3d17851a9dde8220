import { assertEquals } from "@std/assert";
import { isSlow, selectNotebooks } from "../../../lib/notebooks/run/course.ts";
import { newNotebook } from "../../../lib/notebooks/format/notebook.ts";
import { refused } from "../../_refused.ts";

const course = ["00_start_here", "01_clients_and_servers", "02_ports"].map((name) => ({
  name,
  notebook: newNotebook([]),
}));

function names(...selectors: string[]): string[] {
  return selectNotebooks(course, selectors).map(({ name }) => name);
}

Deno.test("selectNotebooks() takes all where none is named", () => {
  assertEquals(names(), ["00_start_here", "01_clients_and_servers", "02_ports"]);
});

Deno.test("selectNotebooks() takes numbers, names and paths, once each and in reading order", () => {
  assertEquals(names("2", "02", "notebooks/00_start_here.ipynb", "02_ports"), [
    "00_start_here",
    "02_ports",
  ]);
  assertEquals(names("0"), ["00_start_here"]);
});

Deno.test("selectNotebooks() refuses what names no notebook", () => {
  for (const selector of ["03", "3", "002", "ports", ""]) {
    const error = refused(() => names(selector), RangeError);
    assertEquals(error.rule, "the notebooks are 00_start_here, 01_clients_and_servers, 02_ports");
    assertEquals(error.part, `"${selector}"`);
  }
});

Deno.test("isSlow() is true of a notebook that has a cell with the tag slow", () => {
  const { metadata, cells } = newNotebook([
    { cell_type: "code", source: "1" },
    { cell_type: "code", source: "2" },
  ]);
  const tagged = (tags: unknown) => ({
    name: "09_endings",
    notebook: { metadata, cells: [cells[0]!, { ...cells[1]!, metadata: { tags } }] },
  });
  assertEquals(
    [["slow"], ["hidden", "slow"], ["slower"], [], undefined, "slow"].map((tags) =>
      isSlow(tagged(tags))
    ),
    [true, true, false, false, false, false],
  );
});
