import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  isWorkingCopy,
  mergeNotebook,
  workingCopy,
} from "../../../lib/notebooks/front_ends/merged_notebook.ts";
import type { Json, NotebookJson } from "../../../lib/notebooks/front_ends/notebook_json.ts";

/** Code cells by "id:source". */
function notebook(...cells: readonly string[]): NotebookJson {
  return {
    cells: cells.map((text) => {
      const [id = "", source = ""] = text.split(":");
      return { cell_type: "code", execution_count: null, id, metadata: {}, outputs: [], source };
    }),
    metadata: { kernelspec: { name: "deno" } },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

function withCells(copy: NotebookJson, change: (cells: Json[]) => readonly Json[]): NotebookJson {
  return { ...copy, cells: change([...copy.cells]) };
}

function edited(copy: NotebookJson, id: string, fields: Json): NotebookJson {
  return withCells(
    copy,
    (cells) => cells.map((cell) => cell.id === id ? { ...cell, ...fields } : cell),
  );
}

function own(id: string, source: string): Json {
  return { cell_type: "code", execution_count: null, id, metadata: {}, outputs: [], source };
}

function sources({ cells }: NotebookJson): unknown[] {
  return cells.map(({ source }) => source);
}

const COPY = workingCopy(notebook("a:A", "b:B", "c:C", "d:D"));
const NONE = { updated: 0, added: 0, removed: 0, conflicts: 0 };

Deno.test("workingCopy() says of each cell what it was copied from, and changes nothing else", () => {
  const original = notebook("a:A", "b:B");
  const copy = workingCopy(original);
  assert(isWorkingCopy(copy));
  assert(!isWorkingCopy(original));
  assertEquals(copy.metadata, { kernelspec: { name: "deno" }, fourtuple: { cells: ["a", "b"] } });
  assertEquals(
    copy.cells.map(({ metadata: _, ...cell }) => cell),
    original.cells.map(({ metadata: _, ...cell }) => cell),
  );
  const [a, b] = copy.cells.map(({ metadata }) => (metadata as { fourtuple: Json }).fourtuple);
  assertEquals([a?.id, b?.id], ["a", "b"]);
  assert(a?.source !== b?.source);
});

Deno.test("mergeNotebook() changes nothing where no newer version is", () => {
  const answered = edited(COPY, "b", { source: "mine" });
  assertEquals(mergeNotebook(answered, notebook("a:A", "b:B", "c:C", "d:D")), {
    notebook: answered,
    changes: NONE,
  });
});

const CASES: Readonly<
  Record<string, {
    readonly copy: NotebookJson;
    readonly newest: NotebookJson;
    readonly sources: readonly string[];
    readonly changes: Partial<typeof NONE>;
  }>
> = {
  "updates a cell that the learner left alone": {
    copy: COPY,
    newest: notebook("a:A", "b:B2", "c:C", "d:D"),
    sources: ["A", "B2", "C", "D"],
    changes: { updated: 1 },
  },
  "keeps an answer": {
    copy: edited(COPY, "b", { source: "mine" }),
    newest: notebook("a:A2", "b:B", "c:C", "d:D"),
    sources: ["A2", "mine", "C", "D"],
    changes: { updated: 1 },
  },
  "keeps cells of the learner's own behind the cell before them": {
    copy: withCells(COPY, ([a, b, c, d]) => [own("x", "X"), a!, own("y", "Y"), b!, c!, d!]),
    newest: notebook("a:A", "n:N", "b:B", "c:C", "d:D", "o:O"),
    sources: ["X", "A", "Y", "N", "B", "C", "D", "O"],
    changes: { added: 2 },
  },
  "keeps deleted what the learner deleted, also where it is newer": {
    copy: withCells(COPY, ([a, , , d]) => [a!, d!]),
    newest: notebook("a:A", "b:B", "c:C2", "d:D2"),
    sources: ["A", "D2"],
    changes: { updated: 1 },
  },
  "removes what the newer version no longer has": {
    copy: withCells(COPY, ([a, b, c, d]) => [a!, b!, own("x", "X"), c!, d!]),
    newest: notebook("a:A", "c:C", "d:D"),
    sources: ["A", "X", "C", "D"],
    changes: { removed: 1 },
  },
  "keeps an answer in a cell that the newer version no longer has": {
    copy: edited(COPY, "b", { source: "mine" }),
    newest: notebook("a:A", "c:C", "d:D"),
    sources: ["A", "mine", "C", "D"],
    changes: {},
  },
  "follows the newer version's order": {
    copy: withCells(edited(COPY, "b", { source: "mine" }), ([a, b, c, d]) => [
      ...[a!, b!, own("x", "X"), c!, d!],
    ]),
    newest: notebook("a:A", "c:C", "d:D", "b:B"),
    sources: ["A", "C", "D", "mine", "X"],
    changes: {},
  },
  "leaves a cell where the learner moved it": {
    copy: withCells(COPY, ([a, b, c, d]) => [b!, c!, d!, a!]),
    newest: notebook("a:A2", "b:B", "c:C", "n:N", "d:D"),
    sources: ["B", "C", "N", "D", "A2"],
    changes: { updated: 1, added: 1 },
  },
  "knows a cell that got another id, by what it was copied from": {
    copy: edited(COPY, "b", { id: "other" }),
    newest: notebook("a:A", "b:B2", "c:C", "d:D"),
    sources: ["A", "B2", "C", "D"],
    changes: { updated: 1 },
  },
  "takes a pasted copy of a cell for the learner's own": {
    copy: withCells(COPY, ([a, b, c, d]) => [{ ...b!, id: "pasted" }, a!, b!, c!, d!]),
    newest: notebook("a:A", "b:B2", "c:C", "d:D"),
    sources: ["B", "A", "B2", "C", "D"],
    changes: { updated: 1 },
  },
  "takes no other line ends for a change": {
    copy: edited(workingCopy(notebook("a:one\ntwo")), "a", { source: ["one\r\n", "two"] }),
    newest: notebook("a:three"),
    sources: ["three"],
    changes: { updated: 1 },
  },
  "sees no conflict where both have made the same change": {
    copy: edited(COPY, "b", { source: "same" }),
    newest: notebook("a:A", "b:same", "c:C", "d:D"),
    sources: ["A", "same", "C", "D"],
    changes: {},
  },
};

for (const [name, { copy, newest, sources: expected, changes }] of Object.entries(CASES)) {
  Deno.test(`mergeNotebook() ${name}`, () => {
    const merged = mergeNotebook(copy, newest);
    assertEquals(sources(merged.notebook), [...expected]);
    assertEquals(merged.changes, { ...NONE, ...changes });
    // What was merged once is up to date.
    assertEquals(mergeNotebook(merged.notebook, newest), {
      notebook: merged.notebook,
      changes: NONE,
    });
  });
}

Deno.test("mergeNotebook() keeps both versions of a cell that both have changed, and says so", () => {
  const newest = notebook("a:A", "b:B2", "c:C", "d:D");
  const { notebook: merged, changes } = mergeNotebook(
    edited(COPY, "b", { source: "mine" }),
    newest,
  );
  assertEquals(changes, { ...NONE, conflicts: 1 });
  const [, note, newer, mine] = merged.cells;
  assertEquals(sources(merged).filter((source) => source !== note?.source), [
    "A",
    "B2",
    "mine",
    "C",
    "D",
  ]);
  assertEquals(note?.cell_type, "markdown");
  assert(String(note?.source).includes("newer version"));
  assertEquals([newer?.id, new Set(merged.cells.map(({ id }) => id)).size], ["b", 6]);
  assertEquals(mine?.metadata, {});
  assertEquals(mergeNotebook(merged, newest).changes, NONE);
  // The newer one is the course's again, and the learner's stays.
  const later = mergeNotebook(merged, notebook("a:A", "b:B3", "c:C", "d:D"));
  assertEquals(sources(later.notebook).filter((source) => source !== note?.source), [
    "A",
    "B3",
    "mine",
    "C",
    "D",
  ]);
  assertEquals(later.changes, { ...NONE, updated: 1 });
  // Once the learner has thrown the newer one away, it does not come back.
  const kept = withCells(
    merged,
    (cells) => cells.filter((cell) => cell !== newer && cell !== note),
  );
  assertEquals(sources(mergeNotebook(kept, newest).notebook), ["A", "mine", "C", "D"]);
});

Deno.test("mergeNotebook() keeps what other programs wrote, and outputs only of the same source", () => {
  const output = { output_type: "stream", name: "stdout", text: "1\n" };
  const fields = {
    execution_count: 3,
    outputs: [output],
    unknown: { "9": 1, a: 2 },
  };
  let copy = edited(edited(COPY, "a", fields), "b", fields);
  copy = withCells(
    copy,
    (cells) =>
      cells.map((cell) => ({ ...cell, metadata: { ...cell.metadata as Json, collapsed: true } })),
  );
  copy = {
    ...copy,
    metadata: { ...copy.metadata, widgets: {}, kernelspec: { name: "x" } },
    extra: 1,
  };
  const { notebook: merged } = mergeNotebook(copy, notebook("a:A", "b:B2", "c:C", "d:D"));
  const [a, b] = merged.cells;
  assertEquals(a, copy.cells[0]);
  assertEquals([b?.outputs, b?.execution_count, b?.unknown], [[], null, fields.unknown]);
  assertEquals((b?.metadata as Json).collapsed, true);
  assertEquals([merged.metadata, merged.extra], [copy.metadata, 1]);
});

Deno.test("mergeNotebook() takes over a cell's tags where the learner has not changed them", () => {
  const tagged = (tags: readonly string[] | undefined, source: string): NotebookJson => {
    const [cell] = notebook(`a:${source}`).cells;
    return { ...notebook(), cells: [{ ...cell, metadata: tags ? { tags } : {} }] };
  };
  const tagsOf = ({ cells: [cell] }: NotebookJson) => (cell?.metadata as Json).tags;
  const copy = workingCopy(tagged(["slow"], "A"));
  assertEquals(tagsOf(mergeNotebook(copy, tagged(["fast"], "A")).notebook), ["fast"]);
  assertEquals(tagsOf(mergeNotebook(copy, tagged(undefined, "A")).notebook), undefined);
  const plain = workingCopy(tagged(undefined, "A"));
  assertEquals(tagsOf(mergeNotebook(plain, tagged(["new"], "B")).notebook), ["new"]);
  const { fourtuple } = copy.cells[0]?.metadata as { fourtuple: Json };
  const mine = edited(copy, "a", { metadata: { fourtuple, tags: ["mine"] } });
  assertEquals(tagsOf(mergeNotebook(mine, tagged(["fast"], "A")).notebook), ["mine"]);
});

Deno.test("mergeNotebook() leaves no outputs in a cell that is prose now", () => {
  const prose = { cell_type: "markdown", id: "a", metadata: {}, source: "Prose" };
  const merged = mergeNotebook(workingCopy(notebook("a:A")), { ...notebook(), cells: [prose] });
  assertEquals(Object.keys(merged.notebook.cells[0]!).sort(), Object.keys(prose));
});

Deno.test("mergeNotebook() gives a new cell another id where the learner's own has that one", () => {
  const copy = withCells(workingCopy(notebook("a:A")), ([a]) => [a!, own("n", "mine")]);
  const { notebook: merged } = mergeNotebook(copy, notebook("a:A", "n:N"));
  assertEquals(sources(merged), ["A", "mine", "N"]);
  assertEquals(new Set(merged.cells.map(({ id }) => id)).size, 3);
});

Deno.test("mergeNotebook() gives cells no ids where nbformat has none", () => {
  const old = withCells(
    { ...COPY, nbformat_minor: 4 },
    (cells) => cells.map(({ id: _, ...cell }) => cell),
  );
  const { notebook: merged } = mergeNotebook(old, notebook("a:A2", "n:N", "b:B", "c:C", "d:D"));
  assertEquals(sources(merged), ["A2", "N", "B", "C", "D"]);
  assertEquals(merged.cells.filter((cell) => "id" in cell), []);
});

Deno.test("mergeNotebook() changes an untouched copy into a copy of the newest version", () => {
  const cells = fc.uniqueArray(
    fc.record({ id: fc.constantFrom(..."abcdefgh"), source: fc.constantFrom("1", "2", "3") }),
    { selector: ({ id }) => id },
  ).map((cells) => notebook(...cells.map(({ id, source }) => `${id}:${source}`)));
  fc.assert(fc.property(cells, cells, (before, newest) => {
    assertEquals(mergeNotebook(workingCopy(before), newest).notebook, workingCopy(newest));
  }));
});

Deno.test("mergeNotebook() loses nothing that a learner has written, whatever both sides do", () => {
  const side = fc.uniqueArray(fc.constantFrom(..."abcdefgh"), { maxLength: 8 });
  const marks = fc.record({ before: side, mine: side, changed: side, newest: side, newer: side });
  fc.assert(
    fc.property(marks, ({ before, mine, changed, newest, newer }) => {
      const copy = workingCopy(notebook(...before.map((id) => `${id}:${id}`)));
      // The learner keeps some cells in an order of her own, changes some, and adds a cell after each.
      const learner = withCells(copy, (cells) =>
        mine.flatMap((id) => {
          const cell = cells.find((cell) => cell.id === id);
          const kept = cell && changed.includes(id) ? { ...cell, source: `mine ${id}` } : cell;
          return [...kept ? [kept] : [], own(`own_${id}`, `own ${id}`)];
        }));
      const newestNotebook = notebook(
        ...newest.map((id) => `${id}:${newer.includes(id) ? `newer ${id}` : id}`),
      );
      const { notebook: merged } = mergeNotebook(learner, newestNotebook);
      const left = sources(merged);
      const written = sources(learner).filter((source) => /^(mine|own)/.test(String(source)));
      assertEquals(written.filter((source) => !left.includes(source)), []);
      assertEquals(
        left.filter((source) => /^(mine|own)/.test(String(source))).length,
        written.length,
      );
      // Each newer cell is there once, unless the learner has deleted the cell.
      for (const id of newest) {
        const expected = !before.includes(id) || mine.includes(id) ? 1 : 0;
        const source = newer.includes(id) ? `newer ${id}` : id;
        const isMine = changed.includes(id) && !newer.includes(id) && before.includes(id);
        assertEquals(left.filter((each) => each === source).length, isMine ? 0 : expected, source);
      }
      assertEquals(new Set(merged.cells.map(({ id }) => id)).size, merged.cells.length);
      assertEquals(mergeNotebook(merged, newestNotebook), { notebook: merged, changes: NONE });
    }),
    { numRuns: 300 },
  );
});
