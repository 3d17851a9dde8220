/**
 * The names that a cell declares, and the files that it imports.
 *
 * @module
 */
import { parse } from "@babel/parser";

type Statement = ReturnType<typeof parse>["program"]["body"][number];

/** What the rest of a notebook can see of a cell. */
export interface CellNames {
  /** What it declares outside of any block, by values, types and imports. */
  readonly declared: readonly string[];
  /** Those of them that it exports itself. */
  readonly exported: ReadonlySet<string>;
  /** The names of modules that are relative to the cell's folder. */
  readonly relativeImports: readonly ModuleName[];
}

/** A module's name in a cell's text. */
export interface ModuleName {
  /** Where it begins, with its quotation mark. */
  readonly start: number;
  /** Where it ends, behind its quotation mark. */
  readonly end: number;
  /** Such as "./ports.ts". */
  readonly value: string;
}

/** Returns the names of a cell; undefined if it does not parse. */
export function cellNames(source: string): CellNames | undefined {
  return namesIn(source, false);
}

/**
 * Returns the names of a cell that is being written, as far as they can be read: most often the text ends
 * or breaks off where its author writes.
 *
 * @param cursor Where its author writes, in UTF-16 units
 */
export function unfinishedNames(source: string, cursor: number): CellNames {
  const before = source.slice(0, cursor);
  const after = source.slice(cursor);
  // Otherwise `a.` would take the next line's first word as its own.
  const named = /[\p{ID_Continue}$]$/u.test(before)
    ? undefined
    : namesIn(`${before}_${after}`, true);
  if (named !== undefined) {
    const back = (place: number) => place > cursor ? place - 1 : place;
    const relativeImports = named.relativeImports.map(({ start, end, value }) => ({
      start: back(start),
      end: back(end),
      value,
    }));
    return { ...named, relativeImports };
  }
  for (const text of [source, withoutLine(before, after)]) {
    const names = namesIn(text, true);
    if (names !== undefined) return names;
  }
  const lines = source.split("\n");
  while (lines.pop() !== undefined) {
    const names = namesIn(lines.join("\n"), true);
    if (names !== undefined) return names;
  }
  return { declared: [], exported: new Set(), relativeImports: [] };
}

function withoutLine(before: string, after: string): string {
  const start = before.lastIndexOf("\n") + 1;
  const end = after.indexOf("\n");
  const length = before.length - start + (end < 0 ? after.length : end);
  return before.slice(0, start) + " ".repeat(length) + (end < 0 ? "" : after.slice(end));
}

function namesIn(source: string, errorRecovery: boolean): CellNames | undefined {
  let statements;
  try {
    statements = parse(source, {
      sourceType: "module",
      plugins: ["typescript"],
      errorRecovery,
    }).program.body;
  } catch {
    return undefined;
  }
  const declared = new Set<string>();
  const exported = new Set<string>();
  const relativeImports: ModuleName[] = [];
  for (const statement of statements) {
    for (const name of declaredBy(statement)) declared.add(name);
    for (const name of exportedBy(statement)) exported.add(name);
    const from = "source" in statement ? statement.source : undefined;
    if (from && /^\.\.?\//.test(from.value)) {
      relativeImports.push({ start: from.start!, end: from.end!, value: from.value });
    }
  }
  return { declared: [...declared], exported, relativeImports };
}

function declaredBy(statement: Statement): string[] {
  switch (statement.type) {
    case "VariableDeclaration":
      return statement.declarations.flatMap(({ id }) => namesOf(id));
    case "ImportDeclaration":
      return statement.specifiers.flatMap(({ local }) => namesOf(local));
    case "ExportNamedDeclaration":
      return statement.declaration ? declaredBy(statement.declaration) : [];
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSDeclareFunction":
    case "TSEnumDeclaration":
    case "TSImportEqualsDeclaration":
    case "TSInterfaceDeclaration":
    case "TSModuleDeclaration":
    case "TSTypeAliasDeclaration":
      return namesOf(statement.id);
    default:
      return [];
  }
}

function exportedBy(statement: Statement): string[] {
  if (statement.type !== "ExportNamedDeclaration") return [];
  return [
    ...declaredBy(statement),
    ...statement.specifiers.flatMap(({ exported }) => namesOf(exported)),
  ];
}

/** Returns the names in what is declared: a name, or a pattern such as `{ a, b: [c] }`. */
function namesOf(pattern: unknown): string[] {
  const node = pattern as { readonly type: string; readonly [field: string]: unknown } | null;
  switch (node?.type) {
    case "Identifier":
      return [node.name as string];
    case "ObjectPattern":
      return (node.properties as unknown[]).flatMap(namesOf);
    case "ObjectProperty":
      return namesOf(node.value);
    case "ArrayPattern":
      return (node.elements as unknown[]).flatMap(namesOf);
    case "AssignmentPattern":
      return namesOf(node.left);
    case "RestElement":
      return namesOf(node.argument);
    default:
      return [];
  }
}
