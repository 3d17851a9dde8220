import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { eachLine, LineSplitter, MAX_LINES, Transcript } from "../../lib/program/_transcript.ts";

Deno.test("Transcript.wait() finds lines printed before, and lines still to come", async () => {
  const transcript = new Transcript();
  transcript.add("one");
  assertEquals(await transcript.wait("on", 1000), "one");
  const two = transcript.wait(/tw(.)/, 1000);
  transcript.add("two");
  assertEquals([...await two], ["two", "o"]);
});

Deno.test("Transcript.wait() gives each line to one wait, the first one first", async () => {
  const transcript = new Transcript();
  transcript.add("a 1");
  transcript.add("b 1");
  const first = transcript.wait("a", 1000);
  const second = transcript.wait("a", 1000);
  const third = transcript.wait("a", 1000);
  transcript.add("a 2");
  transcript.add("a 3");
  assertEquals(await Promise.all([first, second, third]), ["a 1", "a 2", "a 3"]);
  assertEquals(await transcript.wait("b", 1000), "b 1"); // skipped over, not lost
});

Deno.test("Transcript.wait() takes a regular expression with the flags g and y as one without g", async () => {
  const transcript = new Transcript();
  const global = /a/g;
  transcript.add("xxa");
  transcript.add("a");
  assertEquals((await transcript.wait(global, 1000) as RegExpExecArray).index, 2);
  assertEquals((await transcript.wait(global, 1000) as RegExpExecArray).index, 0);
  transcript.add("xb");
  transcript.add("bx");
  assertEquals((await transcript.wait(/b/y, 1000) as RegExpExecArray).input, "bx");
});

Deno.test("Transcript.wait() quotes what was printed instead", async () => {
  const transcript = new Transcript();
  await assertRejects(() => transcript.wait("x", 5), Error, "none came within 5 ms, got nothing");
  for (let line = 1; line <= 25; line++) transcript.add(`line ${line}`);
  const waiting = transcript.wait("x", 1000);
  transcript.end("it ended");
  const last = Array.from({ length: 20 }, (_, index) => `\n  line ${index + 6}`).join("");
  const error = await assertRejects(() => waiting, Error);
  assertEquals(error.message, `it ended, got (the last 20 lines):${last}`);
  await assertRejects(() => transcript.wait("x", 1000), Error, "it ended, got");
  assertEquals(await transcript.wait("line 3", 1000), "line 3");
});

Deno.test("Transcript keeps the last lines of a program that prints without end", () => {
  const transcript = new Transcript();
  for (let line = 1; line <= 5 * MAX_LINES; line++) transcript.add(String(line));
  assertEquals(transcript.lines.length, MAX_LINES);
  assertEquals(transcript.lines[0], String(4 * MAX_LINES + 1));
  assertEquals(transcript.lines.at(-1), String(5 * MAX_LINES));
});

function linesOf(pieces: string[]): string[] {
  const splitter = new LineSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

Deno.test("LineSplitter removes LF and CR LF, and keeps empty lines and the last piece", () => {
  for (
    const [text, lines] of [
      ["", []],
      ["a", ["a"]],
      ["a\n", ["a"]],
      ["a\r\nb", ["a", "b"]],
      ["\n\n", ["", ""]],
      ["a\rb\r\r\n", ["a\rb\r"]], // a CR that is not before the LF is the program's own
      ["a\n\nb\n", ["a", "", "b"]],
    ] as const
  ) assertEquals(linesOf([text]), [...lines], JSON.stringify(text));
});

Deno.test("LineSplitter gives the same lines however the text is cut into pieces", () => {
  const piece = fc.string({ unit: fc.constantFrom("a", "é", "\r", "\n"), maxLength: 5 });
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    assertEquals(linesOf(pieces), linesOf([pieces.join("")]));
  }));
});

Deno.test("LineSplitter cuts a line that never ends", () => {
  const pieces = Array.from({ length: 3 }, () => "x".repeat(65_536));
  assertEquals(linesOf([...pieces, "y\n"]).map((line) => line.length), [65_536, 65_536, 65_536, 1]);
});

Deno.test("eachLine() joins characters that were cut between two chunks", async () => {
  const bytes = new TextEncoder().encode("é\nü");
  const lines: string[] = [];
  const chunks = Array.from(bytes, (byte) => new Uint8Array([byte]));
  await eachLine(ReadableStream.from(chunks), (line) => lines.push(line), new AbortController());
  assertEquals(lines, ["é", "ü"]);
});

Deno.test("eachLine() stops reading a stream when its signal aborts", async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("one\ntw")),
    cancel: () => void (cancelled = true),
  });
  await eachLine(stream, (line) => {
    lines.push(line);
    stop.abort();
  }, stop);
  assertEquals(lines, ["one", "tw"]);
  assertEquals(cancelled, true);
});
