import { assertEquals } from "@std/assert";
import { completeness } from "../../../../lib/notebooks/kernel/cells/completeness.ts";

Deno.test("completeness() says whether a text is a whole cell", () => {
  for (
    const source of [
      "",
      "\n\n",
      "1",
      "const port = 80;",
      "const port: number = 80",
      "await listener.accept()",
      "for await (const conn of listener) {}",
      "using socket = Socket.tcp();",
      'import { Socket } from "fourtuple/sockets";',
      "interface Shape {\n  sides: number;\n}",
      "`${1}\n`",
      "// a comment {",
      "const a = 1;\r\nconst b = 2;",
    ]
  ) assertEquals(completeness(source), { status: "complete" }, source);
});

Deno.test("completeness() says what cannot become a cell by further lines", () => {
  for (
    const source of [
      "let port = ;",
      ")",
      "f())",
      "if (true) {\n  f();\n}}",
      'const text = "abc',
      "'",
      "const a = 1;\nlet a = 2;",
      "return 1",
      "import = 1",
    ]
  ) assertEquals(completeness(source), { status: "invalid" }, source);
});

Deno.test("completeness() says what is not finished, and how the next line is indented", () => {
  for (
    const [source, indent] of [
      ["f(", "  "],
      ["f(1,", ""],
      ["let port =", ""],
      ["socket.", ""],
      ["if (true) {", "  "],
      ["if (true) {\n  f();", "  "],
      ["if (true) {\n  for (;;) {", "    "],
      ["if (true) {\n  for (;;) {  ", "    "],
      ["const f = (port: number) =>", "  "],
      ["const ports = [\n  80,", "  "],
      ["`a\n", ""],
      ["`${f(", "  "],
      ["/* a", ""],
      ["1 +\n// more\n", ""],
      ["try {\n  f();\n}", ""],
      ["import { Socket } from", ""],
      ["class Server {\n  port", "  "],
      ["f('🙂', {", "  "],
    ] as const
  ) assertEquals(completeness(source), { status: "incomplete", indent }, source);
});
