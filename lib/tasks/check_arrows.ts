/**
 * `deno run -A lib/tasks/check_arrows.ts [LIB]`: proves that the folders of lib, or of another tree like
 * it, depend on each other in one direction only, from Deno's own graph of every file.
 *
 * The graph has static, type-only and dynamic imports alike; an `import()` whose argument is computed
 * is not in it.
 */
import { pathToFileURL } from "node:url";
import { runChild } from "../program/child_process.ts";

/** The folders of lib from the bottom up: each imports only from those before it, and from itself. */
export const FOLDERS: readonly string[] = [
  "", // refusal.ts, sampler.ts and time_limit.ts
  "show",
  "program",
  "ports",
  "ports/allocator",
  "tuples",
  "tuples/table",
  "system",
  "sockets/waiting",
  "sockets",
  "networks",
  "observe/rows",
  "observe/texts",
  "observe/sources",
  "observe",
  "observe/changes",
  "observe/counters",
  "observe/machine",
  "observe/tools",
  "experiments/labs",
  "experiments/calls",
  "experiments/ports",
  "experiments/connections",
  "experiments/costs",
  "experiments",
  "services",
  "figures/parts",
  "figures/ports",
  "figures/conversations",
  "figures/kernel",
  "figures",
  "examples",
  "exercises",
  "notebooks/format",
  "notebooks/kernel/wire",
  "notebooks/kernel/cells",
  "notebooks/kernel/inside",
  "notebooks/kernel/outputs",
  "notebooks/kernel/errors",
  "notebooks/kernel/help",
  "notebooks/kernel",
  "notebooks/run",
  "notebooks/book",
  "notebooks/front_ends",
  "notebooks",
  "tasks",
];

/** Each file of lib, such as "ports/port.ts", with the files of lib that it imports. */
export type ImportGraph = ReadonlyMap<string, Iterable<string>>;

/**
 * Returns a sentence for each import that breaks a rule of the tree; none if all is well.
 *
 * @param graph The files, by paths relative to lib
 * @param folders The folders from the bottom up
 */
export function brokenRules(graph: ImportGraph, folders = FOLDERS): string[] {
  const broken: string[] = [];
  const unknown = new Set(
    [...graph.keys()].map(folderOf).filter((each) => !folders.includes(each)),
  );
  for (const folder of unknown) {
    broken.push(
      `lib/${folder} is not in the list of folders: add it to FOLDERS in check_arrows.ts`,
    );
  }
  for (const [from, imports] of graph) {
    for (const to of imports) {
      const rule = brokenRule(from, to, folders);
      if (rule !== undefined) broken.push(`lib/${from} imports lib/${to}: ${rule}`);
    }
  }
  const circle = findCircle(graph);
  if (circle !== undefined) {
    broken.push(`These files import each other in a circle: lib/${circle.join(" -> lib/")}`);
  }
  return broken;
}

function brokenRule(from: string, to: string, folders: readonly string[]): string | undefined {
  if (from === "mod.ts" || from === to) return undefined;
  const [here, there] = [from, to].map(topOf) as [string, string];
  if (here !== there && fileOf(to).startsWith("_")) {
    return `a file whose name begins with "_" is private to lib/${there}`;
  }
  if (fileOf(to) === "mod.ts") return "import the file that has the name, not a mod.ts";
  // A mod.ts stands above all folders of its own.
  if (fileOf(from) === "mod.ts" && here === there) return undefined;
  const [low, high] = [from, to].map((file) => folders.indexOf(folderOf(file))) as [number, number];
  if (low >= 0 && high > low) return `lib/${folderOf(to)} is above lib/${folderOf(from)}`;
}

/** Returns the files of a circle, the first one again at the end. */
function findCircle(graph: ImportGraph): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  function visit(file: string): readonly string[] | undefined {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next);
      if (circle !== undefined) return circle;
    }
    path.pop();
    done.add(file);
  }
  for (const file of graph.keys()) {
    const circle = visit(file);
    if (circle !== undefined) return circle;
  }
}

function fileOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function topOf(path: string): string {
  return folderOf(path).split("/")[0]!;
}

/** The part of `deno info --json` that is read here. */
interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/** Asks Deno for the graph of all files in a folder; a file that nobody imports is in it too. */
async function readGraph(lib: URL): Promise<ImportGraph> {
  const files = sourceFiles(lib);
  // `deno info` takes one root, so a module that imports all files is made for it.
  const root = await Deno.makeTempFile({ prefix: "all_files_", suffix: ".ts" });
  try {
    await Deno.writeTextFile(root, files.map((file) => `import "${file}";\n`).join(""));
    const config = new URL("../deno.json", lib).pathname;
    const command = [Deno.execPath(), "info", "--json", "--config", config, root];
    const { success, stdout, stderr } = await runChild(command, { env: { NO_COLOR: "1" } });
    if (!success) throw new Error(`Cannot read the graph of lib: ${stderr}`);
    return graphOf(JSON.parse(stdout), lib.href);
  } finally {
    await Deno.remove(root);
  }
}

function graphOf({ modules }: Info, lib: string): ImportGraph {
  const graph = new Map<string, Set<string>>();
  for (const { specifier, error, dependencies = [] } of modules) {
    if (!specifier.startsWith(lib)) continue;
    if (error !== undefined) throw new Error(`Cannot read "${specifier}": ${error}`);
    const imports = dependencies.flatMap(({ code, type }) => [code?.specifier, type?.specifier])
      .filter((each) => each?.startsWith(lib)).map((each) => each!.slice(lib.length));
    graph.set(specifier.slice(lib.length), new Set(imports));
  }
  return graph;
}

function sourceFiles(folder: URL): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return sourceFiles(new URL(`${name}/`, folder));
    return name.endsWith(".ts") ? [new URL(name, folder).href] : [];
  }).sort();
}

if (import.meta.main) {
  const [path] = Deno.args;
  const lib = path === undefined ? new URL("../", import.meta.url) : pathToFileURL(`${path}/`);
  const broken = brokenRules(await readGraph(lib));
  for (const sentence of broken) console.error(sentence);
  if (broken.length > 0) Deno.exit(1);
}
