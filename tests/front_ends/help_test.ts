import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Help } from "../../lib/notebooks/kernel/help/help.ts";
import { startChild } from "../../lib/program/child_process.ts";
import { until } from "../../lib/time_limit.ts";
import { endIfAlive, isAlive } from "../program/_processes.ts";

const folder = new URL("../../notebooks/", import.meta.url);

/** A busy machine may take long; what is tested is the answer. */
const timeout = 120_000;

const CELLS = [
  'import { FourTuple } from "fourtuple/tuples";\nimport { Socket } from "fourtuple/sockets";',
  'const mine = { alpha: 1, beta: "x" };\nconst [first, { deep: renamed = 1 }] = [1, { deep: 2 }];',
  "/**\n * Adds one.\n *\n * @param port What it is added to\n * @example\n * addOne(1)\n */\n" +
  "function addOne(port: number): number {\n  return port + 1;\n}",
  "const again = [1, 2];",
  "const again = new Map<string, number>();\ninterface Shape {\n  sides: number;\n}",
  "const server = await Deno.serve(() => new Response()); // it is still running",
  "let broken = ;",
];

/** One who asks, with the cursor where the text has a bar. */
class Asker {
  readonly #help: Help;

  constructor(help: Help, cells: readonly string[] = ['const mine = { alpha: 1, beta: "x" };']) {
    this.#help = help;
    cells.forEach((code, i) => help.add({ code, number: i + 1, storeHistory: true }));
  }

  async complete(marked: string) {
    const reply = await this.#help.answer("complete_request", question(marked));
    const { matches, cursor_start, cursor_end } = reply as unknown as Completions;
    const code = [...marked.replace("|", "")];
    const metadata = reply.metadata as { readonly [name: string]: readonly ProposalType[] };
    return {
      matches,
      replaced: code.slice(cursor_start, cursor_end).join(""),
      types: metadata._jupyter_types_experimental ?? [],
    };
  }

  async inspect(marked: string, detail_level = 0): Promise<string | undefined> {
    const content = { ...question(marked), detail_level };
    const { found, data } = await this.#help.answer("inspect_request", content);
    return found ? (data as Record<string, string>)["text/plain"] : undefined;
  }
}

interface Completions {
  readonly matches: readonly string[];
  readonly cursor_start: number;
  readonly cursor_end: number;
}

interface ProposalType {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly type: string;
  readonly signature?: string;
}

function question(marked: string) {
  return {
    code: marked.replace("|", ""),
    cursor_pos: [...marked.slice(0, marked.indexOf("|"))].length,
  };
}

function hasStarted(help: Help): number {
  assert(help.pid !== undefined, "it has no language server");
  return help.pid;
}

Deno.test("Help completes what the kit, Deno and the cells declare", async () => {
  await using help = new Help({ folder, timeout });
  const asker = new Asker(help, CELLS);
  // What is there, what it replaces, and what else must not be there.
  const table: readonly [string, readonly string[], string, string?][] = [
    ["Socket.|", ["tcp", "udp"], ""],
    ["FourTuple.fr|", ["from"], "fr", "bind"],
    ["Deno.lis|", ["listen", "listenDatagram"], "lis", "connect"],
    ["Deno.listen({ |})", ["hostname", "port"], ""],
    ['Deno.listen({ transport: "|" })', ["tcp"], ""],
    ["console.lo|", ["log"], "lo", "error"],
    ["mine.|", ["alpha", "beta"], ""],
    ["ren|", ["renamed"], "ren", "mine"],
    ["again.|", ["set", "size"], "", "push"],
    ["const again = [1];\nagain.|", ["push"], "", "size"],
    ["const again = [1];\nagain.|\nconst other = 1;", ["push"], "", "size"],
    ["const s: Sha|", ["Shape"], "Sha"],
    ["server.|", ["shutdown"], ""],
    ["function f(port: string) {\n  return port.toUp|", ["toUpperCase"], "toUp"],
    ["function f(port: string) {\n  return por|\n}", ["port"], "por"],
    ["let x = ;\nconst y = ) 1;\nmine.al|", ["alpha"], "al"],
    ['import { FourT| } from "fourtuple/tuples";', ["FourTuple"], "FourT", "Socket"],
    ['"👩‍🚀🙂" + mine.al|', ["alpha"], "al"],
    ['/* 🙂 */ const 𝒳 = { abc: "🙂" }; 𝒳.a|', ["abc"], "a"],
    ["`🙂${mine.b|}`", ["beta"], "b"],
    ["const o: { a?: { bc: 1 } } = {};\no.a.|", ["?.bc"], "."],
  ];
  for (const [marked, expected, replaced, unexpected] of table) {
    const answer = await asker.complete(marked);
    for (const match of expected) {
      assert(answer.matches.includes(match), `${marked}: no ${match} in ${answer.matches}`);
    }
    if (unexpected) assert(!answer.matches.includes(unexpected), `${marked}: ${unexpected}`);
    assertEquals(answer.replaced, replaced, marked);
  }
  for (const marked of ['"Soc|"', "// mine.|", "mine.nope|", '"🙂|"', "nope.|"]) {
    assertEquals((await asker.complete(marked)).matches, [], marked);
  }
  assertEquals((await asker.complete('"🙂" + addO|')).types, [{
    start: 6,
    end: 10,
    text: "addOne",
    type: "function",
    signature: "function addOne(port: number): number",
  }]);
  assertEquals((await asker.complete("FourTup|")).types[0]?.type, "class");

  const inspections: readonly [string, readonly string[]][] = [
    ["Socket|.tcp()", ["class Socket", "A socket, TCP or UDP"]],
    ["FourTuple.fr|om(a, b)", [
      "FourTuple.from(local: Endpoint, remote: Endpoint)",
      "@param local",
    ]],
    ["Deno.listen|", ["function Deno.listen(options: Deno.TcpListenOptions", "Listen announces"]],
    ["Deno.listen(|", ["listen(options: Deno.TcpListenOptions", "Listen announces"]],
    ["again|.size", ["const again: Map<string, number>"]],
    ["addOne(|)", [
      "addOne(port: number): number",
      "Adds one.",
      "@param port — What it is added to",
    ]],
    ['"🙂" + addOne(mine.alpha|)', ["(property) alpha: number"]],
    ["function f(port: string) {\n  return port|;\n}", ["(parameter) port: string"]],
    ["let x = ;\nconst y = ) 1;\nmine|", ["const mine: {"]],
  ];
  for (const [marked, expected] of inspections) {
    const text = await asker.inspect(marked);
    for (const part of expected) assertStringIncludes(text ?? "nothing", part, marked);
  }
  for (const marked of ["nope|", '"Socket|"', "|", "1 + 1|"]) {
    assertEquals(await asker.inspect(marked), undefined, marked);
  }
  assertEquals((await asker.inspect("addOne|"))?.includes("@example"), false);
  assertEquals((await asker.inspect("addOne|", 1))?.includes("@example"), true);
});

Deno.test("Help answers in time with nothing, and starts a server for the first question only", async () => {
  await using help = new Help({ folder, timeout: 1 });
  const asker = new Asker(help);
  assertEquals(await help.answer("is_complete_request", { code: "f(" }), {
    status: "incomplete",
    indent: "  ",
  });
  const { history } = await help.answer("history_request", { hist_access_type: "tail", n: 1 });
  assertEquals(history, [[1, 1, 'const mine = { alpha: 1, beta: "x" };']]);
  assertEquals(help.pid, undefined);
  assertEquals(await asker.complete("mine.|"), { matches: [], replaced: "", types: [] });
  assertEquals(await asker.inspect("mine|"), undefined);
  await until(() => help.pid !== undefined, { timeout });
});

Deno.test("Help ends its language server when nobody asks, and starts another with the next question", async () => {
  await using help = new Help({ folder, timeout, idle: 200 });
  const asker = new Asker(help);
  const answered = async () => {
    assertEquals((await asker.complete("console.lo|")).matches, ["log"]);
    return hasStarted(help);
  };
  const first = await answered();
  await until(() => !isAlive(first), { timeout });
  assert(await answered() !== first);
});

/** Kills the language server that starts after `last`, as soon as it is there. */
async function killNext(help: Help, last?: number): Promise<number> {
  await until(() => help.pid !== undefined && help.pid !== last, { timeout });
  const pid = hasStarted(help);
  Deno.kill(pid, "SIGKILL");
  return pid;
}

Deno.test("Help asks another language server when one dies, once for each question", async () => {
  await using help = new Help({ folder, timeout });
  const asker = new Asker(help);
  const lost = asker.complete("mine.|");
  await killNext(help, await killNext(help));
  assertEquals((await lost).matches, []);
  const kept = asker.complete("mine.|");
  await killNext(help);
  assertEquals((await kept).matches, ["alpha", "beta"]);
});

Deno.test("Help ends with its language server, in the middle of a question too", async () => {
  const help = new Help({ folder, timeout });
  const asker = new Asker(help);
  const waiting = asker.inspect("mine|");
  await until(() => help.pid !== undefined, { timeout });
  const pid = hasStarted(help);
  await help[Symbol.asyncDispose]();
  assertEquals(await waiting, undefined);
  assert(!isAlive(pid));
  assertEquals(await asker.inspect("mine|"), undefined);
  assertEquals(help.pid, undefined);
});

Deno.test({
  name: "Help's language server ends with a process that is killed",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const url = new URL("../../lib/notebooks/kernel/help/help.ts", import.meta.url);
    const program = `
      import { Help } from "${url}";
      const help = new Help({ folder: new URL("${folder}"), timeout: ${timeout} });
      await help.answer("complete_request", { code: "console.", cursor_pos: 8 });
      console.log(help.pid);
      await new Promise((resolve) => setTimeout(resolve, ${timeout}));`;
    const child = startChild([Deno.execPath(), "eval", program], { cwd: folder });
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const pid = Number((await reader.read()).value);
    assert(isAlive(pid));
    child.kill("SIGKILL");
    await child.status;
    await until(() => !isAlive(pid), { timeout }).finally(() => endIfAlive(pid));
    await reader.cancel();
    await child.stderr.cancel();
  },
});

Deno.test("Help knows the library in a folder far below deno.json", async () => {
  const far = new URL("../../lib/notebooks/kernel", import.meta.url);
  await using help = new Help({ folder: far, timeout });
  const asker = new Asker(help, ['import { parsePort } from "fourtuple";']);
  assertStringIncludes(await asker.inspect("parsePort|") ?? "nothing", "function parsePort(");
});

Deno.test("Help's language server asks no other computer, and changes no file of the project", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${listener.addr.port}/`;
  let calls = 0;
  const accepting = (async () => {
    for await (const call of listener) {
      calls++;
      call.close();
    }
  })();
  const lock = new URL("../deno.lock", folder);
  const before = await Deno.readTextFile(lock);
  await using help = new Help({
    folder,
    timeout,
    // Whatever it asked of others would come here.
    env: { HTTP_PROXY: origin, HTTPS_PROXY: origin, NPM_CONFIG_REGISTRY: origin, JSR_URL: origin },
  });
  const asker = new Asker(help);
  const imports =
    `import { a } from "npm:missing-package@1"; import { b } from "jsr:@std/missing@1";
import { c } from "${origin}c.ts";`;
  help.add({ code: imports, number: 2, storeHistory: true });
  for (
    const marked of [
      `${imports}\na.|`,
      "a.|",
      "b.|",
      "c.|",
      'import { x } from "npm:missing-|";',
      'import { x } from "npm:missing-package@|";',
      'import { x } from "jsr:@std/|";',
      `import { x } from "${origin}|";`,
    ]
  ) assertEquals((await asker.complete(marked)).matches, [], marked);
  await asker.inspect(`import { x } from "${origin}x.ts|";`);
  assertEquals((await asker.complete("mine.|")).matches, ["alpha", "beta"]);
  assertEquals(calls, 0);
  assertEquals(await Deno.readTextFile(lock), before);
  listener.close();
  await accepting;
});
