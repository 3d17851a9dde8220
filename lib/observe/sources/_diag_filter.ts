/**
 * A filter in the little machine language that the kernel runs over each socket of a dump:
 * `struct inet_diag_bc_op`, Linux, include/uapi/linux/inet_diag.h and net/ipv4/inet_diag.c.
 *
 * A program is a list of questions. Each says by how many bytes to go on if the answer is yes, and
 * by how many if it is no. A socket that arrives exactly at the end is in the dump; one that jumps four
 * bytes beyond it is not. Every question must lie on the path of all yeses, or the kernel refuses the
 * program; therefore "or" takes a jump, which always takes its "no".
 */
import { AF } from "../../system/constants.ts";
import type { Endpoint } from "../../tuples/endpoint.ts";

const JMP = 1;
const S_COND = 7;
const D_COND = 8;
const S_EQ = 11;
const D_EQ = 12;

const OP_BYTES = 4;
const ANY_PORT = -1;

/** What the kernel is asked about both ends of a socket. */
export interface DiagFilter {
  /** A port at either end. */
  readonly port?: number | undefined;
  /** An address at either end; its port does not count. */
  readonly address?: Endpoint | undefined;
}

/** A question: its code and what stands behind it, without the two jumps. */
interface Question {
  readonly code: number;
  readonly rest: Uint8Array;
  /** What stands in the place of the jump for "no" (an operand's port). */
  readonly bytes: number;
}

/** Translates a filter; empty if there is nothing to ask. */
export function diagBytecode({ port, address }: DiagFilter): Uint8Array<ArrayBuffer> {
  const either: [Question, Question][] = [];
  if (port !== undefined) either.push([portQuestion(S_EQ, port), portQuestion(D_EQ, port)]);
  if (address !== undefined) {
    either.push([hostQuestion(S_COND, address), hostQuestion(D_COND, address)]);
  }
  const total = either.reduce((sum, [a, b]) => sum + a.bytes + OP_BYTES + b.bytes, 0);
  const code = new Uint8Array(total);
  const view = new DataView(code.buffer);
  let at = 0;
  const put = (question: Question, yes: number, no: number) => {
    putOp(view, at, { code: question.code, yes, no });
    code.set(question.rest, at + OP_BYTES);
    at += question.bytes;
  };
  for (const [local, remote] of either) {
    // local? go to the jump : go to remote; jump over remote; remote? go on : out.
    put(local, local.bytes, local.bytes + OP_BYTES);
    putOp(view, at, { code: JMP, yes: OP_BYTES, no: OP_BYTES + remote.bytes });
    at += OP_BYTES;
    put(remote, remote.bytes, total - at + OP_BYTES);
  }
  return code;
}

function putOp(
  view: DataView,
  at: number,
  { code, yes, no }: { code: number; yes: number; no: number },
): void {
  view.setUint8(at, code);
  view.setUint8(at + 1, yes);
  view.setUint16(at + 2, no, true);
}

/** The port stands in the place of the "no" of a second operation. */
function portQuestion(code: number, port: number): Question {
  const rest = new Uint8Array(OP_BYTES);
  new DataView(rest.buffer).setUint16(2, port, true);
  return { code, rest, bytes: OP_BYTES + rest.length };
}

/** `struct inet_diag_hostcond`: family, length of the prefix in bits, port, address. */
function hostQuestion(code: number, endpoint: Endpoint): Question {
  const address = endpoint.toBytes();
  const rest = new Uint8Array(8 + address.length);
  const view = new DataView(rest.buffer);
  view.setUint8(0, AF[endpoint.family]);
  view.setUint8(1, 8 * address.length);
  view.setInt32(4, ANY_PORT, true);
  rest.set(address, 8);
  return { code, rest, bytes: OP_BYTES + rest.length };
}
