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
import type { Refusal } from "../../lib/refusal.ts";
import { isAlive } from "./_processes.ts";

const unix = Deno.build.os !== "windows";

/** A program's text as something to start. */
function script(text: string): string {
  return `data:text/typescript,${encodeURIComponent(text)}`;
}

Deno.test("Program.start() passes arguments, environment and directory, and grants no more permissions than asked", async () => {
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

Deno.test("Program.start() runs a file; the command line names it as one would type it here", async () => {
  const file = new URL("../../lib/show/display.ts", import.meta.url);
  const prefix = unix ? ["nice", "-n", "1"] : [];
  await using program = Program.start(file, { prefix, args: ["x"] });
  const words = [...prefix, "deno run --allow-net", join("lib", "show", "display.ts"), "x"];
  assertEquals(String(program), words.join(" "));
  assertEquals((await program.ended).code, 0);
});

Deno.test("Program.line() quotes what the program printed instead when it ends, or prints nothing", async () => {
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

Deno.test("Program.send() stops waiting for a program that does not read", async () => {
  await using program = Program.start(script("setTimeout(() => {}, 60_000)"));
  const send = () => program.send("x".repeat(1_000_000), { timeout: 100 });
  const error = await assertRejects(send, ProgramError);
  assertStringIncludes(error.message, `Cannot send "${"x".repeat(64)}…" to`);
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
  name:
    "Program.stop() interrupts; its result says whether a signal or an exit code ended the program",
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
  name: "Program.stop() kills a program that ignores the signal, after the grace time",
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
  name:
    "Program.stop() ends that one process, and does not wait for a child that keeps its output open",
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

Deno.test("Program.command() refuses what cannot be started", () => {
  const missing = assertThrows(() => Program.command(["no-such-command", "x"]), ProgramError);
  assertMatch(missing.message, /^Cannot start "no-such-command x": NotFound: /);
  const none = assertThrows(() => Program.command([]), RangeError);
  assertEquals((none as Refusal).part, "no words");
});

Deno.test("Program refuses times out of bounds", async () => {
  await using program = Program.start(script("setTimeout(() => {}, 60_000)"));
  for (const time of [-1, NaN, Infinity, 2 ** 31]) {
    const errors = [
      assertThrows(() => Program.start("x", { lifetime: time }), RangeError),
      assertThrows(() => Program.command(["x"], { lifetime: time }), RangeError),
      await assertRejects(() => program.line("x", { timeout: time }), RangeError),
      await assertRejects(() => program.send("x", { timeout: time }), RangeError),
      await assertRejects(() => program.endInput({ timeout: time }), RangeError),
      await assertRejects(() => program.stop("SIGINT", { grace: time }), RangeError),
    ];
    assertEquals(errors.map((error) => (error as Refusal).part), Array(6).fill(`${time}`));
  }
  assertThrows(() => Program.start("x", { lifetime: 0 }), RangeError);
});

Deno.test("Program refuses misspelt options, and values of the wrong kind", async () => {
  await using program = Program.start(script("setTimeout(() => {}, 60_000)"));
  const wrong: readonly object[] = [
    { arguments: [] },
    { args: "x" },
    { args: [1] },
    { permissions: "--allow-net" },
    { prefix: "unshare" },
    { env: { A: 1 } },
    { cwd: 5 },
    { lifetime: "1000" },
  ];
  for (const options of wrong) {
    assertThrows(() => Program.start("x", options), TypeError, JSON.stringify(options).slice(2, 6));
  }
  assertThrows(() => Program.start(5 as never), TypeError);
  assertThrows(() => Program.command("echo" as never), TypeError);
  assertThrows(() => Program.command(["echo"], { args: [] } as never), TypeError, '"args"');
  await assertRejects(() => program.line("x", { timout: 5 } as never), TypeError, '"timout"');
  await assertRejects(() => program.line(5 as never), TypeError);
  await assertRejects(() => program.send(5 as never), TypeError);
  await assertRejects(() => program.send("x", { timeout: "5" } as never), TypeError);
  await assertRejects(() => program.endInput({ timeout: true } as never), TypeError);
  await assertRejects(() => program.stop("SIGNONE" as never), TypeError);
  await assertRejects(() => program.stop("SIGINT", { graze: 5 } as never), TypeError, '"graze"');
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
