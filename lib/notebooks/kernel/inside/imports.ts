/**
 * The imports of a cell. The Deno kernel runs `import { nope } from "…"` as a dynamic import, and a name
 * that the module does not have is then silently undefined. Here such a name is an error, unless it is
 * that of a type: types are gone at run time, and TypeScript allows to import one without `type`.
 *
 * @module
 */

/** What a module has under a name that it does not have at run time. */
export type NameKind = "type" | "missing" | "unknown";

/** How long Deno is asked at most; on a machine that does nothing else it takes 30 ms to 2 s. */
const ASK_MS = 30_000;

/** The kinds of declaration that leave nothing at run time, in `deno doc --json`. */
const TYPE_KINDS: ReadonlySet<string> = new Set(["interface", "typeAlias", "namespace"]);

/** What has been found out about names, by module and name: a later cell asks again. */
const known = new Map<string, Promise<NameKind>>();

/**
 * Waits for a module and returns it.
 *
 * @param from The module, as the cell names it
 * @param names The names that the cell takes from it; "default as x" if it calls the default x
 *
 * @throws {SyntaxError} If it does not have a name that the cell takes from it, or the specifier is
 * neither a path nor a known name
 */
export async function imported(
  loading: Promise<Record<string, unknown>>,
  from: string,
  ...names: readonly string[]
): Promise<Record<string, unknown>> {
  let module;
  try {
    module = await loading;
  } catch (error) {
    throw unresolved(error, from);
  }
  const absent = names.filter((name) => !(exportOf(name) in module));
  if (absent.length === 0) return module;
  const kinds = await Promise.all(absent.map((name) => kindOfName(from, exportOf(name))));
  const missing = absent.filter((_, index) => kinds[index] === "missing");
  if (missing.length > 0) throw notExported(from, missing, Object.keys(module));
  return module;
}

function exportOf(name: string): string {
  return name.replace(/ as .*/, "");
}

/** Returns the error for names that a module does not have; it has those in `has`. */
export function notExported(
  from: string,
  missing: readonly string[],
  has: readonly string[],
): SyntaxError {
  const quoted = JSON.stringify(from);
  const asDefault = missing.find((name) => exportOf(name) === "default");
  if (asDefault !== undefined) return noDefault(quoted, asDefault, has);
  const what = missing.map((name) => `"${name}"`).join(" and ");
  const rule = `it does not export ${missing.length > 1 ? "those names" : "that name"}`;
  const hints = missing.flatMap((name) => {
    const near = nearest(name, has);
    if (near === undefined) return [];
    return missing.length === 1 ? `"${near}"` : `"${near}" for "${name}"`;
  });
  const hasDefaultOnly = has.length === 1 && has[0] === "default";
  const hint = hints.length > 0
    ? `. Did you mean ${hints.join(", ")}?`
    : hasDefaultOnly
    ? `. It has a default export only: import name from ${quoted}`
    : "";
  return new SyntaxError(`Cannot import ${what} from ${quoted}: ${rule}${hint}`);
}

function noDefault(quoted: string, name: string, has: readonly string[]): SyntaxError {
  const own = name.replace(/^default( as )?/, "");
  const near = own === "" ? undefined : nearest(own, has);
  const hint = near === undefined
    ? "Its exports are imported in braces"
    : `Did you mean import { ${near} } from ${quoted}?`;
  return new SyntaxError(
    `Cannot import a default from ${quoted}: it has no default export. ${hint}`,
  );
}

/** Deno names the module that imports, which a cell is not. */
function unresolved(error: unknown, from: string): unknown {
  if (!(error instanceof TypeError)) return error;
  const quoted = JSON.stringify(from);
  if (!/^[./]|^\w+:/.test(from) && error.message.includes("not a dependency")) {
    const hint = error.message.includes('"node:" prefix')
      ? `A Node module is written "node:${from}"`
      : `An npm package is written "npm:${from}", and a file "./${from}.ts"`;
    const rule = 'deno.json does not list this name under "imports"';
    return new TypeError(`Cannot import ${quoted}: ${rule}. ${hint}`);
  }
  const missing = /^Module not found "(?:file:\/\/)?([^"]+)"/.exec(error.message)?.[1];
  if (missing === undefined) return error;
  return new TypeError(`Cannot import ${quoted}: there is no file ${decodeURI(missing)}`);
}

/** Returns the name that is most like `name`, if one is like it at all. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length * 0.4)) + 1;
  for (const each of names) {
    const distance = name.toLowerCase() === each.toLowerCase() ? 0 : editDistance(name, each);
    if (distance < least) [best, least] = [each, distance];
  }
  return best;
}

/** How many characters are to be added, removed, replaced or swapped with the next to turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}

/** Finds out what a name is that a module does not have at run time. */
export function kindOfName(from: string, name: string): Promise<NameKind> {
  const key = JSON.stringify([from, name]);
  let kind = known.get(key);
  if (kind === undefined) {
    kind = documentedKind(from, name).catch(() => checkedKind(from, name)).catch(() =>
      "unknown" as const
    );
    known.set(key, kind);
  }
  return kind;
}

/** Asks `deno doc`, which takes some 30 ms; it knows no module of Node. */
async function documentedKind(from: string, name: string): Promise<NameKind> {
  const info = JSON.parse(await deno("info", "--json", from));
  const root = info.roots[0];
  const doc = JSON.parse(await deno("doc", "--json", root));
  const modules = Object.values(doc.nodes) as DocModule[];
  if (modules.length === 0) throw new Error("Nothing is documented");
  const declarations = modules.flatMap(({ symbols }) => symbols)
    .filter((symbol) => symbol.name === name).flatMap(({ declarations }) => declarations)
    .filter(({ declarationKind }) => declarationKind === "export");
  return declarations.some(({ kind }) => TYPE_KINDS.has(kind)) ? "type" : "missing";
}

interface DocModule {
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly { readonly kind: string; readonly declarationKind: string }[];
  }[];
}

/** What the type checker says of a name that is missing, or that is not a type's. */
const NO_TYPE = /^TS(1192|2305|2306|2307|2497|2614|2724|2749)\b/;

/** Asks the type checker, which takes some seconds. */
async function checkedKind(from: string, name: string): Promise<NameKind> {
  const { checkText } = await import("../../format/type_check.ts");
  const program = `import type { ${name} as Name } from ${JSON.stringify(from)};
export type Type = Name;`;
  const problems = await checkText(program, { folder: Deno.cwd(), timeout: ASK_MS });
  return problems.some(({ message }) => NO_TYPE.test(message)) ? "missing" : "type";
}

/** Runs Deno and returns what it printed. */
async function deno(...args: string[]): Promise<string> {
  const { runChild } = await import("../../../program/child_process.ts");
  const env = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const { success, stdout, stderr } = await runChild([Deno.execPath(), ...args], {
    env,
    timeout: ASK_MS,
  });
  if (!success) throw new Error(`deno ${args[0]} failed: ${stderr}`);
  return stdout;
}
