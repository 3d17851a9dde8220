import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "fourtuple";
import { type SocketChange, SocketTracker } from "../../../lib/observe/changes/socket_change.ts";
import { row } from "../_rows.ts";

const CLIENT = ["SYN_SENT 7", "ESTABLISHED 7", "FIN_WAIT_2 7", "TIME_WAIT 0"];
const SERVER = ["SYN_RECV 0", "ESTABLISHED 0", "ESTABLISHED 8", "CLOSE_WAIT 8", "LAST_ACK 0"];
const UDP = ["UNCONNECTED 9", "CONNECTED 9"];

Deno.test("SocketTracker gives a socket one number for its whole life", () => {
  const tracker = new SocketTracker();
  const told = ["TIME_WAIT 0", ...CLIENT, "", ...CLIENT.slice(1, 2)].map((text, index) =>
    tracker.next(sample(index, text === "" ? [] : [seen(text)])).map(lineOf)
  );
  assertEquals(told, [
    ["1 appeared - TIME_WAIT at 1"],
    ["1 gone TIME_WAIT - at 11, since 0", "2 appeared - SYN_SENT at 11, since 0"],
    ["2 changed SYN_SENT ESTABLISHED at 21, since 10"],
    ["2 changed ESTABLISHED FIN_WAIT_2 at 31, since 20"],
    ["2 changed FIN_WAIT_2 TIME_WAIT at 41, since 30"],
    ["2 gone TIME_WAIT - at 51, since 40"],
    ["3 appeared - ESTABLISHED at 61, since 50"],
  ]);
});

Deno.test("SocketTracker says nothing of queues and owners", () => {
  const tracker = new SocketTracker();
  tracker.next(sample(0, [seen("ESTABLISHED 0")]));
  assertEquals(tracker.next(sample(1, [{ ...seen("ESTABLISHED 8"), receiveQueue: 5 }])), []);
});

Deno.test("SocketTracker takes the later of two rows of a socket that moved meanwhile", () => {
  const tracker = new SocketTracker();
  const rows = ["SYN_RECV 0", "ESTABLISHED 0"].map((text) => ({ ...seen(text), cookie: 1 }));
  assertEquals(tracker.next(sample(0, rows)).map(lineOf), ["1 appeared - ESTABLISHED at 1"]);
});

/** For each life: in which sample it begins, and how many samples each of its states lasts. */
const LIVES = fc.array(
  fc.record({
    states: fc.constantFrom(CLIENT, SERVER, UDP),
    begin: fc.nat(6),
    lasts: fc.array(fc.nat(3), { minLength: 5, maxLength: 5 }),
  }),
  { maxLength: 8 },
);

Deno.test("SocketTracker's changes, replayed, give each sample again, and no two lives one number", () => {
  fc.assert(fc.property(LIVES, (lives) => {
    // Each life has its own port, and what it should look like in each sample
    const samples = Array.from(
      { length: 24 },
      (_, index) =>
        lives.flatMap(({ states, begin, lasts }, life) => {
          let passed = begin;
          const state = states.find((_, which) =>
            index >= begin && index < (passed += lasts[which]!)
          );
          return state === undefined ? [] : [{ life, row: seen(state, 5000 + life) }];
        }),
    );
    const tracker = new SocketTracker();
    const replayed = new Map<number, Connection>();
    const lifeOf = new Map<number, number>();
    for (const [index, sockets] of samples.entries()) {
      for (const change of tracker.next(sample(index, sockets.map(({ row }) => row)))) {
        if (change.kind === "gone") replayed.delete(change.socket);
        else replayed.set(change.socket, change.row);
        const life = change.row.remote.port;
        assertEquals(lifeOf.get(change.socket) ?? life, life, "one number, one life");
        lifeOf.set(change.socket, life);
      }
      assertEquals(
        [...replayed.values()].map(stateOf).sort(),
        sockets.map(({ row }) => stateOf(row)).sort(),
      );
    }
    const begun = lives.filter(({ states, lasts }) => states.some((_, i) => lasts[i]! > 0));
    assertEquals(lifeOf.size, begun.length, "and one life, one number");
  }));
});

function seen(text: string, remotePort = 5000): Connection {
  const [state, inode] = text.split(" ");
  const protocol = UDP.includes(text) ? "udp" : "tcp";
  // Each life's own inodes
  const number = Number(inode) === 0 ? 0 : Number(inode) + 10 * remotePort;
  return {
    ...row(`${protocol} ${state} 127.0.0.1:80 127.0.0.1:${remotePort}`),
    inode: number,
  };
}

function sample(index: number, rows: readonly Connection[]) {
  return { begin: index * 10, end: index * 10 + 1, value: rows };
}

function lineOf({ socket, kind, from, to, time, since }: SocketChange): string {
  const when = since === undefined ? `at ${time}` : `at ${time}, since ${since}`;
  return `${socket} ${kind} ${from ?? "-"} ${to ?? "-"} ${when}`;
}

function stateOf({ protocol, state, local, remote }: Connection): string {
  return `${protocol} ${state} ${local} ${remote}`;
}
