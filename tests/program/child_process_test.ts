import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { runChild, runChildSync, startChild, stopChild } from "../../lib/program/child_process.ts";
import { findProgram } from "../../lib/program/find_program.ts";
import { Program } from "../../lib/program/program.ts";
import { until } from "../../lib/time_limit.ts";
import { endIfAlive, isAlive } from "./_processes.ts";

const LOOP = ["sh", "-c", "while :; do :; done"];
const FOREVER = ["sleep", "60"];

const RUNS = [
  ["runChild()", runChild],
  [
    "runChildSync()",
    // deno-lint-ignore require-await -- what it throws is compared with what runChild() rejects with
    async (...args: Parameters<typeof runChild>) => runChildSync(...args),
  ],
] as const;

for (const [name, run] of RUNS) {
  Deno.test(`${name} gives environment and directory, and takes output and exit code`, async () => {
    const words = ["sh", "-c", 'echo hé; echo "é $A $DENO_NO_UPDATE_CHECK $(pwd)" >&2; exit 3'];
    const cwd = Deno.realPathSync("/tmp");
    const { success, code, stdout, stderr } = await run(words, {
      env: { A: "1" },
      cwd,
    });
    assertEquals({ success, code, stdout }, { success: false, code: 3, stdout: "hé\n" });
    assertEquals(stderr, `é 1 1 ${cwd}\n`);
    assertEquals((await run(["cat"])).stdout, "");
  });

  Deno.test(`${name} counts a signal as 128 and its number`, async () => {
    const { success, code } = await run(["sh", "-c", "kill -TERM $$"]);
    assertEquals({ success, code }, { success: false, code: 143 });
  });

  Deno.test(`${name} stops a program that takes too long`, async () => {
    const error = await assertRejects(() => run(FOREVER, { timeout: 50 }), DOMException);
    assertEquals(error.name, "TimeoutError");
    assertStringIncludes(error.message, '"sleep 60": the limit is 50 ms');
  });

  Deno.test(`${name} stops a program that prints too much`, async () => {
    const error = await assertRejects(() => run(["yes"], { maxOutput: 10_000 }), RangeError);
    assertStringIncludes(error.message, "at most 10000 bytes");
  });

  Deno.test(`${name} refuses a program that is not there, or may not be run`, async () => {
    await assertRejects(() => run(["no-such-command"]), Deno.errors.NotFound);
    await assertRejects(() => run(["/no/such/command"]), Deno.errors.NotFound);
    await assertRejects(() => run(["/etc/passwd"]), Deno.errors.PermissionDenied);
    await assertRejects(() => run([]), RangeError);
  });
}

Deno.test("runChild() gives a program its input, which need not read it", async () => {
  assertEquals((await runChild(["cat"], { input: "hé\n" })).stdout, "hé\n");
  assertEquals((await runChild(["true"], { input: "x".repeat(1_000_000) })).code, 0);
});

Deno.test("runChild() does not wait for a grandchild that keeps the output open", async () => {
  const begun = performance.now();
  await assertRejects(
    () => runChild(["sh", "-c", "sleep 3 & sleep 60"], { timeout: 200 }),
    DOMException,
  );
  assertLess(performance.now() - begun, 2_900);
});

Deno.test("stopChild() kills what ignores its signal, and leaves alone what has ended", async () => {
  const child = startChild(["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.01; done"]);
  const reader = child.stdout.getReader();
  await reader.read();
  assertEquals((await stopChild(child, { grace: 50 })).signal, "SIGKILL");
  assertEquals((await stopChild(child)).signal, "SIGKILL");
  await reader.cancel();
  await child.stderr.cancel();

  const polite = startChild(FOREVER, { stdout: "null", stderr: "null" });
  assertEquals((await stopChild(polite)).signal, "SIGTERM");
});

Deno.test("startChild() refuses a missing program", () => {
  assertThrows(() => startChild(["no-such-command"]), Deno.errors.NotFound);
});

/** Starts a Deno process that starts a child and prints its number; returns both. */
async function parentOf(
  child: string,
  { permissions = ["-A"], env = {} }: {
    readonly permissions?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
) {
  const module = (name: string) => new URL(`../../lib/program/${name}`, import.meta.url).href;
  const code = `
    import { startChild } from "${module("child_process.ts")}";
    import { Program } from "${module("program.ts")}";
    const child = ${child};
    console.log("child", child.pid);
    setInterval(() => {}, 1_000);
  `;
  const parent = Program.start(script(code), { permissions, env });
  const [, pid] = await parent.line(/child (\d+)/);
  return { parent, pid: Number(pid) };
}

function script(code: string): string {
  return `data:text/typescript,${encodeURIComponent(code)}`;
}

/** Kills the parent and waits until its child has ended. */
async function assertEndsWith(parent: Program, pid: number): Promise<void> {
  try {
    assert(isAlive(pid));
    await parent.stop("SIGKILL");
    await until(() => !isAlive(pid), { timeout: 10_000, what: "the child's end" });
  } finally {
    endIfAlive(pid);
  }
}

const OPTIONS = '{ stdout: "null", stderr: "null" }';
const hasSetpriv = Deno.build.os === "linux" && findProgram("setpriv") !== undefined;

for (
  const words of [
    LOOP,
    FOREVER,
    ["unshare", "--user", ...LOOP],
    ["env", "A=1", ...FOREVER],
  ]
) {
  Deno.test({
    name: `startChild() ends "${words.join(" ")}" with its killed parent`,
    ignore: !hasSetpriv,
    async fn() {
      const { parent, pid } = await parentOf(`startChild(${JSON.stringify(words)}, ${OPTIONS})`);
      await using _ = parent;
      await assertEndsWith(parent, pid);
    },
  });
}

Deno.test({
  name: "startChild() sends the signal of its option, to be listened to",
  ignore: !hasSetpriv,
  async fn() {
    const file = Deno.makeTempFileSync();
    const shell = `trap 'echo bye > ${file}; exit' TERM; echo up; while :; do sleep 0.01; done`;
    const words = JSON.stringify(["sh", "-c", shell]);
    const options = '{ stderr: "null", orphanSignal: "SIGTERM" }';
    const child = `startChild(${words}, ${options}); await child.stdout.getReader().read()`;
    const { parent, pid } = await parentOf(child);
    await using _ = parent;
    await assertEndsWith(parent, pid);
    assertEquals(Deno.readTextFileSync(file), "bye\n");
    Deno.removeSync(file);
  },
});

Deno.test({
  name:
    "startChild() does not begin a command whose parent ends before setpriv has asked for a signal",
  ignore: !hasSetpriv,
  async fn() {
    const folder = Deno.makeTempDirSync();
    // A setpriv that is slow: it asks only when its parent, whose number is the seventh argument, has gone.
    const slow = `#!/bin/sh
      [ "$1" = --help ] && exec ${findProgram("setpriv")} --help
      while read -r _ _ _ now _ < /proc/$$/stat && [ "$now" = "$7" ]; do sleep 0.01; done
      exec ${findProgram("setpriv")} "$@"`;
    Deno.writeTextFileSync(`${folder}/setpriv`, slow, { mode: 0o755 });
    const env = { PATH: `${folder}:${Deno.env.get("PATH")}` };
    const words = JSON.stringify(["touch", `${folder}/begun`]);
    const { parent, pid } = await parentOf(`startChild(${words}, ${OPTIONS})`, { env });
    await using _ = parent;
    await assertEndsWith(parent, pid);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["setpriv"]);
    Deno.removeSync(folder, { recursive: true });
  },
});

const DENO_LOOP = script('console.log("up"); while (true);');
const DENO_WAIT = script('console.log("up"); setInterval(() => {}, 1_000);');
const NO_SETPRIV = { PATH: "/nowhere" };

for (
  const [name, code, options] of [
    ["that is busy in a loop", DENO_LOOP, {}],
    ["without setpriv", DENO_WAIT, { env: NO_SETPRIV }],
    ["in a loop, without setpriv but with FFI", DENO_LOOP, {
      env: NO_SETPRIV,
      permissions: ["--allow-ffi"],
    }],
  ] as const
) {
  Deno.test({
    name: `Program.start() ends a program ${name} with its killed parent`,
    ignore: !(hasSetpriv || "env" in options),
    async fn() {
      const { permissions = [], env } = options as {
        readonly permissions?: readonly string[];
        readonly env?: Readonly<Record<string, string>>;
      };
      const child = `Program.start(${JSON.stringify(code)}, ${JSON.stringify({ permissions })}); ` +
        `await child.line("up")`;
      const { parent, pid } = await parentOf(child, env === undefined ? {} : { env });
      await using _ = parent;
      await assertEndsWith(parent, pid);
    },
  });
}

Deno.test("startChild() needs no more permissions than the program itself", async () => {
  const child = `startChild(["sleep", "60"], ${OPTIONS})`;
  const { parent, pid } = await parentOf(child, { permissions: ["--allow-run=sleep"] });
  await using _ = parent;
  assert(isAlive(pid));
  endIfAlive(pid);
});
