import { assertEquals, assertMatch } from "@std/assert";
import MagicString from "magic-string";
import {
  editedText,
  linesBefore,
  printedText,
  unedited,
} from "../../../../lib/notebooks/kernel/cells/edited_text.ts";
import { cellScript } from "../../../../lib/notebooks/kernel/cells/script.ts";

Deno.test("printedText() prints as the Deno kernel does, and knows where its lines were", () => {
  const printed = printedText("interface A {\n}\nconst a: number[] = [\n  1,\n  2,\n];\n\n\nf(a);");
  assertEquals(printed.text.trim().split("\n"), ["const a = [", "  1,", "  2", "];", "f(a);"]);
  assertEquals(linesBefore(printed).slice(0, 5), [3, 4, 5, 5, 9]);
  assertEquals(printed.before({ line: 5, column: 3 }), { line: 9, column: 3 });
});

Deno.test("printedText() counts a text that it cannot read as unchanged", () => {
  const text = "const a = <b>\n\n</b>;";
  assertEquals(printedText(text).text, text);
});

const script = (source: string, edits: Parameters<typeof cellScript>[1]["edits"] = []) =>
  cellScript(source, { address: "cell:1", edits, first: (lines) => `void f("${lines.join()}");` });

Deno.test("cellScript() begins with the script's name and a first statement", () => {
  const { text, placeInCell } = script("\n\nconst x: number = 1;\n\nx;");
  assertEquals(text, '//# sourceURL=cell:1\nvoid f("1,1,3,5");\n\n\nconst x: number = 1;\n\nx;');
  assertEquals(placeInCell({ line: 3, column: 7 }), { line: 3, column: 7 });
  assertEquals(placeInCell({ line: 4, column: 1 }), { line: 5, column: 1 });
  assertEquals(placeInCell({ line: 2, column: 1 }), undefined);
});

Deno.test("cellScript() knows places behind what edits have inserted", () => {
  const insert = (text: string) =>
    editedText(new MagicString(text).prependLeft(text.indexOf("f("), "check(); "));
  const { text, placeInCell } = script("g();\nf(1);", [insert]);
  assertMatch(text, /\ng\(\);\ncheck\(\); f\(1\);$/);
  // Printed on four lines: void, g(), check(), f(1).
  assertEquals(placeInCell({ line: 5, column: 1 }), { line: 2, column: 1 });
});

Deno.test("cellScript() keeps an object an object, and a block a block", () => {
  assertMatch(script(" { a: 1 } // end").text, /\n \(\{ a: 1 \} \/\/ end\n\)$/);
  assertMatch(script("{ let a = 1; a }").text, /\n\{ let a = 1; a \}$/);
  assertMatch(script("{ a: 1 };").text, /\n\{ a: 1 \};$/);
});

Deno.test("unedited() has every place where it was", () => {
  assertEquals(unedited("a").before({ line: 1, column: 1 }), { line: 1, column: 1 });
});
