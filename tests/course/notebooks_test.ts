import { assert, assertEquals } from "@std/assert";
import { type Connection, connections, EXAMPLES, until } from "fourtuple";
import { inodesOf } from "../../lib/observe/sources/open_sockets.ts";
import { isSlow, readCourse } from "../../lib/notebooks/run/course.ts";
import { Kernel } from "../../lib/notebooks/kernel/kernel.ts";
import { formatNotebook, type Notebook } from "../../lib/notebooks/format/notebook.ts";
import { failureText, runNotebook } from "../../lib/notebooks/run/runner.ts";
import { programFor, requires } from "../requirements.ts";
import { executed as execute } from "./_executed.ts";

const folder = new URL("../../notebooks/", import.meta.url);
const course = await readCourse(folder);
const MAX_CELL_LINES = 15;

/** The notebooks with their outputs, once they have run. */
const executed = new Map<string, Notebook>();

function lines(source: string): number {
  return source.split("\n").length;
}

Deno.test("notebooks are numbered in reading order, without a gap", () => {
  const numbers = course.map(({ name }) => Number(name.slice(0, 2)));
  assertEquals(numbers, Array.from({ length: course.length }, (_, number) => number));
});

Deno.test("notebooks link to notebooks that are there, and the map has them all", () => {
  const names = course.map(({ name }) => `${name}.ipynb`);
  for (const { name, notebook } of course) {
    const text = notebook.cells.map((cell) => cell.source).join("\n");
    const links = [...text.matchAll(/\]\((\w+\.ipynb)\)/g)].map(([, link]) => link!);
    assertEquals(links.filter((link) => !names.includes(link)), [], name);
    if (name === course[0]!.name) assertEquals(names.filter((each) => !links.includes(each)), []);
  }
});

/** What a notebook's process still has open, beside the five ports of its kernel. */
function strayText(kernel: Kernel): string {
  const own = Object.values(kernel.ports);
  const inodes = inodesOf([kernel.pid]);
  const isStray = ({ inode, local }: Connection) => inodes.has(inode) && !own.includes(local.port);
  return connections().filter(isStray).map((row) =>
    `${row.protocol} ${row.state} ${row.local} ${row.remote}`
  ).join("\n");
}

/** How many sockets, pipes, epolls and the like a notebook's process has, and how many programs. */
function holdings({ pid }: Kernel): ReadonlyMap<string, number> {
  const kinds = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`)
    .split(" ").filter((child) => child !== "").map(() => "program");
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      const link = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
      if (!link.startsWith("/")) kinds.push(link.replace(/\[\d+\]/, ""));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // closed meanwhile
    }
  }
  return new Map(
    Map.groupBy(kinds, (kind) => kind).entries().map(([kind, { length }]) =>
      [kind, length] as const
    ),
  );
}

/** What a notebook's process has more of than before. */
function moreThan(before: ReadonlyMap<string, number>, kernel: Kernel): string[] {
  return [...holdings(kernel)].filter(([kind, count]) => count > (before.get(kind) ?? 0))
    .map(([kind, count]) => `${count} ${kind}, ${before.get(kind) ?? 0} before`);
}

Deno.test("each notebook links back to the one before it and on to the next, by their questions", () => {
  const question = (place: number) =>
    course[place]!.notebook.cells[0]!.source.match(/^# (.*)/)![1]!;
  const link = (place: number) => `[${question(place)}](${course[place]!.name}.ipynb)`;
  for (const [place, { name, notebook: { cells } }] of course.entries()) {
    if (place > 0) {
      assert(cells[0]!.source.includes(`Before this one comes ${link(place - 1)}`), name);
    }
    if (place < course.length - 1) {
      assert(cells.at(-1)!.source.includes(`Next: ${link(place + 1)}`), name);
    }
  }
});

Deno.test("every example is started, shown or named by a notebook", () => {
  const text = course.flatMap(({ notebook }) => notebook.cells.map(({ source }) => source)).join(
    "\n",
  );
  assertEquals(Object.keys(EXAMPLES).filter((name) => !text.includes(name)), []);
});

/** Most of a notebook's time is waiting, so that four of them take little longer than one. */
const AT_ONCE = 4;

Deno.test("every notebook runs twice in one kernel and leaves nothing open, and all go on where namespaces are forbidden", async (test) => {
  // Those with a slow cell begin first.
  const notebooks = course.toSorted((a, b) => Number(isSlow(b)) - Number(isSlow(a)));
  await atOnce(test, [
    {
      name: "all notebooks, namespaces forbidden",
      ...requires("network namespace"),
      fn: runForbidden,
    },
    ...notebooks.map(({ name, notebook }) => ({ name, fn: () => runTwice(name, notebook) })),
  ]);
  assertEquals([...executed.keys()].sort(), course.map(({ name }) => name));
});

/** Runs steps side by side. */
async function atOnce(
  test: Deno.TestContext,
  steps: readonly Deno.TestStepDefinition[],
): Promise<void> {
  const waiting = [...steps];
  const unguarded = { sanitizeExit: false, sanitizeOps: false, sanitizeResources: false };
  const worker = async () => {
    for (let next; (next = waiting.shift()) !== undefined;) {
      await test.step({ ...next, ...unguarded });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/**
 * In a user namespace in which no further one may be made, as an administrator can arrange it. It has
 * no privileges in its network, which is not the machine's, so that a second copy does not disturb it.
 */
const FORBID = "ip link set lo up && exec unshare -Ur sh -c " +
  `'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"' sh "$@"`;

/** Only a failure takes so long: on an idle machine it is little more than a minute. */
const FORBIDDEN_LIMIT_MS = 900_000;

async function runForbidden(): Promise<void> {
  const book = await Deno.makeTempDir();
  try {
    const task = new URL("../../lib/tasks/notebooks.ts", import.meta.url).pathname;
    const { success, stdout, stderr } = await new Deno.Command("unshare", {
      args: ["-Urn", "sh", "-c", FORBID, "sh", Deno.execPath(), "run", "-A", task, "--book", book],
      cwd: new URL("../../", import.meta.url),
      signal: AbortSignal.timeout(FORBIDDEN_LIMIT_MS),
    }).output();
    const decoder = new TextDecoder();
    assert(success, decoder.decode(stdout) + decoder.decode(stderr));
    for (const { name, notebook: { cells } } of course) {
      if (!cells.some((cell) => /\b(labNetwork|portLab)\(/.test(cell.source))) continue;
      const page = await Deno.readTextFile(`${book}/${name}.html`);
      assert(
        page.includes("sysctl -w user.max_user_namespaces="),
        `${name} does not name the cure`,
      );
    }
  } finally {
    await Deno.remove(book, { recursive: true });
  }
}

async function runTwice(name: string, notebook: Notebook): Promise<void> {
  await using kernel = await Kernel.start({ cwd: folder });
  let before: ReadonlyMap<string, number> | undefined;
  for (const round of ["first", "second"]) {
    const { failure, notebook: done } = await runNotebook(notebook, kernel, { name });
    executed.set(name, done);
    assert(!failure, failure && `${round} run: ${failureText(name, failure)}`);
    await until(() => strayText(kernel) === "", { timeout: 5000 }).catch(() => {});
    assertEquals(strayText(kernel), "", `open after the ${round} run`);
    // What a first run makes for good, such as the kit's own epoll, a second one does not make again.
    if (before !== undefined) {
      await until(() => moreThan(before!, kernel).length === 0, { timeout: 5000 }).catch(() => {});
      assertEquals(moreThan(before, kernel), [], "left by the second run");
    }
    before = holdings(kernel);
  }
}

for (const { name, notebook } of course) {
  const { cells } = notebook;

  Deno.test(`${name} is committed without outputs and execution counts`, () => {
    for (const cell of cells) {
      if (cell.cell_type !== "code") continue;
      assertEquals([cell.outputs, cell.execution_count], [[], null]);
    }
  });

  Deno.test(`${name} begins with its question, how long it takes, and one import cell`, () => {
    const [first, ...others] = cells;
    assert(/^# .+\?\n/.test(first!.source), "the first line is a question as an H1");
    assert(/\d+ minutes/.test(first!.source), "the first cell says how long it takes");
    const code = others.filter((cell) => cell.cell_type === "code");
    const importing = code.filter((cell) => /^import /m.test(cell.source));
    assertEquals(
      importing,
      code.slice(0, 1),
      "the imports stand in the first code cell, and only there",
    );
  });

  Deno.test(`${name} has prose before every code cell and no cell over 15 lines`, () => {
    for (const [index, cell] of cells.entries()) {
      if (cell.cell_type !== "code") continue;
      const before = cells[index - 1]!;
      const isCheck = before.cell_type === "code" && /^(await )?check\w+\(/.test(cell.source);
      assert(before.cell_type === "markdown" || isCheck, `no prose before:\n${cell.source}`);
      assert(lines(cell.source) <= MAX_CELL_LINES, `over ${MAX_CELL_LINES} lines:\n${cell.source}`);
    }
  });

  Deno.test(`${name} ends with a summary, exercises that are checked, and the way on`, () => {
    const text = cells.filter((cell) => cell.cell_type === "markdown").map((cell) => cell.source)
      .join("\n");
    const summary = text.match(/^## Summary\n([\s\S]*?)(?=^## )/m)?.[1] ?? "";
    const points = summary.match(/^- /gm)?.length ?? 0;
    assert(points >= 3 && points <= 5, `3 to 5 points of summary, got ${points}`);
    const exercises = text.match(/^### Exercise \d/gm)?.length ?? 0;
    assert(exercises >= 3 && exercises <= 5, `3 to 5 exercises, got ${exercises}`);
    assert(/^### Exercise \d.*[Bb]reak it/m.test(text), "one exercise breaks something");
    const checks = cells.filter((cell) => /^(await )?check\w+\(/.test(cell.source));
    assertEquals(checks.length, exercises, "each exercise has its check cell");
    assert(/\]\(\w+\.ipynb\)/.test(cells.at(-1)!.source) || name === course.at(-1)!.name);
  });
}

Deno.test({
  name: "every executed notebook is valid for nbformat",
  ...requires("python3 with nbformat"),
  async fn() {
    const validate = "import nbformat, sys\n" +
      "for path in sys.argv[1:]: nbformat.validate(nbformat.read(path, as_version=4))";
    const temporary = await Deno.makeTempDir();
    try {
      const paths: string[] = [];
      for (const { name } of course) {
        const done = executed.get(name) ?? await execute(name);
        paths.push(`${temporary}/${name}.ipynb`);
        await Deno.writeTextFile(paths.at(-1)!, formatNotebook(done));
      }
      const { code, stderr } = await new Deno.Command(programFor("python3 with nbformat"), {
        args: ["-c", validate, ...paths],
      }).output();
      assertEquals([new TextDecoder().decode(stderr), code], ["", 0]);
    } finally {
      await Deno.remove(temporary, { recursive: true });
    }
  },
});
