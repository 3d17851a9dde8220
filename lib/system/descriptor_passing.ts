/**
 * Passes descriptors from one process to another: `unix(7)`, SCM_RIGHTS. The number differs there; the
 * socket is the same.
 *
 * The program in a private network uses this file without the library's deno.json, so nothing here may
 * import a package.
 */
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_NOSIGNAL,
  SCM_RIGHTS,
  SO_RCVTIMEO,
  SOCK_CLOEXEC,
  SOCK_SEQPACKET,
  SOL_SOCKET,
} from "./constants.ts";
import { libc } from "./libc.ts";

/** EINTR, `errno(3)`: a signal interrupted the call, which is made again. */
const EINTR = 4;

/** The arguments of `socket(2)`. */
export interface SocketRequest {
  /** The family of addresses, such as AF_INET. */
  readonly domain: number;
  /** The type, with the flag SOCK_NONBLOCK; SOCK_CLOEXEC does not travel. */
  readonly type: number;
  /** The protocol; 0 for the usual one. */
  readonly protocol: number;
}

/** A message: a number, and perhaps a descriptor. */
export interface Message {
  /** The number; `undefined` if the other end is closed. */
  readonly word: number | undefined;
  /** The descriptor, which now belongs to this process. */
  readonly descriptor: number | undefined;
}

// Memory for all that `struct msghdr` points to, at fixed addresses: `sendmsg(2)`, `cmsg(3)`. The
// layout is that of 64-bit machines, the only ones that Deno runs on.
const ROOM = new ArrayBuffer(112);
const HEADER = new Uint8Array(ROOM, 0, 56);
const VIEW = new DataView(ROOM);
const PIECE = 56; // struct iovec: address, length
const WORD = 72; // the number that is sent
const CONTROL = 80; // struct cmsghdr: length (8 bytes), level, type, then the descriptor
const CONTROL_LENGTH = 20;
const CONTROL_SPACE = 24;

/** Makes two sockets that are connected to each other, for whole messages. `socketpair(2)` */
export function socketPair(): readonly [number, number] {
  const { functions, errno } = libc();
  const pair = new Int32Array(2);
  const bytes = new Uint8Array(pair.buffer);
  const result = functions.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, bytes);
  const error = errno[0]!;
  if (result < 0) {
    throw new Deno.errors.Busy(
      `Cannot make a pair of sockets: two descriptors are free, got errno ${error}`,
    );
  }
  return [pair[0]!, pair[1]!];
}

/** Returns another descriptor of the same socket, which a child process inherits. `dup(2)` */
export function inheritable(descriptor: number): number {
  const { functions, errno } = libc();
  const copy = functions.dup(descriptor);
  const error = errno[0]!;
  if (copy < 0) {
    throw new Deno.errors.Busy(`Cannot copy a descriptor: one is free, got errno ${error}`);
  }
  return copy;
}

/** Limits how long {@linkcode receive} waits on this socket. `socket(7)` */
export function limitReceive(descriptor: number, milliseconds: number): void {
  const seconds = Math.floor(milliseconds / 1000);
  const time = new BigInt64Array([BigInt(seconds), BigInt((milliseconds - seconds * 1000) * 1000)]);
  const bytes = new Uint8Array(time.buffer);
  libc().functions.setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, bytes, bytes.length);
}

/** Sends a number, and perhaps a descriptor; returns the errno, 0 if the call succeeded. */
export function send(through: number, word: number, descriptor?: number): number {
  writeHeader(descriptor === undefined ? 0 : CONTROL_SPACE);
  VIEW.setInt32(WORD, word, true);
  VIEW.setBigUint64(CONTROL, BigInt(CONTROL_LENGTH), true);
  VIEW.setInt32(CONTROL + 8, SOL_SOCKET, true);
  VIEW.setInt32(CONTROL + 12, SCM_RIGHTS, true);
  VIEW.setInt32(CONTROL + 16, descriptor ?? 0, true);
  const { functions, errno } = libc();
  for (;;) {
    const result = functions.sendmsg(through, HEADER, MSG_NOSIGNAL);
    const error = errno[0]!;
    if (result >= 0) return 0;
    if (error !== EINTR) return error;
  }
}

/**
 * Waits for a message; returns the errno if the call fails. It blocks the whole program.
 */
export function receive(through: number): Message | { readonly errno: number } {
  const { functions, errno } = libc();
  for (;;) {
    writeHeader(CONTROL_SPACE);
    const length = functions.recvmsg(through, HEADER, MSG_CMSG_CLOEXEC);
    const error = errno[0]!;
    if (length < 0 && error === EINTR) continue;
    if (length < 0) return { errno: error };
    // If this process has too many descriptors open, the kernel leaves it out and reports no error.
    const hasDescriptor = VIEW.getBigUint64(40, true) >= CONTROL_LENGTH;
    return {
      word: length === 0 ? undefined : VIEW.getInt32(WORD, true),
      descriptor: hasDescriptor ? VIEW.getInt32(CONTROL + 16, true) : undefined,
    };
  }
}

/** Writes `struct msghdr`: one piece of data, and `controlSpace` bytes for a descriptor. */
function writeHeader(controlSpace: number): void {
  const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(HEADER));
  HEADER.fill(0);
  VIEW.setBigUint64(16, BigInt(start) + BigInt(PIECE), true);
  VIEW.setBigUint64(24, 1n, true);
  VIEW.setBigUint64(32, BigInt(start) + BigInt(CONTROL), true);
  VIEW.setBigUint64(40, BigInt(controlSpace), true);
  VIEW.setBigUint64(PIECE, BigInt(start) + BigInt(WORD), true);
  VIEW.setBigUint64(PIECE + 8, 4n, true);
}

/** Puts a request into one number. */
export function packRequest({ domain, type, protocol }: SocketRequest): number {
  return domain | (protocol << 8) | (type << 16);
}

/** Takes the request out of the number. */
export function unpackRequest(word: number): SocketRequest {
  return { domain: word & 0xff, protocol: (word >>> 8) & 0xff, type: word >>> 16 };
}
