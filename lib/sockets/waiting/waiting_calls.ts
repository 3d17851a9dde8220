/**
 * The calls that may have to wait.
 *
 * Each is one object for all sockets, and a try is handed what it needs. A closure for each call
 * would be as short, but a busy server makes some hundred thousand calls a second, and what they
 * leave behind drives the rest out of the processor's caches.
 */
import { kindOf, quoteValue } from "../../refusal.ts";
import * as system from "../../system/calls.ts";
import type { WaitingCall } from "./wait.ts";
import type { Datagram, Socket } from "../socket.ts";

/** What all calls take and give. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The largest number that the kernel takes for a size or a backlog. */
export const MAX_INT = 2 ** 31 - 1;

const MAX_RECEIVED = 65_536;
const ENCODER = new TextEncoder();

// Nothing runs between a synchronous call and the copy of what it received.
const RECEIVED = new Uint8Array(MAX_RECEIVED);

/** What is to be sent; the first try makes bytes of text. */
export interface Sending {
  /** The bytes, perhaps with more behind them. */
  data: Bytes | string;
  /** How many of them are to go; all by default. */
  size: number | undefined;
}

/** What is to be received; the first try makes room for it. */
export interface Receiving {
  /** At most so many bytes; 65,536 by default. */
  readonly size: number | undefined;
  /** Where to. */
  into?: Bytes;
}

/** `accept4(2)`; what is handed over makes a socket of the new descriptor. */
export const ACCEPT: WaitingCall<(descriptor: number) => Socket, Socket> = {
  name: "accept",
  side: "readers",
  inVain: "no client came",
  attempt({ descriptor }, toSocket) {
    const accepted = system.tryAccept(descriptor);
    return accepted === undefined ? undefined : toSocket(accepted);
  },
};

/** `connect(2)`; `begun` after the first try. */
export const CONNECT: WaitingCall<{ to: system.Destination; begun: boolean }, true> = {
  name: "connect",
  side: "writers",
  inVain: "no answer came",
  attempt({ descriptor }, connecting) {
    const isUp = system.tryConnect(descriptor, connecting.to, connecting.begun);
    connecting.begun = true;
    return isUp || undefined;
  },
};

/** `send(2)` */
export const SEND: WaitingCall<Sending, number> = {
  name: "send",
  side: "writers",
  inVain: "the other end made no room",
  attempt({ descriptor }, sending) {
    const data = sending.data = toBytes(sending.data);
    return sendNow(descriptor, data, sending.size);
  },
};

/** `send(2)`, until all has gone. */
export const SEND_ALL: WaitingCall<Sending & { sent: number }, number> = {
  ...SEND,
  attempt({ descriptor }, sending) {
    assertSendable(sending);
    const rest = sending.data.subarray(sending.sent, sending.size);
    const sent = system.trySend(descriptor, rest, rest.length);
    if (sent === undefined) return undefined;
    sending.sent += sent;
    // If only a part went, the buffer is full now, and its next change is an event: `epoll(7)`.
    return sent === rest.length ? sending.size : undefined;
  },
};

/** `sendto(2)` */
export const SEND_TO: WaitingCall<Sending & { to: system.Destination }, number> = {
  name: "sendto",
  side: "writers",
  inVain: "the kernel made no room",
  attempt({ descriptor }, sending) {
    assertSendable(sending);
    return system.trySendTo(descriptor, sending, sending.to);
  },
};

/** `recv(2)` into memory of the caller's. */
export const RECEIVE_INTO: WaitingCall<Bytes, number> = {
  name: "recv",
  side: "readers",
  inVain: "nothing came",
  attempt(watch, into) {
    const length = system.tryReceive(watch.descriptor, into);
    watch.noteReceived(length, into.length);
    return length;
  },
};

/** `recv(2)` */
export const RECEIVE: WaitingCall<Receiving, Bytes> = {
  ...RECEIVE_INTO,
  attempt(watch, receiving) {
    const into = receiving.into ??= roomFor(receiving.size);
    const length = RECEIVE_INTO.attempt(watch, into);
    return length === undefined ? undefined : into.slice(0, length);
  },
};

/** `recvfrom(2)` */
export const RECEIVE_FROM: WaitingCall<Receiving, Datagram> = {
  name: "recvfrom",
  side: "readers",
  inVain: "no datagram came",
  attempt({ descriptor }, receiving) {
    const into = receiving.into ??= roomFor(receiving.size);
    const received = system.tryReceiveFrom(descriptor, into);
    if (received === undefined) return undefined;
    return { data: into.slice(0, received.length), from: received.from };
  },
};

/** Makes bytes of text, and refuses what cannot be sent. */
function assertSendable(sending: Sending): asserts sending is { data: Bytes; size: number } {
  const data = sending.data = toBytes(sending.data);
  if (sending.size === undefined) sending.size = data.length;
  else assertSize(sending.size, data);
}

/** Makes bytes of text. */
export function toBytes(data: Bytes | string): Bytes {
  if (typeof data === "string") return ENCODER.encode(data);
  if (data instanceof Uint8Array) return data;
  throw new TypeError(
    `Cannot send ${quoteValue(data)}: data is a Uint8Array or a string, got ${kindOf(data)}`,
  );
}

/** Sends the first `size` bytes, as many as the kernel has room for. */
export function sendNow(
  descriptor: number,
  data: Bytes,
  size: number = data.length,
): number | undefined {
  assertSize(size, data);
  return system.trySend(descriptor, data, size);
}

/** Refuses to send more than there is: the kernel would send what lies behind it. */
function assertSize(size: number, data: Bytes): void {
  assertCount(size, "send", 0, data.length);
}

/** Refuses memory without room: the nothing that it would get looks like the end. */
export function assertRoom(into: Bytes): void {
  if (!(into instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot receive into ${quoteValue(into)}: memory is a Uint8Array, got ${kindOf(into)}`,
    );
  }
  if (into.length === 0) {
    throw new RangeError(
      "Cannot receive into memory of no bytes: it has room for at least one, got an empty one",
    );
  }
}

function roomFor(size: number = MAX_RECEIVED): Bytes {
  if (size === MAX_RECEIVED) return RECEIVED;
  assertCount(size, "receive", 1);
  return size < MAX_RECEIVED ? RECEIVED.subarray(0, size) : new Uint8Array(size);
}

/** Refuses what is no whole number, or out of bounds. */
export function assertCount(
  value: number,
  purpose: string,
  least = 0,
  most = MAX_INT,
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `Cannot ${purpose} "${value}": it is a whole number from ${least} to ${most}, ` +
      `got ${typeof value === "number" ? value : kindOf(value)}`,
  );
}
