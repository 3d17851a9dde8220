import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { requires } from "../requirements.ts";
import { testGroups } from "../../lib/tasks/_test_groups.ts";
import { readTestLog } from "../../lib/tasks/_test_log.ts";
import { until } from "../../lib/time_limit.ts";

const TASK = fileURLToPath(new URL("../../lib/tasks/run_tests.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A small project whose tests pass: two folders of tests, a test beside them, one doc example. */
const PROJECT: Readonly<Record<string, string>> = {
  "deno.json": "{}",
  "lib/port.ts": `/** Ports. */
/**
 * The first one.
 *
 * \`\`\`ts
 * import { FIRST } from "./port.ts";
 * if (FIRST !== 0) throw new Error("the example of FIRST fails");
 * \`\`\`
 */
export const FIRST: number = 0;
`,
  "tests/top_test.ts": 'Deno.test("at the top", () => {});\n',
  "tests/ports/port_test.ts": 'Deno.test("a port", () => {});\n',
  "tests/ports/range/range_test.ts": 'Deno.test("a range", () => {});\n',
  "tests/tuples/tuple_test.ts": 'Deno.test("a tuple", () => {});\n',
};

const FAILING = 'Deno.test("planted", () => { console.log("before"); throw new Error("bad"); });\n';

async function inProject<T>(
  changes: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries({ ...PROJECT, ...changes })) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.writeTextFile(join(folder, path), text);
    }
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function start(folder: string, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", TASK, ...args],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run(
  changes: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<{ code: number; said: string; closing: string }> {
  return await inProject(changes, async (folder) => {
    const { code, stdout, stderr } = await start(folder, ...args).output();
    const decoder = new TextDecoder();
    const said = decoder.decode(stdout) + decoder.decode(stderr);
    const closing = said.trimEnd().split("\n").at(-1)!.replace(/ \(.*\)$/, "");
    return { code, said, closing };
  });
}

Deno.test("deno task test runs all, closes with one line, and says why tests were ignored", async () => {
  const { code, said, closing } = await run({
    "tests/tuples/a_test.ts": `
console.warn("Tests are not tried here: they need chromium");
Deno.test({ name: "a page", ignore: true, fn() {} });\n`,
  });
  assertEquals(closing, "ok | 5 passed | 0 failed | 1 ignored", said);
  assertEquals(code, 0);
  for (const group of ["tests", "tests/ports", "tests/tuples", "."]) {
    assertMatch(said, new RegExp(`^${RegExp.escape(group)} +ok +\\d passed.* \\(\\d+s\\)$`, "m"));
  }
  assertStringIncludes(said, "Ignored:\n  a page => tests/tuples/a_test.ts\n");
  assertStringIncludes(said, "Tests are not tried here: they need chromium\n");
});

Deno.test("deno task test names each failed test and doc example, with its output", async () => {
  const planted = [
    "tests/a_test.ts",
    "tests/ports/a_test.ts",
    "tests/ports/range/a_test.ts",
    "tests/tuples/a_test.ts",
    "tests/new/a_test.ts",
    "tests/new/deep/a.test.ts",
    "lib/a_test.ts",
    "elsewhere/test.js",
  ];
  const { code, said, closing } = await run({
    ...Object.fromEntries(planted.map((path) => [path, FAILING])),
    "lib/port.ts": PROJECT["lib/port.ts"]!.replace("!== 0", "!== 1"),
  });
  assertEquals(closing, `FAILED | 4 passed | ${planted.length + 1} failed | 0 ignored`, said);
  assertEquals(code, 1);
  for (const path of planted) assertStringIncludes(said, `\n  planted => ./${path}:1:6\n`);
  assertEquals(said.match(/^before$/gm)!.length, planted.length);
  assertMatch(said, /^ {2}file:.*lib\/port\.ts#\d+-\d+\.ts => /m);
  assertStringIncludes(said, "the example of FIRST fails");
});

Deno.test({
  name: "deno task test gives each group a network of its own, but for the tests of the front ends",
  ...requires("network namespace", "/proc"),
  async fn() {
    const own = Deno.readLinkSync("/proc/self/ns/net");
    const hasOwn = (comparison: string) =>
      `Deno.test("network", () => {
  if (!(Deno.readLinkSync("/proc/self/ns/net") ${comparison} "${own}")) throw new Error("other");
});\n`;
    const files = {
      "tests/front_ends/a_test.ts": hasOwn("==="),
      "tests/new/a_test.ts": hasOwn("!=="),
    };
    const { closing, said } = await run(files, "tests/front_ends", "tests/new");
    assertEquals(closing, "ok | 2 passed | 0 failed | 0 ignored", said);
  },
});

Deno.test("deno task test fails for one failed test among many, and for a wrong type", async () => {
  const port = PROJECT["lib/port.ts"]!;
  const failing = await run({ "tests/new/a_test.ts": FAILING });
  assertEquals([failing.code, failing.closing], [1, "FAILED | 5 passed | 1 failed | 0 ignored"]);
  const wrong = await run({ "lib/port.ts": port.replace("!== 0", '=== "0"') });
  assertEquals([wrong.code, wrong.closing], [1, "FAILED | 5 passed | 1 failed | 0 ignored"]);
  assertMatch(wrong.said, /TS\d+ \[ERROR\][^]*lib\/port\.ts#/);
  assertMatch(wrong.said, /^ {2}types: deno check .* ended with code 1$/m);
});

Deno.test("deno task test leaves out what deno.json excludes", async () => {
  const script = "/**\n * ```js\n * not, a: script\n * ```\n */\nfunction search() {}\n";
  const changes = { "book/search.js": script, "book/a_test.js": "throw new Error();\n" };
  const left = await run({ ...changes, "deno.json": '{ "exclude": ["book/"] }' });
  assertEquals([left.code, left.closing], [0, "ok | 5 passed | 0 failed | 0 ignored"], left.said);
  const taken = await run(changes);
  assertEquals(taken.code, 1);
});

/** How many files of the killed group were begun. */
function begun(said: string): number {
  return [...said.matchAll(/^running \d+ tests? from \.\/tests\/killed\//gm)].length;
}

Deno.test("deno task test names a process that dies, and files that never ran", async () => {
  const { code, said, closing } = await run({
    "tests/killed/a_test.ts":
      'Deno.test("kills", () => Deno.kill(Deno.pid, "SIGKILL"));\nDeno.test("late", () => {});\n',
    "tests/killed/b_test.ts": 'Deno.test("never", () => {});\n',
    "tests/killed/c_test.ts": 'Deno.test("never", () => {});\n',
    "tests/broken/a_test.ts": 'throw new Error("while loading");\n',
    "tests/exiting/a_test.ts": "Deno.exit(0);\n",
    "tests/exiting/b_test.ts": 'Deno.test("b", () => {});\n',
  });
  assertEquals(code, 1);
  assertMatch(closing, /^FAILED \| \d passed \| \d+ failed \| 0 ignored$/);
  // Which file ran is known only if the process could still print it.
  const dead =
    /^ {2}tests\/killed: the process was ended by SIGKILL without a closing line(?:, while (.*) ran)?$/m
      .exec(said);
  assert(
    dead !== null && dead[1] === (begun(said) > 0 ? "tests/killed/a_test.ts" : undefined),
    said,
  );
  const lost = [...said.matchAll(/^ {2}tests\/killed: (.*) never ran$/gm)].map(([, file]) => file);
  assertEquals(lost.length + begun(said), 3, said);
  assertStringIncludes(said, "\n  ./tests/broken/a_test.ts (uncaught error)\n");
  assertStringIncludes(said, "Error: while loading");
  assertMatch(said, /^ {2}.*tests\/exiting/m);
});

Deno.test("deno task test takes folders, files and a filter", async () => {
  const changes = { "tests/new/a_test.ts": FAILING };
  for (
    const [args, passed] of [
      [["./tests/ports/", "tests/tuples/tuple_test.ts"], 3],
      [["--filter", "a range"], 1],
      [["--filter=a ", "tests/ports", "--jobs", "1"], 2],
    ] as const
  ) {
    const { code, said, closing } = await run(changes, ...args);
    assertEquals([code, closing], [0, `ok | ${passed} passed | 0 failed | 0 ignored`], said);
  }
});

Deno.test("deno task test fails where it finds no test", async () => {
  const { code, closing } = await run({}, "--filter", "no test has this name", "tests/ports");
  assertEquals([code, closing], [1, "FAILED | 0 passed | 0 failed | 0 ignored"]);
  const nowhere = await run({}, "tests/nowhere");
  assertEquals(nowhere.code, 2);
  assertStringIncludes(nowhere.said, 'Cannot find the tests "tests/nowhere"');
  for (const args of [["--filters=a"], ["--jobs", "0"], ["--jobs", "few"]]) {
    const { code, said } = await run({}, ...args);
    assertEquals(code, 2, said);
  }
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`deno task test ends all that it has started on ${signal}`, async () => {
    await inProject({
      "tests/ports/long_test.ts": `Deno.test("long", async () => {
        const child = new Deno.Command("sleep", { args: ["600"] }).spawn();
        Deno.writeTextFileSync("pids.tmp", Deno.pid + " " + child.pid);
        Deno.renameSync("pids.tmp", "pids");
        await child.status;
      });\n`,
    }, async (folder) => {
      const task = start(folder);
      let pids: number[] = [];
      await until(() => (pids = numbersIn(join(folder, "pids"))).length > 0, { timeout: 60_000 });
      task.kill(signal);
      const { code, stderr } = await task.output();
      assertEquals(new TextDecoder().decode(stderr), "\nInterrupted: the tests have ended\n");
      assertEquals(code, 130);
      await until(() => !pids.some(isRunning), { timeout: 10_000 });
    });
  });
}

function numbersIn(file: string): number[] {
  try {
    return Deno.readTextFileSync(file).split(" ").map(Number);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A zombie does not run any more. */
function isRunning(pid: number): boolean {
  const { stdout } = new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })
    .outputSync();
  return /^[^Z\s]/.test(new TextDecoder().decode(stdout).trim());
}

Deno.test("testGroups() has every test file of this project in one group", () => {
  const files = testGroups(ROOT, [".", "tests/front_ends"]).flatMap((group) => group.files);
  assertEquals(files.length, new Set(files).size);
  assert(files.includes("tests/tasks/run_tests_test.ts"));
  const inFolder = (folder: string): string[] =>
    [...Deno.readDirSync(join(ROOT, folder))].flatMap(({ name, isDirectory }) =>
      isDirectory ? inFolder(`${folder}/${name}`) : `${folder}/${name}`
    );
  assertEquals(
    files.toSorted(),
    inFolder("tests").filter((each) => /_test\.ts$/.test(each)).sort(),
  );
});

Deno.test("testGroups() cuts the paths at the folders of tests, slow ones first", async () => {
  const files = { "tests/course/a_test.ts": "", "tests/bench/main.ts": "" };
  await inProject({ ...files, "tests/front_ends/a_test.ts": "" }, (folder) => {
    const groups = (...paths: string[]) =>
      testGroups(folder, paths.length > 0 ? paths : undefined).map(({ path, ignored }) =>
        [path, ...ignored].join(" - ")
      );
    const inTests = ["tests/course", "tests/ports", "tests/tuples"];
    const top = ["tests", ...inTests].join(" - ");
    // What is run only when it is named
    const named = "tests/front_ends";
    assertEquals(groups(), [
      "tests/course",
      [".", "tests", ...inTests, named].join(" - "),
      `${top} - ${named}`,
      "tests/ports",
      "tests/tuples",
    ]);
    assertEquals(groups("tests"), [
      "tests/course",
      `${top} - ${named}`,
      "tests/ports",
      "tests/tuples",
    ]);
    assertEquals(groups("./tests/front_ends/"), [named]);
    assertEquals(groups(`${named}/a_test.ts`), [`${named}/a_test.ts`]);
    assertEquals(groups("./tests/ports/"), ["tests/ports"]);
    assertEquals(groups("tests/ports/range", "lib"), ["tests/ports/range", "lib"]);
    assertEquals(groups("tests/top_test.ts"), ["tests/top_test.ts"]);
    return Promise.resolve();
  });
});

Deno.test("testGroups() refuses a path that does not exist", () => {
  assertThrows(() => testGroups(ROOT, ["tests/nowhere"]), Deno.errors.NotFound);
});

Deno.test("readTestLog() takes the counts from the last closing line", () => {
  const closing = "FAILED | 1 passed (2 steps) | 3 failed (1 step) | 4 ignored (118ms)";
  for (
    const [text, counts] of [
      [`${closing}\n`, { passed: 1, failed: 3, ignored: 4 }],
      [`ok | 9 passed | 0 failed (1s)\n${closing}\n`, { passed: 1, failed: 3, ignored: 4 }],
      ["ok | 12 passed | 0 failed (1m2s)\n\nerror: late\n", { passed: 12, failed: 0, ignored: 0 }],
      ["ok | 0 passed | 0 failed | 7 filtered out (2ms)\n", { passed: 0, failed: 0, ignored: 0 }],
      ["running 1 test from ./tests/a_test.ts\n", undefined],
      ["", undefined],
    ] as const
  ) assertEquals(readTestLog(text).counts, counts, text);
});

Deno.test("readTestLog() shows only what belongs to the files that failed", () => {
  const log = readTestLog(`running 1 test from ./tests/a_test.ts
fine ... ok (1ms)
running 3 tests from ./tests/b_test.ts
fine ... ok (1ms)
bad ...
------- post-test output -------
said
----- post-test output end -----
bad ... FAILED (1ms)
later ... ignored (0ms)

 ERRORS 

bad => ./tests/b_test.ts:2:6
error: Error: bad

 FAILURES 

bad => ./tests/b_test.ts:2:6

FAILED | 2 passed | 1 failed | 1 ignored (3ms)
`);
  assertEquals(log.started, ["tests/a_test.ts", "tests/b_test.ts"]);
  assertEquals(log.failures, ["bad => ./tests/b_test.ts:2:6"]);
  assertEquals(log.ignored, ["later => tests/b_test.ts"]);
  assertStringIncludes(log.details, "said");
  assert(!log.details.includes("fine"));
});
