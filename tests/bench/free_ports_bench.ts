/**
 * 100 free ports, all different: held by this kit, or told by the packages that people use, in Node
 * and in Deno. And what that is worth: four processes ask for 40 ports each and bind them a moment
 * later; a clash is a port that cannot be bound any more.
 */
import { freePorts } from "../../lib/sockets/free_port.ts";
import { findProgram } from "../../lib/program/find_program.ts";
import { Table } from "../../lib/show/table.ts";
import { compare, type MissingSubject, type Subject } from "./compare.ts";

const PACKAGES = ["get-port@7.2.0", "portfinder@1.0.38", "detect-port@2.1.0"];
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const KIT = new URL("../../lib/sockets/free_port.ts", import.meta.url).href;

/** Each finds `count` ports, one after another, with what a reader of the package's page would write. */
const FINDERS: Readonly<Record<string, string>> = {
  "get-port": `import getPort from "get-port";
    export async function find(count) {
      const ports = new Set();
      while (ports.size < count) ports.add(await getPort());
      return [...ports];
    }`,
  "portfinder": `import portfinder from "portfinder";
    export async function find(count) {
      const ports = [];
      let port = 20000;
      while (ports.length < count) {
        ports.push(port = await portfinder.getPortPromise({ port, host: "127.0.0.1" }));
        port++;
      }
      return ports;
    }`,
  "detect-port": `import { detect } from "detect-port";
    export async function find(count) {
      const ports = [];
      let port = 30000;
      while (ports.length < count) {
        ports.push(port = await detect({ port, hostname: "127.0.0.1" }));
        port++;
      }
      return ports;
    }`,
};

const MEASURE = `const started = performance.now();
const ports = await find(100);
const took = performance.now() - started;
if (new Set(ports).size !== 100) throw new Error("not 100 different ports");
console.log(took);`;

/** Finds 40 ports, waits, binds each for a while, and prints how many could not be bound. */
const CLASH = `import net from "node:net";
const ports = await find(40);
await new Promise((resolve) => setTimeout(resolve, 300));
let clashes = 0;
const servers = [];
for (const port of ports) {
  const server = net.createServer();
  servers.push(server);
  await new Promise((resolve) => {
    server.once("error", () => { clashes++; resolve(); });
    server.listen(port, "127.0.0.1", resolve);
  });
}
await new Promise((resolve) => setTimeout(resolve, 1500));
for (const server of servers) server.close();
console.log(clashes);`;

/** The same with ports that are held: handed over to the socket that listens. */
const HELD = `import { freePorts } from ${JSON.stringify(KIT)};
const ports = freePorts(40);
await new Promise((resolve) => setTimeout(resolve, 300));
let clashes = 0;
const servers = [];
for (const held of ports) {
  const socket = held.handOver();
  servers.push(socket);
  try { socket.listen(); } catch { clashes++; }
}
await new Promise((resolve) => setTimeout(resolve, 1500));
for (const socket of servers) socket.close();
console.log(clashes);`;

async function print(command: string, args: readonly string[], cwd: string): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return Number(new TextDecoder().decode(stdout));
}

export default async function freePortsBench(): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/package.json`, '{ "type": "module" }');
    const subjects: (Subject | MissingSubject)[] = [{ name: "freePorts(100), held", run: held100 }];
    const hasPackages = await install(folder);
    for (const [name, source] of Object.entries(FINDERS)) {
      if (!hasPackages) {
        subjects.push({ name, missing: "npm, or it fails" });
        continue;
      }
      await Deno.writeTextFile(`${folder}/${name}.js`, `${source}\n${MEASURE}`);
      await Deno.writeTextFile(`${folder}/${name}_clash.js`, `${source}\n${CLASH}`);
      subjects.push({ name: `${name} in Node`, run: () => print("node", [`${name}.js`], folder) });
      const deno = ["run", "-A", "--node-modules-dir=manual", `${name}.js`];
      subjects.push({ name: `${name} in Deno`, run: () => print(Deno.execPath(), deno, folder) });
    }
    await Deno.writeTextFile(`${folder}/held_clash.ts`, HELD);
    const times = await compare("100 different free ports", { subjects, rounds: 7 });
    return `${times}\n\n${await clashes(folder, hasPackages)}`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function install(folder: string): Promise<boolean> {
  if (findProgram("npm") === undefined) return false;
  const { success } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", ...PACKAGES],
    cwd: folder,
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

function held100(): void {
  const held = freePorts(100);
  for (const port of held) port.release();
}

/** Four processes at once, 40 ports each. */
async function clashes(folder: string, hasPackages: boolean): Promise<Table> {
  const ways: [name: string, command: string, args: string[]][] = [
    ["freePorts, held until used", Deno.execPath(), ["run", "-A", "-c", CONFIG, "held_clash.ts"]],
    ...(hasPackages ? Object.keys(FINDERS) : []).map((name): [string, string, string[]] => [
      `${name} in Node`,
      "node",
      [`${name}_clash.js`],
    ]),
  ];
  const rows = [];
  for (const [name, command, args] of ways) {
    const four = await Promise.all([1, 2, 3, 4].map(() => print(command, args, folder)));
    rows.push([name, four.reduce((sum, count) => sum + count, 0), 160]);
  }
  return new Table({
    caption: "Four processes take 40 ports each, and use them 300 ms later",
    columns: ["", "clashes", "of"],
    rows,
  });
}
