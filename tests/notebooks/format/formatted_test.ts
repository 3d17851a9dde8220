import { assertEquals, assertRejects } from "@std/assert";
import { isFormatted } from "../../../lib/notebooks/format/formatted.ts";
import { formatNotebook, newNotebook } from "../../../lib/notebooks/format/notebook.ts";

const ROOT = new URL("../../../", import.meta.url);

const TABLE: readonly [type: "code" | "markdown", source: string, formatted: boolean][] = [
  ["code", "6 * 7;", true],
  ["code", "", true],
  ["code", "6*7;", false],
  ["code", "6 * 7", false],
  // The project's lines have 100 columns, not the 80 that deno fmt has by itself
  ["code", `console.log(${"1, ".repeat(26)}1);`, true],
  ["markdown", "# A\n\n- b", true],
  ["markdown", "# A\n* b", false],
];

Deno.test("isFormatted() tells what deno fmt would change", async () => {
  for (const [cell_type, source, formatted] of TABLE) {
    const text = formatNotebook(newNotebook([{ cell_type, source }]));
    assertEquals(await isFormatted(text, ROOT), formatted, source);
  }
});

Deno.test("isFormatted() takes a notebook that is longer than a pipe holds", async () => {
  const source = `// ${"long ".repeat(15).trim()}\n`.repeat(10_000) + "1;";
  const text = formatNotebook(newNotebook([{ cell_type: "code", source }]));
  assertEquals(await isFormatted(text, ROOT), true);
});

Deno.test("isFormatted() refuses what is no notebook", async () => {
  await assertRejects(() => isFormatted("{", ROOT), SyntaxError, "Cannot format a notebook: ");
});
