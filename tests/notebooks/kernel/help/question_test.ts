import { assertEquals } from "@std/assert";
import { Help } from "../../../../lib/notebooks/kernel/help/help.ts";
import { questionIn } from "../../../../lib/notebooks/kernel/help/question.ts";

const CELLS: Readonly<Record<string, string | undefined>> = {
  "Deno.listen?": "Deno.listen",
  " $_a1 ?": undefined,
  "\nname?\n": "name",
  "größe?": "größe",
  "name": undefined,
  "a ? b : c": undefined,
  "a?.b": undefined,
  "1?": undefined,
  "f()?": undefined,
  "?": undefined,
};

Deno.test("questionIn() finds the name that a cell asks about", () => {
  for (const [source, name] of Object.entries(CELLS)) {
    assertEquals([source, questionIn(source)], [source, name]);
  }
});

Deno.test("Help says that a question is a whole cell", async () => {
  await using help = new Help({ folder: new URL("file:///course/") });
  for (const [code, status] of [["Deno.listen?", "complete"], ["a ? b", "incomplete"]]) {
    assertEquals((await help.answer("is_complete_request", { code })).status, status);
  }
});
