import { assertEquals, assertStringIncludes } from "@std/assert";
import { DISPLAY } from "../../lib/show/display.ts";
import { Verdict } from "../../lib/exercises/verdict.ts";

Deno.test("Verdict tells its state by a mark and a word, not by colour alone", () => {
  assertEquals(String(Verdict.open("write it")), "○ open: write it");
  assertEquals(String(Verdict.right("seen")), "✓ right: seen");
  assertEquals(String(Verdict.notYet("look")), "✗ not yet: look");
});

Deno.test("Verdict shows its message as text, never as HTML", () => {
  const html = Verdict.notYet("got <b>")[DISPLAY]()["text/html"] as string;
  assertStringIncludes(html, "got &lt;b&gt;");
});
