/** Programs that run a notebook, or cells, without a page. */
import { assert, assertEquals } from "@std/assert";
import { delimiter, dirname, join } from "node:path";
import { parseNotebook } from "../../lib/notebooks/format/notebook.ts";
import { programFor, requires } from "../requirements.ts";
import { FIGURE, FIGURE_NUMBERS, logCells, logsOf } from "./_cells.ts";
import { outputLines } from "./_page.ts";
import { PATIENCE_MS, Workplace } from "./_server.ts";

/** Runs a program that came with JupyterLab. */
async function run(
  workplace: Workplace,
  words: readonly string[],
  input = "",
): Promise<{ code: number; said: string }> {
  const bin = dirname(programFor("JupyterLab 4"));
  const [program, ...args] = words;
  const child = new Deno.Command(join(bin, program!), {
    args,
    cwd: workplace.folder,
    env: { ...workplace.env, PATH: `${bin}${delimiter}${Deno.env.get("PATH")}`, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).spawn();
  await new Blob([input]).stream().pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  return { code, said: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
}

const NAME = "logs.ipynb";
const RAN = "ran.ipynb";

/** The commands that run a notebook and write it to another file; the kernel's name is in the notebook. */
const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  "nbclient's jupyter execute": ["jupyter-execute", `--output=${RAN}`, NAME],
  "nbconvert --execute": [
    "jupyter-nbconvert",
    "--execute",
    "--to=notebook",
    `--output=${RAN}`,
    NAME,
  ],
  "papermill": ["papermill", NAME, RAN],
};

for (const [runner, words] of Object.entries(RUNNERS)) {
  Deno.test({
    name: `${runner} keeps 300 logs in their 60 cells, and figures too`,
    ...requires("JupyterLab 4"),
    async fn() {
      using workplace = await Workplace.make();
      workplace.write(NAME, [...FIGURE, ...logCells(60)]);
      const { code, said } = await run(workplace, words);
      assertEquals(code, 0, said);
      const notebook = parseNotebook(Deno.readTextFileSync(join(workplace.folder, RAN)));
      assertEquals(outputLines(notebook).slice(1), [FIGURE_NUMBERS, ...logsOf(60)]);
    },
  });

  Deno.test({
    name: `${runner} stops at the first cell that fails, and says why`,
    ...requires("JupyterLab 4"),
    async fn() {
      using workplace = await Workplace.make();
      workplace.write(NAME, [
        `Deno.writeTextFileSync("before", "")`,
        `throw new RangeError("no such port")`,
        `Deno.writeTextFileSync("after", "")`,
      ]);
      const { code, said } = await run(workplace, words);
      assert(code !== 0 && said.includes("RangeError: no such port"), said);
      const names = [...Deno.readDirSync(workplace.folder)].map(({ name }) => name);
      assertEquals([names.includes("before"), names.includes("after")], [true, false]);
    },
  });
}

Deno.test({
  name: "jupyter-console runs cells of one and of several lines, and shows an error",
  ...requires("JupyterLab 4"),
  async fn() {
    using workplace = await Workplace.make();
    const cells = [
      `let port = 80;`,
      `console.log("port", port);`,
      `port + 1`,
      `throw new RangeError("no such port")`,
      `port + 2`,
    ];
    const { said } = await run(
      workplace,
      ["jupyter-console", "--kernel=fourtuple", "--simple-prompt"],
      cells.map((cell) => `${cell}\n`).join(""),
    );
    for (const shown of ["port 80", "81", "RangeError: no such port", "82"]) {
      assert(said.includes(shown), `${shown} is missing in:\n${said}`);
    }
  },
});
