/** The lives of sockets, put together sample by sample. */
import type { Protocol } from "../../ports/protocol.ts";
import type { AddressFamily, Endpoint } from "../../tuples/endpoint.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import type { Connection } from "../rows/connection.ts";
import { type SocketChange, SocketTracker, type TableSample } from "./socket_change.ts";

/** For how long a socket was in a state; times are in milliseconds after the start. */
export interface StateSpan {
  /** The state. */
  readonly state: SocketState;
  /** The end of the first sample that had it. */
  readonly from: number;
  /** The end of the sample that had another state or none, or of the last sample. */
  readonly to: number;
}

/** The queues of a socket, from a moment on. */
export interface QueueSample {
  /** The end of the sample that saw it, in milliseconds after the start. */
  readonly time: number;
  /** The state of the socket at that moment: of a listening one the queues mean something else. */
  readonly state: SocketState;
  /** As in {@linkcode Connection}: bytes, or connections that wait for accept. */
  readonly receiveQueue: number;
  /** As in {@linkcode Connection}: bytes, or the backlog; `undefined` where it is not known. */
  readonly sendQueue: number | undefined;
}

/** What was seen of one socket. */
export interface SocketLife {
  /** Its number in the {@linkcode SocketChange}s. */
  readonly socket: number;
  /** "tcp" or "udp". */
  readonly protocol: Protocol;
  /** Which of the kernel's tables listed it. */
  readonly family: AddressFamily;
  /** Its own end, as it was last seen. */
  readonly local: Endpoint;
  /** Its peer, as it was last seen. */
  readonly remote: Endpoint;
  /** Its states, one after the other, without a gap. */
  readonly spans: readonly StateSpan[];
  /** Its queues: in its first sample, in each in which they changed, and in its last. */
  readonly queues: readonly QueueSample[];
  /** Whether the first sample had it already, so that it may be older. */
  readonly wasThere: boolean;
  /** Whether the last sample still had it. */
  readonly isThere: boolean;
}

interface Draft {
  readonly socket: number;
  readonly wasThere: boolean;
  row: Connection;
  spans: { state: SocketState; from: number }[];
  queues: QueueSample[];
  lastSeen: number;
  goneAt: number | undefined;
}

/** Collects changes, and what became of each socket. */
export class SocketLives {
  /** All changes so far. */
  readonly events: SocketChange[] = [];
  readonly #tracker = new SocketTracker();
  readonly #drafts: Draft[] = [];
  #end = 0;

  /** Adds a sample. */
  add(sample: TableSample): void {
    const changes = this.#tracker.next(sample);
    for (const change of changes) this.#apply(change);
    for (const [row, socket] of this.#tracker.current()) {
      note(this.#drafts[socket - 1]!, row, sample);
    }
    for (const change of changes) this.events.push(change);
    this.#end = sample.end;
  }

  /** Returns the lives so far, in the order in which the sockets appeared. */
  lives(): SocketLife[] {
    return this.#drafts.map(({ socket, wasThere, row, spans, queues, lastSeen, goneAt }) => {
      const last = queues.at(-1);
      return {
        socket,
        protocol: row.protocol,
        family: row.family,
        local: row.local,
        remote: row.remote,
        spans: spans.map(({ state, from }, index) => ({
          state,
          from,
          to: spans[index + 1]?.from ?? goneAt ?? this.#end,
        })),
        queues: last === undefined || last.time === lastSeen
          ? queues
          : [...queues, { ...last, time: lastSeen }],
        wasThere,
        isThere: goneAt === undefined,
      };
    });
  }

  #apply({ kind, socket, time, since, row, from, to }: SocketChange): void {
    if (kind === "appeared") {
      const spans = [{ state: row.state, from: time }];
      const wasThere = since === undefined;
      this.#drafts.push({
        ...{ socket, wasThere, row, spans },
        ...{ queues: [], lastSeen: time, goneAt: undefined },
      });
    } else if (kind === "gone") {
      this.#drafts[socket - 1]!.goneAt = time;
    } else if (from !== to) {
      this.#drafts[socket - 1]!.spans.push({ state: row.state, from: time });
    }
  }
}

function note(draft: Draft, row: Connection, { end: time }: TableSample): void {
  const { state, receiveQueue, sendQueue } = row;
  const last = draft.queues.at(-1);
  draft.row = row;
  draft.lastSeen = time;
  if (receiveQueue === undefined) return;
  if (
    last === undefined || last.state !== state || last.receiveQueue !== receiveQueue ||
    last.sendQueue !== sendQueue
  ) draft.queues.push({ time, state, receiveQueue, sendQueue });
}
