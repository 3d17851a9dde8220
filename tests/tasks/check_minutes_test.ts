import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatNotebook, newNotebook, parseNotebook } from "../../lib/notebooks/format/notebook.ts";
import {
  coreMinutes,
  mapProblems,
  timeProblems,
  timeTable,
} from "../../lib/tasks/check_minutes.ts";

/** Makes a notebook of so many words, beside the six of its first cell. */
function lesson(name: string, words: number, time: string) {
  const cells = [`# Q?\n\n**Time:** ${time}`, "word ".repeat(words)]
    .map((source) => ({ cell_type: "markdown", source }) as const);
  return { name, notebook: newNotebook(cells) };
}

Deno.test("timeProblems() finds nothing where the computed time is announced", () => {
  assertEquals(timeProblems([lesson("00_a", 3594, "30 minutes. Core.")]), []);
});

Deno.test("timeProblems() finds 300 words more", () => {
  assertEquals(timeProblems([lesson("00_a", 3894, "30 minutes. Core.")]), [
    "00_a says that it takes 30 minutes, and it takes 33: run this with --write",
  ]);
});

Deno.test("timeProblems() finds a notebook without a time or a path", () => {
  for (const time of ["30 minutes.", "about 30 minutes. Core.", "30 minutes. Perhaps."]) {
    const [problem] = timeProblems([lesson("00_a", 3594, time)]);
    assertStringIncludes(
      problem!,
      `00_a gives no time: its first cell needs "**Time:** 30 minutes. Core."`,
    );
  }
});

Deno.test("timeProblems() finds a notebook over an hour, and a core over eleven", () => {
  const hour = (name: string) => lesson(name, 60 * 120 - 6, "60 minutes. Core.");
  const hours = Array.from({ length: 11 }, (_, index) => hour(`${index}`));
  assertEquals([coreMinutes(hours), timeProblems(hours)], [660, []]);
  const optional = lesson("o", 60 * 120 - 6, "60 minutes. Optional.");
  assertEquals([coreMinutes([...hours, optional]), timeProblems([...hours, optional])], [660, []]);
  assertEquals(timeProblems([...hours, lesson("b", 114, "1 minutes. Core.")]), [
    "The core takes 661 minutes, and 660 are the most",
  ]);
  assertEquals(timeProblems([lesson("c", 61 * 120 - 6, "61 minutes. Core.")]), [
    "c takes 61 minutes, and 60 are the most: shorten it",
  ]);
});

Deno.test("mapProblems() finds a row of a map with other minutes", () => {
  const map = (minutes: number, link = "01_b.ipynb") => ({
    name: "00_a",
    text: `| minutes | notebook |\n| --- | --- |\n| ${minutes} | [Q?](${link}) |`,
  });
  const other = lesson("01_b", 3594, "30 minutes. Core.");
  assertEquals(mapProblems(map(30), [other]), []);
  for (const link of ["01_b.ipynb", "notebooks/01_b.ipynb"]) {
    assertEquals(mapProblems(map(25, link), [other]), [
      "00_a says that 01_b takes 25 minutes, and it takes 30: run this with --write",
    ]);
  }
  assertEquals(mapProblems(map(25), []), []); // a link to nowhere is another rule's
});

Deno.test("timeTable() shows what is counted", () => {
  assertEquals(
    String(timeTable([lesson("00_a", 3594, "30 minutes. Core.")])),
    "notebook  path  minutes  words  cells  lines  predictions  exercises\n" +
      "00_a      core       30   3600      0      0            0          0",
  );
});

const TASK = fileURLToPath(new URL("../../lib/tasks/check_minutes.ts", import.meta.url));

Deno.test("check_minutes.ts fails until --write has put the computed time into the first cell", async () => {
  const root = await Deno.makeTempDir();
  const folder = join(root, "notebooks");
  await Deno.mkdir(folder);
  const file = join(folder, "00_a.ipynb");
  const readme = join(root, "README.md");
  const run = async (...args: string[]) => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", TASK, ...args, folder],
      env: { NO_COLOR: "1" },
    });
    const { code, stdout, stderr } = await command.output();
    return { code, text: new TextDecoder().decode(stdout), said: new TextDecoder().decode(stderr) };
  };
  try {
    const row = (minutes: number) => `| ${minutes} | [Q?](00_a.ipynb) |`;
    const readmeRow = (minutes: number) => `| ${minutes} | core | [Q?](notebooks/00_a.ipynb) |\n`;
    await Deno.writeTextFile(readme, readmeRow(30));
    const withRow = (time: string, minutes: number) => {
      const texts = [`# Q?\n\n**Time:** ${time}`, "word ".repeat(3889), row(minutes)];
      return formatNotebook(
        newNotebook(texts.map((source) => ({ cell_type: "markdown", source }) as const)),
      );
    };
    await Deno.writeTextFile(file, withRow("30 minutes. Core.", 30));
    const { code, said } = await run();
    assertEquals(code, 1);
    assertStringIncludes(said, "00_a says that it takes 30 minutes, and it takes 33");
    assertStringIncludes(said, "README.md says that 00_a takes 30 minutes");
    assertEquals((await run("--write")).code, 0);
    assertEquals(await Deno.readTextFile(readme), readmeRow(33));
    const written = parseNotebook(await Deno.readTextFile(file));
    const sources = written.cells.map(({ source }) => source);
    assertStringIncludes(sources[0]!, "**Time:** 33 minutes. Core.");
    assertEquals(sources.at(-1), row(33));
    assertStringIncludes((await run()).text, "The core takes 33 minutes\n");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
