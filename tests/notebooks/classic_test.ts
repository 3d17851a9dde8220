import { assertEquals } from "@std/assert";
import { requires } from "../requirements.ts";
import { outputLines, runCellsInClassic } from "./_classic.ts";

Deno.test({
  name: "the classic Notebook draws each figure once and keeps each output in its cell",
  ...requires("jupyter-notebook", "chromium"),
  async fn() {
    const figure = (title: string) => `
      new Figure({
        data: [{ type: "bar", x: ["client", "server"], y: [1, 2] }],
        layout: { title: { text: "${title}" } },
        table: new Table({ columns: ["side", "sockets"], rows: [["client", 1], ["server", 2]] }),
      })`;
    const run = await runCellsInClassic(
      `import { Figure, Table } from "fourtuple";`,
      figure("First"),
      `console.log("between"); "two figures"`,
      figure("Second"),
    );
    assertEquals(run.problems, []);
    assertEquals(run.drawn, [0, 1, 0, 1]);
    const numbers = ["side    sockets", "client        1", "server        2"];
    assertEquals(
      outputLines(run).slice(1).map((lines) => lines.flatMap((line) => line.split("\n"))),
      [
        ["First", ...numbers],
        ["between", `"two figures"`],
        ["Second", ...numbers],
      ],
    );
  },
});
