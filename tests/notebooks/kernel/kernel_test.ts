import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { findProgram } from "../../../lib/program/find_program.ts";
import { Program } from "../../../lib/program/program.ts";
import { until } from "../../../lib/time_limit.ts";
import { endIfAlive, isAlive } from "../../program/_processes.ts";
import { type Execution, Kernel, KernelError } from "../../../lib/notebooks/kernel/kernel.ts";

const cwd = new URL("../../../notebooks/", import.meta.url);

/** Returns the outputs as short lines: a stream's text, a result's text, an error's name. */
function shown({ outputs }: Execution): string[] {
  return outputs.map((output) => {
    if (output.output_type === "stream") return `${output.name}: ${output.text}`;
    if (output.output_type === "error") return `${output.ename}: ${output.evalue}`;
    return `${output.output_type}: ${output.data["text/plain"]}`;
  });
}

Deno.test("Kernel.execute() returns outputs by order of arrival, and an error as the last", async () => {
  await using kernel = await Kernel.start({ cwd });
  const code = "console.log(1); console.error(2); console.log(3); 6 * 7";
  assertEquals(shown(await kernel.execute(code)), [
    "stdout: 1\n",
    "stderr: 2\n",
    "stdout: 3\n",
    "execute_result: 42",
  ]);
  const failed = await kernel.execute("console.log('before');\nthrow new TypeError('boo')");
  assertEquals(failed.status, "error");
  assertEquals(shown(failed), ["stdout: before\n", "TypeError: boo"]);
});

Deno.test("Kernel.execute() makes an error output for a text that does not parse", async () => {
  await using kernel = await Kernel.start({ cwd });
  const failed = await kernel.execute("let x = ;");
  assertEquals(failed.status, "error");
  assertEquals(failed.outputs.map((output) => output.output_type), ["error"]);
});

Deno.test("Kernel.execute() keeps state from cell to cell and sees the project's import names", async () => {
  await using kernel = await Kernel.start({ cwd });
  await kernel.execute('import { Table } from "fourtuple"; const word = "kept";');
  assertEquals(shown(await kernel.execute("`${word} ${typeof Table}`")), [
    'execute_result: "kept function"',
  ]);
});

Deno.test("Kernel.execute() runs what is asked at once one behind the other", async () => {
  await using kernel = await Kernel.start({ cwd });
  const cells = Array.from({ length: 20 }, (_, i) => `console.log(${i}); ${i}`);
  const runs = await Promise.all(cells.map((code) => kernel.execute(code)));
  assertEquals(runs.map(shown), cells.map((_, i) => [`stdout: ${i}\n`, `execute_result: ${i}`]));
});

Deno.test("Kernel.execute() stops a busy loop at its limit and keeps the state", async () => {
  await using kernel = await Kernel.start({ cwd });
  await kernel.execute("const kept = 1;");
  await assertRejects(
    () => kernel.execute("while (true);", { timeout: 300 }),
    KernelError,
    "The cell took longer than its limit of 0.3 s",
  );
  assertEquals(shown(await kernel.execute("kept")), ["execute_result: 1"]);
});

Deno.test("Kernel.execute() stops a cell that waits for ever, and keeps the state", async () => {
  await using kernel = await Kernel.start({ cwd });
  await kernel.execute("const kept = 1;");
  await assertRejects(
    () => kernel.execute("await new Promise(() => {})", { timeout: 300 }),
    KernelError,
    "The cell took longer than its limit of 0.3 s",
  );
  assertEquals(shown(await kernel.execute("kept")), ["execute_result: 1"]);
});

Deno.test("Kernel.execute() ends a kernel whose cell cannot be stopped", async () => {
  await using kernel = await Kernel.start({ cwd });
  const code = 'new Deno.Command("sleep", { args: ["60"] }).outputSync();';
  await assertRejects(
    () => kernel.execute(code, { timeout: 300 }),
    KernelError,
    "The cell took longer than its limit of 0.3 s",
  );
  await assertRejects(() => kernel.execute("1"), KernelError, "The kernel has ended by SIGKILL");
});

Deno.test("Kernel.execute() tells at once that the kernel died", async () => {
  await using kernel = await Kernel.start({ cwd });
  const started = performance.now();
  const error = await assertRejects(() => kernel.execute("Deno.exit(3)"), KernelError);
  assertStringIncludes(error.message, "The kernel has ended with code 3");
  assert(performance.now() - started < 5_000);
});

Deno.test("Kernel.execute() goes on behind an error that cannot be explained", async () => {
  await using kernel = await Kernel.start({ cwd });
  // What explains an error uses a Set, inside the Deno kernel.
  await kernel.execute("const kept = 1;\nclass Set {}");
  assertEquals(shown(await kernel.execute("throw new TypeError('boo')")), ["TypeError: boo"]);
  assertEquals(shown(await kernel.execute("kept")), ["execute_result: 1"]);
});

Deno.test("Kernel.execute() tells that the connections to the kernel broke", async () => {
  await using kernel = await Kernel.start({ cwd });
  const code = `
    const named = { parameters: ["i32", "buffer", "buffer"], result: "i32" };
    const { symbols } = Deno.dlopen("libc.so.6", {
      getpeername: named,
      getsockname: named,
      shutdown: { parameters: ["i32", "i32"], result: "i32" },
    });
    for (let socket = 3; socket < 200; socket++) {
      const name = new Uint8Array(16);
      const length = Uint32Array.of(name.length);
      if (symbols.getpeername(socket, name, length) !== 0) continue; // it listens, or is none
      symbols.getsockname(socket, name, length);
      const port = 256 * name[2] + name[3];
      if (port === ${kernel.ports.shell}) symbols.shutdown(socket, 2);
    }
    await new Promise(() => {});`;
  await assertRejects(
    () => kernel.execute(code, { timeout: 8_000 }),
    KernelError,
    "The kernel has ended",
  );
});

Deno.test("Kernel.execute() counts the type checker in no time limit", async () => {
  await using kernel = await Kernel.start({ cwd });
  // A type that takes the type checker a second, and the cell no time.
  const digits = "type D = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9; type Four = `${D}${D}${D}${D}`;";
  const lines = Array.from(
    { length: 40 },
    (_, i) => `let a${i}: Exclude<Four, "${1000 + i}"> = "0000";`,
  );
  await kernel.execute(`${digits}\n${lines.join("\n")}`);
  const failed = await kernel.execute("const none = {};\nnone.a.b;", { timeout: 500 });
  assertStringIncludes(failed.failure!.traceback.join("\n"), "TypeError");
});

Deno.test("Kernel.isAlive() hears the heartbeat, and its silence after the end", async () => {
  const kernel = await Kernel.start({ cwd });
  assertEquals(await kernel.isAlive(), true);
  await kernel.shutdown();
  assertEquals(await kernel.isAlive(), false);
});

Deno.test("Kernel.shutdown() leaves no process", async () => {
  const kernel = await Kernel.start({ cwd });
  const { pid } = kernel;
  assert(isAlive(pid));
  await kernel.shutdown();
  assert(!isAlive(pid));
  await kernel.shutdown();
});

Deno.test("Kernel.kill() ends a kernel in the middle of a cell", async () => {
  const kernel = await Kernel.start({ cwd });
  const running = assertRejects(() => kernel.execute("await new Promise(() => {})"), KernelError);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await kernel.kill();
  await running;
});

Deno.test("Kernel.shutdown() ends what a cell has started, too", async () => {
  const kernel = await Kernel.start({ cwd });
  const { outputs } = await kernel.execute(
    `new Deno.Command("sleep", { args: ["60"], stdout: "inherit" }).spawn().pid`,
  );
  const [output] = outputs;
  assert(output?.output_type === "execute_result");
  const pid = Number(output.data["text/plain"]);
  assert(isAlive(pid));
  await kernel.shutdown();
  await until(() => !isAlive(pid), { timeout: 10_000, what: "the end of what the cell started" });
});

Deno.test("Kernel.start() tells what a kernel said that ended before it answered", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/deno.json`, "{ broken");
  const error = await assertRejects(() => Kernel.start({ cwd: folder }), KernelError);
  assertStringIncludes(error.message, "deno.json");
  assertStringIncludes(error.reason, "The kernel has ended with code 1: ");
  assertEquals(error.reason.split("\n").length, 1);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("Kernel.start() starts four kernels at once on ports of their own", async () => {
  const kernels = await Promise.all(Array.from({ length: 4 }, () => Kernel.start({ cwd })));
  const ports = kernels.flatMap((kernel) => Object.values(kernel.ports));
  assertEquals(new Set(ports).size, 20);
  const runs = await Promise.all(kernels.map((kernel, i) => kernel.execute(`${i}`)));
  assertEquals(runs.map(shown), kernels.map((_, i) => [`execute_result: ${i}`]));
  await Promise.all(kernels.map((kernel) => kernel.shutdown()));
});

Deno.test({
  name: "Kernel ends with its killed parent, even in a loop",
  ignore: Deno.build.os !== "linux" || findProgram("setpriv") === undefined,
  async fn() {
    const module = new URL("../../../lib/notebooks/kernel/kernel.ts", import.meta.url).href;
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    const folder = Deno.makeTempDirSync(); // for the connection file, which stays there
    const program = `
      import { Kernel } from "${module}";
      const kernel = await Kernel.start({ cwd: "." });
      console.log("kernel", kernel.pid);
      await kernel.execute("while (true) {}", { timeout: 60_000 });
    `;
    await using parent = Program.start(
      `data:text/typescript,${encodeURIComponent(program)}`,
      { permissions: ["--allow-all", `--config=${config}`], env: { TMPDIR: folder } },
    );
    const [, pid] = await parent.line(/kernel (\d+)/);
    try {
      assert(isAlive(Number(pid)));
      await parent.stop("SIGKILL");
      await until(() => !isAlive(Number(pid)), { timeout: 10_000, what: "the kernel's end" });
    } finally {
      endIfAlive(Number(pid));
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
