import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import process from "node:process";
import { DISPLAY } from "../../lib/show/display.ts";
import { Program, ProgramError } from "../../lib/program/program.ts";

const unix = Deno.build.os !== "windows";

/** A program's text as something to start. */
function script(text: string): string {
  return `data:text/typescript,${encodeURIComponent(text)}`;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function waitUntil(isTrue: () => boolean, timeout = 5_000): Promise<void> {
  const started = performance.now();
  while (!isTrue() && performance.now() - started < timeout) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert(isTrue(), `not true within ${timeout} ms: ${isTrue}`);
}

Deno.test("Program.start() gives arguments, environment and directory, and no more permissions", async () => {
  const text = `
    console.log(JSON.stringify([Deno.args, Deno.env.get("GREETING"), Deno.cwd()]));
    const { state } = Deno.permissions.querySync({ name: "net" });
    console.error("net", state);
  `;
  const directory = Deno.realPathSync(Deno.makeTempDirSync());
  await using program = Program.start(script(text), {
    args: ["", "a b", "-x"],
    env: { GREETING: "hé" },
    cwd: directory,
    permissions: ["--allow-env=GREETING", `--allow-read=${directory}`],
  });
  const [line] = await program.line(/^\[.*/);
  assertEquals(JSON.parse(line), [["", "a b", "-x"], "hé", directory]);
  const { code, signal, lines, errorLines } = await program.ended;
  assertEquals({ code, signal, errorLines }, { code: 0, signal: null, errorLines: ["net prompt"] });
  assertEquals(new Set(lines), new Set([line, "net prompt"]));
  Deno.removeSync(directory);
});

Deno.test("Program.start() allows the network unless told otherwise", async () => {
  const text = `console.log(Deno.permissions.querySync({ name: "net" }).state)`;
  await using program = Program.start(script(text));
  await program.line("granted");
});

Deno.test("Program.start() runs a file, named in the command line as one would type it here", async () => {
  const file = new URL("../../lib/show/display.ts", import.meta.url);
  const prefix = unix ? ["nice", "-n", "1"] : [];
  await using program = Program.start(file, { prefix, args: ["x"] });
  const words = [...prefix, "deno run --allow-net", join("lib", "jupyter", "display.ts"), "x"];
  assertEquals(String(program), words.join(" "));
  assertEquals((await program.ended).code, 0);
});

Deno.test("Program.line() says what the program said instead when it ends, or says nothing", async () => {
  await using program = Program.start(
    script(`console.error("boom"); setTimeout(() => Deno.exit(3), 50)`),
  );
  const early = await assertRejects(() => program.line(/port (\d+)/), ProgramError);
  const url = String(program).split(" ").at(-1);
  assertEquals(
    early.message,
    `Cannot read a line like /port (\\d+)/ from "deno run --allow-net ${url}": ` +
      "it ended with exit code 3, got:\n  boom",
  );
  const late = await assertRejects(() => program.line("port"), ProgramError);
  assertStringIncludes(late.message, `like "port" from`);
  assertStringIncludes(late.message, "it ended with exit code 3, got:\n  boom");

  await using silent = Program.command([Deno.execPath(), "eval", "setTimeout(() => {}, 60_000)"]);
  const error = await assertRejects(() => silent.line("x", { timeout: 30 }), ProgramError);
  assertMatch(error.message, /: none came within 30 ms, got nothing$/);
});

Deno.test("Program reads many lines of both outputs, and text that ends without a line end", async () => {
  const text = `
    for (let line = 0; line < 2000; line++) console.log("out", line), console.error("error", line);
    await Deno.stdout.write(new TextEncoder().encode("the end"));
  `;
  await using program = Program.start(script(text));
  const { lines, errorLines } = await program.ended;
  assertEquals(lines.length, 4001);
  assertEquals(errorLines, Array.from({ length: 2000 }, (_, line) => `error ${line}`));
  assertEquals(lines.filter((line) => !line.startsWith("error")).slice(-2), [
    "out 1999",
    "the end",
  ]);
});

Deno.test("Program.send() and Program.endInput() are the program's input and its end", async () => {
  const text = `
    for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
      console.log("read " + text.trim());
    }
    console.log("end");
  `;
  await using program = Program.start(script(text));
  await program.send("one\n");
  await program.line("read one");
  await program.send("twö\n");
  await program.line("read twö");
  await program.endInput();
  await program.line("end");
  const error = await assertRejects(() => program.send("three\n"), ProgramError);
  assertStringIncludes(error.message, `Cannot send "three\\n" to "deno run`);
  assertStringIncludes(error.message, ": its input is closed");
  await assertRejects(() => program.endInput(), ProgramError, "Cannot end the input of");
});

Deno.test("Program.send() does not wait for ever for a program that does not read", async () => {
  await using program = Program.start(script("setTimeout(() => {}, 60_000)"));
  const send = () => program.send("x".repeat(1_000_000), { timeout: 100 });
  const error = await assertRejects(send, ProgramError);
  assertStringIncludes(error.message, `Cannot send "${"x".repeat(60)}"… to`);
  assertMatch(error.message, /: it did not read for 100 ms$/);
  await assertRejects(
    () => program.endInput({ timeout: 50 }),
    ProgramError,
    "did not read for 50 ms",
  );
});

Deno.test("Program.send() is refused after the program's end", async () => {
  await using program = Program.start(script(""));
  await program.ended;
  await assertRejects(() => program.send("x"), ProgramError, ": its input is closed");
});

Deno.test({
  name: "Program.stop() interrupts, and tells a signal from an exit code",
  ignore: !unix,
  async fn() {
    await using plain = Program.start(script(`console.log("up"); setTimeout(() => {}, 60_000)`));
    await plain.line("up");
    const { code, signal } = await plain.stop();
    assertEquals({ code, signal }, { code: 130, signal: "SIGINT" });
    assertEquals(await plain.stop(), await plain.ended); // once more does nothing

    await using polite = Program.start(script(`
      Deno.addSignalListener("SIGTERM", () => { console.log("bye"); Deno.exit(7); });
      console.log("up");
      setTimeout(() => {}, 60_000);
    `));
    await polite.line("up");
    const result = await polite.stop("SIGTERM");
    assertEquals(result, { code: 7, signal: null, lines: ["up", "bye"], errorLines: [] });
  },
});

Deno.test({
  name: "Program.stop() kills what does not listen, after its grace time",
  ignore: !unix,
  async fn() {
    await using stubborn = Program.start(script(`
      Deno.addSignalListener("SIGINT", () => console.log("no"));
      console.log("up");
      setTimeout(() => {}, 60_000);
    `));
    await stubborn.line("up");
    const started = performance.now();
    const { signal, lines } = await stubborn.stop("SIGINT", { grace: 200 });
    assertEquals({ signal, lines }, { signal: "SIGKILL", lines: ["up", "no"] });
    assertLess(performance.now() - started, 1_500);
    assert(!isAlive(stubborn.pid));
  },
});

Deno.test({
  name: "Program.stop() ends that one process, and does not wait for a child that holds its output",
  ignore: !unix,
  async fn() {
    await using shell = Program.command(["sh", "-c", "sleep 20 & echo child $!; wait"]);
    const [, child] = await shell.line(/child (\d+)/);
    const started = performance.now();
    try {
      assertEquals((await shell.stop("SIGKILL")).signal, "SIGKILL");
      assertLess(performance.now() - started, 2_000);
      assert(isAlive(Number(child)));
    } finally {
      process.kill(Number(child), "SIGKILL");
    }
  },
});

Deno.test("Program ends when its lifetime is over", async () => {
  await using program = Program.start(script("setTimeout(() => {}, 60_000)"), { lifetime: 300 });
  const { signal, code } = await program.ended;
  assertEquals(unix ? signal : code, unix ? "SIGKILL" : 1);
});

Deno.test({
  name: "Program.start() starts a program that leaves when the process that started it was killed",
  ignore: !unix,
  async fn() {
    const kit = new URL("../../lib/program/program.ts", import.meta.url);
    const forever = script("setInterval(() => {}, 1000)");
    await using parent = Program.start(
      script(`
        import { Program } from ${JSON.stringify(kit)};
        const child = Program.start(${JSON.stringify(forever)});
        console.log("child", child.pid);
      `),
      { permissions: ["--allow-all"] },
    );
    const [, child] = await parent.line(/child (\d+)/);
    await new Promise((resolve) => setTimeout(resolve, 300)); // the child must have begun
    assert(isAlive(Number(child)));
    try {
      await parent.stop("SIGKILL");
      await waitUntil(() => !isAlive(Number(child)));
    } finally {
      if (isAlive(Number(child))) process.kill(Number(child), "SIGKILL");
    }
  },
});

Deno.test("Program.command() refuses what cannot be started", () => {
  const missing = assertThrows(() => Program.command(["no-such-command", "x"]), ProgramError);
  assertMatch(missing.message, /^Cannot start "no-such-command x": NotFound: /);
  const none = assertThrows(() => Program.command([]), RangeError);
  assertEquals(
    none.message,
    "Cannot start a command of no words: the first one names the program",
  );
});

Deno.test("Program refuses times that are no times", async () => {
  const rule = "it must be a number above 0 and at most 2147483647";
  await using program = Program.start(script("setTimeout(() => {}, 60_000)"));
  for (const time of [0, -1, NaN, Infinity, 2 ** 31]) {
    const lifetime = assertThrows(() => Program.start("x", { lifetime: time }), RangeError);
    assertEquals(lifetime.message, `Cannot give a program a lifetime of ${time} ms: ${rule}`);
    const line = await assertRejects(() => program.line("x", { timeout: time }), RangeError);
    assertEquals(line.message, `Cannot wait ${time} ms: ${rule}`);
    const send = await assertRejects(() => program.send("x", { timeout: time }), RangeError);
    assertEquals(send.message, `Cannot wait ${time} ms: ${rule}`);
    const stop = await assertRejects(() => program.stop("SIGINT", { grace: time }), RangeError);
    assertEquals(stop.message, `Cannot stop a program with a grace time of ${time} ms: ${rule}`);
  }
});

Deno.test("Program shows its command line, its lines and how it ended", async () => {
  await using program = Program.command([
    Deno.execPath(),
    "eval",
    "console.log('hi'); Deno.exit(2)",
  ]);
  assertStringIncludes(
    String(program[DISPLAY]()["text/plain"]),
    `eval console.log('hi'); Deno.exit(2)\n[running as process ${program.pid}]`,
  );
  await program.ended;
  assertMatch(String(program[DISPLAY]()["text/plain"]), /\nhi\n\[it ended with exit code 2\]$/);
});
