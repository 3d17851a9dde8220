import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type Cell,
  DENO_METADATA,
  formatNotebook,
  type Notebook,
  type Output,
  parseNotebook,
  withoutOutputs,
} from "../../../lib/notebooks/format/notebook.ts";
import { programFor, requires } from "../../requirements.ts";

/** A notebook with every type of cell and output, and every line end that Python knows. */
const EVERYTHING: Notebook = {
  metadata: DENO_METADATA,
  cells: [
    { cell_type: "markdown", id: "title", metadata: {}, source: "# Ports\n\nWhat is a port?" },
    {
      cell_type: "markdown",
      id: "picture",
      metadata: {},
      source: "![dot](attachment:dot.png)\n",
      attachments: { "dot.png": { "image/png": "iVBORw0KGgo=" } },
    },
    {
      cell_type: "raw",
      id: "raw_1",
      metadata: { tags: ["a"] },
      source: "a\r\nb\rc\v\f\x85d\u2028",
    },
    {
      cell_type: "code",
      id: "run-1",
      metadata: { collapsed: false },
      source: "console.log(1);\n2;",
      execution_count: 1,
      outputs: [
        { output_type: "stream", name: "stdout", text: "1\nä 🚢\n" },
        {
          output_type: "display_data",
          data: { "application/vnd.x+json": { "10": [], "9": {}, a: null }, "image/png": "iVBO" },
          metadata: { isolated: true },
        },
        {
          output_type: "execute_result",
          data: { "text/html": "<b>2</b>\n", "text/plain": "2", "image/svg+xml": "<svg>\n</svg>" },
          metadata: {},
          execution_count: 1,
        },
        { output_type: "error", ename: "Error", evalue: "no", traceback: ["Error: no", "  at"] },
      ],
    },
    { cell_type: "code", id: "e", metadata: {}, source: "", execution_count: null, outputs: [] },
  ],
};

const file = (cells: unknown, minor: unknown = 5) =>
  JSON.stringify({ nbformat: 4, nbformat_minor: minor, metadata: {}, cells });
const raw = { cell_type: "raw", id: "a", metadata: {}, source: "" };
const code = { ...raw, cell_type: "code", execution_count: null };
const output = (output: unknown) => file([raw, { ...code, id: "b", outputs: [output] }]);

const BROKEN: readonly [text: string, message: string][] = [
  ["", "its text is JSON, got Unexpected end of JSON input"],
  [
    "{'cells': []}",
    `its text is JSON, got Expected property name or '}' in JSON at position 1 (line 1 column 2)`,
  ],
  ["[]", "a notebook is an object, got [] in the notebook"],
  ["null", "a notebook is an object, got null in the notebook"],
  ["{}", "nbformat is 4, got nothing in the notebook"],
  [`{"nbformat":3,"worksheets":[]}`, "nbformat is 4, got 3 in the notebook"],
  [`{"nbformat":"4"}`, `nbformat is 4, got "4" in the notebook`],
  [file([], 6), "nbformat_minor is a whole number from 0 to 5, got 6 in the notebook"],
  [file([], 4.5), "nbformat_minor is a whole number from 0 to 5, got 4.5 in the notebook"],
  [file({}), "cells is a list, got {} in the notebook"],
  [
    `{"nbformat":4,"nbformat_minor":5,"cells":[]}`,
    "metadata is an object, got nothing in the notebook",
  ],
  [
    `{"nbformat":4,"nbformat_minor":5,"cells":[],"metadata":{},"title":"x"}`,
    `a notebook has cells, metadata, nbformat, nbformat_minor, got "title" in the notebook`,
  ],
  [file([raw, 7]), "a cell is an object, got 7 in cell 2"],
  [
    file([{ ...raw, cell_type: undefined }]),
    `cell_type is "code", "markdown" or "raw", got nothing in cell 1`,
  ],
  [
    file([{ ...raw, cell_type: "heading" }]),
    `cell_type is "code", "markdown" or "raw", got "heading" in cell 1`,
  ],
  [
    file([{ ...raw, outputs: [] }]),
    `a raw cell has attachments, cell_type, id, metadata, source, got "outputs" in cell 1`,
  ],
  [
    file([{ ...raw, id: undefined }]),
    "a cell's id is 1 to 64 of a-z, A-Z, 0-9, - and _, got nothing in cell 1",
  ],
  [
    file([{ ...raw, id: "a b" }]),
    `a cell's id is 1 to 64 of a-z, A-Z, 0-9, - and _, got "a b" in cell 1`,
  ],
  [
    file([{ ...raw, id: "x".repeat(65) }]),
    `a cell's id is 1 to 64 of a-z, A-Z, 0-9, - and _, got "${"x".repeat(59)}… in cell 1`,
  ],
  [
    file([raw, { ...raw, id: "b" }, raw]),
    `each cell has an id of its own, cell 1 has this one, got "a" in cell 3`,
  ],
  [file([{ ...raw, metadata: [] }]), "metadata is an object, got [] in cell 1"],
  [
    file([{ ...raw, source: ["a", 1] }]),
    `source is text or a list of lines, got ["a",1] in cell 1`,
  ],
  [
    file([{ ...raw, attachments: { "a.png": "x" } }]),
    `a.png is an object, got "x" in cell 1`,
  ],
  [file([code]), "outputs is a list, got nothing in cell 1"],
  [
    file([{ ...code, execution_count: -1, outputs: [] }]),
    "execution_count is a whole number or null, got -1 in cell 1",
  ],
  [output("1"), `an output is an object, got "1" in output 1 of cell 2`],
  [
    output({ output_type: "pyout" }),
    `output_type is "stream", "display_data", "execute_result" or "error", got "pyout" in output 1 of cell 2`,
  ],
  [
    output({ output_type: "stream", name: "stdout", data: {} }),
    `an output of type stream has name, output_type, text, got "data" in output 1 of cell 2`,
  ],
  [
    output({ output_type: "stream", text: "" }),
    "name is text, got nothing in output 1 of cell 2",
  ],
  [
    output({ output_type: "display_data", data: { "text/html": { a: 1 } }, metadata: {} }),
    `text/html is text or a list of lines, got {"a":1} in output 1 of cell 2`,
  ],
  [
    output({ output_type: "error", ename: "E", evalue: "e", traceback: "at" }),
    `traceback is a list, got "at" in output 1 of cell 2`,
  ],
];

Deno.test("parseNotebook() says what is wrong with a broken notebook, and where", () => {
  for (const [text, message] of BROKEN) {
    const error = assertThrows(() => parseNotebook(text), SyntaxError);
    assertEquals(error.message, `Cannot read a notebook: ${message}`);
  }
});

Deno.test("parseNotebook() gives the cells of nbformat 4.4 their ids", () => {
  const old = { cell_type: "raw", metadata: {}, source: ["a\n", "b"] };
  const cell = { cell_type: "raw", metadata: {}, source: "a\nb" } as const;
  assertEquals(parseNotebook(file([old, old], 4)).cells, [
    { ...cell, id: "cell-1" },
    { ...cell, id: "cell-2" },
  ]);
});

Deno.test("parseNotebook() reads what formatNotebook() wrote", () => {
  assertEquals(parseNotebook(formatNotebook(EVERYTHING)), EVERYTHING);
});

Deno.test("parseNotebook() undoes formatNotebook() for any notebook", () => {
  fc.assert(fc.property(anyNotebook(), (notebook) => {
    assertEquals(parseNotebook(formatNotebook(notebook)), notebook);
  }));
});

Deno.test("formatNotebook() leaves out what Jupyter keeps in memory only", () => {
  const cell = {
    cell_type: "raw",
    id: "a",
    metadata: { trusted: true, x: 1 },
    source: "",
  } as const;
  const notebook = { metadata: { signature: "sha", orig_nbformat: 3, y: 2 }, cells: [cell] };
  assertEquals(parseNotebook(formatNotebook(notebook)), {
    metadata: { y: 2 },
    cells: [{ ...cell, metadata: { x: 1 } }],
  });
});

Deno.test("formatNotebook() writes what deno fmt leaves alone", async () => {
  const fmt = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "ipynb", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const text = formatNotebook(EVERYTHING);
  const writer = fmt.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  assertEquals(new TextDecoder().decode((await fmt.output()).stdout), text);
});

Deno.test("withoutOutputs() leaves nothing that a run has put in, and all else", () => {
  const [, , , ran] = EVERYTHING.cells;
  const timed = { ...ran, metadata: { ...ran!.metadata, execution: { "iopub.status.busy": "1" } } };
  const clean = withoutOutputs({ metadata: {}, cells: [EVERYTHING.cells[0]!, timed as Cell] });
  assertEquals(clean.cells, [
    EVERYTHING.cells[0]!,
    { ...ran, execution_count: null, outputs: [] } as Cell,
  ]);
});

Deno.test({
  name: "formatNotebook() writes, byte for byte, what nbformat writes, and nbformat finds it valid",
  ...requires("python3 with nbformat"),
  fn() {
    const notebooks = [EVERYTHING, withoutOutputs(EVERYTHING), ...fc.sample(anyNotebook(), 20)];
    const folder = Deno.makeTempDirSync();
    try {
      const paths = notebooks.map((notebook, index) => {
        const path = `${folder}/${index}.ipynb`;
        Deno.writeTextFileSync(path, formatNotebook(notebook));
        return path;
      });
      const { code, stderr } = new Deno.Command(programFor("python3 with nbformat"), {
        args: ["-c", VALIDATE, ...paths],
      }).outputSync();
      assertEquals(new TextDecoder().decode(stderr), "");
      assertEquals(code, 0);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

const VALIDATE = `
import nbformat, sys
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8", newline="").read()
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    again = nbformat.writes(notebook) + "\\n"
    if again != text:
        sys.exit(f"nbformat writes another text:\\n{again}\\nthan this:\\n{text}")
`;

/** Whole numbers only, for Python writes 1e-7 as 1e-07. */
function anyNotebook(): fc.Arbitrary<Notebook> {
  const lineEnd = fc.constantFrom(..."\n\r\v\f\x1c\x85\u2028");
  const text = fc.string({
    unit: fc.oneof(lineEnd, fc.string({ unit: "grapheme", maxLength: 2 })),
  });
  const key = fc.oneof(fc.string({ unit: "grapheme-ascii" }), fc.nat({ max: 20 }).map(String));
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie("json"), { maxLength: 3 }),
      record(key, tie("json")),
    ),
  }));
  const metadata = record(key.map((key) => `x-${key}`), json);
  const data = fc.record({
    "text/plain": text,
    "text/html": text,
    "image/png": fc.base64String(),
    "application/vnd.x+json": json,
  }, { requiredKeys: [], noNullPrototype: true });
  const execution_count = fc.oneof(fc.nat(), fc.constant(null));
  const traceback = fc.array(text, { maxLength: 3 });
  const outputs: fc.Arbitrary<Output[]> = fc.array(
    fc.oneof(
      fc.record({ name: text, text }).map((parts) => ({
        output_type: "stream" as const,
        ...parts,
      })),
      fc.record({ data, metadata }).map((parts) => ({
        output_type: "display_data" as const,
        ...parts,
      })),
      fc.record({ data, metadata, execution_count })
        .map((parts) => ({ output_type: "execute_result" as const, ...parts })),
      fc.record({ ename: text, evalue: text, traceback })
        .map((parts) => ({ output_type: "error" as const, ...parts })),
    ),
    { maxLength: 3 },
  );
  const prose = { metadata, source: text };
  const cell = fc.oneof(
    fc.record(prose).map((parts) => ({ cell_type: "markdown" as const, ...parts })),
    fc.record({ ...prose, attachments: record(key, data) })
      .map((parts) => ({ cell_type: "raw" as const, ...parts })),
    fc.record({ ...prose, execution_count, outputs })
      .map((parts) => ({ cell_type: "code" as const, ...parts })),
  );
  const cells: fc.Arbitrary<Cell[]> = fc.array(cell, { maxLength: 4 })
    .map((cells) => cells.map((cell, index) => ({ ...cell, id: `cell_${index}` })));
  return fc.record({ metadata, cells });
}

function record<Value>(key: fc.Arbitrary<string>, value: fc.Arbitrary<Value>) {
  return fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true });
}
