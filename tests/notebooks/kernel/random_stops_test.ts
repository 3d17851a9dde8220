/** Cells that are stopped at random moments. FOURTUPLE_STOPS says how many are, in each mode. */
import { assert, assertEquals } from "@std/assert";
import { isAlive } from "../../program/_processes.ts";
import { isOfType, type JupyterClient, KernelUnderTest } from "./_jupyter_client.ts";

const STOPS = Number(Deno.env.get("FOURTUPLE_STOPS") ?? 16);
const LATEST_MS = 400;

const FIRST = `
let state = 1;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
const any = (n) => Math.random() * n;
const busy = (ms) => { for (const end = performance.now() + ms; performance.now() < end;); };
async function poll() { while (true) await sleep(any(20)); }
async function retry() { while (true) { try { await sleep(any(20)) } catch { busy(any(5)) } } }
async function* numbers() { for (let i = 0;; i++) { if (i % 10 === 0) await sleep(1); yield i } }
const program = new Deno.Command("sleep", { args: ["1000"] }).spawn();
program.pid`;

const CELLS = [
  "while (true) {}",
  "for (;;) { const o = { a: [1, 2, 3].map((x) => x * 2) } }",
  "await sleep(any(100)); do ; while (true)",
  "await sleep(1e6)",
  "await new Promise(() => {})",
  "for (;;) { busy(any(100)); await sleep(any(100)) }",
  "await poll()",
  "await retry()",
  "await Promise.all([poll(), retry(), sleep(1e6)])",
  "for await (const n of numbers()) n",
  "for (;;) { console.log('x'.repeat(1000)); await sleep(1) }",
  "while (true) console.log('x'.repeat(100))",
  "{ await using slow = { [Symbol.asyncDispose]: () => sleep(1e6) }; busy(any(200)) }",
  "const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2); fib(90)",
  "const timer = setInterval(() => { while (true); }, any(100)); await sleep(1e6)",
  "setTimeout(function again() { setTimeout(again, 1); busy(1e6) }, any(100)); await sleep(1e6)",
  "try { await sleep(1e6) } finally { await sleep(any(50)) }",
  "const other = Deno.listen({ port: 0, hostname: '127.0.0.1' }); try { await other.accept() } finally { other.close() }",
];

const MODES: Readonly<
  Record<string, (kernel: KernelUnderTest, client: JupyterClient) => Promise<void> | void>
> = {
  "a message": async (_, client) => {
    await client.reply("control", await client.send("control", "interrupt_request"));
  },
  SIGINT: ({ child }) => child.kill("SIGINT"),
};

for (const [mode, stop] of Object.entries(MODES)) {
  Deno.test(`KernelServer stops cells at any moment by ${mode}`, async () => {
    await using kernel = await KernelUnderTest.start();
    using client = await kernel.client();
    const { shown } = await client.run(FIRST);
    const program = Number(shown.find(isOfType("execute_result"))!.content.data["text/plain"]);
    const times: number[] = [];
    for (let i = 0; i < STOPS; i++) {
      const code = CELLS[i % CELLS.length]!;
      const id = await client.execute(code);
      await client.until("iopub", isOfType("execute_input"));
      await new Promise((done) => setTimeout(done, Math.random() * LATEST_MS));
      const started = performance.now();
      await stop(kernel, client);
      await client.shown(id);
      times.push(performance.now() - started);
      const { content } = await client.reply("shell", id);
      assertEquals([content.status, content.ename], ["error", "Stopped"], code);
      const next = await client.run(`state += 1; for (const x of [1, 2]) await x; state`);
      const value = next.shown.find(isOfType("execute_result"))?.content.data["text/plain"];
      assertEquals([next.reply.status, value], ["ok", `${i + 2}`], code);
      assert(isAlive(program));
    }
    await client.run("program.kill('SIGKILL'); await program.status");
    times.sort((a, b) => a - b);
    const late = times.filter((each) => each > 1_000).length;
    console.log(
      `${STOPS} stops by ${mode}: median ${times[STOPS >> 1]!.toFixed(0)} ms, ` +
        `longest ${times.at(-1)!.toFixed(0)} ms, ${late} after more than a second`,
    );
  });
}
