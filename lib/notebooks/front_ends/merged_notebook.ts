/**
 * Working copies of notebooks: each copied cell says in its metadata what it was copied from, so that a
 * newer version of the notebook can be merged into the copy cell by cell.
 *
 * Works on the file's own JSON, since front ends write fields that nbformat does not have, and those
 * stay. Knows nothing of files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { isSame, type Json, type NotebookJson, sortedText } from "./notebook_json.ts";

/** What a merge did to a working copy. */
export interface MergeChanges {
  /** Cells that the learner had not changed, and that are the newer version's now. */
  readonly updated: number;
  /** Cells that are new in the newer version. */
  readonly added: number;
  /** Cells that the newer version no longer has, and that the learner had not changed. */
  readonly removed: number;
  /** Cells that both have changed: both are in the copy. */
  readonly conflicts: number;
}

/** A working copy after a merge. */
export interface Merged {
  /** The copy. */
  readonly notebook: NotebookJson;
  /** What was done to it. */
  readonly changes: MergeChanges;
}

/** The key in metadata under which this module writes. */
const KEY = "fourtuple";

/** What a copied cell was copied from. */
interface Origin {
  /** The id that the cell has in the course; a front end may give the copy another one. */
  readonly id: string;
  /** A hash of what the cell was at that time. */
  readonly source: string;
  /** The cell's metadata at that time, if it had any. */
  readonly metadata?: Json;
}

/** SHA-256, cut off: two versions of one cell are compared, not cells of strangers. */
const HASH_CHARACTERS = 16;

/**
 * Returns the working copy of a notebook.
 *
 * @example A cell says what it was copied from
 * ```ts
 * import { workingCopy } from "./merged_notebook.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cell = { cell_type: "markdown", id: "d2b73e3a", metadata: {}, source: "# Ports" };
 * const copy = workingCopy({ cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 });
 * assertEquals(copy.cells[0]?.metadata, {
 *   fourtuple: { id: "d2b73e3a", source: "5718a7fd4f20e1f7" },
 * });
 * ```
 */
export function workingCopy(original: NotebookJson): NotebookJson {
  return {
    ...original,
    cells: original.cells.map((cell) => copied(cell)),
    metadata: withRecord(original.metadata, original),
  };
}

/** Whether a notebook is a copy that {@linkcode workingCopy} made. */
export function isWorkingCopy({ metadata }: NotebookJson): boolean {
  const record = metadata[KEY] as Json | undefined;
  return Array.isArray(record?.cells);
}

/**
 * Merges the newest version of a notebook into its working copy. Cells are told by what they were
 * copied from, wherever they stand now.
 *
 * A cell that the learner did not change becomes the newest one, and loses outputs of an older source.
 * A cell that only the learner changed, moved or deleted stays so, and cells of the learner's own stay
 * behind the cell that is before them. Where both have changed a cell, the newest one comes first and
 * the learner's after it, so that in a run of all cells the learner's counts; a note says so.
 */
export function mergeNotebook(copy: NotebookJson, original: NotebookJson): Merged {
  const changes = { updated: 0, added: 0, removed: 0, conflicts: 0 };
  const known = (copy.metadata[KEY] as { cells: readonly unknown[] }).cells;
  const newest = new Map(original.cells.map((cell) => [cell.id as string, cell]));
  const { claims, cells } = withoutRemoved(copy, newest);
  changes.removed = copy.cells.length - cells.length;

  const fixed = unmoved(cells.flatMap((cell) => claims.get(cell) ?? []), known);
  const head: Json[] = [];
  const parts = new Map<string, Json[]>();
  let part = head;
  for (const cell of cells) {
    const id = claims.get(cell);
    if (id !== undefined && fixed.has(id)) parts.set(id, part = []);
    const merged = id === undefined ? [cell] : mergeCell(cell, newest.get(id)!, changes);
    part.push(...merged);
  }
  const here = new Set(claims.values());
  const merged = [...head];
  for (const [id, cell] of newest) {
    const isNew = !here.has(id) && !known.includes(id);
    merged.push(...parts.get(id) ?? (isNew ? [copied(cell)] : []));
    if (isNew) changes.added++;
  }
  return {
    notebook: {
      ...copy,
      cells: fit(merged, copy.nbformat_minor),
      metadata: withRecord(copy.metadata, original),
    },
    changes,
  };
}

/**
 * Returns which cell of the copy stands for which cell of the newest version, and the cells without
 * those that the newest version no longer has and the learner left as they were.
 */
function withoutRemoved(
  copy: NotebookJson,
  newest: ReadonlyMap<string, Json>,
): { claims: ReadonlyMap<Json, string>; cells: readonly Json[] } {
  const claims = new Map<Json, string>();
  const byId = Map.groupBy(copy.cells, (cell) => originOf(cell)?.id);
  for (const [id, cells] of byId) {
    // A pasted copy of a cell has the metadata of the cell, and an id of its own.
    if (id !== undefined) claims.set(cells.find((cell) => cell.id === id) ?? cells[0]!, id);
  }
  const cells = copy.cells.filter((cell) => {
    const id = claims.get(cell);
    if (id === undefined || newest.has(id)) return true;
    claims.delete(cell);
    return contentHash(cell) !== originOf(cell)!.source;
  });
  return { claims, cells };
}

function mergeCell(
  cell: Json,
  newest: Json,
  changes: { updated: number; conflicts: number },
): Json[] {
  const origin = originOf(cell)!;
  const [mine, theirs] = [cell, newest].map(contentHash);
  if (theirs === origin.source || theirs === mine) {
    return [{ ...cell, metadata: mergedMetadata(cell, newest) }];
  }
  if (mine === origin.source) {
    changes.updated++;
    // What is not nbformat's, and the copy's own id, stays.
    const { outputs: _outputs, execution_count: _count, attachments: _files, ...others } = cell;
    const metadata = mergedMetadata(cell, newest);
    return [{ ...others, ...newest, id: cell.id, metadata }];
  }
  changes.conflicts++;
  const { [KEY]: _origin, ...metadata } = cell.metadata as Json;
  return [NOTE, copied(newest), { ...cell, id: newId(), metadata }].map((each) =>
    each === NOTE ? { ...NOTE, id: newId() } : each
  );
}

const NOTE: Json = {
  cell_type: "markdown",
  metadata: {},
  source:
    "**The course has a newer version of a cell that you changed.** The next cell is the newer " +
    "version, and the one after it is yours. Keep the one you want, and delete the other one and this note.",
};

/** Keys that the learner or a front end has not changed follow the newest version. */
function mergedMetadata(cell: Json, newest: Json): Json {
  const mine = cell.metadata as Json;
  const before = originOf(cell)?.metadata ?? {};
  const theirs = newest.metadata as Json;
  const merged = Object.entries(mine).filter(([key, value]) =>
    key !== KEY && !(isSame(value, before[key]) && !(key in theirs))
  ).map(([key, value]) => [key, isSame(value, before[key]) ? theirs[key] : value]);
  const added = Object.entries(theirs).filter(([key]) => !(key in mine) && !(key in before));
  return { ...Object.fromEntries([...merged, ...added]), [KEY]: originFrom(newest) };
}

/**
 * Returns the ids that stand in the order in which they were copied, as many as possible: the others
 * are those that the learner has moved.
 */
function unmoved(ids: readonly string[], known: readonly unknown[]): ReadonlySet<string> {
  // The longest rising sequence that ends at each id.
  const runs: { place: number; run: readonly string[] }[] = [];
  for (const id of ids) {
    const place = known.indexOf(id);
    const before = runs.filter((each) => each.place < place).map(({ run }) => run);
    const longest = before.reduce((best, run) => run.length > best.length ? run : best, []);
    runs.push({ place, run: [...longest, id] });
  }
  const best = runs.reduce<readonly string[]>(
    (best, { run }) => run.length > best.length ? run : best,
    [],
  );
  return new Set(best);
}

/** Gives each cell an id of its own; before nbformat 4.5 cells have none. */
function fit(cells: readonly Json[], minor: unknown): Json[] {
  const taken = new Set<unknown>();
  return cells.map((cell) => {
    const { id, ...others } = cell;
    if (typeof minor === "number" && minor < 5) return others;
    const own = taken.has(id) || id === undefined ? newId() : id;
    taken.add(own);
    return own === id ? cell : { ...cell, id: own };
  });
}

function copied(cell: Json): Json {
  return { ...cell, metadata: { ...cell.metadata as Json, [KEY]: originFrom(cell) } };
}

function originFrom(cell: Json): Origin {
  const metadata = cell.metadata as Json;
  return {
    id: cell.id as string,
    source: contentHash(cell),
    ...Object.keys(metadata).length > 0 ? { metadata } : {},
  };
}

function originOf(cell: Json): Origin | undefined {
  const origin = (cell.metadata as Json | undefined)?.[KEY] as Partial<Origin> | undefined;
  return typeof origin?.id === "string" && typeof origin.source === "string"
    ? origin as Origin
    : undefined;
}

function withRecord(metadata: Json, original: NotebookJson): Json {
  return { ...metadata, [KEY]: { cells: original.cells.map(({ id }) => id) } };
}

/** A hash of what a learner sees of a cell. A front end on Windows may write other line ends. */
function contentHash({ cell_type, source, attachments = {} }: Json): string {
  const text = (Array.isArray(source) ? source.join("") : String(source)).replaceAll("\r\n", "\n");
  const content = sortedText([cell_type, text, attachments]);
  return createHash("sha256").update(content).digest("hex").slice(0, HASH_CHARACTERS);
}

/** A cell's id as Jupyter makes them. */
function newId(): string {
  return crypto.randomUUID().slice(0, 8);
}
