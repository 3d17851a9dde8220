/**
 * The learner's copies of a folder of notebooks: made once, and brought up to date at each start. The
 * folder of the notebooks itself is only read.
 *
 * @module
 */
import { join } from "node:path";
import { isWorkingCopy, type MergeChanges, mergeNotebook, workingCopy } from "./merged_notebook.ts";
import { isSame, jsonText, readJson } from "./notebook_json.ts";

/** What became of one notebook's copy. */
export type CopyReport =
  & {
    /** The file's name: "02_ports.ipynb". */
    readonly name: string;
  }
  & (
    | { readonly kind: "made" | "unchanged" }
    | { readonly kind: "merged"; readonly changes: MergeChanges }
    | { readonly kind: "left"; readonly reason: string }
  );

/** A front end may save the copy while a newer version is merged into it. */
const TRIES = 5;

/** What a write that was killed has left is older than this. */
const STALE_MS = 60_000;

const UNFINISHED = /^\..+\.ipynb\.[0-9a-f-]{36}$/;

/**
 * Brings the copies in the folder `to` up to date with the notebooks in the folder `from`, and makes
 * those that are missing. A file that cannot be merged is left as it is, and the report says why.
 */
export async function updateCopies(from: string, to: string): Promise<CopyReport[]> {
  await Deno.mkdir(to, { recursive: true });
  await removeUnfinished(to);
  const entries = await Array.fromAsync(Deno.readDir(from));
  const names = entries.filter(({ isFile, name }) => isFile && /^[^._].*\.ipynb$/.test(name))
    .map(({ name }) => name).sort();
  const reports: CopyReport[] = [];
  for (const name of names) reports.push(await updateCopy(name, join(from, name), join(to, name)));
  return reports;
}

async function updateCopy(name: string, from: string, to: string): Promise<CopyReport> {
  const original = readJson(await Deno.readTextFile(from));
  for (let tries = 0; tries < TRIES; tries++) {
    const text = await textOf(to);
    if (text === undefined) {
      await writeWhole(to, jsonText(workingCopy(original)));
      return { name, kind: "made" };
    }
    let copy;
    try {
      copy = readJson(text);
    } catch (error) {
      return { name, kind: "left", reason: (error as Error).message };
    }
    if (!isWorkingCopy(copy)) {
      return {
        name,
        kind: "left",
        reason: "this task did not make it; rename it to get the course's version",
      };
    }
    const { notebook, changes } = mergeNotebook(copy, original);
    if (isSame(notebook, copy)) return { name, kind: "unchanged" };
    if (!await writeWhole(to, jsonText(notebook), text)) continue;
    // A cell may stand elsewhere now, or have other tags, with nothing that a learner has to know.
    return { name, kind: "merged", changes };
  }
  return { name, kind: "left", reason: "another program keeps saving it" };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Writes a file as a whole or not at all: beside it, and then in its place. Returns false if its text is
 * no longer `expected`.
 */
async function writeWhole(path: string, text: string, expected?: string): Promise<boolean> {
  const target = expected === undefined ? path : await Deno.realPath(path);
  const slash = Math.max(target.lastIndexOf("/"), target.lastIndexOf("\\")) + 1;
  const beside = `${target.slice(0, slash)}.${target.slice(slash)}.${crypto.randomUUID()}`;
  try {
    {
      using file = await Deno.open(beside, { createNew: true, write: true });
      const bytes = new TextEncoder().encode(text);
      for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      await file.sync();
    }
    if (expected !== undefined) {
      const { mode } = await Deno.stat(target);
      if (mode !== null) await Deno.chmod(beside, mode & 0o777);
      // At once after the look, so that a save of a front end hardly ever comes between the two.
      if (Deno.readTextFileSync(target) !== expected) return false;
    }
    Deno.renameSync(beside, target);
    return true;
  } finally {
    await Deno.remove(beside).catch(() => {}); // renamed, or never made
  }
}

async function removeUnfinished(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!UNFINISHED.test(name)) continue;
    const path = join(folder, name);
    try {
      const { mtime } = await Deno.stat(path);
      if (mtime !== null && Date.now() - mtime.getTime() > STALE_MS) await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // another start was faster
    }
  }
}

/** Returns what a learner has to know of a report, in one line; nothing where there is nothing. */
export function reportLine(report: CopyReport): string | undefined {
  const { name } = report;
  if (report.kind === "left") return `${name} was not updated: ${report.reason}`;
  if (report.kind !== "merged") return undefined;
  const { updated, added, removed, conflicts } = report.changes;
  const parts = [
    updated > 0 && `${cells(updated)} updated`,
    added > 0 && `${cells(added)} added`,
    removed > 0 && `${cells(removed)} removed`,
    conflicts > 0 &&
    `${cells(conflicts)} that you changed also changed in the course: ` +
      "your copy has both versions, with a note",
  ].filter((part) => part !== false);
  return parts.length === 0 ? undefined : `${name}: ${parts.join(", ")}`;
}

function cells(count: number): string {
  return count === 1 ? "1 cell" : `${count} cells`;
}
