import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { FrameWriter, newMarker } from "../../../../lib/notebooks/kernel/inside/frames.ts";
import { JoinedPipes } from "../../../../lib/notebooks/kernel/outputs/joined_pipes.ts";

const marker = newMarker();
type Stream = "stdout" | "stderr";

/** Returns what was written, one pipe after the other, as JoinedPipes gives it. */
function joined(
  write: (writer: FrameWriter, print: (stream: Stream, text: string) => void) => void,
  order: readonly Stream[],
  loses: (stream: Stream, index: number) => boolean = () => false,
): string[] {
  const written: Record<Stream, Uint8Array[]> = { stdout: [], stderr: [] };
  const writer = new FrameWriter(marker, {
    out: (bytes) => void written.stdout.push(bytes.slice()),
    err: (bytes) => void written.stderr.push(bytes.slice()),
  });
  write(writer, (stream, text) => void written[stream].push(new TextEncoder().encode(text)));
  const pipes = new JoinedPipes(marker);
  const items = order.flatMap((stream) =>
    written[stream].flatMap((bytes, index) =>
      loses(stream, index) ? [] : [...pipes.take(stream, bytes)]
    )
  );
  return [...items, ...pipes.rest()].map(({ body }) => new TextDecoder().decode(body));
}

Deno.test("JoinedPipes keeps the order of frames and of what programs print on both streams", () => {
  const step = fc.constantFrom("frame", "stdout", "stderr");
  const order = fc.constantFrom<Stream[]>(["stdout", "stderr"], ["stderr", "stdout"]);
  fc.assert(fc.property(fc.array(step), order, (steps, order) => {
    // Between two frames, the streams are two and have no order.
    const runs = steps.filter((each, i) => each === "frame" || each !== steps[i - 1]);
    const texts = runs.filter((each, i) => each === "frame" || (runs[i - 1] ?? "frame") === "frame")
      .map((each, i) => `${each} ${i};`);
    const got = joined((writer, print) => {
      for (const text of texts) {
        if (text.startsWith("frame")) writer.write("stdout", 1, text);
        else print(text.split(" ")[0] as Stream, text);
      }
    }, order);
    assertEquals(got.join(""), texts.join(""));
  }));
});

Deno.test("JoinedPipes goes on where a writer was interrupted after a mark", () => {
  const write = (writer: FrameWriter, print: (stream: Stream, text: string) => void) => {
    writer.write("stdout", 1, "lost");
    writer.write("stdout", 1, "first");
    print("stderr", "printed");
    writer.write("stdout", 1, "second");
  };
  const loses = (stream: Stream, index: number) => stream === "stdout" && index === 0;
  assertEquals(joined(write, ["stdout", "stderr"], loses).join(), "first,printed,second");
});
