/**
 * The tests of a tree in groups that can run side by side: each folder of tests/ is one, and all that
 * is elsewhere, such as the doc examples of lib, is another. Every file is in exactly one group, but for
 * those that are run only when they are named.
 */
import { join } from "node:path";

/** Files of tests that one process of `deno test` runs. */
export interface TestGroup {
  /** The folder or file, relative to the root: "tests/ports". */
  readonly path: string;
  /** What inside of it belongs to other groups. */
  readonly ignored: readonly string[];
  /** The files whose names say that they are tests. */
  readonly files: readonly string[];
  /** Whether it needs the machine's own network and users. */
  readonly needsMachine: boolean;
}

/** Where the tests are, by folder. */
const TESTS = "tests";

/**
 * What is run only when it is named: `.ci/run` does it as a step of its own. It needs the machine itself,
 * with its users and its registry of packages.
 */
const NAMED_ONLY = ["tests/front_ends"];

/** The groups that take longest, from their measured times: started first, none is waited for alone. */
const SLOW_GROUPS = [
  "tests/course",
  "tests/notebooks",
  "tests/examples",
  "tests/observe",
  "tests/exercises",
  ".",
  "tests/figures",
  "tests/tasks",
  "tests/services",
];

/** The files that `deno test` takes for tests. */
const TEST_FILE = /(^|[_.])test\.([mc]?[jt]s|[jt]sx)$/;

const SKIPPED = ["node_modules", ".git"];

/**
 * Returns the groups of the paths, the slow ones first.
 *
 * @param root The folder of deno.json
 * @param paths Folders and files relative to it; "." is everything
 * @throws {Deno.errors.NotFound} If a path does not exist
 */
export function testGroups(root: string, paths: readonly string[] = ["."]): TestGroup[] {
  const isNamed = (path: string) => paths.some((each) => isWithin(each.replace(/^\.\//, ""), path));
  const excluded = [...excludedFrom(root), ...NAMED_ONLY.filter((path) => !isNamed(path))];
  const files = testFiles(root).filter((file) => !excluded.some((each) => isWithin(file, each)));
  const folders = [TESTS, ...foldersIn(join(root, TESTS)).map((name) => `${TESTS}/${name}`)]
    .filter((folder) => files.some((file) => isWithin(file, folder)));
  const asked = paths.map((path) => {
    Deno.statSync(join(root, path));
    return path.replace(/^\.\/(?=.)/, "").replace(/(?<=.)\/$/, "");
  });
  const all = asked.flatMap((path) => [path, ...folders.filter((each) => isWithin(each, path))]);
  return [...new Set(all)].sort((a, b) => rank(a) - rank(b)).map((path) => {
    const ignored = folders.filter((each) => each !== path && isWithin(each, path));
    const own = files.filter((file) =>
      isWithin(file, path) && !ignored.some((each) => isWithin(file, each))
    );
    const left = excluded.filter((each) => isWithin(each, path));
    const needsMachine = NAMED_ONLY.some((each) => isWithin(path, each));
    return { path, ignored: [...ignored, ...left], files: own, needsMachine };
  });
}

/** What deno.json excludes; `deno test --ignore` would replace that list by its own. */
function excludedFrom(root: string): string[] {
  try {
    const { exclude = [] } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
    return exclude.map((each: string) => each.replace(/\/$/, ""));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function rank(path: string): number {
  const place = SLOW_GROUPS.indexOf(path);
  return place < 0 ? SLOW_GROUPS.length : place;
}

function isWithin(path: string, folder: string): boolean {
  return folder === "." || path === folder || path.startsWith(`${folder}/`);
}

function foldersIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter((each) => each.isDirectory)
      .map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function testFiles(root: string, folder = ""): string[] {
  return [...Deno.readDirSync(join(root, folder))].flatMap(({ name, isDirectory }) => {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (isDirectory) return SKIPPED.includes(name) ? [] : testFiles(root, path);
    return TEST_FILE.test(name) ? [path] : [];
  }).sort();
}
