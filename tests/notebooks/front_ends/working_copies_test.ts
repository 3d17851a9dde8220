import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatNotebook, newNotebook } from "../../../lib/notebooks/format/notebook.ts";
import {
  type CopyReport,
  reportLine,
  updateCopies,
} from "../../../lib/notebooks/front_ends/working_copies.ts";

const NOTEBOOKS = fileURLToPath(new URL("../../../notebooks", import.meta.url));

/** A folder of notebooks and one of their copies, in a folder of their own. */
class Folders implements Disposable {
  readonly #home = Deno.makeTempDirSync({ prefix: "copies-" });
  readonly from = join(this.#home, "notebooks");
  readonly to = join(this.#home, "work");

  constructor(...sources: readonly string[]) {
    Deno.mkdirSync(this.from);
    this.publish(...sources);
  }

  /** Writes the newest version of the notebook. */
  publish(...sources: readonly string[]): void {
    const cells = sources.map((source) => ({ cell_type: "code", source }) as const);
    Deno.writeTextFileSync(join(this.from, "01.ipynb"), formatNotebook(newNotebook(cells)));
  }

  read(): string {
    return Deno.readTextFileSync(join(this.to, "01.ipynb"));
  }

  write(text: string): void {
    Deno.writeTextFileSync(join(this.to, "01.ipynb"), text);
  }

  async update(): Promise<CopyReport> {
    const [report, ...others] = await updateCopies(this.from, this.to);
    assertEquals(others, []);
    return report!;
  }

  names(): string[] {
    return [...Deno.readDirSync(this.to)].map(({ name }) => name);
  }

  [Symbol.dispose](): void {
    Deno.chmodSync(this.to, 0o700);
    Deno.removeSync(this.#home, { recursive: true });
  }
}

Deno.test("updateCopies() copies a notebook once, and then leaves the file alone", async () => {
  using folders = new Folders("1", "2");
  assertEquals((await folders.update()).kind, "made");
  const other = JSON.stringify(JSON.parse(folders.read())); // laid out as another program would do it
  folders.write(other);
  const { mtime } = Deno.statSync(join(folders.to, "01.ipynb"));
  assertEquals((await folders.update()).kind, "unchanged");
  assertEquals(folders.read(), other);
  assertEquals(Deno.statSync(join(folders.to, "01.ipynb")).mtime, mtime);
});

Deno.test("updateCopies() merges a newer version, and says what it did", async () => {
  using folders = new Folders("1", "2", "3");
  await folders.update();
  folders.write(folders.read().replace(`"2"`, `"mine"`));
  Deno.chmodSync(join(folders.to, "01.ipynb"), 0o640);
  folders.publish("one", "two", "3", "4");
  const report = await folders.update();
  assertEquals(
    reportLine(report),
    "01.ipynb: 1 cell updated, 1 cell added, 1 cell that you changed also changed in the " +
      "course: your copy has both versions, with a note",
  );
  const { cells } = JSON.parse(folders.read()) as { cells: { source: string | string[] }[] };
  const sources = cells.map(({ source }) => [source].flat().join(""));
  assertEquals([sources[0], ...sources.slice(2)], ["one", "two", "mine", "3", "4"]);
  assertEquals(Deno.statSync(join(folders.to, "01.ipynb")).mode! & 0o777, 0o640);
  assertEquals(folders.names(), ["01.ipynb"]);
});

Deno.test("updateCopies() keeps numbers as another program wrote them", async () => {
  using folders = new Folders("1", "2");
  await folders.update();
  const numbers = `"numbers": [1.0, 12345678901234567890, 1e400, -0.0]`;
  folders.write(folders.read().replace(`"metadata": {`, `"metadata": { ${numbers},`));
  folders.publish("1", "two");
  assertEquals((await folders.update()).kind, "merged");
  const [kept] = folders.read().replaceAll(/\s+/g, "").match(/"numbers":\[[^\]]*\]/) ?? [];
  assertEquals(kept, numbers.replaceAll(" ", ""));
});

for (
  const [what, text, reason] of [
    ["no JSON", `{"cells": [`, "JSON"],
    ["empty", "", "JSON"],
    ["of another nbformat", `{"nbformat": 3, "metadata": {}, "worksheets": []}`, "nbformat 4"],
    ["somebody's own", formatNotebook(newNotebook([])), "this task did not make it"],
  ] as const
) {
  Deno.test(`updateCopies() leaves a file alone that is ${what}`, async () => {
    using folders = new Folders("1");
    await folders.update();
    folders.write(text);
    folders.publish("2");
    const report = await folders.update();
    const line = reportLine(report) ?? "";
    assert(line.startsWith("01.ipynb was not updated: ") && line.includes(reason), line);
    assertEquals(folders.read(), text);
  });
}

Deno.test("updateCopies() follows a link to where the learner keeps a copy", async () => {
  using folders = new Folders("1");
  await folders.update();
  const elsewhere = join(folders.to, "elsewhere");
  Deno.renameSync(join(folders.to, "01.ipynb"), elsewhere);
  Deno.symlinkSync(elsewhere, join(folders.to, "01.ipynb"));
  folders.publish("new");
  assertEquals((await folders.update()).kind, "merged");
  assert(Deno.lstatSync(join(folders.to, "01.ipynb")).isSymlink);
  assert(Deno.readTextFileSync(elsewhere).includes("new"));
});

Deno.test("updateCopies() loses no save of a front end that comes in between", async () => {
  using folders = new Folders("1");
  await folders.update();
  let [saves, lost] = [0, 0];
  let isSaving = true;
  // A front end that saves a cell of the learner's without a pause.
  const saving = (async () => {
    while (isSaving) {
      const copy = JSON.parse(folders.read());
      if (saves > 0 && copy.cells[1]?.source !== `mine ${saves}`) lost++;
      copy.cells[1] = { ...copy.cells[0], id: "mine", metadata: {}, source: `mine ${++saves}` };
      const beside = join(folders.to, "saved");
      await Deno.writeTextFile(beside, JSON.stringify(copy));
      // At once, so that no thread of this process does it between the look and the rename there.
      Deno.renameSync(beside, join(folders.to, "01.ipynb"));
      await new Promise((done) => setTimeout(done, 1));
    }
  })();
  for (let version = 2; version < 30; version++) {
    folders.publish(`${version}`);
    await folders.update();
  }
  isSaving = false;
  await saving;
  await folders.update();
  assertEquals(lost, 0);
  const { cells } = JSON.parse(folders.read()) as { cells: { source: string | string[] }[] };
  assertEquals(cells.map(({ source }) => [source].flat().join("")), ["29", `mine ${saves}`]);
});

Deno.test({
  name: "updateCopies() leaves the copy as it was, and nothing else, where it cannot be written",
  ignore: Deno.build.os === "windows",
  async fn() {
    using folders = new Folders("1");
    await folders.update();
    const before = folders.read();
    folders.publish("2".repeat(100_000));
    const script = `
      import { updateCopies } from ${JSON.stringify(import.meta.resolve(MODULE))};
      try {
        await updateCopies(${JSON.stringify(folders.from)}, ${JSON.stringify(folders.to)});
      } catch (error) {
        console.log(error.message);
      }`;
    // The limit of a file's size, in blocks of 512 bytes: the kernel then refuses the write.
    const shell = `trap "" XFSZ; ulimit -f 20; exec "$0" run -A --no-check -`;
    const child = new Deno.Command("sh", {
      args: ["-c", shell, Deno.execPath()],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const { stdout, stderr } = await child.output();
    const said = new TextDecoder().decode(stdout);
    assert(said.includes("File too large"), said + new TextDecoder().decode(stderr));
    assertEquals(folders.read(), before);
    assertEquals(folders.names(), ["01.ipynb"]);
  },
});

const MODULE = "../../../lib/notebooks/front_ends/working_copies.ts";

Deno.test("updateCopies() removes what a killed one has left, and not what one writes now", async () => {
  using folders = new Folders("1");
  await folders.update();
  const [old, young] = [0, 1].map(() => join(folders.to, `.01.ipynb.${crypto.randomUUID()}`));
  Deno.writeTextFileSync(old!, "");
  Deno.writeTextFileSync(young!, "");
  const hourAgo = new Date(Date.now() - 3_600_000);
  Deno.utimeSync(old!, hourAgo, hourAgo);
  await folders.update();
  assertEquals(
    folders.names().map((name) => join(folders.to, name)).sort(),
    [young!, join(folders.to, "01.ipynb")].sort(),
  );
});

Deno.test("updateCopies() copies the course so that links and import aliases hold", async () => {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const work = await Deno.makeTempDir({ dir: root, prefix: "_check_work_" });
  try {
    const reports = await updateCopies(NOTEBOOKS, work);
    const names = reports.map(({ name }) => name);
    assertEquals(new Set(reports.map(({ kind }) => kind)), new Set(["made"]));
    assertEquals(names.length, [...Deno.readDirSync(NOTEBOOKS)].length);
    let links = 0;
    for (const name of names) {
      const text = await Deno.readTextFile(join(work, name));
      for (const [, link] of text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
        assert((await Deno.stat(join(work, link!))).isFile, `${name} links to ${link}`);
        links++;
      }
    }
    assert(links > names.length, `${links} links`);
    const script = `console.log(Object.keys(await import("fourtuple")).includes("FourTuple"))`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      cwd: work,
    })
      .output();
    assertEquals(new TextDecoder().decode(stdout).trim(), "true");
  } finally {
    await Deno.remove(work, { recursive: true });
  }
});
