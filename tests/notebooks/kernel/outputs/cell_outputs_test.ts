import { assertEquals, assertStringIncludes } from "@std/assert";
import { FrameWriter } from "../../../../lib/notebooks/kernel/inside/frames.ts";
import { CellOutputs } from "../../../../lib/notebooks/kernel/outputs/cell_outputs.ts";
import { type Execution, Kernel } from "../../../../lib/notebooks/kernel/kernel.ts";
import { until } from "../../../../lib/time_limit.ts";

const cwd = new URL("../../../../notebooks/", import.meta.url);

/** Half of the cells throw; the full count is 100. */
const CELLS = Number(Deno.env.get("FOURTUPLE_OUTPUT_CELLS") ?? 40);

/** Returns the outputs as short lines: a stream's text, a value's text, an error's name. */
function shown({ outputs }: Execution): string[] {
  return outputs.map((output) => {
    if (output.output_type === "stream") return `${output.name}: ${output.text}`;
    if (output.output_type === "error") return `${output.ename}: ${output.evalue}`;
    return `${output.output_type}: ${output.data["text/plain"]}`;
  });
}

const display = (text: string, options = "") =>
  `await Deno.jupyter.display({ [Symbol.for("Jupyter.display")]: () => ({ "text/plain": ${text} }) }${options});`;

/** What is run in one kernel, by what it shows. */
const CASES: Record<string, (kernel: Kernel) => Promise<void>> = {
  "in each of many cells, in the order in which they were made, values and throws last": async (
    kernel,
  ) => {
    const ran: { readonly execution: Execution; readonly want: readonly string[] }[] = [];
    for (let i = 0; i < CELLS; i++) {
      const code = `console.log(${i}, 1); console.error(${i}, 2); ${display(`"${i}"`)}
        setTimeout(() => console.log(${i}, "late"), 5); console.log(${i}, 3);`;
      const streams = [`stdout: ${i} 1`, `stderr: ${i} 2`, `display_data: ${i}`, `stdout: ${i} 3`];
      ran.push({
        execution: await kernel.execute(`${code} ${i}`),
        want: [...streams, `execute_result: ${i}`],
      }, {
        execution: await kernel.execute(`${code} throw new Error("${i}")`),
        want: [...streams, `Error: ${i}`],
      });
    }
    const isLate = (line: string) => /^(stdout: )?\d+ late$/.test(line);
    const lines = ({ execution }: { readonly execution: Execution }) =>
      shown(execution).join("").replaceAll(
        /(?=(stdout|stderr|display_data|execute_result|Error): )/g,
        "\n",
      )
        .split("\n").filter((line) => line !== "");
    const areAllLate = () => ran.every((each) => lines(each).some(isLate));
    await until(areAllLate, { timeout: 10_000, what: "the outputs of all timers" });
    for (const each of ran) {
      assertEquals(lines(each).filter((line) => !isLate(line)), each.want);
      const number = each.want[0]!.split(" ")[1];
      assertEquals(lines(each).filter(isLate).map((line) => line.match(/\d+/)?.[0]), [number]);
    }
  },
  "of programs in their place, on both streams": async (kernel) => {
    const code = `
      const options = { args: ["-c", "echo 2; echo 3 >&2"], stdout: "inherit", stderr: "inherit" };
      console.log(1);
      new Deno.Command("sh", options).outputSync();
      console.log(4);
      await new Deno.Command("sh", options).output();
      console.error(5);`;
    assertEquals(shown(await kernel.execute(code)), [
      "stdout: 1\n2\n",
      "stderr: 3\n",
      "stdout: 4\n2\n",
      "stderr: 3\n5\n",
    ]);
    const node = `import { spawnSync } from "node:child_process";
      spawnSync("sh", ["-c", "echo 1"], { stdio: "inherit" }); console.log(2)`;
    assertEquals(shown(await kernel.execute(node)), ["stdout: 1\n2\n"]);
  },
  "of writes to the standard streams, in their place": async (kernel) => {
    const code = `import process from "node:process";
      const bytes = (text) => new TextEncoder().encode(text);
      console.log(1);
      Deno.stdout.writeSync(bytes("2 ä\\n").subarray(0, 3));
      await Deno.stdout.write(bytes("2 ä\\n").subarray(3));
      process.stdout.write("3\\n");
      await Deno.stderr.write(bytes("4\\n"));
      Deno.stdout.close();
      console.log(5);`;
    assertEquals(shown(await kernel.execute(code)), [
      "stdout: 1\n2 ä\n3\n",
      "stderr: 4\n",
      "stdout: 5\n",
    ]);
  },
  "of timers and accept loops in the cell that started them": async (kernel) => {
    const server = await kernel.execute(`
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      (async () => {
        for await (const connection of listener) {
          console.log("accepted");
          connection.close();
        }
      })();
      const go = Promise.withResolvers();
      go.promise.then(() => setTimeout(() => console.log("timer"), 10));
      "listening"`);
    const client = await kernel.execute(`
      go.resolve();
      for await (const _ of (await Deno.connect(listener.addr)).readable) {}
      console.log("connected");`);
    const hasFired = () => shown(server).join().includes("timer");
    await until(hasFired, { timeout: 10_000, what: "the timer's output" });
    await kernel.execute("listener.close();");
    const texts = shown(server).slice(1).join("").replaceAll("stdout: ", "");
    assertEquals(shown(server)[0], 'execute_result: "listening"');
    assertEquals(texts.split("\n").toSorted(), ["", "accepted", "timer"]);
    assertEquals(shown(client), ["stdout: connected\n"]);
  },
  "that update a display, or clear": async (kernel) => {
    const first = await kernel.execute(display('"old"', ', { display_id: "d" }'));
    const second = await kernel.execute(
      display('"new"', ', { display_id: "d", update: true }') + 'console.log("own")',
    );
    assertEquals([shown(first), shown(second)], [["display_data: new"], ["stdout: own\n"]]);
    const clear =
      `console.log(1); await Deno.jupyter.broadcast("clear_output", { wait: true }); console.log(2)`;
    assertEquals(shown(await kernel.execute(clear)), ["stdout: 2\n"]);
    assertEquals(shown(await kernel.execute("console.log(1); console.clear(); console.log(2)")), [
      "stdout: 2\n",
    ]);
  },
  "that are large, and refuses a display that is too large": async (kernel) => {
    const [text, value] = shown(await kernel.execute(`console.log("é".repeat(8e6)); "after"`));
    assertEquals([text?.length, value], ["stdout: \n".length + 8e6, 'execute_result: "after"']);
    const nearly = shown(await kernel.execute(display('"x".repeat(3_999_000)')));
    assertEquals(nearly.map(({ length }) => length), ["display_data: ".length + 3_999_000]);
    const [refused] = shown(await kernel.execute(display('"x".repeat(4e6)')));
    assertStringIncludes(
      refused!,
      "Cannot show this value: an output has at most 4,000,000 bytes, got 4,0",
    );
  },
  "that nobody could read as an error of their cell": async (kernel) => {
    const sent = ["'clear_output'", "'clear_output', null", "'stream', 'a'", "'x', new Date()"];
    const options = ["{ metadata: 'a' }", "{ buffers: 'a' }", "{ buffers: [[1]] }"];
    sent.push("7, {}", ...options.map((each) => `'display_data', { data: {} }, ${each}`));
    const refusals = [];
    for (const each of sent) {
      const code = `await Deno.jupyter.broadcast(${each});`;
      refusals.push(shown(await kernel.execute(code))[0]?.replace(/.*front ends: /, ""));
    }
    assertEquals(refusals, [
      "its content is an object, got undefined",
      "its content is an object, got null",
      'its content is an object, got "a"',
      "its content is an object, got an object",
      "its type is a text, got 7",
      'its metadata is an object, got "a"',
      'its buffers are an array, got "a"',
      "a buffer is an ArrayBuffer or a view of one, got an array",
    ]);
    assertEquals(shown(await kernel.execute('await Deno.jupyter.broadcast("x", {}, null); 1')), [
      "execute_result: 1",
    ]);
  },
  "of a worker, and of Deno.test": async (kernel) => {
    const worker = `const source = "console.log('from a worker'); postMessage(0)";
      const worker = new Worker("data:text/javascript," + encodeURIComponent(source), { type: "module" });
      await new Promise((done) => worker.onmessage = done);
      worker.terminate();`;
    assertEquals(shown(await kernel.execute(worker)), ["stdout: from a worker\n"]);
    const [tested] = shown(await kernel.execute(`Deno.test("adds", () => console.log("tested"));`));
    assertStringIncludes(tested!, "adds ...");
    assertStringIncludes(tested!, "tested\n");
    assertStringIncludes(tested!, "1 passed");
  },
  "without the guard, which is for the bare Deno kernel": async (kernel) => {
    const code = `import { guardOutputs } from "fourtuple/show";
      const { log } = console;
      guardOutputs();
      console.log === log`;
    assertEquals(shown(await kernel.execute(code)), ["execute_result: true"]);
  },
  "without colours": async (kernel) => {
    const [value] = shown(await kernel.execute("({ a: 1, b: 'x', c: [null] })"));
    assertEquals(value, "execute_result: { a: 1, b: 'x', c: [ null ] }".replaceAll("'", '"'));
  },
};

Deno.test("Kernel.execute() shows outputs", async (test) => {
  await using kernel = await Kernel.start({ cwd });
  for (const [name, run] of Object.entries(CASES)) await test.step(name, () => run(kernel));
});

Deno.test("CellOutputs.ended() waits for the cell's end on the pipe, however late that comes", async () => {
  const texts: string[] = [];
  const onShow = (_: number, { content }: { content: { text: string } }) =>
    texts.push(content.text);
  const outputs = new CellOutputs({ isPaced: false, onShow, onAnswer: () => {} });
  const writer = new FrameWriter(Uint8Array.fromHex(outputs.marker), {
    out: (bytes) => void outputs.take("stdout", bytes.slice()),
    err: (bytes) => void outputs.take("stderr", bytes.slice()),
  });
  writer.write("begin", 1);
  let hasEnded = false;
  const ended = outputs.ended(1).then(() => hasEnded = true);
  writer.write("stdout", 1, "first");
  await outputs.flushed();
  assertEquals([hasEnded, texts], [false, ["first"]]);
  writer.write("end", 2); // another cell's
  await outputs.flushed();
  assertEquals(hasEnded, false);
  writer.write("stdout", 1, "last");
  writer.write("end", 1);
  await ended;
  assertEquals(texts, ["first", "last"]);
});

Deno.test("CellOutputs.ended() ends with the Deno kernel", async () => {
  const outputs = new CellOutputs({ isPaced: false, onShow: () => {}, onAnswer: () => {} });
  const ended = [outputs.ended(1)];
  outputs.close();
  await Promise.all([...ended, outputs.ended(2)]);
});
