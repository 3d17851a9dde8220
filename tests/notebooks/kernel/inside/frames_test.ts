import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  decodeOutputMessage,
  encodeOutputMessage,
  type Frame,
  FrameReader,
  FrameWriter,
  MarkReader,
  newMarker,
} from "../../../../lib/notebooks/kernel/inside/frames.ts";

const marker = newMarker();

/** Returns the bytes that `write` makes, as each pipe gets them. */
function written(write: (writer: FrameWriter, out: (bytes: Uint8Array) => void) => void) {
  const pipes = { out: [] as Uint8Array[], err: [] as Uint8Array[] };
  const out = (bytes: Uint8Array) => void pipes.out.push(bytes.slice());
  const err = (bytes: Uint8Array) => void pipes.err.push(bytes.slice());
  write(new FrameWriter(marker, { out, err }), out);
  return pipes;
}

function bytesOf(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

function shown(...items: readonly (Frame | Uint8Array)[]): string {
  const parts = items.map((item) =>
    item instanceof Uint8Array
      ? item
      : bytesOf([new TextEncoder().encode(`${item.kind} ${item.cell}: `), item.body])
  );
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(parts));
}

Deno.test("FrameReader returns what FrameWriter wrote, however the bytes are cut", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("x".repeat(5_000), "€".repeat(1_500)),
  );
  const cuts = fc.array(fc.nat({ max: 5_000 }), { minLength: 1, maxLength: 9 });
  fc.assert(fc.property(fc.array(fc.tuple(text, fc.boolean())), cuts, (texts, cuts) => {
    const { out } = written((writer, print) => {
      for (const [text, isPrinted] of texts) {
        if (isPrinted) print(new TextEncoder().encode(text));
        else writer.write("stderr", 7, text);
      }
    });
    const reader = new FrameReader(marker);
    let left = bytesOf(out);
    const items = [];
    for (let i = 0; left.length > 0; i++) {
      const length = 1 + cuts[i % cuts.length]!;
      items.push(...reader.read(left.slice(0, length)));
      left = left.subarray(length);
    }
    const want = texts.map(([text, isPrinted]) => isPrinted ? text : `stderr 7: ${text}`);
    assertEquals(shown(...items), want.join(""));
  }));
});

Deno.test("FrameWriter writes at most what a pipe takes in one piece", () => {
  const { out } = written((writer) => writer.write("stdout", 1, "x".repeat(20_000)));
  assertEquals(out.slice(0, -1).every(({ length }) => length === 4_096), true);
});

Deno.test("FrameReader drops a frame whose writer was interrupted", () => {
  const { out } = written((writer) => {
    writer.write("stdout", 1, "x".repeat(9_000));
    writer.write("stdout", 1, "whole");
  });
  const items = [...new FrameReader(marker).read(bytesOf([out[0]!, out.at(-1)!]))];
  assertEquals(items.map((item) => shown(item)), ["stdout 1: whole"]);
});

Deno.test("MarkReader returns the numbers of the frames", () => {
  const { err } = written((writer) => {
    writer.write("begin", 1);
    writer.write("end", 1);
  });
  const [first, second] = err as [Uint8Array, Uint8Array];
  const printed = new TextEncoder().encode("printed");
  const reader = new MarkReader(marker);
  const bytes = bytesOf([first, printed, second]);
  const items = [...bytes].flatMap((byte) => [...reader.read(Uint8Array.of(byte))]);
  const texts = items.map((each) => typeof each === "number" ? ` ${each} ` : shown(each));
  assertEquals(texts.join(""), " 1 printed 2 ");
});

Deno.test("decodeOutputMessage() returns what encodeOutputMessage() was given", () => {
  const message = {
    type: "display_data",
    content: { data: { "text/plain": "ü" } },
    metadata: { a: 1 },
    buffers: [Uint8Array.of(1, 2), new Uint8Array()],
  };
  assertEquals(decodeOutputMessage(encodeOutputMessage(message)), message);
});
