import { assertEquals, assertStringIncludes } from "@std/assert";
import { DISPLAY } from "../../lib/show/display.ts";
import { Verdict } from "../../lib/exercises/verdict.ts";

Deno.test("Verdict tells its state by a mark and a word, not by colour alone", () => {
  assertEquals(String(Verdict.open("write it")), "○ open: write it");
  assertEquals(String(Verdict.right("seen")), "✓ right: seen");
  assertEquals(String(Verdict.notYet("seen")), "✗ not yet: seen");
});

Deno.test("Verdict prints its hint and its seed, and has them as fields", () => {
  const verdict = Verdict.notYet("seen", "Look again").withSeed(7);
  assertEquals(String(verdict), "✗ not yet: seen. Look again. (seed 7)");
  assertEquals([verdict.message, verdict.hint, verdict.seed], ["seen", "Look again", 7]);
  assertEquals(String(Verdict.notYet("seen", "Why?")), "✗ not yet: seen. Why?");
});

Deno.test("Verdict shows its text as text, never as HTML", () => {
  const html = Verdict.notYet("got <b>", "try <i>")[DISPLAY]()["text/html"] as string;
  assertStringIncludes(html, "got &lt;b&gt;. try &lt;i&gt;");
});
