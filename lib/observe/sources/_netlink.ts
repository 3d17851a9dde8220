/** Asks the kernel for its sockets over a netlink socket: `netlink(7)`, `sock_diag(7)`. */
import { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_TRUNC } from "../../system/constants.ts";
import { libc } from "../../system/libc.ts";
import { interfaceName } from "../../system/calls.ts";
import { errnoCode } from "../../system/errno.ts";
import { DumpError, DumpReader } from "./_diag_dump.ts";
import { type DiagQuestion, packDiagRequest } from "./_diag_request.ts";
import { type DiagRow, DiagTable } from "./_diag_row.ts";

/** The kernel fills at most 32 KiB at a time (net/netlink/af_netlink.c). */
const MAX_DATAGRAM_BYTES = 32_768;
/** How often a dump is asked for again that may go well the next time. */
const MAX_TRIES = 5;

/** What is asked, and through which socket. */
export interface DiagDump {
  /** The rows. */
  readonly rows: readonly DiagRow[];
  /** How many dumps were no good before this one, since the table changed while it was told. */
  readonly interruptions: number;
}

let sequence = 0;

/**
 * Asks for the sockets of one table, and again if the answer may be incomplete.
 *
 * @param isOwnNetwork Whether the table is that of this process's own network
 * @throws {DumpError} If no answer is a good one
 */
export function dump(
  descriptor: number,
  question: DiagQuestion,
  isOwnNetwork: boolean,
): DiagDump {
  const table = new DiagTable(question, isOwnNetwork ? interfaceName : String);
  for (let tries = 1;; tries++) {
    try {
      return { rows: dumpOnce(descriptor, question, table), interruptions: tries - 1 };
    } catch (error) {
      if (!(error instanceof DumpError && error.isPassing) || tries === MAX_TRIES) throw error;
    }
  }
}

function dumpOnce(
  descriptor: number,
  question: DiagQuestion,
  table: DiagTable,
): DiagRow[] {
  const { functions, errno } = libc();
  const number = sequence = (sequence + 1) >>> 0;
  const request = packDiagRequest(question, number);
  const sent = functions.send(descriptor, request, BigInt(request.length), MSG_NOSIGNAL);
  const sendError = errno[0]!;
  if (sent < 0) throw refused(sendError);
  const reader = new DumpReader(table, number);
  const room = new Uint8Array(MAX_DATAGRAM_BYTES);
  try {
    for (;;) {
      const datagram = nextPart(descriptor, room);
      if (datagram === undefined) throw new DumpError("unfinished", "no more");
      if (reader.read(datagram)) return reader.rows;
    }
  } catch (error) {
    // A dump that is not read to its end would keep this socket from beginning another.
    while (!reader.isOver && nextPart(descriptor, room) !== undefined);
    throw error;
  }
}

/** Receives a part of an answer, or nothing if there is no more. */
function nextPart(
  descriptor: number,
  room: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | undefined {
  const { functions, errno } = libc();
  for (;;) {
    // The kernel writes the next part of the answer while it is asked for it: nothing waits here.
    const flags = MSG_DONTWAIT | MSG_TRUNC;
    const length = functions.recv(descriptor, room, BigInt(room.length), flags);
    const error = errno[0]!;
    if (length < 0) {
      const code = errnoCode(error);
      if (code === "EINTR") continue;
      if (code === "EAGAIN") return undefined;
      if (code === "ENOBUFS") throw new DumpError("overrun", code);
      throw refused(error);
    }
    if (length > room.length) {
      throw new DumpError("truncated", `${length} bytes for ${room.length}`);
    }
    return room.slice(0, length);
  }
}

function refused(errno: number): DumpError {
  const code = errnoCode(errno);
  return new DumpError("refused", code, code);
}
