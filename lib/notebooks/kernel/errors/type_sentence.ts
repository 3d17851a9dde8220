/**
 * What the type checker says of the line at which a cell failed: it knows why a property is undefined, and
 * often what was meant.
 *
 * @module
 */
import { parse } from "@babel/parser";
import { checkText } from "../../format/type_check.ts";
import type { ModuleProblem } from "../../format/cell_check.ts";
import type { Place } from "../cells/edited_text.ts";

/** Where an error happened. */
export interface FailedPlace extends Place {
  /** The cell, as its place in the list of cells. */
  readonly index: number;
}

/** How the type checker is asked. */
export interface SentenceOptions {
  /** The folder in which the cells run: its deno.json, or that of a parent, applies. */
  readonly folder: string | URL;
  /** How long it may take, in milliseconds; 30,000 by default. */
  readonly timeout?: number;
  /** Ends the question. */
  readonly signal?: AbortSignal;
}

/** It takes 2 s, and 5 s for the first time, on two cores that do nothing else. */
const TIMEOUT_MS = 30_000;
const MAX_SENTENCE_CHARACTERS = 400;

/**
 * What can be the reason for an error at run time; most of what the type checker says is not.
 * Source: https://github.com/microsoft/TypeScript/blob/main/src/compiler/diagnosticMessages.json
 */
const REASONS: ReadonlySet<number> = new Set([
  // A name that is not there, or is a type's.
  ...[2304, 2448, 2454, 2552, 2693, 2749],
  // A property that is not there, or is not part of the options.
  ...[2339, 2353, 2551, 2561, 2559, 2576, 2739, 2740, 2741],
  // Wrong arguments.
  ...[2322, 2345, 2554, 2555, 2559, 2769, 2820],
  // What is not a function, a class, a list, a number or a variable.
  ...[2348, 2349, 2351, 2362, 2363, 2365, 2488, 2495, 2504, 2540, 2588, 2684],
  // A missing await, and what may be undefined.
  ...[2531, 2532, 2533, 2773, 2801, 18047, 18048, 18049],
]);

/** A problem that the type checker finds in a cell. */
export interface TypeProblem {
  /** The cell, as its place in the list of cells. */
  readonly index: number;
  /** The cell's line, from 1. */
  readonly line: number;
  /** What is wrong, as "TS2339 [ERROR]: Property …". */
  readonly message: string;
}

/**
 * Returns what the type checker finds in cells that can be the reason for an error at run time.
 *
 * @param cells The texts of the cells that have been run, in order
 * @throws {Error} If the type checker does not answer in time, or is ended
 */
export async function typeProblems(
  cells: readonly string[],
  { folder, timeout = TIMEOUT_MS, signal }: SentenceOptions,
): Promise<TypeProblem[]> {
  const { text, firstLines } = nestedCells(cells);
  const problems = await checkText(text, { folder, timeout, signal });
  return problems.filter(isReason).map(({ line, message }) => {
    const index = firstLines.findLastIndex((first) => first <= line);
    return { index, line: line - firstLines[index]! + 1, message };
  });
}

/**
 * Returns the type checker's sentence for the place at which a cell failed, if it has one: for the line, or
 * else for the statement at it, since V8 names the first line of a call.
 */
export function sentenceAt(
  problems: readonly TypeProblem[],
  cells: readonly string[],
  place: FailedPlace,
): string | undefined {
  const { first, last } = statementAt(cells[place.index]!, place);
  const within = problems.filter(({ index, line }) =>
    index === place.index && line >= first && line <= last
  );
  const onLine = within.filter(({ line }) => line === place.line);
  return sentenceOf(onLine.length > 0 ? onLine : within.slice(0, 1));
}

function isReason({ message }: ModuleProblem): boolean {
  return REASONS.has(Number(/^TS(\d+)/.exec(message)?.[1]));
}

/** Joins the first problem and the questions that belong to it: "Did you forget to use 'await'?". */
function sentenceOf(problems: readonly TypeProblem[]): string | undefined {
  const [first, ...others] = problems.map(({ message }) => ({
    code: Number(/^TS(\d+)/.exec(message)![1]),
    text: shortened(message.replace(/^TS\d+ \[ERROR\]: /, "")),
  }));
  if (first === undefined) return undefined;
  // The error itself says that a name is not defined.
  if (first.code === 2304) return undefined;
  const hint = others.find(({ code }) => code === 2773)?.text;
  const sentence = hint === undefined ? first.text : `${first.text} ${hint}`;
  return sentence.length <= MAX_SENTENCE_CHARACTERS
    ? sentence
    : `${sentence.slice(0, MAX_SENTENCE_CHARACTERS)}…`;
}

/** Where no overload fits, the reason is what the first one says; otherwise it is the first line. */
function shortened(message: string): string {
  const lines = message.split("\n").map((line) => line.trim());
  const reason = lines.findIndex((line) => line.startsWith("Overload "));
  return lines[reason + 1] ?? lines[0]!;
}

/**
 * Joins cells into one module, and returns the line at which each begins. Each cell is a block within the one before, since a later cell may declare
 * a name again; the imports, which cannot stand in a block, come first, the latest one of each name.
 */
export function nestedCells(
  cells: readonly string[],
): { text: string; firstLines: number[] } {
  const imports = new Map<string, string>();
  const bodies = cells.map((source) => withoutImports(source, imports));
  const lines = ["export {};", ...imports.values()];
  const firstLines: number[] = [];
  for (const body of bodies) {
    lines.push("{");
    firstLines.push(lines.length + 1);
    // Without the semicolon, the next cell could continue this one's last statement.
    lines.push(...body.split("\n"), ";");
  }
  lines.push("}".repeat(bodies.length));
  return { text: lines.join("\n"), firstLines };
}

/** Moves the imports of a cell into `imports`, by their names; what stays keeps its lines. */
function withoutImports(source: string, imports: Map<string, string>): string {
  let body;
  try {
    body = parse(source, { sourceType: "module", plugins: ["typescript"] }).program.body;
  } catch {
    return ""; // it was never run
  }
  let rest = source;
  const blank = (start: number, end: number) => {
    const blanks = source.slice(start, end).replace(/[^\n]/g, " ");
    rest = rest.slice(0, start) + blanks + rest.slice(end);
  };
  for (const statement of body) {
    if (statement.type === "ExportNamedDeclaration" && statement.declaration) {
      blank(statement.start!, statement.declaration.start!);
    }
    if (statement.type !== "ImportDeclaration") continue;
    const { specifiers, start, end } = statement;
    const after = source.slice(statement.source.start!, end!).replaceAll("\n", " ")
      .replace(/;$/, "");
    const kind = statement.importKind === "type" ? "type " : "";
    for (const specifier of specifiers) {
      const own = source.slice(specifier.start!, specifier.end!).replaceAll("\n", " ");
      const what = specifier.type === "ImportSpecifier" ? `{ ${own} }` : own;
      imports.set(specifier.local.name, `import ${kind}${what} from ${after};`);
    }
    blank(start!, end!);
  }
  return rest;
}

/** A statement of a cell. */
export interface StatementLines {
  /** What it is in the syntax tree, as "ImportDeclaration". */
  readonly type: string;
  /** Its first line, from 1. */
  readonly first: number;
  /** Its last line. */
  readonly last: number;
}

/** Returns the innermost statement at a place of a cell. */
export function statementAt(source: string, { line, column }: Place): StatementLines {
  let found: StatementLines = { type: "", first: line, last: line };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== "object" || value === null || !("type" in value)) return;
    const { type, loc } = value as { readonly type: string; readonly loc?: NodeLocation };
    if (loc && !isWithin(loc, line, column)) return;
    if (loc && /(Statement|Declaration)$/.test(type)) {
      found = { type, first: loc.start.line, last: loc.end.line };
    }
    Object.values(value).forEach(visit);
  };
  try {
    visit(parse(source, { sourceType: "module", plugins: ["typescript"] }).program.body);
  } catch {
    // It was run, so the parser does not know some syntax: the line alone counts.
  }
  return found;
}

interface NodeLocation {
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

function isWithin({ start, end }: NodeLocation, line: number, column: number): boolean {
  const isAfter = line > start.line || (line === start.line && column - 1 >= start.column);
  const isBefore = line < end.line || (line === end.line && column - 1 <= end.column);
  return isAfter && isBefore;
}
