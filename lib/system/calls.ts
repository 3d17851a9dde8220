/**
 * Each system call as a function that throws a SocketError if the call fails. Every socket is
 * non-blocking: a call that would have to wait (EAGAIN) returns `undefined`.
 *
 * `errno[0]` is read in the statement right after the call, for the reason given in `libc.ts`.
 */
import type { Protocol } from "../ports/protocol.ts";
import { type AddressFamily, Endpoint } from "../tuples/endpoint.ts";
import {
  AF,
  AF_NETLINK,
  EPOLL_CLOEXEC,
  F_SETFD,
  FD_CLOEXEC,
  MSG_NOSIGNAL,
  NETLINK_SOCK_DIAG,
  SHUT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
} from "./constants.ts";
import { EpollEvents } from "./epoll_events.ts";
import { libc } from "./libc.ts";
import { MAX_SOCKADDR_BYTES, packSockaddr, unpackSockaddr } from "./sockaddr.ts";
import { errnoOf, SocketError, type SystemCall } from "./errno.ts";

const EAGAIN = errnoOf("EAGAIN");
const EALREADY = errnoOf("EALREADY");
const EINPROGRESS = errnoOf("EINPROGRESS");
const EINTR = errnoOf("EINTR");
const EISCONN = errnoOf("EISCONN");

// One for all: synchronous calls do not overlap.
const ADDRESS = new Uint8Array(MAX_SOCKADDR_BYTES);
const LENGTH = new Uint32Array(1);
const LENGTH_BYTES = new Uint8Array(LENGTH.buffer);

const EVENT = new EpollEvents(1);

// A size goes to the kernel as a BigInt. Making one costs more than looking it up, and most sizes are
// small and come again and again.
const MAX_KEPT_SIZE = 4096;
const KEPT_SIZES: (bigint | undefined)[] = new Array(MAX_KEPT_SIZE + 1).fill(undefined);

/** An option in the numbers of `setsockopt(2)`. */
export interface KernelOption {
  /** The level, such as SOL_SOCKET. */
  readonly level: number;
  /** The option's number at that level. */
  readonly number: number;
  /** The value to set, or room for the value to read. */
  readonly value: Uint8Array<ArrayBuffer>;
}

/** An endpoint, and its form for the kernel. */
export interface Destination {
  /** The endpoint. */
  readonly endpoint: Endpoint;
  /** The `sockaddr`. */
  readonly address: Uint8Array<ArrayBuffer>;
}

/** Returns an endpoint with its form for the kernel; looks up the interface of its zone. */
export function destination(endpoint: Endpoint): Destination {
  return { endpoint, address: packSockaddr(endpoint, scopeOf(endpoint)) };
}

/** `socket(2)` */
export function openSocket(protocol: Protocol, family: AddressFamily): number {
  const { functions, errno } = libc();
  const type = (protocol === "tcp" ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const descriptor = functions.socket(AF[family], type, 0);
  const error = errno[0]!;
  if (descriptor < 0) {
    throw new SocketError("socket", error, { subject: `${protocol} over ${family}` });
  }
  return descriptor;
}

/** `socket(2)`: a socket that asks for the table of this process's network, `sock_diag(7)`. */
export function openDiag(): number {
  const { functions, errno } = libc();
  const type = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const descriptor = functions.socket(AF_NETLINK, type, NETLINK_SOCK_DIAG);
  const error = errno[0]!;
  if (descriptor < 0) throw new SocketError("socket", error, { subject: "the kernel's table" });
  return descriptor;
}

/** `fcntl(2)`: whether a program that this process starts gets the descriptor too. */
export function setInheritable(descriptor: number, isInheritable: boolean): void {
  const { functions, errno } = libc();
  const result = functions.fcntl(descriptor, F_SETFD, isInheritable ? 0 : FD_CLOEXEC);
  const error = errno[0]!;
  if (result < 0) throw new SocketError("fcntl", error);
}

/** `epoll_create1(2)` */
export function openEpoll(): number {
  const { functions, errno } = libc();
  const descriptor = functions.epoll_create1(EPOLL_CLOEXEC);
  const error = errno[0]!;
  if (descriptor < 0) throw new SocketError("epoll_create1", error);
  return descriptor;
}

/** `epoll_ctl(2)`; the events of the descriptor carry its number. `subject` is for the error. */
export function controlEpoll(
  epoll: number,
  operation: number,
  descriptor: number,
  events: number,
  subject?: string,
): void {
  const { functions, errno } = libc();
  EVENT.set(events, descriptor);
  const result = functions.epoll_ctl(epoll, operation, descriptor, EVENT.bytes);
  const error = errno[0]!;
  if (result < 0) throw new SocketError("epoll_ctl", error, { subject });
}

/** `epoll_wait(2)` without waiting; returns the number of events. */
export function tryEpollWait(epoll: number, events: EpollEvents, most: number): number {
  const { functions, errno } = libc();
  for (;;) {
    const count = functions.epoll_wait(epoll, events.bytes, most, 0);
    const error = errno[0]!;
    if (count >= 0) return count;
    if (error !== EINTR) throw new SocketError("epoll_wait", error);
  }
}

/** `bind(2)` */
export function bind(descriptor: number, { endpoint, address }: Destination): void {
  const { functions, errno } = libc();
  const result = functions.bind(descriptor, address, address.length);
  const error = errno[0]!;
  if (result < 0) {
    const meaning = endpoint.port === 0 && errnoOf("EADDRINUSE") === error
      ? "the kernel has no free port left to pick one from"
      : undefined;
    throw new SocketError("bind", error, { endpoint, meaning });
  }
}

/** `listen(2)` */
export function listen(descriptor: number, backlog: number): void {
  const { functions, errno } = libc();
  const result = functions.listen(descriptor, backlog);
  const error = errno[0]!;
  if (result < 0) throw failure("listen", error, descriptor);
}

/** `accept4(2)`; returns the descriptor of the accepted socket. */
export function tryAccept(descriptor: number): number | undefined {
  const { functions, errno } = libc();
  for (;;) {
    const accepted = functions.accept4(descriptor, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
    const error = errno[0]!;
    if (accepted >= 0) return accepted;
    if (error === EAGAIN) return undefined;
    if (error !== EINTR) throw failure("accept", error, descriptor);
  }
}

/**
 * `connect(2)`, and once more to ask for the result: the second call returns success or the error, and
 * leaves the socket in the same state as a blocking connect. Reading SO_ERROR instead does not: the
 * next connect of a connected socket would succeed once more.
 */
export function tryConnect(descriptor: number, to: Destination, begun: boolean): boolean {
  const { functions, errno } = libc();
  for (;;) {
    const result = functions.connect(descriptor, to.address, to.address.length);
    const error = errno[0]!;
    if (result === 0 || (begun && error === EISCONN)) return true;
    if (begun && error === EALREADY) return false;
    if (error !== EINPROGRESS && error !== EINTR) {
      throw new SocketError("connect", error, { endpoint: to.endpoint });
    }
    // Over loopback the handshake is complete by now, and a second call says so.
    begun = true;
  }
}

/** `send(2)` of the first `size` bytes; returns how many the kernel took. */
export function trySend(
  descriptor: number,
  data: Uint8Array<ArrayBuffer>,
  size: number,
): number | undefined {
  const { functions, errno } = libc();
  for (;;) {
    const sent = functions.send(descriptor, data, toSize(size), MSG_NOSIGNAL);
    const error = errno[0]!;
    if (sent >= 0) return sent;
    if (error === EAGAIN && !lacksPort(descriptor)) return undefined;
    if (error !== EINTR) throw failure("send", error, descriptor);
  }
}

/** `sendto(2)` of the first `size` bytes; returns how many the kernel took. */
export function trySendTo(
  descriptor: number,
  { data, size }: { readonly data: Uint8Array<ArrayBuffer>; readonly size: number },
  { endpoint, address }: Destination,
): number | undefined {
  const { functions, errno } = libc();
  const length = toSize(size);
  for (;;) {
    const sent = functions.sendto(descriptor, data, length, MSG_NOSIGNAL, address, address.length);
    const error = errno[0]!;
    if (sent >= 0) return sent;
    if (error === EAGAIN && !lacksPort(descriptor)) return undefined;
    if (error !== EINTR) throw new SocketError("sendto", error, { endpoint });
  }
}

/** `recv(2)` into `into`; returns how many bytes came. */
export function tryReceive(descriptor: number, into: Uint8Array<ArrayBuffer>): number | undefined {
  const { functions, errno } = libc();
  for (;;) {
    const received = functions.recv(descriptor, into, toSize(into.length), 0);
    const error = errno[0]!;
    if (received >= 0) return received;
    if (error === EAGAIN) return undefined;
    if (error !== EINTR) throw failure("recv", error, descriptor);
  }
}

/** `recvfrom(2)` into `into`; returns how many bytes came, and from where. */
export function tryReceiveFrom(
  descriptor: number,
  into: Uint8Array<ArrayBuffer>,
): { readonly length: number; readonly from: Endpoint } | undefined {
  const { functions, errno } = libc();
  const size = toSize(into.length);
  for (;;) {
    LENGTH[0] = ADDRESS.length;
    const length = functions.recvfrom(descriptor, into, size, 0, ADDRESS, LENGTH_BYTES);
    const error = errno[0]!;
    if (length >= 0) return { length, from: writtenEndpoint() };
    if (error === EAGAIN) return undefined;
    if (error !== EINTR) throw failure("recvfrom", error, descriptor);
  }
}

/** `shutdown(2)` */
export function shutdown(descriptor: number, how: keyof typeof SHUT): void {
  const { functions, errno } = libc();
  const result = functions.shutdown(descriptor, SHUT[how]);
  const error = errno[0]!;
  if (result < 0) throw failure("shutdown", error, descriptor);
}

/** `close(2)`; after EINTR the descriptor is closed too. */
export function close(descriptor: number): void {
  const { functions, errno } = libc();
  const result = functions.close(descriptor);
  const error = errno[0]!;
  if (result < 0 && error !== EINTR) throw new SocketError("close", error);
}

/** `getsockname(2)` or `getpeername(2)` */
export function nameOf(descriptor: number, call: "getsockname" | "getpeername"): Endpoint {
  const { functions, errno } = libc();
  LENGTH[0] = ADDRESS.length;
  const result = functions[call](descriptor, ADDRESS, LENGTH_BYTES);
  const error = errno[0]!;
  if (result < 0) throw new SocketError(call, error);
  return writtenEndpoint();
}

/** `setsockopt(2)`; `subject` names the option in the error. */
export function setOption(
  descriptor: number,
  { level, number, value }: KernelOption,
  subject: string,
): void {
  const { functions, errno } = libc();
  const result = functions.setsockopt(descriptor, level, number, value, value.length);
  const error = errno[0]!;
  if (result < 0) throw new SocketError("setsockopt", error, { subject });
}

/** `getsockopt(2)` into `value`; `subject` names the option in the error. */
export function getOption(
  descriptor: number,
  { level, number, value }: KernelOption,
  subject: string,
): void {
  const { functions, errno } = libc();
  LENGTH[0] = value.length;
  const result = functions.getsockopt(descriptor, level, number, value, LENGTH_BYTES);
  const error = errno[0]!;
  if (result < 0) throw new SocketError("getsockopt", error, { subject });
}

function toSize(length: number): bigint {
  return length <= MAX_KEPT_SIZE ? KEPT_SIZES[length] ??= BigInt(length) : BigInt(length);
}

/** Makes the error of a call that has no endpoint among its arguments. */
function failure(call: SystemCall, errno: number, descriptor: number): SocketError {
  return new SocketError(call, errno, { endpoint: subjectOf(call, descriptor) });
}

/** Returns the endpoint that a call is about, if the kernel knows one. */
export function subjectOf(call: SystemCall, descriptor: number): Endpoint | undefined {
  const isTalk = call === "send" || call === "recv" || call === "shutdown";
  return quietName(descriptor, isTalk ? "getpeername" : "getsockname");
}

/**
 * Did the kernel find no port for the socket? That is EAGAIN too, but waiting does not help. A socket
 * with a full buffer has a port.
 */
function lacksPort(descriptor: number): boolean {
  LENGTH[0] = ADDRESS.length;
  return libc().functions.getsockname(descriptor, ADDRESS, LENGTH_BYTES) === 0 &&
    ADDRESS[2] === 0 && ADDRESS[3] === 0;
}

/** Returns an end of the socket, or `undefined`: the error at hand matters more. */
function quietName(
  descriptor: number,
  call: "getsockname" | "getpeername",
): Endpoint | undefined {
  LENGTH[0] = ADDRESS.length;
  return libc().functions[call](descriptor, ADDRESS, LENGTH_BYTES) < 0
    ? undefined
    : writtenEndpoint();
}

/** Returns the endpoint that the kernel wrote to ADDRESS. */
function writtenEndpoint(): Endpoint {
  const { endpoint, scope } = unpackSockaddr(ADDRESS.subarray(0, LENGTH[0]))!;
  return scope === 0
    ? endpoint
    : Endpoint.from(`${endpoint.address}%${interfaceName(scope)}`, endpoint.port);
}

/** `if_nametoindex(3)`; a zone may be the number already. */
function scopeOf({ zone }: Endpoint): number {
  if (zone === undefined) return 0;
  if (/^[0-9]+$/.test(zone)) return Number(zone);
  const { functions, errno } = libc();
  const index = functions.if_nametoindex(new TextEncoder().encode(`${zone}\0`));
  const error = errno[0]!;
  if (index === 0) throw new SocketError("if_nametoindex", error, { subject: zone });
  return index;
}

/** `if_indextoname(3)`; the number itself if the interface is gone. */
export function interfaceName(index: number): string {
  const name = new Uint8Array(16);
  if (libc().functions.if_indextoname(index, name) === null) return `${index}`;
  return new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
}
