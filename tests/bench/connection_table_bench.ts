/**
 * The kernel's table with 18,000 sockets, in a network that has no others: read by this kit, by a C
 * program over netlink, and by the tools and packages that people use. Tools are measured from start
 * to end, as a program that runs them would; of the kit and the C program it is the second of two
 * readings in one process.
 *
 * It needs `cc` and `unshare`; `ss`, `netstat`, `lsof`, Python's psutil and npm where they are.
 */
import { Table } from "../../lib/show/table.ts";
import { connections, listeners } from "../../lib/observe/connections.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { findProgram, findPrograms } from "../../lib/program/find_program.ts";
import { compare, MissingProgramError, type MissingSubject, type Subject } from "./compare.ts";

const PAIRS = 9_000;
const ROUNDS = 9;
const PACKAGE = "systeminformation@5.33.23";
const HERE = new URL(".", import.meta.url).pathname;
const decoder = new TextDecoder();

/** Runs this file in a network of its own, where npm would not find anything any more. */
export default async function connectionTableBench(): Promise<string> {
  if (findProgram("unshare") === undefined) throw new MissingProgramError("it needs unshare");
  const folder = await Deno.makeTempDir();
  try {
    await installed(folder);
    const command = 'ip link set lo up && exec "$0" run -A --v8-flags=--expose-gc "$1" "$2"';
    const { success, stdout } = await new Deno.Command("unshare", {
      args: ["-Urn", "sh", "-c", command, Deno.execPath(), import.meta.filename!, folder],
      stderr: "inherit",
    }).output();
    if (!success) throw new Error("Cannot compare readers of the table: a private network failed");
    return decoder.decode(stdout).trimEnd();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Puts the npm package there, if npm is here. */
async function installed(folder: string): Promise<void> {
  try {
    await Deno.writeTextFile(`${folder}/package.json`, "{}");
    await run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", PACKAGE]);
  } catch {
    // Its row says that it is missing.
  }
}

async function inside(folder: string): Promise<string> {
  const open = await openSockets();
  try {
    return [
      memory(),
      await rows(folder),
      await withOwners(folder),
      await compare("Only the listeners", {
        subjects: [{
          name: "listeners({ protocol: tcp })",
          run: () => listeners({ protocol: "tcp" }),
        }],
        rounds: 21,
      }),
    ].join("\n\n");
  } finally {
    for (const socket of open) socket.close();
  }
}

async function openSockets(): Promise<Socket[]> {
  const server = Socket.tcp({ timeout: 5000 });
  server.bind("127.0.0.1:0");
  server.listen(4096);
  const open = [server];
  for (let pair = 0; pair < PAIRS; pair++) {
    const client = Socket.tcp({ timeout: 5000 });
    await client.connect(server.localEndpoint());
    open.push(client, await server.accept());
  }
  return open;
}

async function rows(folder: string): Promise<Table> {
  const subjects: (Subject | MissingSubject)[] = [
    await dumpInC(folder),
    { name: "connections()", run: () => second(() => connections()) },
    { name: "connections(), every field read", run: () => second(readAll) },
    {
      name: "connections(), from /proc",
      run: () => second(() => connections({}, { source: "/proc" })),
    },
    ...await tools([["ss", "-tanH"], ["netstat", "-tan"]]),
  ];
  return await compare(`Rows of ${connections().length} sockets`, { subjects, rounds: ROUNDS });
}

async function dumpInC(folder: string): Promise<Subject | MissingSubject> {
  const name = "C, netlink";
  if (findProgram("cc") === undefined) return { name, missing: "cc" };
  const dump = `${folder}/dump`;
  await run("cc", ["-O2", "-o", dump, `${HERE}connection_table_dump.c`]);
  return { name, run: () => ownTime(dump) };
}

async function withOwners(folder: string): Promise<Table> {
  const python = "import psutil; print(len(psutil.net_connections('tcp')))";
  const subjects: (Subject | MissingSubject)[] = [
    ...await tools([["ss", "-tanpH"]]),
    { name: "connections(), owners", run: () => second(() => connections({}, { owners: true })) },
    ...await tools([
      ["lsof", "-nP", "-iTCP"],
      [pythonWith("psutil"), "-c", python],
      ...await systeminformation(folder),
    ]),
  ];
  return await compare("Rows with their owners", { subjects, rounds: 5 });
}

/** How long the second of two calls takes: what the C program tells of itself, too. */
function second(read: () => unknown): number {
  read();
  const started = performance.now();
  read();
  return performance.now() - started;
}

/** The second round of the C program, in milliseconds. */
async function ownTime(dump: string): Promise<number> {
  const last = (await run(dump, ["2"])).trimEnd().split("\n").at(-1)!;
  const [count, microseconds] = last.split(" ").map(Number) as [number, number];
  if (count < 2 * PAIRS) throw new Error(`Cannot compare: C sees ${count} rows`);
  return microseconds / 1000;
}

/** Returns the Python that has a module: a machine may have several, and packages go to one. */
function pythonWith(module: string): string {
  const has = (python: string) =>
    new Deno.Command(python, { args: ["-c", `import ${module}`], stderr: "null" }).outputSync()
      .success;
  return findPrograms("python3").find(has) ?? "python3";
}

/** Commands as subjects; those that are not here, or fail, as missing. */
async function tools(
  commands: readonly (readonly [string, ...string[]])[],
): Promise<(Subject | MissingSubject)[]> {
  const subjects: (Subject | MissingSubject)[] = [];
  for (const [command, ...args] of commands) {
    const name = args.includes("-c")
      ? "psutil"
      : command === "node"
      ? PACKAGE
      : [command, ...args].join(" ");
    try {
      await run(command, args);
      subjects.push({ name, run: () => run(command, args) });
    } catch {
      subjects.push({ name, missing: `${name.split(" ")[0]}, or it fails` });
    }
  }
  return subjects;
}

/** A program that lists connections with the npm package, if that could be installed. */
async function systeminformation(folder: string): Promise<[string, ...string[]][]> {
  const file = `${folder}/connections.cjs`;
  await Deno.writeTextFile(
    file,
    `require("systeminformation").networkConnections().then((rows) => {
      if (rows.length < ${PAIRS}) process.exit(1);
    });`,
  );
  return [["node", file]];
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(command, { args: [...args], stderr: "null" })
    .output();
  if (!success) throw new Error(`Cannot run "${command}": it succeeds, got a failure`);
  return decoder.decode(stdout);
}

function readAll(): void {
  let sum = 0;
  for (const row of connections()) {
    sum += row.local.port + row.remote.port + row.state.length + row.receiveQueue! + row.uid! +
      row.inode + row.cookie! + (row.timer?.milliseconds ?? 0) + row.sendQueue! +
      row.local.address.length + row.remote.address.length;
  }
  if (!(sum > 0)) throw new Error("Cannot read the fields: their sum is above 0");
}

function memory(): Table {
  const collect = (globalThis as unknown as { gc(): void }).gc;
  const held = () => {
    collect();
    const { heapUsed, external } = Deno.memoryUsage();
    return heapUsed + external;
  };
  connections();
  const before = held();
  const rows = connections();
  const read = held();
  for (const row of rows) if (row.local.equals(row.remote)) throw new Error("a row of its own");
  const used = held();
  const bytes = (from: number, to: number) => Math.round((to - from) / rows.length);
  return new Table({
    caption: "Memory of a row in bytes",
    columns: ["", "bytes"],
    rows: [["as read", bytes(before, read)], ["both endpoints used", bytes(before, used)]],
  });
}

if (import.meta.main) console.log(await inside(Deno.args[0]!));
