import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { eachLine, LineSplitter } from "../../lib/program/_output_lines.ts";

function linesOf(pieces: string[]): string[] {
  const splitter = new LineSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

Deno.test("LineSplitter takes off LF and CR LF, and keeps empty lines and the last piece", () => {
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

Deno.test("eachLine() puts characters together that were cut between two chunks", async () => {
  const bytes = new TextEncoder().encode("é\nü");
  const lines: string[] = [];
  const chunks = Array.from(bytes, (byte) => new Uint8Array([byte]));
  await eachLine(ReadableStream.from(chunks), (line) => lines.push(line), new AbortController());
  assertEquals(lines, ["é", "ü"]);
});

Deno.test("eachLine() gives up a stream that does not end when its signal aborts", async () => {
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
