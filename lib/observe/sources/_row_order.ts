/** Puts rows into the order in which they are listed; many of them in few milliseconds. */
import { type Connection, isWaiting } from "../rows/connection.ts";
import { DiagRow } from "./_diag_row.ts";

/** Half of a key that fits into the low word beside two bits of a port. */
const INDEX_BITS = 30;
const INDEX_MASK = 2 ** INDEX_BITS - 1;

/**
 * Sorts rows: those that wait for anybody first; then by local port, so that a server's connections
 * stand together; then by protocol, remote port and addresses.
 *
 * All but the addresses fits into a number, and numbers are sorted without a call for each pair.
 */
export function inOrder(rows: readonly Connection[]): Connection[] {
  const keys = new BigUint64Array(rows.length);
  const words = new Uint32Array(keys.buffer);
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    const isDiag = row instanceof DiagRow;
    const local = isDiag ? row.localPort : row.local.port;
    const remote = isDiag ? row.remotePort : row.remote.port;
    const first = Number(!isWaiting(row)) << 17 | local << 1 | Number(row.protocol === "udp");
    words[2 * index + 1] = first << 14 | remote >>> 2;
    words[2 * index] = (remote & 3) << INDEX_BITS | index;
  }
  keys.sort();
  const sorted = new Array<Connection>(rows.length);
  for (let place = 0; place < rows.length; place++) {
    sorted[place] = rows[words[2 * place]! & INDEX_MASK]!;
  }
  for (let start = 0, end; start < rows.length; start = end) {
    end = start + 1;
    while (end < rows.length && isTie(words, start, end)) end++;
    if (end - start === 1) continue;
    const tied = sorted.slice(start, end).sort(compareAddresses);
    for (let index = start; index < end; index++) sorted[index] = tied[index - start]!;
  }
  return sorted;
}

function isTie(words: Uint32Array, one: number, other: number): boolean {
  return words[2 * one + 1] === words[2 * other + 1] &&
    words[2 * one]! >>> INDEX_BITS === words[2 * other]! >>> INDEX_BITS;
}

function compareAddresses(one: Connection, other: Connection): number {
  return compareText(String(one.local), String(other.local)) ||
    compareText(String(one.remote), String(other.remote)) ||
    one.inode - other.inode;
}

/** By code units, so that the order does not hang on the machine's language. */
function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
