import { assertEquals } from "@std/assert";
import type { CompletionItem } from "vscode-languageserver-protocol";
import { proposals, typeOf } from "../../../../lib/notebooks/kernel/help/_completions.ts";
import { offsetAt } from "../../../../lib/notebooks/kernel/help/_text_places.ts";

function proposed(marked: string, items: readonly CompletionItem[]) {
  const cursor = marked.indexOf("|");
  const text = marked.replace("|", "");
  return proposals(items, { text, cursor, offsetAt: (position) => offsetAt(text, position) })
    .map(({ text, start }) => [text, start]);
}

Deno.test("proposals() are those that begin with the word before the cursor, in the server's order", () => {
  const items = [
    { label: "socket", sortText: "15" },
    { label: "Socket", sortText: "11" },
    { label: "port?", insertText: "port", sortText: "11" },
    { label: "address", sortText: "11" },
  ];
  assertEquals(proposed("a + |", items), [["Socket", 4], ["address", 4], ["port", 4], [
    "socket",
    4,
  ]]);
  assertEquals(proposed("a + po|", items), [["port", 4]]);
  assertEquals(proposed("a + so|", items), [["socket", 4]]);
  // Only where nothing has these capitals, any will do.
  assertEquals(proposed("a + SO|", items), [["Socket", 4], ["socket", 4]]);
  assertEquals(proposed("a + x|", items), []);
});

Deno.test("proposals() replace what most of them replace", () => {
  const before = { start: { line: 0, character: 1 }, end: { line: 0, character: 2 } };
  const items = [
    { label: "port", textEdit: { newText: "?.port", insert: before, replace: before } },
    { label: "host", textEdit: { newText: "?.host", range: before } },
    { label: "other" },
  ];
  assertEquals(proposed("a.|", items), [["?.host", 1], ["?.port", 1]]);
});

Deno.test("typeOf() names the kind, that of what is imported too", () => {
  assertEquals(typeOf({ label: "log", kind: 2 }), { type: "method" });
  assertEquals(
    typeOf({ label: "log", kind: 2, detail: "(method) Console.log(...data: any[]): void" }),
    { type: "method", signature: "Console.log(...data: any[]): void" },
  );
  assertEquals(typeOf({ label: "A", kind: 6, detail: "(alias) class A\nimport A" }), {
    type: "class",
    signature: "class A",
  });
  assertEquals(typeOf({ label: "a", kind: 6, detail: "const a: 1" }), {
    type: "variable",
    signature: "const a: 1",
  });
});
