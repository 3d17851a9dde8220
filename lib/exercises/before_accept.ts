/**
 * Checks the exercises of `04_before_accept`.
 *
 * @module
 */
import { Socket } from "../sockets/socket.ts";
import { expect, judge, notYet } from "./_frame.ts";
import { type Kind, openSocket, shown } from "./_values.ts";
import type { Verdict } from "./verdict.ts";

/** How long a connection that does not come about is waited for, in milliseconds. */
const SILENCE_MS = 300;

/** What `checkReadHeader` asks for. */
export interface HeaderNumbers {
  /** The sender's port. */
  readonly from: number;
  /** The receiver's port. */
  readonly to: number;
  /** The number of the segment's first byte. */
  readonly sequence: number;
}

const NUMBERS: Kind<HeaderNumbers> = {
  rule: "an object { from, to, sequence } of numbers",
  allows: (value): value is HeaderNumbers =>
    typeof value === "object" && value !== null &&
    ["from", "to", "sequence"].every((name) =>
      typeof (value as Record<string, unknown>)[name] === "number"
    ),
};

/** Checks that a function reads the two ports and the sequence number of a TCP header. */
export function checkReadHeader(
  readHeader: ((header: Uint8Array) => HeaderNumbers | Promise<HeaderNumbers>) | undefined,
): Promise<Verdict> {
  return judge({ name: "readHeader", answer: readHeader }, async (readHeader, attempt) => {
    // Random numbers with the highest bit set and not set: 32 bits do not fit into a signed one.
    for (const high of [0, 1]) {
      const header = new Uint8Array(20);
      const view = new DataView(header.buffer);
      const right = {
        from: 1024 + attempt.random.below(64_512),
        to: 256 + attempt.random.below(768),
        sequence: high * 2 ** 31 + 2 ** 24 + attempt.random.below(2 ** 30),
      };
      view.setUint16(0, right.from);
      view.setUint16(2, right.to);
      view.setUint32(4, right.sequence);
      const about = `for the header ${header.subarray(0, 8).toHex()}…`;
      const value = await attempt.call(() => readHeader(header), { returns: NUMBERS, about });
      for (const name of ["from", "to", "sequence"] as const) {
        if (value[name] === right[name]) continue;
        const size = name === "sequence" ? 4 : 2;
        const swapped = swap(right[name], size);
        notYet({
          seen: `${about}: ${name} is ${right[name]}, and you returned ${shown(value[name])}`,
          hint: value[name] === swapped
            ? "The highest byte comes first on the wire. DataView reads so by default: leave out " +
              "the last argument"
            : value[name] === right[name] - 2 ** 32
            ? "A sequence number has no sign: getUint32() reads it"
            : "The sender's port is in bytes 0 and 1, the receiver's in 2 and 3, the sequence " +
              "number in 4 to 7",
        });
      }
    }
    return "you read both ports and the sequence number";
  });
}

/** Returns a number with its bytes in the opposite order. */
function swap(value: number, size: 2 | 4): number {
  const view = new DataView(new ArrayBuffer(4));
  if (size === 2) {
    view.setUint16(0, value);
    return view.getUint16(0, true);
  }
  view.setUint32(0, value);
  return view.getUint32(0, true);
}

/** Checks a listening socket that exactly `count` clients fit without accept. */
export function checkQueueOf(
  queueOf: ((count: number) => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  return judge({ name: "queueOf", answer: queueOf }, async (queueOf, attempt) => {
    for (const wanted of [1, 3]) {
      const about = `for ${wanted}`;
      const server = await attempt.call(() => queueOf(wanted), {
        returns: openSocket("tcp"),
        hints: {
          EADDRINUSE: "The check calls your function twice: with port 0, the kernel picks a free " +
            "port each time",
        },
        about,
      });
      const endpoint = server.localEndpoint();
      const clients = Array.from(
        { length: wanted + 2 },
        () => attempt.open(Socket.tcp({ timeout: SILENCE_MS })),
      );
      const calls = await Promise.allSettled(clients.map((client) => client.connect(endpoint)));
      const fit = calls.filter(({ status }) => status === "fulfilled").length;
      expect(
        fit !== 0,
        `${about}: no client could connect to ${endpoint}`,
        "A socket takes connections after bind() and listen()",
      );
      expect(
        fit === wanted,
        `${about}: ${fit} of ${clients.length} clients could connect`,
        "The kernel keeps one connection more than the backlog of listen()",
      );
    }
    return "1 fits where 1 should, and 3 where 3 should";
  });
}
