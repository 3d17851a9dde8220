/** The cells that learners really write, and what each of them shows: see broken_cells.txt. */
import { assert, assertEquals } from "@std/assert";
import { Engine } from "../../../../lib/notebooks/kernel/engine.ts";
import { notebooks, type Ran, runCells } from "./_run_cells.ts";

/** A broken cell: its title, its text, and what it shows, with "@" for its own number. */
interface BrokenCell {
  readonly title: string;
  readonly source: string;
  readonly shows: string;
}

async function brokenCells(): Promise<BrokenCell[]> {
  const text = await Deno.readTextFile(new URL("broken_cells.txt", import.meta.url));
  return text.split(/^=== /m).slice(1).map((part) => {
    const [cell, shows] = part.split(/^---\n/m) as [string, string];
    const [title, ...source] = cell.trimEnd().split("\n") as [string, ...string[]];
    return { title, source: source.join("\n"), shows: shows.trim() };
  });
}

/** Writes what was shown as broken_cells.txt does. */
function shownText({ error, stderr }: Ran, number: number, titles: readonly string[]): string {
  const printed = stderr === "" ? "" : `\n[stderr] ${stderr.trim()}`;
  return `${error}${printed}`.trim()
    .replace(
      /\bcell (\d+)\b/g,
      (_, of) => Number(of) === number ? "cell @" : `cell @(${titles[of - 1]})`,
    )
    .replace(/(lib\/[\w/]+\.ts):\d+:\d+/g, "$1")
    .replaceAll(decodeURIComponent(notebooks.pathname), "<folder>/")
    .replace(/x{2000}…/, "<2,000 times x>…");
}

Deno.test("Broken cells show what is wrong, where, and what was meant", async (t) => {
  const cells = await brokenCells();
  assert(cells.length >= 40);
  const titles = cells.map(({ title }) => title);
  await using engine = await Engine.start({ cwd: notebooks });
  // One more waits behind the last.
  const ran = await runCells(engine, [...cells.map(({ source }) => source), ""]);
  for (const [index, { title, shows }] of cells.entries()) {
    await t.step(title, () => {
      assertEquals(shownText(ran[index]!, index + 1, titles), shows);
    });
  }
  await t.step("each error's reply has the name, the message and what was shown", () => {
    for (const { reply, error } of ran) {
      if (error === "") {
        assertEquals(reply.status, "ok");
        continue;
      }
      assert(reply.status === "error");
      assertEquals(reply.traceback.join("\n"), error);
      assert(error.startsWith(`${reply.ename}: ${reply.evalue}`), error);
    }
  });
});
