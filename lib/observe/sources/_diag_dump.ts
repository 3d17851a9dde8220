/**
 * The kernel's answer to a dump: messages, several in each datagram, until one says "done".
 * `netlink(7)`
 */
import { NLMSG_HEADER_BYTES, SOCK_DIAG_BY_FAMILY, TCPDIAG_GETSOCK } from "./_diag_request.ts";
import { DiagRow, type DiagTable, faultOfRow } from "./_diag_row.ts";
import { errnoCode } from "../../system/errno.ts";

const NLMSG_NOOP = 1;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSG_OVERRUN = 4;
const NLM_F_DUMP_INTR = 0x10;

/** Why a dump failed. */
export type DumpFault =
  /** The kernel answered with an error. */
  | "refused"
  /** A datagram was longer than the memory for it. */
  | "truncated"
  /** The table changed in a way that may have left out rows, or listed some twice. */
  | "interrupted"
  /** The kernel had more rows than its buffer holds. */
  | "overrun"
  /** No "done" came. */
  | "unfinished"
  /** A message is not as netlink messages are. */
  | "malformed";

/** Faults of dumps that may succeed the next time. */
const PASSING: ReadonlySet<DumpFault> = new Set(["interrupted", "overrun", "unfinished"]);

const RULES: Readonly<Record<DumpFault, string>> = {
  refused: "the kernel answers with its rows",
  truncated: "a datagram fits into the memory for it",
  interrupted: "the table does not change while it is read",
  overrun: "the kernel's buffer has room for the answer",
  unfinished: 'the answer ends with "done"',
  malformed: "the answer is made of whole messages",
};

/** A dump that failed. */
export class DumpError extends Error {
  /** The error's name, as it is printed. */
  override readonly name = "DumpError";
  /** Why. */
  readonly fault: DumpFault;
  /** The kernel's error: "ENOENT" if it has no such table, "EPERM" if one may not see it. */
  readonly code: string | undefined;

  /** Makes the error; `got` tells what came instead. */
  constructor(fault: DumpFault, got: string, code?: string) {
    super(`Cannot read the kernel's table of sockets by netlink: ${RULES[fault]}, got ${got}`);
    this.fault = fault;
    this.code = code;
  }

  /** Whether asking again may help. */
  get isPassing(): boolean {
    return PASSING.has(this.fault);
  }
}

/** Collects the rows of one dump. */
export class DumpReader {
  /** The rows so far. */
  readonly rows: DiagRow[] = [];
  readonly #table: DiagTable;
  readonly #sequence: number;
  #isInterrupted = false;
  #isOver = false;

  /** Makes a reader of the answer to the question with this sequence number. */
  constructor(table: DiagTable, sequence: number) {
    this.#table = table;
    this.#sequence = sequence;
  }

  /** Whether the kernel has sent the last message, which may be an error. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Reads one datagram, whose memory it keeps, and returns whether it was the last one.
   *
   * @throws {DumpError} If it is not as netlink datagrams are, or reports an error
   */
  read(datagram: Uint8Array<ArrayBuffer>): boolean {
    const { buffer, byteOffset, length } = datagram;
    if (length === 0) throw new DumpError("unfinished", "an empty datagram");
    const view = new DataView(buffer, byteOffset, length);
    for (let at = 0; at < length;) {
      if (length - at < NLMSG_HEADER_BYTES) {
        throw new DumpError("malformed", `${length - at} bytes where a header has 16`);
      }
      const size = view.getUint32(at, true);
      if (size < NLMSG_HEADER_BYTES || size > length - at) {
        throw new DumpError("malformed", `a message of ${size} bytes where ${length - at} are`);
      }
      // Anything else is left from an earlier dump that was given up.
      if (view.getUint32(at + 8, true) === this.#sequence) {
        if ((view.getUint16(at + 6, true) & NLM_F_DUMP_INTR) !== 0) this.#isInterrupted = true;
        if (this.#take(view, at, size)) return true;
      }
      at += size + 3 & ~3;
    }
    return false;
  }

  /** Takes one message, and returns whether it was the last one. */
  #take(view: DataView, at: number, size: number): boolean {
    const type = view.getUint16(at + 4, true);
    switch (type) {
      case SOCK_DIAG_BY_FAMILY:
      case TCPDIAG_GETSOCK: {
        const row = at + NLMSG_HEADER_BYTES;
        const fault = faultOfRow(view, { at: row, size: at + size - row }, this.#table);
        if (fault !== undefined) throw new DumpError("malformed", fault);
        this.rows.push(new DiagRow(view, row, this.#table));
        return false;
      }
      case NLMSG_NOOP:
        return false;
      case NLMSG_OVERRUN:
        throw new DumpError("overrun", "an overrun");
      case NLMSG_DONE:
      case NLMSG_ERROR: {
        // Both carry 0, or an errno with a minus sign; a "done" of old kernels may carry nothing.
        const has = size >= NLMSG_HEADER_BYTES + 4;
        this.#isOver = true;
        if (!has && type === NLMSG_ERROR) throw new DumpError("malformed", "an error of no number");
        const errno = has ? -view.getInt32(at + NLMSG_HEADER_BYTES, true) : 0;
        if (errno !== 0) {
          const code = errnoCode(errno);
          throw new DumpError("refused", code, code);
        }
        if (this.#isInterrupted) throw new DumpError("interrupted", "a table that changed");
        return true;
      }
      default:
        throw new DumpError("malformed", `a message of type ${type}`);
    }
  }
}
