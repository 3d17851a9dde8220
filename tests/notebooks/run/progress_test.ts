import { assert, assertEquals, assertMatch } from "@std/assert";
import { newNotebook } from "../../../lib/notebooks/format/notebook.ts";
import { closingTable, failureReport, ProgressBar } from "../../../lib/notebooks/run/progress.ts";
import type { NotebookRun } from "../../../lib/notebooks/run/runner.ts";

function ran(name: string, cells: number, failed?: NotebookRun["failure"]): NotebookRun {
  return { name, notebook: newNotebook([]), cells, milliseconds: 1234, failure: failed };
}

const failure = { cell: 2, line: 1, source: "boo()", error: "ReferenceError: boo is not defined" };

Deno.test("ProgressBar writes one line anew on a terminal, with notebook and cell", () => {
  let text = "";
  const bar = new ProgressBar({ write: (part) => text += part, isTerminal: true, total: 2 });
  bar.show({ name: "00_a", cell: 3, cells: 4 });
  assertEquals(text, "\r\x1b[K[######..................] 0/2  00_a 3/4");
  text = "";
  bar.show({ name: "00_a", cell: 4, cells: 4, run: ran("00_a", 4) });
  assertEquals(text, "\r\x1b[K00_a  4 cells  1.2 s  ok\n\r\x1b[K[############............] 1/2");
  text = "";
  bar.show({ name: "01_b", cell: 2, cells: 2, run: ran("01_b", 2, failure) });
  assertEquals(text, "\r\x1b[K01_b  2 cells  1.2 s  failed in cell 2\n");
});

Deno.test("ProgressBar writes a line a notebook where there is no terminal", () => {
  let text = "";
  const bar = new ProgressBar({ write: (part) => text += part, isTerminal: false, total: 1 });
  bar.show({ name: "00_a", cell: 1, cells: 4 });
  bar.show({ name: "00_a", cell: 4, cells: 4, run: ran("00_a", 4) });
  assertEquals(text, "00_a  4 cells  1.2 s  ok\n");
});

Deno.test("ProgressBar keeps within the terminal's columns, and says what there is room for", () => {
  const columns = { now: 80 };
  let text = "";
  const bar = new ProgressBar({
    write: (part) => text = part,
    isTerminal: true,
    columns: () => columns.now,
    total: 17,
  });
  for (const name of ["12_conversation_patterns", "14_ten_thousand_clients"]) {
    bar.show({ name, cell: 10, cells: 40 });
  }
  const lines = [
    [200, /^\[#+\.+\] 0\/17 {2}12_conversation.*14_ten_thousand_clients 10\/40$/],
    [
      80,
      /^0\/17 {2}12_conversation_patterns 10\/40 {2}14_ten_thousand_clients 10\/40$/,
    ],
    [40, /^0\/17 {2}12 10\/40 {2}14 10\/40$/],
    [20, /^0\/17$/],
    [3, /^0\/$/],
  ] as const;
  for (const [width, shown] of lines) {
    columns.now = width;
    bar.show({ name: "12_conversation_patterns", cell: 10, cells: 40 });
    const line = text.replace("\r\x1b[K", "");
    assertMatch(line, shown);
    assert(line.length < width);
  }
});

Deno.test("closingTable() has notebook, cells, seconds and outcome", () => {
  assertEquals(
    String(closingTable([ran("00_a", 4), ran("01_b", 2, failure)])),
    [
      "notebook  cells  seconds  outcome",
      "00_a          4      1.2  ok",
      "01_b          2      1.2  failed in cell 2",
    ].join("\n"),
  );
});

Deno.test("failureReport() ends with the command that runs the notebook alone", () => {
  assertEquals(
    failureReport(ran("01_b", 2, failure)),
    [
      "01_b, cell 2, line 1:",
      "",
      ">   1 | boo()",
      "",
      "ReferenceError: boo is not defined",
      "",
      "Run it alone: deno task notebooks 01",
    ].join("\n"),
  );
  assertEquals(failureReport(ran("00_a", 4)), "");
});
