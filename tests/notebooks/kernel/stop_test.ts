import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../../../lib/time_limit.ts";
import { isAlive } from "../../program/_processes.ts";
import type { Engine } from "../../../lib/notebooks/kernel/engine.ts";
import { run, startEngine } from "./_stops.ts";

const FIRST = `
let state = 1;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const begun = () => Deno.stdout.writeSync(new TextEncoder().encode("begun"));
const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
async function poll() {
  while (true) await sleep(5);
}
async function retry() {
  while (true) {
    try {
      await sleep(5);
    } catch {
      // whatever it is, again
    }
  }
}`;

/** What is stopped, and a part of the error that it then shows. */
const TABLE: Readonly<Record<string, readonly [code: string, evalue: string]>> = {
  "a loop": ["begun();\nwhile (true) {}", "at line 2"],
  "a loop without a test": ["begun();\nfor (;;);", "at line 2"],
  "a loop over a generator": [
    "function* all() { for (;;) yield 1 }\nbegun();\nfor (const x of all());",
    "at line",
  ],
  "a loop after an await": ["await sleep(2);\nbegun();\ndo {} while (true)", "at line 3"],
  "an await after a loop": [
    "for (let i = 0; i < 1e5; i++);\nbegun();\nawait listener.accept();",
    "at line 3, while waiting for: listener.accept()",
  ],
  "an await in an expression": [
    "begun();\nconst [a, b] = [1, await new Promise(() => {})];",
    "at line 2, while waiting for: new Promise(() => {})",
  ],
  "a recursion": [
    "begun();\nconst fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2); fib(99)",
    "at line 2",
  ],
  "for await": [
    "const never = { async *[Symbol.asyncIterator]() { await new Promise(() => {}) } };\nbegun();\n" +
    "for await (const x of never);",
    "at line 1, while waiting for: new Promise(() => {})",
  ],
  "for await over a promise": [
    "begun();\nfor await (const x of [new Promise(() => {})]);",
    "at line 2, while waiting for: [new Promise(() => {})]",
  ],
  "the end of await using": [
    "const slow = { [Symbol.asyncDispose]: () => sleep(1e6) };\nbegun();\n" +
    "{ await using used = slow; }",
    'at line 3, while waiting for: the end of "await using used"',
  ],
  "an async generator": [
    "async function* late() { yield sleep(1e6) }\nbegun();\nfor await (const x of late());",
    "at line 1, while waiting for: sleep(1e6)",
  ],
  "a method": [
    "class Waiter { async wait() { begun(); await sleep(1e6) } }\nawait new Waiter().wait();",
    "at line 1, while waiting for: sleep(1e6)",
  ],
  "code of an earlier cell that polls": [
    "begun();\nawait poll();",
    " of cell 1",
  ],
  "code that catches all errors": [
    "begun();\nawait retry();",
    " of cell 1",
  ],
  "code that catches in a cell": [
    "begun();\nwhile (true) {\n  try { await sleep(5) } catch { for (;;); }\n}",
    "at line",
  ],
  "an import": [
    'begun();\nimport { a } from "data:text/javascript,await new Promise(() => {}); export const a = 1";',
    "at line 2, while waiting for: import",
  ],
  "a timer that loops": [
    "setInterval(() => { begun(); while (true); }, 5);\nawait sleep(1e6);",
    "at line 2, while waiting for: sleep(1e6)",
  ],
  "timers that call each other and loop": [
    "setTimeout(function again() { setTimeout(again, 5); begun(); while (true); }, 5);\n" +
    "await sleep(1e6);",
    "at line 2, while waiting for: sleep(1e6)",
  ],
  "outputs without end": ["begun();\nwhile (true) console.log('x'.repeat(1000));", "at line 2"],
};

/** What is stopped on Linux only. */
const LINUX: typeof TABLE = {
  "a loop in a library": [
    'const { spin } = await import("data:text/javascript,export function spin() { for (;;); }");\n' +
    "begun();\nspin();",
    "in code that this cell called",
  ],
  "a regular expression": [
    'begun();\n/(a+)+$/.test("a".repeat(50) + "b");',
    "in code that this cell called",
  ],
  "Atomics.wait()": [
    "begun();\nAtomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
    "in code that this cell called",
  ],
};

async function assertStops(engine: Engine, code: string, evalue: string): Promise<void> {
  const cell = run(engine, code);
  await cell.printed;
  engine.stop();
  const { reply } = await cell.ended;
  assert(reply.status === "error", JSON.stringify(reply));
  assertEquals(reply.ename, "Stopped");
  assertStringIncludes(reply.evalue, evalue);
  assertStringIncludes(reply.traceback.join("\n"), "Stopped ");
  const { shown } = await run(engine, "state + 1").ended;
  assertEquals(shown, "2");
}

Deno.test("Engine.stop() ends the running cell and keeps the state:", async (t) => {
  await using engine = await startEngine();
  await run(engine, FIRST).ended;
  for (const [what, [code, evalue]] of Object.entries(TABLE)) {
    await t.step(what, () => assertStops(engine, code, evalue));
  }
  for (const [what, [code, evalue]] of Object.entries(LINUX)) {
    const ignore = Deno.build.os !== "linux";
    await t.step({ name: what, ignore, fn: () => assertStops(engine, code, evalue) });
  }
});

Deno.test("Engine.stop() shows the line, and what goes on", async () => {
  await using engine = await startEngine();
  await run(engine, FIRST).ended;
  const cell = run(engine, "begun();\n  const socket = await listener.accept();");
  await cell.printed;
  engine.stop();
  const { reply } = await cell.ended;
  assert(reply.status === "error");
  assertEquals(reply.traceback, [
    "Stopped at line 2, while waiting for: listener.accept()",
    "       2 |   const socket = await listener.accept();",
    "         |                        ^",
    "What the cell waited for was not cancelled: a pending accept() still takes the next connection, " +
    "and a pending read() the next bytes, until you close the socket.",
  ]);
  const { shown } = await run(engine, "try { await listener.accept() } catch (e) { e.name }").ended;
  assertEquals(shown, '"Busy"');
});

Deno.test("Engine.stop() ends prompt() and confirm(), and the cell after them", async () => {
  await using engine = await startEngine();
  for (const question of ["prompt", "confirm"]) {
    const cell = run(engine, `\n${question}("Go on?");\nconsole.log("after");`);
    await cell.asked;
    engine.stop();
    const { reply, shown } = await cell.ended;
    assert(reply.status === "error");
    assertEquals([reply.ename, reply.evalue, shown], [
      "Stopped",
      `at line 2, while waiting for: ${question}()`,
      "",
    ]);
  }
});

Deno.test("Engine.stop() leaves what earlier cells have begun, and lets a cell clean up", async () => {
  await using engine = await startEngine();
  await run(engine, FIRST).ended;
  const { shown } = await run(
    engine,
    `let ticks = 0, served = 0;
setInterval(() => { for (let i = 0; i < 10; i++); ticks++ }, 5);
const { port } = listener.addr;
(async () => { for await (const conn of listener) { for (const x of [1]) served++; conn.close() } })();
const program = new Deno.Command("sleep", { args: ["1000"] }).spawn();
program.pid`,
  ).ended;
  const pid = Number(shown);
  const cell = run(
    engine,
    `let cleaned = [];
async function careful() {
  try { begun(); await sleep(1e6) } finally { await sleep(20); cleaned.push("inner") }
}
try { await careful() } finally { await sleep(1); cleaned.push("outer") }`,
  );
  await cell.printed;
  engine.stop();
  assertEquals((await cell.ended).reply.status, "error");
  assertEquals((await run(engine, "cleaned.join()").ended).shown, '"inner,outer"');
  const connects =
    "(await Deno.connect({ port })).close(); await sleep(50); [ticks, served].join()";
  const [ticks, served] = (await run(engine, connects).ended).shown.slice(1, -1).split(",");
  assert(Number(ticks) > 0 && served === "1", `${ticks} ${served}`);
  assert(isAlive(pid));
  await run(engine, "program.kill('SIGKILL'); await program.status;").ended;
});

Deno.test("Engine.stop() ends a timer's loop that keeps a cell from beginning, and the cell", async () => {
  await using engine = await startEngine();
  await run(engine, FIRST).ended;
  const timer = run(engine, "setTimeout(() => { begun(); while (true); }, 20);");
  await timer.ended;
  await timer.printed;
  const cell = run(engine, "await sleep(1e6)");
  engine.stop();
  const { reply } = await cell.ended;
  assertEquals(reply.status === "error" && reply.ename, "Stopped");
  assertEquals((await run(engine, "state + 1").ended).shown, "2");
});

Deno.test("Engine.stop() says in the cell what it cannot stop", async () => {
  await using engine = await startEngine();
  const cell = run(
    engine,
    'new Deno.Command("sleep", { args: ["3"] }).outputSync();\nfor (const x of [1, 2]) x;',
  );
  await new Promise((done) => setTimeout(done, 300)); // nothing can tell that it has begun
  engine.stop();
  await cell.printed;
  const { reply, shown } = await cell.ended;
  assertStringIncludes(shown, "Stop has no effect yet");
  assertStringIncludes(shown, "outputSync()");
  assertEquals(reply.status, "error");
  assertEquals((await run(engine, "1 + 1").ended).shown, "2");
});

Deno.test("Engine.stop() does not stop the next cell, however late it comes", async () => {
  await using engine = await startEngine();
  for (let i = 0; i < 10; i++) {
    const cell = run(engine, `await new Promise((done) => setTimeout(done, ${i}))`);
    await new Promise((done) => setTimeout(done, i));
    engine.stop();
    await cell.ended;
    const next = await run(engine, "for (let i = 0; i < 1e4; i++); await 0; 'fine'").ended;
    assertEquals(next.shown, '"fine"');
  }
});

Deno.test("Engine.stop() lets a signal from elsewhere stop a cell, too", async () => {
  await using engine = await startEngine();
  const first = run(engine, "console.log('begun');\nawait new Promise(() => {});");
  await first.printed;
  engine.stop(); // which waits until signals are taken
  await first.ended;
  const cell = run(engine, "console.log('begun');\nfor (;;);");
  await cell.printed;
  Deno.kill(engine.pid, "SIGINT");
  const { reply } = await cell.ended;
  assert(reply.status === "error");
  assertEquals([reply.ename, reply.evalue], ["Stopped", "at line 2"]);
  await until(() => isAlive(engine.pid), { timeout: 1_000, what: "the kernel" });
});

const BEHIND = `
let behind = "alive";
(async () => {
  try {
    await new Promise((done) => setTimeout(done, 1e6));
  } catch {
    behind = "ended";
  }
})();
`;

/** Longer than a stopped cell may take to clean up. */
const LATER = "await new Promise((done) => setTimeout(done, 700)); behind";

Deno.test("Engine.stop() ends a wait for documentation, and nothing of earlier cells", async () => {
  await using engine = await startEngine();
  await run(engine, BEHIND).ended;
  const cell = run(engine, "Deno.hostname?");
  engine.stop();
  const { reply } = await cell.ended;
  assert(reply.status === "error", JSON.stringify(reply));
  assertEquals([reply.ename, reply.evalue], [
    "Stopped",
    "while looking for documentation of Deno.hostname",
  ]);
  assertEquals((await run(engine, LATER).ended).shown, '"alive"');
});

Deno.test("Engine.stop() behind the end of a cell's code lets go on what that has begun", async () => {
  await using engine = await startEngine();
  const first = run(engine, "console.log('begun'); await new Promise(() => {});");
  await first.printed;
  engine.stop(); // which waits until signals are taken
  await first.ended;
  const cell = run(engine, `${BEHIND}const none = {};\nnone.a.b;`);
  await until(() => engine.isExplaining, { timeout: 10_000, what: "the type checker" });
  engine.stop();
  const { reply } = await cell.ended;
  assertEquals(reply.status === "error" && reply.ename, "TypeError");
  assertEquals((await run(engine, LATER).ended).shown, '"alive"');
});

Deno.test("Engine.ended does not wait for documentation", async () => {
  await using engine = await startEngine();
  const cell = run(engine, "Deno.hostname?");
  Deno.kill(engine.pid, "SIGKILL");
  await engine.ended;
  assertEquals((await cell.ended).reply.status, "error");
});
