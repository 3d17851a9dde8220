/** A user of one machine at work: a home, a Jupyter, and open notebooks. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseNotebook } from "../../lib/notebooks/format/notebook.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
/** Only a failure takes so long. */
const PATIENCE_MS = 120_000;
/** What a clone of the project has, as far as it is used. */
const COPIED = ["deno.json", "deno.lock", "lib", "notebooks", "tests"];

/** A user without an entry in /etc/passwd. */
export class User {
  readonly id: number;
  readonly home: string;
  /** What only this user's cells print. */
  readonly word = crypto.randomUUID();
  #jupyter: Deno.ChildProcess | undefined;
  #said: Promise<string> | undefined;
  #url = "";
  #token = "";

  constructor(id: number) {
    this.id = id;
    this.home = `/mnt/home/${id}`;
  }

  get course(): string {
    return join(this.home, "course");
  }

  get runtime(): string {
    return join(this.course, ".jupyter/runtime");
  }

  get token(): string {
    return this.#token;
  }

  /** Copies what a clone has, and what an installed Deno has fetched. */
  async moveIn(denoDir: string): Promise<void> {
    await Deno.mkdir(join(this.home, ".cache/deno"), { recursive: true });
    await run("cp", "-r", join(denoDir, "npm"), join(this.home, ".cache/deno"));
    await Deno.mkdir(this.course);
    await run("cp", "-r", ...COPIED.map((name) => join(PROJECT, name)), this.course);
    await run("chown", "-R", `${this.id}:${this.id}`, this.home);
  }

  /** Starts a program as this user. */
  start(words: readonly string[], cwd = this.course): Deno.ChildProcess {
    const ids = [`--reuid=${this.id}`, `--regid=${this.id}`, "--clear-groups"];
    return new Deno.Command("setpriv", {
      args: [...ids, "--", ...words],
      cwd,
      clearEnv: true,
      env: { HOME: this.home, PATH: "/mnt/bin:/usr/bin:/bin:/usr/sbin", LANG: "C.UTF-8" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Runs a program as this user, and returns what it prints. */
  async says(...words: string[]): Promise<string> {
    const { stdout, stderr, success } = await this.start(words).output();
    if (!success) throw new Error(`${words.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }

  async openJupyter(): Promise<void> {
    this.#jupyter = this.start(["deno", "task", "jupyter", "--no-browser"]);
    let hasEnded = false;
    this.#jupyter.status.then(() => hasEnded = true);
    const text = (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => new Response(stream).text();
    this.#said = Promise.all([text(this.#jupyter.stdout), text(this.#jupyter.stderr)])
      .then((texts) => texts.join(""));
    await eventually(`Jupyter of ${this.id}`, async () => {
      if (hasEnded) throw new Error(await this.#said);
      const file = namesIn(this.runtime).find((name) => /^(nb|jp)server-\d+\.json$/.test(name));
      if (file === undefined) return false;
      ({ url: this.#url, token: this.#token } = JSON.parse(
        await Deno.readTextFile(join(this.runtime, file)),
      ));
      return await this.request("GET", "api").then(() => true, () => false);
    });
  }

  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { Authorization: `token ${this.#token}` },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : await response.json();
  }

  /** What a request without the token is answered. */
  async refused(): Promise<number> {
    const response = await fetch(`${this.#url}api/kernels`);
    await response.body?.cancel();
    return response.status;
  }

  /** Opens a notebook of the working copy, as a page of Jupyter does. */
  async open(name: string): Promise<OpenNotebook> {
    const session = await this.request("POST", "api/sessions", {
      ...{ path: `${name}.ipynb`, name: "", type: "notebook", kernel: { name: "fourtuple" } },
    }) as { kernel: { id: string } };
    const path = join(this.course, "work", `${name}.ipynb`);
    const { cells } = parseNotebook(await Deno.readTextFile(path));
    const sources = cells.filter((cell) => cell.cell_type === "code").map(({ source }) => source);
    const channels = new URL(`api/kernels/${session.kernel.id}/channels`, this.#url);
    channels.protocol = "ws:";
    channels.searchParams.set("token", this.#token);
    return await OpenNotebook.connect(name, sources, channels);
  }

  async closeJupyter(): Promise<void> {
    this.#jupyter?.kill("SIGTERM");
    await this.#jupyter?.status;
    await this.#said;
  }
}

/** A notebook in a page: its cells are sent one after another. */
export class OpenNotebook {
  readonly name: string;
  readonly sources: readonly string[];
  readonly #socket: WebSocket;
  /** What came out, by cell. */
  readonly outputs: string[] = [];
  readonly errors: string[] = [];

  private constructor(name: string, sources: readonly string[], socket: WebSocket) {
    [this.name, this.sources, this.#socket] = [name, sources, socket];
  }

  static async connect(
    name: string,
    sources: readonly string[],
    address: URL,
  ): Promise<OpenNotebook> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`Cannot connect to the kernel of ${name}`));
    });
    return new OpenNotebook(name, sources, socket);
  }

  /** Runs code as a cell, until its reply and "idle" have come. */
  async run(code: string): Promise<string> {
    const id = crypto.randomUUID();
    const header = { msg_id: id, msg_type: "execute_request", session: id, version: "5.3" };
    const content = { code, silent: false, store_history: true, stop_on_error: true };
    const missing = new Set(["reply", "idle"]);
    let text = "";
    const over = Promise.withResolvers<void>();
    this.#socket.onclose = () => over.reject(new Error(`The kernel of ${this.name} has ended`));
    this.#socket.onmessage = ({ data }) => {
      const { parent_header, msg_type, content } = JSON.parse(data);
      if (parent_header?.msg_id !== id) return;
      if (msg_type === "execute_reply") missing.delete("reply");
      else if (msg_type === "status") {
        if (content.execution_state === "idle") missing.delete("idle");
      } else if (msg_type !== "execute_input") {
        text += JSON.stringify(content);
        if (msg_type === "error") this.errors.push(`${this.name}: ${code}: ${content.evalue}`);
      }
      if (missing.size === 0) over.resolve();
    };
    this.#socket.send(JSON.stringify({
      ...{ header: { ...header, username: "learner" }, parent_header: {}, metadata: {} },
      ...{ content: { ...content, user_expressions: {}, allow_stdin: false }, channel: "shell" },
    }));
    await within(over.promise, `The cell of ${this.name}: ${code}`);
    this.outputs.push(text);
    return text;
  }

  /** Runs all cells, and after each one a cell that prints the user's own word. */
  async runAll(word: string): Promise<void> {
    for (const source of this.sources) {
      await this.run(source);
      await this.run(`console.log("${word}")`);
    }
  }

  close(): void {
    this.#socket.onclose = null;
    this.#socket.close();
  }
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: over its limit`)), PATIENCE_MS);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Waits until something holds. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`${what}: over its limit`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Returns the names in a folder, if it is there. */
export function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return []; // it is not there yet, or any more
  }
}
