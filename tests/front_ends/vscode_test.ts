/**
 * Our kernel with a client that behaves as VS Code's extension Jupyter does: where it looks for kernels,
 * how it starts, asks, interrupts, restarts and ends one. `_vscode_client.mjs` says where that is from.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Lines } from "./_lines.ts";
import { programFor, requires } from "../requirements.ts";
import { linkZeromq } from "./_zeromq.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const NAME = "Deno (fourtuple)";
/** Only a failure takes so long. */
const PATIENCE_MS = 60_000;
const MARK = "FOURTUPLE_MARK";

/** What the client tells, as far as it is used here. */
interface Event {
  readonly event: "found" | "ready" | "done" | "failed" | "message" | "exit";
  readonly specs: { name: string; interrupt_mode: string; argv: string[] }[];
  readonly pid: number;
  readonly file: string;
  readonly id: string;
  readonly message: string;
  readonly channel: string;
  readonly type: string;
  readonly parent: string;
  readonly content: Record<string, unknown>;
  readonly header: unknown;
}

/** A learner's home with our kernel in it, and VS Code's part of the conversation. */
class Editor implements AsyncDisposable {
  readonly home: string;
  readonly #mark: string;
  readonly #client: Deno.ChildProcess;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;
  readonly #events: Lines<Event>;

  private constructor(home: string, client: Deno.ChildProcess, mark: string) {
    [this.home, this.#client, this.#mark] = [home, client, mark];
    this.#commands = client.stdin.getWriter();
    this.#events = new Lines(client.stdout, ({ event, type, content }) => ({
      ...{ event, type, content },
    }));
  }

  static async open(): Promise<Editor> {
    const home = await Deno.makeTempDir({ prefix: "editor-" });
    const mark = crypto.randomUUID();
    const env = { ...homeOf(home), [MARK]: mark };
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "kernel"],
      cwd: root,
      clearEnv: true,
      env,
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    await Deno.mkdir(join(home, "zeromq"));
    await linkZeromq(join(home, "zeromq"));
    const client = new Deno.Command(programFor("node"), {
      args: [join(root, "tests/front_ends/_vscode_client.mjs"), NAME, join(root, "notebooks")],
      clearEnv: true,
      env: { ...env, ZEROMQ_FOLDER: join(home, "zeromq/") },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    return new Editor(home, client, mark);
  }

  /** Sends a command, and waits until the client has done it. */
  async do(command: string, content: Record<string, unknown> = {}): Promise<Event> {
    const line = `${JSON.stringify({ command, ...content })}\n`;
    await this.#commands.write(new TextEncoder().encode(line));
    const { event, message, id } = await this.next(({ event }) =>
      event === "done" || event === "failed"
    );
    assertEquals(event, "done", message);
    return { id } as Event;
  }

  /** Waits for an event; the earlier ones that are not asked for stay. */
  next(isWanted: (event: Event) => boolean): Promise<Event> {
    return this.#events.next(isWanted, PATIENCE_MS);
  }

  /** Waits for a message about a request. */
  message(type: string, parent: string): Promise<Event> {
    return this.next((event) =>
      event.event === "message" && event.type === type && event.parent === parent
    );
  }

  /** Waits until a request is dealt with. */
  idle(id: string): Promise<Event> {
    return this.next((event) =>
      event.type === "status" && event.parent === id && event.content.execution_state === "idle"
    );
  }

  /** Sends a cell. */
  async send(code: string): Promise<string> {
    return (await this.do("execute", { code })).id;
  }

  /** Waits until a cell is over as VS Code sees it: by its reply and by "idle". */
  async over(id: string): Promise<{ status: unknown; outputs: unknown[] }> {
    const reply = await this.message("execute_reply", id);
    await this.idle(id);
    const outputs = this.#events.take((event) =>
      event.channel === "iopub" && event.parent === id &&
      !["status", "execute_input"].includes(event.type)
    );
    return { status: reply.content.status, outputs: outputs.map(shownBy) };
  }

  async run(code: string): Promise<{ status: unknown; outputs: unknown[] }> {
    return await this.over(await this.send(code));
  }

  /** The kernel's processes and their children, by a mark in their environment; not the client. */
  processes(): number[] {
    return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) =>
      pid > 0 && pid !== this.#client.pid && isRunning(pid) &&
      readIfAny(`/proc/${pid}/environ`).split("\0").includes(`${MARK}=${this.#mark}`)
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commands.close().catch(() => {}); // the client has ended by itself
    await this.#client.status;
    for (const pid of this.processes()) Deno.kill(pid, "SIGKILL");
    await Deno.remove(this.home, { recursive: true });
  }
}

function shownBy({ type, content }: Event): unknown {
  if (type === "stream") return content.text;
  if (type === "error") return `${content.ename}: ${content.evalue}`;
  return (content.data as Record<string, unknown> | undefined)?.["text/plain"];
}

/** The environment of another home, with the caches of this one. */
function homeOf(home: string): Record<string, string> {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
  const PATH = Deno.env.get("PATH")!;
  return { HOME: home, PATH, DENO_DIR: denoDir, XDG_RUNTIME_DIR: join(home, "run") };
}

function readIfAny(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // it has ended, or is somebody else's
  }
}

function isRunning(pid: number): boolean {
  return /^State:\s+[^ZX]/m.test(readIfAny(`/proc/${pid}/status`));
}

async function untilEnded(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (pids.some(isRunning)) {
    if (performance.now() > deadline) throw new Error(`Still running: ${pids.filter(isRunning)}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

Deno.test("A client like VS Code's starts our kernel, runs, stops, answers, restarts and ends it", {
  ...requires("node", "npm's zeromq", "/proc"),
}, async (test) => {
  await using editor = await Editor.open();
  // The later ones need what the earlier ones leave.
  const step = async (name: string, run: () => Promise<void>) =>
    assert(await test.step(name, run), name);

  await step("It finds one kernel of our name in the user's data folder", async () => {
    const { specs } = await editor.next(({ event }) => event === "found");
    assertEquals(specs.map(({ name, interrupt_mode }) => [name, interrupt_mode]), [
      ["fourtuple", "message"],
    ]);
  });

  let file = "";
  await step("It starts the kernel with its own connection file", async () => {
    await editor.do("launch");
    ({ file } = await editor.next(({ event }) => event === "ready"));
    assert(file.startsWith(join(editor.home, "run")), file);
  });

  await step("A cell's log, its value and its error arrive before it is over", async () => {
    const { status, outputs } = await editor.run("let n = 6; console.log('hello'); n * 7");
    assertEquals([status, outputs], ["ok", ["hello\n", "42"]]);
    const failed = await editor.run("throw new RangeError('too far')");
    assertEquals([failed.status, failed.outputs], ["error", ["RangeError: too far"]]);
  });

  await step("The next cell is not aborted, since VS Code asks for that", async () => {
    const ids = [await editor.send("throw new Error('no')"), await editor.send('"next"')];
    assertEquals((await editor.over(ids[0]!)).status, "error");
    assertEquals((await editor.over(ids[1]!)).outputs, ['"next"']);
  });

  for (
    const { what, code } of [
      { what: "a loop", code: "console.log('on'); while (true) {}" },
      {
        what: "an await",
        code: "const server = Deno.listen({ hostname: '127.0.0.1', port: 0 });\n" +
          "console.log('on'); await server.accept()",
      },
    ]
  ) {
    await step(`Stop ends ${what}, and the state stays`, async () => {
      const id = await editor.send(code);
      await editor.message("stream", id);
      const stop = await editor.do("interrupt");
      // VS Code's promise for a request waits for both.
      await editor.message("interrupt_reply", stop.id);
      await editor.idle(stop.id);
      assertEquals((await editor.over(id)).status, "error");
      assertEquals((await editor.run("n")).outputs, ["6"]);
    });
  }

  await step("prompt() asks in the editor", async () => {
    const id = await editor.send("prompt('Your name?')");
    const { content, header } = await editor.message("input_request", id);
    assertStringIncludes(String(content.prompt), "Your name?");
    await editor.do("answer", { parent: header, value: "Ada" });
    assertEquals((await editor.over(id)).outputs.at(-1), '"Ada"');
  });

  await step("Restart ends every process of the old kernel, in a loop too", async () => {
    await editor.message("stream", await editor.send("console.log('on'); while (true) {}"));
    const before = editor.processes();
    assert(before.length >= 2, `${before.length} processes`);
    await editor.do("restart");
    await untilEnded(before);
    assertEquals((await editor.run("typeof n")).outputs, ['"undefined"']);
  });

  await step("The end leaves no process and no file", async () => {
    const before = editor.processes();
    await editor.do("dispose");
    await untilEnded(before);
    assertEquals(editor.processes(), []);
    assertEquals([...Deno.readDirSync(join(file, ".."))], []);
  });
});
