import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import type { Notebook } from "../../lib/notebooks/format/notebook.ts";
import { runInClassic } from "../notebooks/_classic.ts";
import { requires } from "../requirements.ts";
import { executed } from "./_executed.ts";

/** What kinds of output each code cell has; the order of those of one cell may differ. */
function kinds(notebook: Notebook): string[] {
  return notebook.cells.filter((cell) => cell.cell_type === "code").map((cell) =>
    cell.outputs.map(({ output_type }) => output_type).toSorted().join(" ")
  );
}

Deno.test({
  name:
    "02_ports: Run All in the classic Notebook draws its figure and keeps outputs in their cells",
  ...requires("jupyter-notebook", "chromium"),
  async fn() {
    const name = "02_ports";
    const path = fileURLToPath(new URL(`../../notebooks/${name}.ipynb`, import.meta.url));
    const [run, ours] = [await runInClassic(path), await executed(name)];
    assertEquals(run.problems, []);
    assertEquals(kinds(run.notebook), kinds(ours));
    const hasFigure = ours.cells.map((cell) =>
      cell.cell_type === "code" &&
      cell.outputs.some((output) =>
        output.output_type === "execute_result" &&
        "application/vnd.plotly.v1+json" in output.data
      )
    );
    assert(hasFigure.includes(true));
    assertEquals(run.drawn.map((count) => count > 0), hasFigure);
  },
});
