/** The kernel's answers, put together by hand as sock_diag(7) and netlink(7) describe them. */

/** What differs from message to message. */
export interface RowParts {
  /** AF_INET or AF_INET6. */
  readonly family?: number;
  /** The state's number. */
  readonly state?: number;
  /** The local port. */
  readonly localPort?: number;
}

/** Joins messages to a datagram. */
export function datagram(...messages: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(messages.flatMap((message) => [...message]));
}

/** A netlink message with this type, payload and flags. */
export function message(
  type: number,
  payload: Uint8Array,
  { sequence = 1, flags = 2 }: { sequence?: number; flags?: number } = {},
): Uint8Array {
  const bytes = new Uint8Array(16 + Math.ceil(payload.length / 4) * 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 16 + payload.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(payload, 16);
  return bytes;
}

/** A row: an established IPv4 socket, 127.0.0.1:8080 with 127.0.0.2:40000, unless told otherwise. */
export function rowPayload(
  { family = 2, state = 1, localPort = 8080 }: RowParts = {},
): Uint8Array {
  const bytes = new Uint8Array(72 + 8);
  const view = new DataView(bytes.buffer);
  bytes.set([family, state, 2, 1], 0);
  view.setUint16(4, localPort);
  view.setUint16(6, 40000);
  bytes.set([127, 0, 0, 1], 8);
  bytes.set([127, 0, 0, 2], 24);
  view.setUint32(44, 5, true);
  view.setUint32(48, 1, true);
  for (const [index, value] of [7200, 3, 4, 1000, 99].entries()) {
    view.setUint32(52 + 4 * index, value, true);
  }
  return bytes;
}

/** The number that "done" and errors carry. */
export function number(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** The last message of a dump. */
export const DONE = message(3, number(0));
