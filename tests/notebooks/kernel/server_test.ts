import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { until, within } from "../../../lib/time_limit.ts";
import {
  formatConnectionFile,
  newConnectionFile,
} from "../../../lib/notebooks/kernel/wire/connection_file.ts";
import type { Message } from "../../../lib/notebooks/kernel/wire/messages.ts";
import { endIfAlive, isAlive } from "../../program/_processes.ts";
import { Connection, isOfType, JupyterClient, KernelUnderTest } from "./_jupyter_client.ts";

/** Returns broadcast messages as short lines. */
function lines(messages: readonly Message[]): string[] {
  return messages.map(({ header, content }) => {
    switch (header.msg_type) {
      case "status":
        return content.execution_state;
      case "execute_input":
        return "input";
      case "stream":
        return `${content.name} ${content.text.trim()}`;
      case "execute_result":
        return `result ${content.data["text/plain"]}`;
      case "error":
        return `${content.ename} ${content.evalue}`;
      default:
        return header.msg_type;
    }
  });
}

/** Returns the process id of the Deno kernel. */
async function denoPid(client: JupyterClient): Promise<number> {
  const { shown } = await client.run("Deno.pid");
  return Number(
    shown.find(({ header }) => header.msg_type === "execute_result")!.content.data[
      "text/plain"
    ],
  );
}

/** At most 4 s each. */
const MAX_ANSWERS = 30;

/** What one kernel does, each with clients of its own. */
const ABILITIES: Readonly<Record<string, (kernel: KernelUnderTest) => Promise<void>>> = {
  "broadcasts a cell between busy and idle, and its own requests never": async (kernel) => {
    using client = await kernel.client();
    const code = "console.log(1);\n\n6 * 7; // as written";
    const { frames } = client.codec.encode("execute_request", { code }, {
      metadata: { cellId: "cell-1" },
    });
    await client.raw("shell", frames);
    const request = client.codec.decode(frames);
    const shown = await client.shown(request.header.msg_id);
    assertEquals(lines(shown), ["busy", "input", "stdout 1", "result 42", "idle"]);
    assertEquals(shown[1]!.content.code, code);
    for (const { parentHeader } of shown) assertEquals(parentHeader, request.header);
    const reply = await client.next("shell");
    assertEquals([reply.header.msg_type, reply.header.version], ["execute_reply", "5.4"]);
    assertEquals(reply.parentHeader, request.header);
    const { execution_count } = shown[1]!.content;
    assertEquals(reply.content, {
      status: "ok",
      execution_count,
      payload: [],
      user_expressions: {},
    });
    // Nothing else came, so that the next message on both channels belongs to the next request.
    const second = await client.execute("2");
    assertEquals((await client.next("iopub")).parentHeader.msg_id, second);
    assertEquals((await client.next("shell")).parentHeader.msg_id, second);
  },
  "passes metadata and buffers of displays, updates and clear_output": async (kernel) => {
    using client = await kernel.client();
    const { shown } = await client.run(`
    await Deno.jupyter.broadcast("display_data", {
      data: { "text/plain": "a" }, metadata: { a: 1 }, transient: { display_id: "x" },
    }, { metadata: { own: true }, buffers: [new Uint8Array([1, 2, 255])] });
    await Deno.jupyter.broadcast("update_display_data", {
      data: { "text/plain": "b" }, metadata: {}, transient: { display_id: "x" },
    });
    await Deno.jupyter.broadcast("clear_output", { wait: true });`);
    assertEquals(lines(shown).slice(2, -1), [
      "display_data",
      "update_display_data",
      "clear_output",
    ]);
    assertEquals(shown[2]!.content.transient, { display_id: "x" });
    assertEquals(shown[2]!.metadata, { own: true });
    assertEquals(shown[2]!.buffers.map((each) => [...each]), [[1, 2, 255]]);
  },
  "answers kernel_info on shell and control while a cell runs": async (kernel) => {
    using client = await kernel.client();
    const running = await client.execute(`
      var listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      console.log(listener.addr.port);
      (await listener.accept()).close();
      listener.close();`);
    const port = Number((await client.until("iopub", isOfType("stream"))).at(-1)!.content.text);
    for (const channel of ["shell", "control"] as const) {
      const id = await client.send(channel, "kernel_info_request");
      const { header, content } = await client.reply(channel, id);
      assertEquals(header.msg_type, "kernel_info_reply");
      assertEquals([content.status, content.protocol_version], ["ok", "5.4"]);
      assertEquals(content.language_info.name, "typescript");
      await client.shown(id);
      // The last state that a front end sees is the cell's.
      const { parentHeader, content: state } = await client.next("iopub");
      assertEquals([parentHeader.msg_id, state.execution_state], [running, "busy"]);
    }
    const bytes = Uint8Array.of(1, 2, 3);
    assertEquals(await client.beat(bytes), bytes);
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    assertEquals((await client.reply("shell", running)).content.status, "ok");
  },
  "asks the client that runs the cell for input, and no other": async (kernel) => {
    using asks = await kernel.client("same");
    using same = await kernel.client("same"); // two clients of one Jupyter session
    using other = await kernel.client("other");
    const id = await asks.execute("prompt('Name?')", { allow_stdin: true });
    const { header, content, parentHeader } = await asks.next("stdin");
    assertEquals([header.msg_type, content], [
      "input_request",
      { prompt: "Name?", password: false },
    ]);
    assertEquals(parentHeader.msg_id, id);
    await other.answer("not asked");
    await same.answer("not asked either");
    await asks.answer("Ada");
    assertEquals(lines(await asks.shown(id)).slice(2), ['result "Ada"', "idle"]);
    // Each gets its own answers, and the others' stdin is silent: their next message is this one.
    for (const client of [same, other]) {
      const own = await client.execute("confirm('Sure?')", { allow_stdin: true });
      assertEquals((await client.next("stdin")).parentHeader.msg_id, own);
      await client.answer("y");
      assertEquals(lines(await client.shown(own)).at(-2), "result true");
    }
  },
  "answers a prompt with null where nobody can, or the client leaves": async (kernel) => {
    using client = await kernel.client();
    assertEquals(lines((await client.run("String(prompt('?'))")).shown).at(-2), 'result "null"');
    const leaving = await kernel.client("leaving");
    const id = await leaving.execute("String(prompt('?'))", { allow_stdin: true });
    await leaving.next("stdin");
    leaving[Symbol.dispose]();
    assertEquals(lines(await client.shown(id)).at(-2), 'result "null"');
  },
  "takes a late answer to a stopped question for no answer to the next one": async (kernel) => {
    using client = await kernel.client();
    const code = "prompt('Name?')";
    const stopped = await client.execute(code, { allow_stdin: true });
    const late = await client.next("stdin");
    await client.send("control", "interrupt_request");
    assertEquals((await client.reply("shell", stopped)).content.status, "error");
    const id = await client.execute(code, { allow_stdin: true });
    const { header } = await client.next("stdin");
    await client.answer("late", late.header);
    await client.answer("Ada", header);
    assertEquals(lines(await client.shown(id)).at(-2), 'result "Ada"');
  },
  "answers a cell that is no text with an error": async (kernel) => {
    using client = await kernel.client();
    const content = { code: { toString: 1 } };
    const id = await client.send("shell", "execute_request", content);
    assertEquals(lines(await client.shown(id)).at(-1), "idle");
    assertEquals((await client.reply("shell", id)).content.ename, "TypeError");
    assertEquals((await client.run("1")).reply.status, "ok");
  },
  "drops what is not signed with its key, on every channel": async (kernel) => {
    using client = await kernel.client();
    const forged = (type: string, content: unknown) => {
      const frames = [...client.codec.encode(type, content).frames];
      frames[1] = new TextEncoder().encode("0".repeat(64));
      return frames;
    };
    for (const channel of ["shell", "control"] as const) {
      await client.reply(channel, await client.send(channel, "kernel_info_request"));
    }
    await client.raw("shell", forged("execute_request", { code: "globalThis.forged = true" }));
    await client.raw("control", forged("shutdown_request", {}));
    await client.raw("shell", [Uint8Array.of(1, 2, 3)]);
    await client.raw("control", client.codec.encode("kernel_info_request", null).frames);
    const id = await client.execute("[typeof forged, prompt('?')].join()", { allow_stdin: true });
    await client.next("stdin");
    // One whose first message is not signed is sent away.
    using stranger = await kernel.client();
    for (const channel of ["shell", "control", "stdin"] as const) {
      await stranger.raw(channel, forged("input_reply", { value: "forged" }));
      await assertRejects(() => stranger.next(channel), Error);
    }
    await client.answer("signed");
    assertEquals(lines(await client.shown(id)).at(-2), 'result "undefined,signed"');
  },
  "sends the bytes of a buffer, whatever kind of numbers a view has there": async (kernel) => {
    using client = await kernel.client();
    const code = `const floats = new Float32Array([0, 1, 2]).subarray(1, 2);
      await Deno.jupyter.broadcast("display_data", { data: {} }, { buffers: [floats] });`;
    const { shown } = await client.run(code);
    const buffers = shown.flatMap((message) => message.buffers.map((each) => [...each]));
    assertEquals(buffers, [[0, 0, 128, 63]]);
  },
  "aborts what waits behind a cell that throws, and nothing sent later": async (kernel) => {
    using client = await kernel.client();
    const [first, second, third] = await client.executeAtOnce(
      "throw new TypeError('boo')",
      "globalThis.ran = true",
      "globalThis.ran = true",
    ) as [string, string, string];
    const { ename, execution_count: count } = (await client.reply("shell", first)).content;
    assertEquals(ename, "TypeError");
    for (const id of [second, third]) {
      const { content } = await client.reply("shell", id);
      assertEquals([content.status, content.execution_count], ["aborted", count]);
    }
    const { reply, shown } = await client.run("typeof ran");
    assertEquals([reply.status, reply.execution_count], ["ok", count + 1]);
    const aborted = shown.filter(({ parentHeader }) => parentHeader.msg_id === second);
    assertEquals(lines(aborted), ["busy", "idle"]);
    assertEquals(lines(shown).at(-2), 'result "undefined"');
  },
  "goes on behind a cell that throws where stop_on_error is false": async (kernel) => {
    using client = await kernel.client();
    await client.execute("throw 1", { stop_on_error: false });
    const second = await client.execute("2");
    assertEquals((await client.reply("shell", second)).content.status, "ok");
  },
  "runs a silent cell without a count, an input or an output": async (kernel) => {
    using client = await kernel.client();
    const before = (await client.run("0")).reply.execution_count;
    const { reply, shown } = await client.run("console.log(1); var kept = 5; kept", {
      silent: true,
    });
    assertEquals(lines(shown), ["busy", "idle"]);
    assertEquals([reply.status, reply.execution_count], ["ok", before]);
    assertEquals(
      lines((await client.run("kept", { store_history: false })).shown).at(-2),
      "result 5",
    );
  },
  "evaluates user_expressions, each with its own error": async (kernel) => {
    using client = await kernel.client();
    const user_expressions = { sum: "a + 1", none: "nope", broken: "1 +" };
    const { reply } = await client.run("const a = 5", { user_expressions });
    const { sum, none, broken } = reply.user_expressions;
    assertEquals(sum, { status: "ok", data: { "text/plain": "6" }, metadata: {} });
    assertEquals([none.status, none.ename], ["error", "ReferenceError"]);
    assertEquals(broken.status, "error");
  },
  "documents a name with a question mark": async (kernel) => {
    using client = await kernel.client();
    const { reply } = await client.run("Deno.hostname?");
    assertEquals([reply.status, reply.payload.length], ["ok", 1]);
    const [{ source, data, start }] = reply.payload;
    assertEquals([source, start], ["page", 0]);
    assertStringIncludes(data["text/plain"], "hostname");
    const unknown = await client.run("nope?");
    assertEquals([unknown.reply.status, unknown.reply.payload], ["ok", []]);
    assertEquals(lines(unknown.shown).at(-2), "stderr Cannot find documentation for nope");
  },
  "answers what it does not know with an error, and closes comms": async (kernel) => {
    using client = await kernel.client();
    const id = await client.send("control", "debug_request", { type: "request" });
    const { header, content } = await client.reply("control", id);
    assertEquals([header.msg_type, content.status], ["debug_reply", "error"]);
    assertStringIncludes(content.evalue, '"debug_request"');
    await client.shown(id);
    const comm = await client.send("shell", "comm_open", {
      comm_id: "c",
      target_name: "t",
      data: {},
    });
    assertEquals(lines(await client.shown(comm)), ["busy", "comm_close", "idle"]);
    const info = await client.send("shell", "comm_info_request");
    assertEquals((await client.reply("shell", info)).content, { status: "ok", comms: {} });
  },
  "serves others while a client that never reads is connected": async (kernel) => {
    const deaf = await Connection.open(kernel.connectionFile.ports.iopub, "SUB");
    await deaf.send([Uint8Array.of(1)]);
    using client = await kernel.client();
    for (let i = 0; i < 8; i++) {
      const { shown } = await client.run("console.log('x'.repeat(1_000_000))");
      const texts = shown.filter(({ header }) => header.msg_type === "stream")
        .map(({ content }) => content.text);
      assertEquals(texts.join("").length, 1_000_001);
    }
    deaf.close();
  },
  "stops a loop by interrupt_request, and aborts what waits": async (kernel) => {
    using client = await kernel.client();
    await client.run("let state = 7");
    const loop = await client.execute("console.log('begun'); while (true) {}", {
      stop_on_error: false,
    });
    const waiting = await client.execute("'never'");
    await client.until("iopub", isOfType("stream"));
    const interrupt = await client.send("control", "interrupt_request");
    assertEquals((await client.reply("control", interrupt)).content, { status: "ok" });
    assertEquals((await client.reply("shell", loop)).content.status, "error");
    assertEquals((await client.reply("shell", waiting)).content.status, "aborted");
    assertEquals(lines((await client.run("state")).shown).at(-2), "result 7");
  },
  "answers questions about code while a cell runs, from the cells before and the cell itself":
    async (
      kernel,
    ) => {
      using client = await kernel.client();
      const ask = async (type: string, content: Record<string, unknown>) =>
        (await client.reply("shell", await client.send("shell", type, content))).content;
      await client.run("const asked = new Map([[1, '🙂']]); 'the last but one'");
      const code = "const running = { since: 1 };\nconsole.log('begun');\n" +
        "const answered = prompt('still here?');";
      const cell = await client.execute(code, { allow_stdin: true });
      await client.until("iopub", isOfType("stream"));
      await client.next("stdin");
      // The first answer comes empty where the language server takes too long to start.
      const complete = async (code: string) => {
        const question = { code, cursor_pos: [...code].length };
        for (let tries = 0; tries < MAX_ANSWERS; tries++) {
          const reply = await ask("complete_request", question);
          if (reply.matches.length > 0) return reply;
        }
        throw new Error(`No completions of ${code}`);
      };
      assertEquals((await complete("asked.si")).matches, ["size"]);
      const completed = await complete("'🙂' + running.si");
      assertEquals(completed.matches, ["since"]);
      assertEquals([completed.cursor_start, completed.cursor_end], [14, 16]);
      const inspected = await ask("inspect_request", { code: "asked", cursor_pos: 5 });
      assertEquals([inspected.status, inspected.found], ["ok", true]);
      assertEquals(inspected.data["text/plain"], "const asked: Map<number, string>");
      assertEquals(await ask("inspect_request", { code: "missing", cursor_pos: 3 }), {
        status: "ok",
        found: false,
        data: {},
        metadata: {},
      });
      assertEquals((await ask("is_complete_request", { code: "asked = ;" })).status, "invalid");
      const tail = await ask("history_request", { hist_access_type: "tail", n: 2, output: false });
      assertEquals(tail.history.map((entry: unknown[]) => entry[2]), [
        "const asked = new Map([[1, '🙂']]); 'the last but one'",
        code,
      ]);
      // All of that came before the end of the cell.
      await client.answer("yes");
      assertEquals((await client.reply("shell", cell)).content.status, "ok");
      assertEquals(lines((await client.run("answered")).shown).at(-2), 'result "yes"');
    },
};

Deno.test("KernelServer", async (test) => {
  await using kernel = await KernelUnderTest.start();
  for (const [name, ability] of Object.entries(ABILITIES)) {
    // After a failure its cell may still run, and the next ones would wait for it.
    if (!await test.step(name, () => ability(kernel))) return;
  }
});

Deno.test("KernelServer survives SIGINT to it and to its process group, and so do programs", async () => {
  await using kernel = await KernelUnderTest.start();
  using client = await kernel.client();
  const { shown } = await client.run('new Deno.Command("sleep", { args: ["60"] }).spawn().pid');
  const program = Number(shown.at(-2)!.content.data["text/plain"]);
  for (const target of [kernel.child.pid, -kernel.child.pid]) {
    const loop = await client.execute("console.log('begun'); while (true) {}");
    await client.until("iopub", isOfType("stream"));
    // Deno refuses negative numbers, which kill(1) takes for a process group.
    await new Deno.Command("kill", { args: ["-INT", "--", `${target}`] }).output();
    assertEquals((await client.reply("shell", loop)).content.status, "error");
    await new Deno.Command("kill", { args: ["-INT", "--", `${target}`] }).output(); // while idle
    assertEquals((await client.run("1")).reply.status, "ok");
    assert(isAlive(program));
  }
});

Deno.test("A kernel tells of a failure that nobody handles, and goes on", async () => {
  const stray = "setTimeout(() => Promise.reject(new Error('stray')), 700)";
  await using kernel = await KernelUnderTest.start({
    preload: `data:text/javascript,Deno.unrefTimer(${stray})`,
  });
  using client = await kernel.client();
  await client.run("await new Promise((done) => setTimeout(done, 1_000)); let kept = 1;");
  assertEquals(lines((await client.run("kept")).shown).at(-2), "result 1");
  await client.send("control", "shutdown_request", {});
  assertStringIncludes(await kernel.errors, "stray");
});

for (const restart of [false, true]) {
  Deno.test(`KernelServer ends by shutdown_request with restart ${restart}`, async () => {
    await using kernel = await KernelUnderTest.start();
    using client = await kernel.client();
    const deno = await denoPid(client);
    const loop = await client.execute("console.log('begun'); while (true) {}");
    await client.until("iopub", isOfType("stream"));
    const id = await client.send("control", "shutdown_request", { restart });
    assertEquals((await client.reply("control", id)).content, { status: "ok", restart });
    assertEquals(lines(await client.shown(id)), ["busy", "shutdown_reply", "idle"]);
    assertNotEquals(id, loop);
    assertEquals((await kernel.child.status).code, 0);
    assert(!isAlive(deno));
  });
}

Deno.test("KernelServer shows a Deno kernel's last words in the running cell, and ends", async () => {
  await using kernel = await KernelUnderTest.start();
  using client = await kernel.client();
  const first = await client.execute(`
    const { symbols } = Deno.dlopen("libc.so.6", {
      perror: { parameters: ["buffer"], result: "void" },
      abort: { parameters: [], result: "void" },
    });
    symbols.perror(new TextEncoder().encode("last words\\0"));
    symbols.abort();`);
  const second = await client.execute("1");
  const shown = await client.shown(first);
  const error = shown.find(({ header }) => header.msg_type === "error")!.content;
  assertStringIncludes(error.evalue, "The kernel has ended by SIGABRT; it said:\nlast words");
  assertEquals((await client.reply("shell", first)).content.evalue, error.evalue);
  assertEquals((await client.reply("shell", second)).content.status, "aborted");
  assertEquals((await kernel.child.status).code, 1);
});

Deno.test("KernelServer tells in the first cell why no Deno kernel starts", async () => {
  const cwd = await Deno.makeTempDir();
  await Deno.writeTextFile(`${cwd}/deno.json`, "{ broken");
  await using kernel = await KernelUnderTest.start({ cwd });
  using client = await kernel.client();
  const { reply, shown } = await client.run("1");
  assertEquals(lines(shown).map((line) => line.split(" ")[0]), ["busy", "KernelError", "idle"]);
  assertStringIncludes(reply.evalue, "deno.json");
  assertEquals((await kernel.child.status).code, 1);
  await Deno.remove(cwd, { recursive: true });
});

Deno.test({
  name: "A killed kernel takes the Deno kernel and its programs along, even in a loop",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using kernel = await KernelUnderTest.start();
    using client = await kernel.client();
    const deno = await denoPid(client);
    const { shown } = await client.run('new Deno.Command("sleep", { args: ["60"] }).spawn().pid');
    const program = Number(shown.at(-2)!.content.data["text/plain"]);
    try {
      await client.execute("console.log('begun'); while (true) {}");
      await client.until("iopub", isOfType("stream"));
      kernel.child.kill("SIGKILL");
      const gone = () => !isAlive(deno) && !isAlive(program);
      await until(gone, { timeout: 10_000, what: "the end of the Deno kernel and its program" });
    } finally {
      endIfAlive(deno);
      endIfAlive(program);
    }
  },
});

for (const victims of ["front end", "front end and kernel"]) {
  Deno.test({
    name: `A kernel leaves no process and no file when its ${victims} is killed`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      const frontEnd = new Deno.Command("sleep", { args: ["600"] }).spawn();
      await using kernel = await KernelUnderTest.start({
        env: { JPY_PARENT_PID: `${frontEnd.pid}` },
      });
      using client = await kernel.client();
      const deno = await denoPid(client);
      try {
        await client.execute("console.log('begun'); while (true) {}");
        await client.until("iopub", isOfType("stream"));
        if (victims !== "front end") kernel.child.kill("SIGKILL");
        frontEnd.kill("SIGKILL");
        await within(kernel.child.status, { timeout: 10_000, what: "the end of the kernel" });
        const gone = () => !isAlive(deno) && !exists(kernel.path);
        await until(gone, { timeout: 10_000, what: "the end of the Deno kernel and of the file" });
      } finally {
        endIfAlive(deno);
        await frontEnd.status;
      }
    },
  });
}

Deno.test("A kernel that is killed beside its living front end leaves the file to that", async () => {
  await using kernel = await KernelUnderTest.start();
  using client = await kernel.client();
  await client.run("1");
  kernel.child.kill("SIGKILL");
  await kernel.child.status;
  await new Promise((done) => setTimeout(done, 1_500)); // as long as its shell looks
  assert(exists(kernel.path));
});

for (
  const [file, rule] of [
    ['{ "transport": "ipc" }', 'this kernel speaks TCP: "transport" is "tcp", got "ipc"'],
    ['{ "key": "k", "signature_scheme": "hmac-md5" }', 'is "hmac-sha256", got "hmac-md5"'],
    ['{ "ip": "192.0.2.1" }', '"ip" is a loopback address, got "192.0.2.1"'],
    ["{}", '"shell_port" is a number from 1 to 65535, got nothing'],
    ["no JSON", 'it is JSON, got "no JSON"'],
  ] as const
) {
  Deno.test(`A kernel refuses the connection file ${file}`, async () => {
    await using kernel = await KernelUnderTest.start({ file });
    assertEquals((await kernel.child.status).code, 2);
    assertStringIncludes(await kernel.errors, rule);
  });
}

Deno.test("A kernel without a key says who can use it", async () => {
  const file = { ...newConnectionFile(), key: "" };
  await using kernel = await KernelUnderTest.start({ file: formatConnectionFile(file) });
  using client = await JupyterClient.open(file, "client");
  await client.reply("control", await client.send("control", "shutdown_request"));
  await kernel.child.status;
  assertStringIncludes(await kernel.errors, "every program on this computer can run code in this");
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
