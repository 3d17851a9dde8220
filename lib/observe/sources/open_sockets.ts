/**
 * The sockets that processes have open, by inode: /proc/PID/fd, whose links say "socket:[12345]",
 * `proc_pid_fd(5)`. The inode is also in the kernel's table, so it tells which rows are whose.
 */
import { runChildSync } from "../../program/child_process.ts";
import { libc } from "../../system/libc.ts";
import { errnoCode } from "../../system/errno.ts";

/** A socket that a process has open. */
export interface OpenSocket {
  /** The process's number for it. */
  readonly descriptor: number;
  /** The socket's number on this machine. */
  readonly inode: number;
}

/** `open(2)`. O_DIRECTORY would be another number on ARM64, where this one's means O_DIRECT. */
const O_RDONLY_CLOEXEC = 0o2000000;
const MAX_LINK = 64;
const PS_MS = 10_000;
const LINK = new Uint8Array(MAX_LINK);
const PREFIX = "socket:[".length;
const [S, BRACKET, ZERO, NINE] = new TextEncoder().encode("s[09") as unknown as number[];

// `struct linux_dirent64`, getdents64(2): inode, offset, length of the record, type, name and a 0.
const ENTRIES = new Uint8Array(65_536);
const ENTRIES_VIEW = new DataView(ENTRIES.buffer);
const RECORD_LENGTH = 16;
const NAME = 19;

/**
 * Returns the sockets that a process has open, one for each descriptor.
 *
 * @throws {Deno.errors.NotFound} If there is no such process
 * @throws {Deno.errors.PermissionDenied} If you may not read its descriptors
 */
export function socketsOf(pid: number): OpenSocket[] {
  const path = `/proc/${pid}/fd`;
  const calls = callsOf();
  return calls === undefined ? byPath(path) : byCalls(path, calls);
}

/**
 * Returns the inodes of the sockets that processes have open; by default those of this process. A
 * process that has ended, or whose descriptors one may not read, has none.
 */
export function inodesOf(pids: Iterable<number> = [Deno.pid]): ReadonlySet<number> {
  const inodes = new Set<number>();
  for (const pid of pids) {
    for (const { inode } of readable(() => socketsOf(pid)) ?? []) inodes.add(inode);
  }
  return inodes;
}

/** Returns the numbers of all processes. */
export function processes(): number[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => name)
    .filter((name) => /^[0-9]+$/.test(name)).map(Number);
}

/** Returns a process and those that it has started, their own included, as far as they run. */
export function withDescendants(pid: number): ReadonlySet<number> {
  return familyOf(pid, Map.groupBy(processes(), parentOf));
}

/**
 * Returns the same where there is no /proc, by `ps` as POSIX has it; `undefined` where there is no such
 * program either, as on Windows.
 */
export function withDescendantsByPs(pid: number): ReadonlySet<number> | undefined {
  try {
    const { success, stdout } = runChildSync(["ps", "-A", "-o", "pid=,ppid="], { timeout: PS_MS });
    if (!success) return undefined;
    const lines = [...stdout.matchAll(/^ *([0-9]+) +([0-9]+) *$/gm)];
    const children = Map.groupBy(lines, ([, , parent]) => Number(parent));
    return familyOf(
      pid,
      new Map(
        children.entries().map(([parent, each]) => [parent, each.map(([, own]) => Number(own))]),
      ),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function familyOf(
  pid: number,
  children: ReadonlyMap<number | undefined, readonly number[]>,
): ReadonlySet<number> {
  const family = new Set([pid]);
  // A set also goes through what is added meanwhile.
  for (const each of family) for (const child of children.get(each) ?? []) family.add(child);
  return family;
}

/** The fourth field of /proc/PID/stat; the second is the program's name, in parentheses. */
function parentOf(pid: number): number | undefined {
  const stat = readable(() => Deno.readTextFileSync(`/proc/${pid}/stat`));
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]);
}

/** Reads something of a process; `undefined` if it has ended, or is one that you may not read. */
export function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    const isExpected = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied ||
      // The process has ended, and its files are going.
      (error instanceof Error && "code" in error && error.code === "ESRCH");
    if (!isExpected) throw error;
    return undefined;
  }
}

type Calls = ReturnType<typeof libc>;

function callsOf(): Calls | undefined {
  try {
    return libc();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

function byPath(path: string): OpenSocket[] {
  const links: OpenSocket[] = [];
  for (const { name } of Deno.readDirSync(path)) {
    try {
      const link = Deno.readLinkSync(`${path}/${name}`);
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode !== undefined) links.push({ descriptor: Number(name), inode: Number(inode) });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return links;
}

/** Takes half the time: `readlinkat(2)` walks no path, and no name becomes a string. */
function byCalls(path: string, { functions, errno }: Calls): OpenSocket[] {
  const links: OpenSocket[] = [];
  const directory = functions.open(new TextEncoder().encode(`${path}\0`), O_RDONLY_CLOEXEC);
  const openError = errno[0]!;
  if (directory < 0) throw refusal(path, openError);
  try {
    for (;;) {
      const length = functions.getdents64(directory, ENTRIES, BigInt(ENTRIES.length));
      const error = errno[0]!;
      if (length < 0) throw refusal(path, error);
      if (length === 0) return links;
      for (let at = 0; at < length; at += ENTRIES_VIEW.getUint16(at + RECORD_LENGTH, true)) {
        const name = ENTRIES.subarray(at + NAME);
        const linkLength = functions.readlinkat(directory, name, LINK, BigInt(MAX_LINK));
        // No other kind begins like this: "pipe:[", "anon_inode:[", a path with its slash. What is
        // not a link, such as the directory itself, and what is gone gives -1.
        if (linkLength <= PREFIX || LINK[0] !== S || LINK[PREFIX - 1] !== BRACKET) continue;
        links.push({ descriptor: digitsAt(name, 0), inode: digitsAt(LINK, PREFIX) });
      }
    }
  } finally {
    functions.close(directory);
  }
}

/** Reads a number up to the first byte that is not a digit. */
function digitsAt(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let at = from; bytes[at]! >= ZERO! && bytes[at]! <= NINE!; at++) {
    value = 10 * value + bytes[at]! - ZERO!;
  }
  return value;
}

/** What {@linkcode readable} passes over has the classes of Deno's own calls. */
function refusal(path: string, errno: number): Error {
  const code = errnoCode(errno);
  const message = `Cannot read the descriptors in "${path}": the kernel refuses, ${code}`;
  if (code === "ENOENT" || code === "ESRCH") return new Deno.errors.NotFound(message);
  if (code === "EACCES" || code === "EPERM") return new Deno.errors.PermissionDenied(message);
  return new Error(message);
}
