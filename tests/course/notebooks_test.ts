import { assert, assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { type Connection, connections, until } from "fourtuple";
import { inodesOf } from "../../lib/observe/sources/open_sockets.ts";
import { isSlow, readCourse } from "../../lib/notebooks/run/course.ts";
import { Kernel } from "../../lib/notebooks/kernel/kernel.ts";
import { formatNotebook, type Notebook } from "../../lib/notebooks/format/notebook.ts";
import { failureText, type NotebookRun, runNotebook } from "../../lib/notebooks/run/runner.ts";
import { writeBook } from "../../lib/notebooks/book/book.ts";
import { openBrowser } from "../_browser.ts";
import { programFor, requires } from "../requirements.ts";
import { barriers, cutParts, openPage, show, type View, visit } from "./_book_pages.ts";
import { executed as execute } from "./_executed.ts";

const folder = new URL("../../notebooks/", import.meta.url);
const course = await readCourse(folder);

/** The notebooks with their outputs, once they have run. */
const executed = new Map<string, Notebook>();
const firstRuns = new Map(course.map(({ name }) => [name, Promise.withResolvers<Notebook>()]));

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

/** Most of a notebook's time is waiting, so that four of them take little longer than one. */
const AT_ONCE = 4;

Deno.test("every notebook runs twice in one kernel and leaves nothing open, all that need them go on offline, without namespaces and without nft, and the book is whole", async (test) => {
  // Those with a slow cell begin first.
  const notebooks = course.toSorted((a, b) => Number(isSlow(b)) - Number(isSlow(a)));
  await atOnce(test, [
    ...LESSER_MACHINES.map((machine) => ({
      name: `all notebooks, offline and without ${machine.lack}`,
      ...requires("network namespace"),
      fn: () => runOn(machine),
    })),
    ...notebooks.map(({ name, notebook }) => {
      const { promise, reject } = firstRuns.get(name)!;
      promise.catch(() => {}); // reported by this step
      return {
        name,
        fn: () => runTwice(name, notebook).finally(() => reject(new Error(`${name} did not run`))),
      };
    }),
    {
      // Beside the second run of a slow notebook.
      name: "every page of the book is whole on a desktop and on a phone, by day and by night",
      ...requires("chromium"),
      fn: checkPages,
    },
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

/** A machine, offline, that has less than this one, so that notebooks show less and say why. */
interface LesserMachine {
  /** What it has not. */
  readonly lack: string;
  /** A script for `sh -c` that takes it away and runs its arguments, in a network of its own. */
  readonly script: string;
  /** A program that is not in its PATH; none by default. */
  readonly missing?: string;
  /** What the source of a notebook has that needs it. */
  readonly need: RegExp;
  /** The remedy, which the page of such a notebook names. */
  readonly remedy: string;
}

const LESSER_MACHINES: readonly LesserMachine[] = [
  {
    // In a user namespace in which no further one may be made, as an administrator can arrange it. It has
    // no privileges in its network, which is not the machine's, so that a second copy does not disturb it.
    lack: "namespaces",
    script: "ip link set lo up && exec unshare -Ur sh -c " +
      `'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"' sh "$@"`,
    need: /\b(labNetwork|portLab|connectionLab|inPrivate)\(/,
    remedy: "sysctl -w user.max_user_namespaces=",
  },
  {
    lack: "nft",
    script: `ip link set lo up && exec "$@"`,
    missing: "nft",
    need: /\b(setPacketRules|publishPorts|masquerade|deliver|holdShortStates)\(/,
    remedy: "install the package nftables",
  },
];

/** Only a failure takes so long: on an idle machine it is little more than a minute. */
const LESSER_LIMIT_MS = 900_000;

async function runOn({ script, missing, need, remedy }: LesserMachine): Promise<void> {
  const book = await Deno.makeTempDir();
  const programs = await Deno.makeTempDir();
  try {
    const needing = course.filter(({ notebook: { cells } }) =>
      cells.some(({ source }) => need.test(source))
    );
    assert(needing.length > 0);
    const task = new URL("../../lib/tasks/notebooks.ts", import.meta.url).pathname;
    const names = needing.map(({ name }) => name);
    const run = [Deno.execPath(), "run", "-A", task, ...names, "--book", book];
    const { success, stdout, stderr } = await new Deno.Command("unshare", {
      args: ["-Urn", "sh", "-c", script, "sh", ...run],
      cwd: new URL("../../", import.meta.url),
      ...(missing && { env: { PATH: pathWithout(missing, programs) } }),
      signal: AbortSignal.timeout(LESSER_LIMIT_MS),
    }).output();
    const decoder = new TextDecoder();
    assert(success, decoder.decode(stdout) + decoder.decode(stderr));
    for (const { name } of needing) {
      const page = await Deno.readTextFile(`${book}/${name}.html`);
      assert(page.includes(remedy), `${name} does not name the remedy`);
    }
  } finally {
    await Deno.remove(book, { recursive: true });
    await Deno.remove(programs, { recursive: true });
  }
}

/** Fills a folder with links to all programs of PATH but one, and returns its path. */
function pathWithout(missing: string, folder: string): string {
  const programs = new Map<string, string>();
  for (const place of Deno.env.get("PATH")!.split(":").toReversed()) {
    if (!existsSync(place)) continue;
    for (const { name } of Deno.readDirSync(place)) programs.set(name, `${place}/${name}`);
  }
  programs.delete(missing);
  for (const [name, path] of programs) Deno.symlinkSync(path, `${folder}/${name}`);
  return folder;
}

async function runTwice(name: string, notebook: Notebook): Promise<void> {
  await using kernel = await Kernel.start({ cwd: folder });
  let before: ReadonlyMap<string, number> | undefined;
  for (const round of ["first", "second"]) {
    const { failure, notebook: done } = await runNotebook(notebook, kernel, { name });
    executed.set(name, done);
    firstRuns.get(name)!.resolve(done);
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

const PHONE: View = { width: 360, colorScheme: "light" };
const PHONE_AT_NIGHT: View = { width: 360, colorScheme: "dark" };
const DESKTOP_AT_NIGHT: View = { width: 1280, colorScheme: "dark" };
const DESKTOP: View = { width: 1280, colorScheme: "light" };

/** What a page may have beside the data of its figures. */
const PAGE_BYTES = 80_000;

async function checkPages(test: Deno.TestContext): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "book-" });
  const browser = await openBrowser();
  try {
    const book = new URL(`file://${path}/`);
    const runs: NotebookRun[] = [];
    for (const { name } of course) {
      const notebook = await firstRuns.get(name)!.promise;
      runs.push({ name, notebook, cells: 0, milliseconds: 0, failure: undefined });
    }
    await writeBook(runs, { course, folder: book });
    const page = await openPage(browser, { address: `${new URL("index.html", book)}`, ...PHONE });
    for await (const { name } of Deno.readDir(path)) {
      if (!name.endsWith(".html")) continue;
      await test.step(name, async () => {
        const html = await Deno.readTextFile(`${path}/${name}`);
        const withoutData = html.replaceAll(/<script>[^]*?<\/script>/g, "")
          .replaceAll(/<details class="fourtuple-numbers"[^]*?<\/details>/g, "");
        const bytes = new TextEncoder().encode(withoutData).length;
        assert(bytes <= PAGE_BYTES, `${bytes} bytes beside the figures' data`);
        await show(page, PHONE);
        await visit(page, String(new URL(name, book)));
        const faults: string[] = [];
        for (const view of [PHONE, PHONE_AT_NIGHT, DESKTOP_AT_NIGHT, DESKTOP]) {
          await show(page, view);
          const found = await cutParts(page);
          // What a screen reader meets is the same in all views but for the colours.
          if (view === PHONE) found.push(...await barriers(page));
          if (view === PHONE_AT_NIGHT) found.push(...await barriers(page, ["color-contrast"]));
          faults.push(...found.map((fault) => `${view.width} px, ${view.colorScheme}, ${fault}`));
        }
        assertEquals(faults, []);
      });
    }
  } finally {
    await browser.close();
    await Deno.remove(path, { recursive: true });
  }
}
