/** The sockets among a process's descriptors: /proc/PID/fd, whose links say "socket:[12345]". */
import { libc } from "../../system/libc.ts";
import { errnoCode } from "../../system/errno.ts";

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
const PREFIX = "socket:[".length;
const [S, BRACKET, ZERO, NINE] = new TextEncoder().encode("s[09") as unknown as number[];

// `struct linux_dirent64`, getdents64(2): inode, offset, length of the record, type, name and a 0.
const ENTRIES = new Uint8Array(65_536);
const ENTRIES_VIEW = new DataView(ENTRIES.buffer);
const RECORD_LENGTH = 16;
const NAME = 19;

/**
 * Returns the sockets of a process.
 *
 * @throws {Deno.errors.NotFound} If there is no such process
 * @throws {Deno.errors.PermissionDenied} If one may not look into it
 */
export function socketLinks(pid: string): SocketLink[] {
  const path = `/proc/${pid}/fd`;
  const calls = callsOf();
  return calls === undefined ? byPath(path) : byCalls(path, calls);
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

function byPath(path: string): SocketLink[] {
  const links: SocketLink[] = [];
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

/** The same in half the time: `readlinkat(2)` walks no path, and no name becomes a text. */
function byCalls(path: string, { functions, errno }: Calls): SocketLink[] {
  const links: SocketLink[] = [];
  const folder = functions.open(new TextEncoder().encode(`${path}\0`), O_RDONLY_CLOEXEC);
  const openError = errno[0]!;
  if (folder < 0) throw refusal(path, openError);
  try {
    for (;;) {
      const length = functions.getdents64(folder, ENTRIES, BigInt(ENTRIES.length));
      const error = errno[0]!;
      if (length < 0) throw refusal(path, error);
      if (length === 0) return links;
      for (let at = 0; at < length; at += ENTRIES_VIEW.getUint16(at + RECORD_LENGTH, true)) {
        const name = ENTRIES.subarray(at + NAME);
        const linkLength = functions.readlinkat(folder, name, LINK, BigInt(MAX_LINK));
        // Paths begin with a slash, and no other kind is spelt so ("pipe:[", "anon_inode:["); what
        // is no link, as the folder itself, and what is gone gives -1.
        if (linkLength <= PREFIX || LINK[0] !== S || LINK[PREFIX - 1] !== BRACKET) continue;
        links.push({ descriptor: digitsAt(name, 0), inode: digitsAt(LINK, PREFIX) });
      }
    }
  } finally {
    functions.close(folder);
  }
}

/** Reads a number up to what is no digit any more. */
function digitsAt(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let at = from; bytes[at]! >= ZERO! && bytes[at]! <= NINE!; at++) {
    value = 10 * value + bytes[at]! - ZERO!;
  }
  return value;
}

/** Only what is expected of a process that ends, or is another user's, may be passed over. */
function refusal(path: string, errno: number): Error {
  const code = errnoCode(errno);
  const message = `Cannot look into "${path}": its directory can be read, got ${code}`;
  if (code === "ENOENT" || code === "ESRCH") return new Deno.errors.NotFound(message);
  if (code === "EACCES" || code === "EPERM") return new Deno.errors.PermissionDenied(message);
  return new Error(message);
}
