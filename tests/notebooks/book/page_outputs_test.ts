import { assertEquals } from "@std/assert";
import { ansiToHtml } from "../../../lib/notebooks/book/_page_outputs.ts";

const TABLE: readonly [text: string, html: string][] = [
  ["", ""],
  ["plain\n", "plain\n"],
  [`<b> & "it's"`, "&lt;b&gt; &amp; &quot;it&#39;s&quot;"],
  // As Deno prints a value: one colour on, the default colour back
  ["{ a: \x1b[33m1\x1b[39m }", `{ a: <span class="ansi-yellow">1</span> }`],
  ["\x1b[31m<red>\x1b[0m", `<span class="ansi-red">&lt;red&gt;</span>`],
  [
    "\x1b[1;4;91mall\x1b[22mless\x1b[m",
    [
      `<span class="ansi-bold ansi-underline ansi-red">all</span>`,
      `<span class="ansi-underline ansi-red">less</span>`,
    ].join(""),
  ],
  [
    "\x1b[31mone\x1b[32mother",
    [
      `<span class="ansi-red">one</span>`,
      `<span class="ansi-green">other</span>`,
    ].join(""),
  ],
  [
    "\x1b[2mfaint\x1b[3mboth\x1b[22;23mnone",
    [
      `<span class="ansi-faint">faint</span>`,
      `<span class="ansi-faint ansi-italic">both</span>none`,
    ].join(""),
  ],
  // A colour stays on over the end of a line
  ["\x1b[34ma\nb", `<span class="ansi-blue">a\nb</span>`],
  // Backgrounds, 256 colours and true colours are dropped, and the numbers after 38 are no codes
  ["\x1b[41mbackground\x1b[49m", "background"],
  ["\x1b[38;5;31mindexed\x1b[0m", "indexed"],
  ["\x1b[38;2;1;4;31mtrue\x1b[0m", "true"],
  ["\x1b[48;5;4;1mbold\x1b[0m", `<span class="ansi-bold">bold</span>`],
  // What is no colour is dropped: cursor, titles, links, bells, lone controls
  ["a\x1b[2Kb\x1b[1;1Hc\x1b]0;title\x07d\x1b]8;;http://x\x1b\\e\x07\x1bMf", "abcdef"],
  ["one\r\ntwo\rthree", "one\ntwothree"],
  ["cut \x1b[3", "cut 3"],
];

Deno.test("ansiToHtml() turns colours into classes and drops all other controls", () => {
  for (const [text, html] of TABLE) assertEquals(ansiToHtml(text), html, JSON.stringify(text));
});
