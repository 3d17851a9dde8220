/** The sockets among a process's descriptors: /proc/PID/fd, whose links say "socket:[12345]". */
import { libc } from "../sockets/_libc.ts";
import { errnoCode } from "../sockets/errno.ts";

/** A socket among a process's descriptors. */
export interface SocketLink {
  /** The descriptor. */
  readonly descriptor: number;
  /** The socket's inode. */
  readonly inode: number;
}

/** `open(2)`. O_DIRECTORY would be another number on ARM64, where this one's means O_DIRECT. */
const O_RDONLY_CLOEXEC = 0o2000000;
const MAX_LINK = 64;
const LINK = new Uint8Array(MAX_LINK);
// A descriptor has at most ten digits; behind them stands a zero.
const NAME = new Uint8Array(16);
const PREFIX = "socket:[".length;
const [S, BRACKET, ZERO] = new TextEncoder().encode("s[0");

/**
 * Returns the sockets of a process.
 *
 * @throws {Deno.errors.NotFound} If there is no such process
 * @throws {Deno.errors.PermissionDenied} If one may not look into it
 */
export function socketLinks(pid: string): SocketLink[] {
  const path = `/proc/${pid}/fd`;
  const names = [...Deno.readDirSync(path)].map(({ name }) => name);
  const calls = callsOf();
  return calls === undefined ? byPath(path, names) : byCalls(path, names, calls);
}

type Calls = ReturnType<typeof libc>;

/** The system calls, or nothing where this program may not make them. */
function callsOf(): Calls | undefined {
  try {
    return libc();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

function byPath(path: string, names: readonly string[]): SocketLink[] {
  const links: SocketLink[] = [];
  for (const name of names) {
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

/** The same in half the time: `readlinkat(2)` walks no path, and makes no text. */
function byCalls(path: string, names: readonly string[], { functions, errno }: Calls) {
  const links: SocketLink[] = [];
  const folder = functions.open(new TextEncoder().encode(`${path}\0`), O_RDONLY_CLOEXEC);
  const error = errno[0]!;
  if (folder < 0) throw refusal(path, errnoCode(error));
  try {
    for (const name of names) {
      for (let at = 0; at < name.length; at++) NAME[at] = name.charCodeAt(at);
      NAME[name.length] = 0;
      const length = functions.readlinkat(folder, NAME, LINK, BigInt(MAX_LINK));
      // Paths begin with a slash, and no other kind of link is spelt so ("pipe:[", "anon_inode:[").
      if (length <= PREFIX || LINK[0] !== S || LINK[PREFIX - 1] !== BRACKET) continue;
      let inode = 0;
      for (let at = PREFIX; at < length - 1; at++) inode = 10 * inode + LINK[at]! - ZERO!;
      links.push({ descriptor: Number(name), inode });
    }
  } finally {
    functions.close(folder);
  }
  return links;
}

/** Only what is expected of a process that ends, or is another user's, may be passed over. */
function refusal(path: string, code: string): Error {
  const message = `Cannot look into "${path}": its directory can be opened, got ${code}`;
  if (code === "ENOENT" || code === "ESRCH") return new Deno.errors.NotFound(message);
  if (code === "EACCES" || code === "EPERM") return new Deno.errors.PermissionDenied(message);
  return new Error(message);
}
