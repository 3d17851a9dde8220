import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Connection, type SocketState, TCP_STATES } from "fourtuple";
import { canBecome, diff } from "../../../lib/observe/changes/_snapshot_diff.ts";
import { row } from "../_rows.ts";

/** Few endpoints, inodes and cookies, so that they meet. */
const ROW: fc.Arbitrary<Connection> = fc.record({
  state: fc.constantFrom<SocketState>(...TCP_STATES, "UNCONNECTED", "CONNECTED"),
  local: fc.constantFrom("127.0.0.1:80", "127.0.0.1:5000", "[::1]:80"),
  remote: fc.constantFrom("127.0.0.1:80", "127.0.0.1:5000", "127.0.0.2:5000"),
  inode: fc.nat(4),
  cookie: fc.constantFrom(undefined, undefined, 1, 2, 3),
}).map(({ state, local, remote, inode, cookie }) => {
  const protocol = state === "UNCONNECTED" || state === "CONNECTED" ? "udp" : "tcp";
  return { ...row(`${protocol} ${state} ${local} ${remote}`), inode, cookie };
});
const ROWS = fc.array(ROW, { maxLength: 12 });

Deno.test("diff() applied to the rows before gives the rows after, each once", () => {
  fc.assert(fc.property(ROWS, ROWS, (before, after) => {
    const { appeared, stayed, gone } = diff(before, after);
    const applied = before.flatMap((row) => {
      if (gone.includes(row)) return [];
      const pair = stayed.find(([earlier]) => earlier === row);
      assert(pair !== undefined, "what is not gone has stayed");
      return [pair[1]];
    });
    const rows = [...applied, ...appeared];
    assertEquals(rows.length, after.length);
    assertEquals(new Set(rows), new Set(after));
    assertEquals(gone.length + stayed.length, before.length);
  }));
});

Deno.test("diff() of rows with themselves finds nothing new, in whatever order", () => {
  fc.assert(
    fc.property(
      ROWS.chain((rows) =>
        fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }))
      ),
      ([before, after]) => {
        const { appeared, stayed, gone } = diff(before, after);
        assertEquals([appeared.length, stayed.length, gone.length], [0, before.length, 0]);
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("diff() keeps two rows together only by one cookie, or one inode, or one tuple and life", () => {
  fc.assert(fc.property(ROWS, ROWS, (before, after) => {
    for (const [one, other] of diff(before, after).stayed) {
      if (one.cookie !== undefined && other.cookie !== undefined) {
        assertEquals(one.cookie, other.cookie);
        continue;
      }
      assertEquals(one.protocol, other.protocol);
      if (one.inode !== 0 && one.inode === other.inode) continue;
      assertEquals(`${one.local} ${one.remote}`, `${other.local} ${other.remote}`);
      assert(canBecome(one, other));
      assert(one.inode === 0 || other.inode === 0, "another inode is another socket");
    }
  }));
});

/** "before > after" with the inodes, and whether it can be one socket. */
const LIVES: readonly (readonly [before: string, after: string, isOne: boolean, why: string])[] = [
  ["SYN_SENT 7", "ESTABLISHED 7", true, "a client"],
  ["SYN_RECV 0", "ESTABLISHED 0", true, "in the accept queue"],
  ["SYN_RECV 0", "CLOSE_WAIT 0", true, "with a state between that nobody saw"],
  ["ESTABLISHED 0", "ESTABLISHED 7", true, "accepted"],
  ["CLOSE_WAIT 0", "CLOSE_WAIT 7", true, "accepted after the peer's end"],
  ["ESTABLISHED 7", "TIME_WAIT 0", true, "closed, all steps between unseen"],
  ["FIN_WAIT_2 7", "FIN_WAIT_2 0", true, "half-closed, then closed"],
  ["FIN_WAIT_2 0", "TIME_WAIT 0", true, "an orphan"],
  ["CLOSE_WAIT 7", "LAST_ACK 0", true, "the passive closer"],
  ["TIME_WAIT 0", "TIME_WAIT 0", true, "still waiting"],
  ["TIME_WAIT 0", "SYN_SENT 7", false, "the endpoints are used again"],
  ["TIME_WAIT 0", "ESTABLISHED 0", false, "the endpoints are used again, not accepted"],
  ["ESTABLISHED 7", "ESTABLISHED 8", false, "another inode"],
  ["ESTABLISHED 7", "ESTABLISHED 0", false, "nobody gives an established socket back"],
  ["FIN_WAIT_2 0", "FIN_WAIT_2 7", false, "nobody takes an orphan"],
  ["FIN_WAIT_1 0", "CLOSE_WAIT 0", false, "it closed first, and does not close last"],
  ["LAST_ACK 0", "ESTABLISHED 0", false, "backwards"],
  ["LISTEN 7", "LISTEN 8", false, "one listener after another"],
];

Deno.test("diff() tells a socket's next state from another socket at the same endpoints", () => {
  for (const [before, after, isOne, why] of LIVES) {
    const [one, other] = [before, after].map((text) => {
      const [state, inode] = text.split(" ");
      const ends = state === "LISTEN" ? "127.0.0.1:80" : "127.0.0.1:80 127.0.0.1:5000";
      return { ...row(`tcp ${state} ${ends}`), inode: Number(inode) };
    }) as [Connection, Connection];
    const { appeared, stayed, gone } = diff([one], [other]);
    const expected = isOne ? [0, 1, 0] : [1, 0, 1];
    assertEquals([appeared.length, stayed.length, gone.length], expected, why);
  }
});

Deno.test("canBecome() follows the arrows of RFC 9293, figure 5, however many at a time", () => {
  const arrows: Partial<Record<SocketState, readonly SocketState[]>> = {
    SYN_SENT: ["SYN_RECV", "ESTABLISHED"],
    SYN_RECV: ["ESTABLISHED", "FIN_WAIT_1"],
    ESTABLISHED: ["FIN_WAIT_1", "CLOSE_WAIT"],
    FIN_WAIT_1: ["FIN_WAIT_2", "CLOSING", "TIME_WAIT"],
    FIN_WAIT_2: ["TIME_WAIT"],
    CLOSING: ["TIME_WAIT"],
    CLOSE_WAIT: ["LAST_ACK"],
  };
  const leadsTo = (from: SocketState, to: SocketState): boolean =>
    from === to || (arrows[from] ?? []).some((next) => leadsTo(next, to)) ||
    // A reset, or a close, ends everything at once; a row in TIME_WAIT is gone then.
    (to === "CLOSE" && from !== "TIME_WAIT");
  for (const from of TCP_STATES) {
    for (const to of TCP_STATES) {
      const [before, after] = [from, to].map((state) => ({
        ...row(`tcp ${state} 127.0.0.1:80 127.0.0.2:5000`),
        inode: 0,
        cookie: undefined,
      }));
      assertEquals(canBecome(before!, after!), leadsTo(from, to), `${from} to ${to}`);
    }
  }
});

Deno.test("diff() goes by the cookie, where there is one, whatever the rest looks like", () => {
  const again = row("tcp TIME_WAIT 127.0.0.1:80 127.0.0.1:5000");
  const [one, other] = [{ ...again, inode: 0, cookie: 7 }, { ...again, inode: 0, cookie: 8 }];
  assertEquals(diff([one], [other]), { appeared: [other], stayed: [], gone: [one] });
  const elsewhere = { ...row("udp CONNECTED 127.0.0.1:9 127.0.0.1:53"), cookie: 8 };
  assertEquals(diff([other], [elsewhere]).stayed, [[other, elsewhere]]);
});

Deno.test("diff() follows an inode to other endpoints, as when a UDP socket gets a peer", () => {
  const before = { ...row("udp UNCONNECTED 0.0.0.0:5000"), inode: 7 };
  const after = { ...row("udp CONNECTED 127.0.0.1:5000 127.0.0.1:53"), inode: 7 };
  assertEquals(diff([before], [after]).stayed, [[before, after]]);
});

Deno.test("diff() keeps listeners that share an endpoint apart", () => {
  const [a, b, c] = [7, 8, 9].map((inode) => ({ ...row("tcp LISTEN 127.0.0.1:80"), inode }));
  const { appeared, stayed, gone } = diff([a!, b!], [c!, b!]);
  assertEquals([appeared, stayed, gone], [[c!], [[b!, b!]], [a!]]);
});
