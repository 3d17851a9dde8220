/**
 * `node _vscode_client.mjs DISPLAY_NAME FOLDER`: finds a kernel and talks with it as VS Code's extension
 * Jupyter does, with the same library for ZeroMQ in the same Node. A command is a line of JSON on stdin,
 * an event one on stdout.
 *
 * What it does when is from https://github.com/microsoft/vscode-jupyter, version 2026.6.1, folder
 * src/kernels/raw: finder/jupyterPaths.node.ts, launcher/kernelLauncher.node.ts,
 * launcher/kernelProcess.node.ts, session/rawSocket.node.ts and session/rawKernelConnection.node.ts.
 */
import { spawn } from "node:child_process";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(process.env.ZEROMQ_FOLDER);
const { Dealer, Subscriber, context } = require("zeromq");
// Messages that nobody takes do not keep the process.
context.blocky = false;

const [displayName, folder] = process.argv.slice(2);
const USED_TRY_MS = 200;
const INFO_TRY_MS = 500;
const LAUNCH_MS = 60_000;
const session = randomUUID();
const { env } = process;

/** @param {object} event */
function tell(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** The folders of data in which VS Code looks for kernels on Linux, outside of a Python's environment. */
function dataFolders() {
  const user = env.JUPYTER_DATA_DIR ??
    join(env.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "jupyter");
  const paths = (env.JUPYTER_PATH ?? "").split(delimiter).filter((path) => path !== "");
  return [...paths, user, "/usr/local/share/jupyter", "/usr/share/jupyter"];
}

function runtimeFolder() {
  if (env.JUPYTER_RUNTIME_DIR !== undefined) return env.JUPYTER_RUNTIME_DIR;
  return env.XDG_RUNTIME_DIR === undefined
    ? join(homedir(), ".local", "share", "jupyter", "runtime")
    : join(env.XDG_RUNTIME_DIR, "jupyter", "runtime");
}

function findKernels() {
  return dataFolders().flatMap((path) => {
    let names;
    try {
      names = readdirSync(join(path, "kernels"));
    } catch {
      return []; // there is no such folder
    }
    return names.flatMap((name) => {
      try {
        return [{ name, ...JSON.parse(readFileSync(join(path, "kernels", name, "kernel.json"))) }];
      } catch {
        return []; // not a kernel's folder
      }
    });
  });
}

/** VS Code begins at 9000 and takes the next five that are free. */
async function freePorts() {
  const ports = [];
  for (let port = 9_000; ports.length < 5; port++) {
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve(true));
    });
    if (isFree) await new Promise((resolve) => server.close(resolve));
    if (isFree) ports.push(port);
  }
  return ports;
}

/** It connects, and closes at once. */
async function untilUsed(port, deadline) {
  while (Date.now() < deadline) {
    const isUsed = await new Promise((resolve) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isUsed) return;
    await new Promise((resolve) => setTimeout(resolve, USED_TRY_MS));
  }
  throw new Error(`Nobody listens on port ${port}`);
}

/** Returns the processes below `pid`, the nearest ones first. */
function descendants(pid) {
  const pairs = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((name) => {
    try {
      return [/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))?.[1], name];
    } catch {
      return []; // it has ended
    }
  });
  const below = [];
  for (let parents = [String(pid)]; parents.length > 0;) {
    parents = pairs.filter(([parent]) => parents.includes(parent)).map(([, child]) => child);
    below.push(...parents.map(Number));
  }
  return below;
}

class Kernel {
  static async launch(spec) {
    const kernel = new Kernel();
    await kernel.#launch(spec);
    return kernel;
  }

  async #launch(spec) {
    const [hb_port, control_port, shell_port, stdin_port, iopub_port] = await freePorts();
    this.connection = {
      ...{ key: randomUUID(), signature_scheme: "hmac-sha256", transport: "tcp", ip: "127.0.0.1" },
      ...{ hb_port, control_port, shell_port, stdin_port, iopub_port, kernel_name: spec.name },
    };
    mkdirSync(runtimeFolder(), { recursive: true });
    const fileName = `kernel-v3${randomBytes(20).toString("hex")}.json`;
    this.file = join(runtimeFolder(), fileName);
    writeFileSync(this.file, JSON.stringify(this.connection));
    const [program, ...args] = spec.argv.map((word) =>
      word.replace("{connection_file}", this.file)
    );
    this.process = spawn(program, args, { cwd: folder, env: { ...env, ...spec.env } });
    let stderr = "";
    this.process.stdout.resume();
    this.process.stderr.on("data", (data) => stderr += data);
    const died = new Promise((_, reject) => {
      this.process.once("error", reject);
      this.process.once("exit", (code, signal) => {
        tell({ event: "exit", pid: this.process.pid, code, signal, stderr });
        reject(new Error(`The kernel has ended with ${code ?? signal}: ${stderr}`));
      });
    });
    died.catch(() => {}); // told by the event above
    const deadline = Date.now() + LAUNCH_MS;
    const used = [shell_port, iopub_port].map((port) => untilUsed(port, deadline));
    await Promise.race([Promise.all(used), died]);
    this.#connect();
    await Promise.race([this.#ready(deadline), died]);
    tell({ event: "ready", pid: this.process.pid, file: this.file });
  }

  /** One name for all three. The heartbeat is not used. */
  #connect() {
    const routingId = randomUUID();
    const limits = { receiveHighWaterMark: 0, maxMessageSize: -1 };
    const dealer = () => new Dealer({ routingId, sendHighWaterMark: 0, ...limits });
    this.sockets = {
      iopub: new Subscriber(limits),
      shell: dealer(),
      control: dealer(),
      stdin: dealer(),
    };
    for (const [channel, socket] of Object.entries(this.sockets)) {
      socket.connect(`tcp://127.0.0.1:${this.connection[`${channel}_port`]}`);
      this.#read(channel, socket);
    }
    this.sockets.iopub.subscribe();
  }

  async #read(channel, socket) {
    for await (const frames of socket) {
      const start = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
      const [signature, ...parts] = frames.slice(start + 1);
      const signed = this.#sign(parts.slice(0, 4)) === signature.toString();
      if (!signed) throw new Error(`A message on ${channel} has a wrong signature`);
      const [header, parent, , content] = parts.slice(0, 4).map((part) => JSON.parse(part));
      tell({
        ...{ event: "message", channel, type: header.msg_type, parent: parent.msg_id, content },
        header,
      });
      this.onMessage?.(channel, header.msg_type, parent.msg_id);
    }
  }

  /** Asks on both channels, until an answer and a broadcast have come. */
  async #ready(deadline) {
    const seen = new Set();
    const isReady = new Promise((resolve) => {
      this.onMessage = (channel, type) => {
        if (channel === "iopub") seen.add("iopub");
        if (type === "kernel_info_reply") seen.add("reply");
        if (seen.size === 2) resolve(true);
      };
    });
    while (Date.now() < deadline) {
      this.send("control", "kernel_info_request", {});
      this.send("shell", "kernel_info_request", {});
      const later = new Promise((resolve) => setTimeout(resolve, INFO_TRY_MS));
      if (await Promise.race([isReady, later])) return;
    }
    throw new Error("The kernel does not say what it is");
  }

  #sign(parts) {
    const hmac = createHmac("sha256", this.connection.key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  /** Returns the message's id. */
  send(channel, type, content, parent = {}) {
    const header = {
      ...{ msg_id: randomUUID(), msg_type: type, session, username: "learner", version: "5.2" },
      date: new Date().toISOString(),
    };
    const parts = [header, parent, {}, content].map((part) => JSON.stringify(part));
    // Messages of one socket are sent one after another.
    this.sending = (this.sending ?? Promise.resolve()).then(() =>
      this.sockets[channel].send(["<IDS|MSG>", this.#sign(parts), ...parts])
    );
    return header.msg_id;
  }

  /** For a restart, too: VS Code sends no shutdown_request, but SIGTERM, to the children first. */
  dispose() {
    for (const socket of Object.values(this.sockets)) socket.close();
    for (const pid of descendants(this.process.pid)) {
      try {
        process.kill(pid);
      } catch {
        // it has ended with its parent
      }
    }
    this.process.kill();
    rmSync(this.file, { force: true });
  }
}

const found = findKernels().filter(({ display_name }) => display_name === displayName);
tell({ event: "found", specs: found });
const [spec] = found;
let kernel;
const COMMANDS = {
  async launch() {
    kernel = await Kernel.launch(spec);
  },
  execute({ code }) {
    const content = { code, silent: false, stop_on_error: false, allow_stdin: true };
    return kernel.send("shell", "execute_request", {
      ...content,
      ...{ store_history: true, user_expressions: {} },
    });
  },
  /** By a message where the kernel's description says so; by a signal to it and its children else. */
  interrupt() {
    if (spec.interrupt_mode === "message") return kernel.send("control", "interrupt_request", {});
    for (const pid of descendants(kernel.process.pid)) process.kill(pid, "SIGINT");
    kernel.process.kill("SIGINT");
  },
  answer({ parent, value }) {
    return kernel.send("stdin", "input_reply", { status: "ok", value }, parent);
  },
  async restart() {
    kernel.dispose();
    kernel = await Kernel.launch(spec);
  },
  dispose() {
    kernel.dispose();
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...content } = JSON.parse(line);
  try {
    tell({ event: "done", command, id: await COMMANDS[command](content) });
  } catch (error) {
    tell({ event: "failed", command, message: String(error) });
  }
}
// The editor is closed.
kernel?.dispose();
process.exit();
