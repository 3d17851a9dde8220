import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFrontEnd, startFrontEnd } from "../../../lib/notebooks/front_ends/front_end.ts";
import { requires } from "../../requirements.ts";

Deno.test("startFrontEnd() refuses to be reachable from other computers", () => {
  const options = { command: ["/nowhere/jupyter-lab"], folder: ".", dataPath: "." };
  for (
    const [args, got] of [
      [["--ip=0.0.0.0"], "--ip=0.0.0.0"],
      [["--no-browser", "--ip", "*"], "--ip"],
      [["--ServerApp.ip=::"], "--ServerApp.ip=::"],
      [["--NotebookApp.ip=10.0.0.5"], "--NotebookApp.ip=10.0.0.5"],
    ] as const
  ) {
    const error = assertThrows(() => startFrontEnd({ ...options, args }), RangeError);
    assertEquals(
      error.message,
      `Cannot open Jupyter with "${args.join(" ")}": a notebook can run any code, so Jupyter ` +
        `listens on 127.0.0.1 only, got "${got}"`,
    );
  }
});

Deno.test("findFrontEnd() takes what is there, JupyterLab first, and else what can fetch it", async () => {
  const path = await Deno.makeTempDir();
  try {
    const fetched = "jupyterlab>=4,<5";
    for (
      const [program, args] of [
        ["pipx", ["run", "--spec", fetched, "jupyter-lab"]],
        ["uv", ["tool", "run", "--from", fetched, "jupyter-lab"]],
        ["jupyter-notebook", []],
        ["jupyter-lab", []],
      ] as const
    ) {
      await Deno.writeTextFile(join(path, program), "", { mode: 0o755 });
      assertEquals(findFrontEnd({ path }), [join(path, program), ...args]);
    }
  } finally {
    await Deno.remove(path, { recursive: true });
  }
  assertEquals(findFrontEnd({ path: "/nowhere" }), undefined);
});

Deno.test("deno task jupyter says in two lines how to get a Jupyter where there is none", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", TASK],
    env: { PATH: "/nowhere" },
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "");
  const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
  assertEquals(lines, [
    "Cannot open Jupyter: there is none on PATH, and no uv or pipx to fetch it. Install it with `pip install jupyterlab`",
    "or `apt install jupyter-notebook`. `deno task notebooks` works without Jupyter.",
  ]);
  assertEquals(code, 1);
});

const TASK = fileURLToPath(new URL("../../../lib/tasks/jupyter.ts", import.meta.url));

for (
  const [signal, code, doing] of [
    ["SIGINT", 0, "waits"],
    ["SIGTERM", 0, "waits"],
    ["SIGHUP", 0, "waits"],
    ["SIGKILL", 137, "waits"],
    ["SIGKILL", 137, "loops"],
  ] as const
) {
  Deno.test({
    name:
      `deno task jupyter starts our kernel, and ${signal} ends it and all it has started while ` +
      `it ${doing}`,
    ...requires("jupyter-notebook"),
    async fn() {
      const port = freePort();
      const url = `http://127.0.0.1:${port}/api`;
      const home = await Deno.makeTempDir();
      const task = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", TASK, "--no-browser", `--port=${port}`, "--port-retries=0"],
          ...["--NotebookApp.token=", "--NotebookApp.disable_check_xsrf=True"],
        ],
        // The user's own kernel of the same name must not win
        env: { JUPYTER_DATA_DIR: home, JUPYTER_CONFIG_DIR: home, JUPYTER_RUNTIME_DIR: home },
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const said = new Response(task.stderr).text();
      let processes: readonly Process[] = [];
      try {
        await until(async () => {
          const response = await fetch(url);
          await response.body?.cancel();
          return response.ok;
        });
        const started = await fetch(`${url}/kernels`, {
          method: "POST",
          body: `{"name":"fourtuple"}`,
        });
        const { id } = await started.json();
        assertEquals(started.status, 201);
        if (doing === "loops") await loopForever(`${url}/kernels/${id}/channels`, `${home}/begun`);
        processes = await descendants(task.pid);
        const commands = processes.map(({ command }) => command).join("\n");
        assert(commands.includes("kernel_main.ts"), commands);
        assert(commands.includes("jupyter-notebook"), commands);
        task.kill(signal);
        assertEquals((await task.status).code, code);
        // A killed task cannot wait until Jupyter has ended.
        const left = () => processes.filter(({ pid }) => runs(pid)).map(({ command }) => command);
        if (signal === "SIGKILL") await until(() => Promise.resolve(left().length === 0));
        assertEquals(left(), []);
        const files = () => [...Deno.readDirSync(home)].map(({ name }) => name);
        assertEquals(files().filter((name) => /^kernel-|server-/.test(name)), []);
      } finally {
        for (const { pid } of [{ pid: task.pid }, ...processes].filter(({ pid }) => runs(pid))) {
          Deno.kill(pid, "SIGKILL");
        }
        await said;
        await Deno.remove(home, { recursive: true });
      }
    },
  });
}

/** Has a kernel run a cell that writes a file and then loops, and waits for the file. */
async function loopForever(channels: string, file: string): Promise<void> {
  const socket = new WebSocket(channels.replace("http:", "ws:"));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const code = `Deno.writeTextFileSync(${JSON.stringify(file)}, ""); while (true) {}`;
  const header = { msg_id: "1", msg_type: "execute_request", session: "1", username: "" };
  socket.send(JSON.stringify({
    header: { ...header, version: "5.3" },
    parent_header: {},
    metadata: {},
    content: { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false },
    channel: "shell",
    buffers: [],
  }));
  await until(async () => (await Deno.stat(file)).isFile);
  socket.onerror = null;
  socket.close();
}

interface Process {
  pid: number;
  parent: number;
  command: string;
}

async function descendants(pid: number): Promise<Process[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eo", "pid=,ppid=,args="] }).output();
  const all = new TextDecoder().decode(stdout).trimEnd().split("\n").map((line): Process => {
    const [, pid, parent, command] = line.match(/^ *(\d+) +(\d+) (.*)$/)!;
    return { pid: Number(pid), parent: Number(parent), command: command! };
  });
  const below = (pid: number): Process[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
}

/** A zombie, which waits for its parent to ask for its exit code, runs no more. */
function runs(pid: number): boolean {
  const { stdout } = new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })
    .outputSync();
  return /^[^Z\s]/.test(new TextDecoder().decode(stdout).trim());
}

/** Jupyter takes two seconds; only a failure, or a very busy machine, takes much longer. */
const LIMIT_MS = 120_000;

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline;) {
    if (await condition().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`Cannot wait longer than ${LIMIT_MS} ms for Jupyter`);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
