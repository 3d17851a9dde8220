import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  MAX_CELL_CHARACTERS,
  MAX_CELL_OUTPUTS,
} from "../../../../lib/notebooks/kernel/outputs/cell_usage.ts";
import { OutputQueue } from "../../../../lib/notebooks/kernel/outputs/output_queue.ts";
import type { Shown } from "../../../../lib/notebooks/kernel/outputs/shown.ts";

/** Runs `add` and returns what goes out. */
async function out(add: (queue: OutputQueue) => void | Promise<void>): Promise<string[]> {
  const shown: string[] = [];
  const queue = new OutputQueue({
    isPaced: false,
    onShow: (cell, { type, content }) =>
      shown.push(`${cell} ${type === "stream" ? `${content.name} ${content.text}` : type}`),
  });
  await add(queue);
  await queue.flushed();
  return shown;
}

function output(type: string, content: unknown = {}): Shown {
  return { type, content, metadata: {}, buffers: [] };
}

Deno.test("OutputQueue merges texts of one stream and keeps the order", async () => {
  const shown = await out((queue) => {
    for (let i = 0; i < 1_000; i++) queue.text(1, "stdout", "a");
    queue.text(1, "stderr", "b");
    queue.text(1, "stdout", "c");
    queue.show(1, output("display_data"), 0);
    queue.text(2, "stdout", "d");
    queue.text(1, "stdout", "e");
  });
  const want = [`1 stdout ${"a".repeat(1_000)}`, "1 stderr b", "1 stdout c", "1 display_data"];
  assertEquals(shown, [...want, "2 stdout d", "1 stdout e"]);
});

Deno.test("OutputQueue shows a text soon, without waiting for the next", async () => {
  const seen = Promise.withResolvers<Shown>();
  const queue = new OutputQueue({ isPaced: false, onShow: (_, output) => seen.resolve(output) });
  queue.text(1, "stdout", "a");
  queue.text(1, "stdout", "b");
  assertEquals((await seen.promise).content.text, "ab");
});

Deno.test("OutputQueue splits a large text, but no character", async () => {
  const text = `x${"😀".repeat(100_000)}`;
  const shown = await out((queue) => queue.text(1, "stdout", text));
  assert(shown.length > 2);
  assert(shown.every((each) => each.isWellFormed() && each.length < 120_000));
  assertEquals(shown.map((each) => each.slice("1 stdout ".length)).join(""), text);
});

Deno.test("OutputQueue splits a text whose characters take many bytes", async () => {
  const text = "\u001b€".repeat(500_000);
  const shown = await out((queue) => queue.text(1, "stdout", text));
  const texts = shown.map((each) => each.slice("1 stdout ".length));
  assert(texts.every((each) => new TextEncoder().encode(JSON.stringify(each)).length <= 1_001_000));
  assertEquals(texts.join(""), text);
});

Deno.test("OutputQueue cuts a cell that prints without end, and says so once", async () => {
  const shown = await out((queue) => {
    for (let i = 0; i < 11; i++) queue.text(1, "stdout", "x".repeat(1_000_000));
    queue.show(1, output("display_data"), 10);
    queue.text(2, "stdout", "of another");
    queue.show(1, output("execute_result"), 10);
  });
  const texts = shown.filter((each) => each.startsWith("1 stdout ")).map((each) => each.slice(9));
  assertEquals(texts.join("").length, MAX_CELL_CHARACTERS);
  const [said, ...rest] = shown.slice(texts.length);
  assertStringIncludes(said!, "1 stderr \nThe rest is not shown: a cell shows at most 10,000,000");
  assertEquals(rest, ["2 stdout of another", "1 execute_result"]);
});

Deno.test("OutputQueue cuts a cell with too many outputs, not one that clears them", async () => {
  const shown = await out(async (queue) => {
    for (let i = 0; i < MAX_CELL_OUTPUTS + 5; i++) {
      await queue.room();
      queue.show(1, output("display_data"), 0);
      queue.show(2, output("clear_output", { wait: true }), 0);
      queue.show(2, output("display_data"), 0);
      queue.show(3, output("update_display_data"), 1_000_000);
      queue.text(4, "stdout", "one output, however many lines it has\n");
      queue.text(5, "stdout", "");
    }
  });
  const count = (start: string) => shown.filter((each) => each.startsWith(start)).length;
  assertEquals(count("1 display_data"), MAX_CELL_OUTPUTS);
  assertEquals(count("2 display_data"), MAX_CELL_OUTPUTS + 5);
  assertEquals(count("3 update_display_data"), MAX_CELL_OUTPUTS + 5);
  assertEquals(["1", "2", "3", "4"].map((cell) => count(`${cell} stderr`)), [1, 0, 0, 0]);
});

Deno.test("OutputQueue.room() lets a producer wait while much is on its way", async () => {
  let characters = 0;
  const onShow = (_: number, { content }: Shown) => void (characters += content.text.length);
  const queue = new OutputQueue({ isPaced: false, onShow });
  queue.text(1, "stdout", "x".repeat(3_000_000));
  assertEquals(characters, 0);
  await queue.room();
  assert(characters >= 1_000_000 && characters < 3_000_000, `${characters}`);
  await queue.flushed();
  assertEquals(characters, 3_000_000);
});

Deno.test("OutputQueue draws a long text few times", async () => {
  const shown = await out(async (queue) => {
    for (let i = 0; i < 100; i++) {
      queue.text(1, "stdout", "x".repeat(80_000));
      await queue.room();
    }
  });
  let length = 0;
  let drawn = 0;
  for (const each of shown) drawn += length += each.length;
  assert(drawn < 60_000_000, `${drawn} characters drawn for ${length}`);
});

Deno.test("OutputQueue.stop() leaves out what cannot be shown at once, and says so", async () => {
  const shown: string[] = [];
  const queue = new OutputQueue({
    isPaced: true,
    onShow: (_, { type, content }) => shown.push(content.text ?? type),
  });
  queue.text(7, "stdout", "x".repeat(5_000_000));
  queue.show(7, output("error"), 0);
  const started = performance.now();
  queue.stop(7);
  await queue.flushed();
  assert(performance.now() - started < 5_000);
  const [error, said] = shown.slice(-2);
  const count = shown.slice(0, -2).join("").length;
  assertEquals(error, "error");
  assert(count > 500_000 && count < 2_000_000, `${count}`);
  assertStringIncludes(
    said!,
    `${(5_000_000 - count).toLocaleString("en")} characters were not shown`,
  );
  const before = shown.length;
  queue.idle();
  queue.text(8, "stdout", "x".repeat(1_000_000));
  await queue.flushed();
  assertEquals(shown.slice(before).join("").length, 1_000_000);
});

Deno.test("OutputQueue shows what comes behind an output that cannot be shown", async () => {
  const shown: string[] = [];
  const said: unknown[] = [];
  const { error } = console;
  console.error = (...words) => said.push(words.join(" "));
  try {
    const queue = new OutputQueue({
      isPaced: false,
      onShow: (_, { type, content }) => shown.push(content.text ?? type),
    });
    queue.show(1, output("clear_output", null), 0);
    queue.show(1, output("display_data", null), 0);
    await queue.flushed();
    queue.text(1, "stdout", "next");
    await queue.flushed();
  } finally {
    console.error = error;
  }
  assertEquals(shown, ["next"]);
  assertStringIncludes(`${said}`, 'An output of type "clear_output" cannot be shown');
});
