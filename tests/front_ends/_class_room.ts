/**
 * `deno run -A _class_room.ts USER_ID USER_ID NOTEBOOK …`: two users of one machine work through these
 * notebooks at the same time, each in a Jupyter of their own. Prints what was seen, as JSON.
 *
 * It runs as root in namespaces of its own for mounts, processes and the network, which `class_test.ts`
 * makes: so the users need no entry in /etc/passwd, nobody else's files and ports are in their way, and
 * nothing outlives it.
 */
import { join } from "node:path";
import { eventually, namesIn, User } from "./_class_user.ts";
import type { Neighbour } from "./_neighbour.ts";

/** Where the kernel's own list of processes and sockets is. */
const PROC = "/proc";
const LOOK_AGAIN_MS = 100;
/** Where every user may write. */
const SHARED_FOLDERS = ["/tmp", "/var/tmp", "/dev/shm", "/run/lock"];

/** What was seen of a class. */
export interface ClassReport {
  /** What each user's notebooks gave: the errors, by notebook and cell. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
  /** How many cells ran. */
  readonly cells: number;
  /** How many kernels ran at once. */
  readonly kernels: number;
  /** Outputs that carry the other user's word. */
  readonly mixed: readonly string[];
  /** The users' sockets that listen on another address than loopback. */
  readonly open: readonly string[];
  /** Their sockets in the abstract namespace. */
  readonly abstract: readonly string[];
  /** What others may read of the files that they had in shared folders while the notebooks ran. */
  readonly readable: readonly string[];
  /** What is there afterwards. */
  readonly left: readonly string[];
  /** Secrets of the other user that somebody else can read: keys and tokens. */
  readonly secrets: readonly string[];
  /** What one user could see and do of the other one's kernel. */
  readonly neighbour: Neighbour;
  /** How Jupyter answers a request that has no token: an HTTP status. */
  readonly jupyter: number;
}

function readIfAny(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // it has ended
  }
}

/** The rows of the kernel's tables of listening sockets, as local address and port in hexadecimal. */
function listening(): string[] {
  const rows = ["tcp", "tcp6", "udp", "udp6"].flatMap((name) =>
    readIfAny(`${PROC}/net/${name}`).trim().split("\n").slice(1)
      .map((row) => row.trim().split(/\s+/))
      .filter((fields) => fields[3] === (name.startsWith("tcp") ? "0A" : "07"))
      .map((fields) => `${name} ${fields[1]}`)
  );
  return rows;
}

function isLoopback(row: string): boolean {
  const [name, endpoint] = row.split(" ");
  return name!.endsWith("6")
    ? endpoint!.startsWith("00000000000000000000000001000000:")
    : /^[0-9A-F]{6}7F:/.test(endpoint!);
}

function abstractSockets(): string[] {
  return readIfAny(`${PROC}/net/unix`).split("\n").map((row) => row.split(/\s+/).at(-1)!)
    .filter((path) => path.startsWith("@"));
}

/** The users' processes; one that has ended may stay as a zombie, since process 1 here is this program. */
function processesOf(users: readonly User[]): string[] {
  return namesIn(PROC).filter((pid) => {
    const status = readIfAny(`${PROC}/${pid}/status`);
    return /^State:\t[^ZX]/m.test(status) &&
      users.some(({ id }) => status.includes(`\nUid:\t${id}\t`));
  }).map((pid) => readIfAny(`${PROC}/${pid}/cmdline`).replaceAll("\0", " "));
}

/** What users have in shared folders, without their homes. */
function inShared(users: readonly User[]): string[] {
  const ids = new Set(users.map(({ id }) => id));
  return SHARED_FOLDERS.flatMap((folder) =>
    namesIn(folder).flatMap((name) => {
      const path = join(folder, name);
      try {
        return ids.has(Deno.lstatSync(path).uid!) ? [path] : [];
      } catch {
        return []; // it has just been removed
      }
    })
  );
}

/** Whether other users may read or write a file. */
function isForOthers(path: string): boolean {
  try {
    return (Deno.lstatSync(path).mode! & 0o077) !== 0;
  } catch {
    return false; // it has just been removed
  }
}

/** What `spy` can read of the keys and tokens of `user`: in files, and in what processes say of themselves. */
async function readableSecrets(user: User, spy: User): Promise<string[]> {
  const files = namesIn(user.runtime).map((name) => join(user.runtime, name));
  const keys = files.flatMap((file) => {
    try {
      return [JSON.parse(Deno.readTextFileSync(file)).key as string | undefined];
    } catch {
      return []; // not a file of JSON
    }
  });
  const secrets = [user.token, ...keys].filter((secret) => secret !== undefined && secret !== "");
  const processes = namesIn(PROC).filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => [`${PROC}/${pid}/cmdline`, `${PROC}/${pid}/environ`]);
  const patterns = secrets.flatMap((secret) => ["-e", secret!]);
  // It ends with 1 where it finds nothing, and with 2 where it may not read
  const grep = ["grep", "-ls", ...patterns, ...files, ...processes];
  const found = await spy.says("sh", "-c", '"$@" || true', "sh", ...grep);
  if (secrets.length < 2) throw new Error("There are no secrets to look for");
  return found.split("\n").filter((line) => line !== "");
}

const [first, second, ...names] = Deno.args;
const users = [new User(Number(first)), new User(Number(second))];
const denoDir = Deno.env.get("CLASS_DENO_DIR")!;
await Promise.all(users.map((user) => user.moveIn(denoDir)));
try {
  await Promise.all(users.map((user) => user.openJupyter()));
  const desks = await Promise.all(
    users.flatMap((user) => names.map(async (name) => ({ user, notebook: await user.open(name) }))),
  );
  const readable = new Set<string>();
  const open = new Set<string>();
  const abstract = new Set<string>();
  const looking = setInterval(() => {
    for (const path of inShared(users)) if (isForOthers(path)) readable.add(path);
    for (const row of listening()) if (!isLoopback(row)) open.add(row);
    for (const path of abstractSockets()) abstract.add(path);
  }, LOOK_AGAIN_MS);
  await Promise.all(desks.map(({ user, notebook }) => notebook.runAll(user.word)));
  clearInterval(looking);
  const [ada, bob] = users as [User, User];
  const mine = desks.find(({ user }) => user === ada)!.notebook;
  // What a neighbour finds: every port on loopback at which somebody listens.
  const ports = listening().filter((row) => row.startsWith("tcp "))
    .map((row) => parseInt(row.split(":")[1]!, 16));
  const spying = bob.start([
    ...["deno", "run", "-A", "tests/front_ends/_neighbour.ts", ada.word],
    ...ports.map(String),
  ]);
  const seen = new Response(spying.stdout).text();
  const complaints = new Response(spying.stderr).text();
  // The neighbour prints a line once its ears are open, by a file in its own home.
  await eventually(
    "The neighbour",
    () => Promise.resolve(namesIn(bob.course).includes("_listening")),
  );
  await mine.run(`console.log("${ada.word}")`);
  await Deno.writeTextFile(join(bob.course, "_spoken"), "");
  const text = await seen;
  if (text === "") throw new Error(await complaints);
  const neighbour: Neighbour = JSON.parse(text);
  const report: Omit<ClassReport, "left"> = {
    errors: Object.fromEntries(users.map((user) => [
      user.id,
      desks.filter((desk) => desk.user === user).flatMap(({ notebook }) => notebook.errors),
    ])),
    cells: desks.reduce((sum, { notebook }) => sum + notebook.outputs.length, 0),
    kernels: desks.length,
    mixed: desks.flatMap(({ user, notebook }) =>
      notebook.outputs.filter((text) =>
        users.some((other) => other !== user && text.includes(other.word))
      )
    ),
    open: [...open],
    abstract: [...abstract],
    readable: [...readable],
    secrets: [...await readableSecrets(ada, bob), ...await readableSecrets(bob, ada)],
    neighbour,
    jupyter: await ada.refused(),
  };
  for (const { notebook } of desks) notebook.close();
  await Promise.all(users.map((user) => user.closeJupyter()));
  await eventually(
    "The end of all processes",
    () => Promise.resolve(processesOf(users).length === 0),
  )
    .catch((error) => {
      throw new Error(`${error.message}: ${processesOf(users).join(", ")}`);
    });
  // Jupyter keeps its secret for cookies; what it has of a kernel or a server ends with that.
  const files = users.flatMap(({ runtime }) =>
    namesIn(runtime).filter((name) => /^(kernel|nbserver|jpserver)-/.test(name))
  );
  const left: ClassReport = { ...report, left: [...inShared(users), ...files] };
  console.log(JSON.stringify(left));
} finally {
  for (const path of inShared(users)) await Deno.remove(path, { recursive: true });
}
