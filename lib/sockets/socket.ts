/**
 * BSD sockets: one method for each system call, with the same name.
 *
 * Linux only, by FFI (`--allow-ffi`). The first socket loads the C library; importing this loads
 * nothing.
 *
 * @module
 */
import type { Protocol } from "../ports/protocol.ts";
import {
  check,
  checkOptions,
  flag,
  milliseconds,
  objectWith,
  oneOf,
  type OptionChecks,
  refusal,
  wholeNumber,
} from "../refusal.ts";
import * as system from "../system/calls.ts";
import type { SystemCall } from "../system/errno.ts";
import {
  type AddressFamily,
  type Endpoint,
  type EndpointLike,
  toEndpoint,
} from "../tuples/endpoint.ts";
import {
  type ReadableOptionName,
  type ReadableOptionValues,
  readOption,
  roomForOption,
  type SocketOptionName,
  type SocketOptionValues,
  writeOption,
} from "./options.ts";
import { type Bytes, checkMemory, memoryFor, sizeOf, toBytes } from "./_memory.ts";
import {
  attemptOnce,
  attemptOrWait,
  type CallSubject,
  endWaits,
  NO_LIMITS,
  PLAIN_CALL,
  use,
  WAIT_OPTIONS,
  type WaitOptions,
} from "./waiting/attempt.ts";
import { type Attempt, type Side, WatchedDescriptor } from "./waiting/watched_descriptor.ts";

export type { WaitOptions };

/** A network that sockets can be made in, such as a `PrivateNetwork` or a `LabNetwork`. */
export interface SocketNetwork {
  /** Its open sockets, also those that were accepted in it. `Socket` keeps the set up to date. */
  readonly sockets: Set<Socket>;
  /**
   * Opens a socket in the network, non-blocking and close-on-exec, and returns its descriptor.
   * `Socket.tcp({ network })` calls this.
   */
  openSocket(protocol: Protocol, family: AddressFamily): number;
}

/** How a socket is made. */
export interface SocketOptions {
  /** The family of its addresses; "IPv4" by default. */
  readonly family?: AddressFamily | undefined;
  /** The network to make it in; by default the network of this program. */
  readonly network?: SocketNetwork | undefined;
  /**
   * How long each call on it may wait, in milliseconds; by default as long as it takes. A socket
   * that it accepts starts with the same limit.
   */
  readonly timeout?: number | undefined;
}

/** How much is sent, and how long that may take. */
export interface SendOptions extends WaitOptions {
  /**
   * Only the first `size` bytes; all of them by default. This saves making a view of memory that is
   * used again and again.
   */
  readonly size?: number | undefined;
}

/** How much is received, and how long that may take. */
export interface ReceiveOptions extends WaitOptions {
  /** At most this many bytes; 65,536 by default. The remainder of a longer datagram is lost. */
  readonly size?: number | undefined;
}

/** A datagram and its sender. */
export interface Datagram {
  /** The bytes; there may be none. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** The endpoint of the socket that sent it. */
  readonly from: Endpoint;
}

const DEFAULT_BACKLOG = 128;
const SOCKET_OPTIONS: OptionChecks<SocketOptions> = {
  family: oneOf("IPv4", "IPv6"),
  network: objectWith("openSocket", "a network, such as labNetwork() makes"),
  timeout: milliseconds(),
};
const SIZE_ONLY = { size: wholeNumber() };
const SENDING = { checks: { ...WAIT_OPTIONS, ...SIZE_ONLY } };
const RECEIVING = { checks: { ...WAIT_OPTIONS, size: wholeNumber({ least: 1 }) } };

/**
 * A socket, TCP or UDP, over IPv4 or IPv6.
 *
 * What the kernel does at once is a plain call: bind, listen, shutdown, close, the two endpoints, the
 * options. What may have to wait returns a promise: accept, connect, send, receive, sendTo,
 * receiveFrom. A call that waits keeps the program running and blocks nothing: one helper thread
 * waits for all sockets.
 *
 * A call that fails throws, or rejects with, a {@linkcode SocketError}. A call on a closed socket
 * fails with EBADF; a call that waits while its socket is closed fails with ECANCELED. A call that is
 * ended by its `signal` or its `timeout` has done nothing, with two exceptions: a `connect` is still
 * in progress, so close that socket; a `sendAll` may have sent a part.
 *
 * @example Both ends of a conversation, call by call
 * ```ts
 * import { Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * using server = Socket.tcp({ timeout: 5000 });
 * server.bind("127.0.0.1:0"); // 0: the kernel picks a port
 * server.listen();
 *
 * using client = Socket.tcp({ timeout: 5000 });
 * await client.connect(server.localEndpoint());
 * using accepted = await server.accept();
 *
 * // One conversation has one four-tuple, seen from two ends.
 * assertEquals(accepted.localEndpoint(), client.remoteEndpoint());
 * assertEquals(accepted.remoteEndpoint(), client.localEndpoint());
 *
 * await client.send("hello");
 * assertEquals(new TextDecoder().decode(await accepted.receive()), "hello");
 * client.close();
 * assertEquals(await accepted.receive(), new Uint8Array()); // nothing: the end
 * ```
 */
export class Socket implements Disposable {
  /** "tcp" or "udp". */
  readonly protocol: Protocol;
  /** The family of its addresses. */
  readonly family: AddressFamily;
  readonly #network: SocketNetwork | undefined;
  readonly #watched: WatchedDescriptor;

  private constructor(
    descriptor: number,
    protocol: Protocol,
    { family = "IPv4", network, timeout }: SocketOptions,
  ) {
    this.protocol = protocol;
    this.family = family;
    this.#network = network;
    this.#watched = new WatchedDescriptor(descriptor, protocol === "tcp", timeout);
    network?.sockets.add(this);
  }

  /**
   * Makes a TCP socket: a stream of bytes to and from one other end. `socket(2)`
   *
   * @throws {SocketError} If the kernel refuses, as when too many files are open (EMFILE), or the
   * network is closed (EBADF)
   * @throws {TypeError} If an option is misspelt or of the wrong kind
   * @throws {RangeError} If `timeout` is out of bounds
   * @throws {Deno.errors.NotSupported} If this machine does not run Linux
   * @throws {Deno.errors.NotCapable} If the program may not use FFI (`--allow-ffi`)
   */
  static tcp(options: SocketOptions = {}): Socket {
    return Socket.#open("tcp", options);
  }

  /**
   * Makes a UDP socket: single datagrams, to and from any endpoint. `socket(2)`
   *
   * @throws {SocketError} As {@linkcode Socket.tcp} does
   * @throws {TypeError} As {@linkcode Socket.tcp} does
   * @throws {RangeError} As {@linkcode Socket.tcp} does
   * @throws {Deno.errors.NotSupported} If this machine does not run Linux
   * @throws {Deno.errors.NotCapable} If the program may not use FFI (`--allow-ffi`)
   *
   * @example A datagram needs no connection
   * ```ts
   * import { Socket } from "fourtuple/sockets";
   * import { assertEquals } from "@std/assert";
   *
   * using receiver = Socket.udp({ timeout: 5000 });
   * receiver.bind("127.0.0.1:0");
   * using sender = Socket.udp({ timeout: 5000 });
   * await sender.sendTo("ahoy", receiver.localEndpoint());
   *
   * const { data, from } = await receiver.receiveFrom();
   * assertEquals(new TextDecoder().decode(data), "ahoy");
   * assertEquals(from.port, sender.localEndpoint().port);
   * ```
   */
  static udp(options: SocketOptions = {}): Socket {
    return Socket.#open("udp", options);
  }

  static #open(protocol: Protocol, options: SocketOptions): Socket {
    checkOptions(options, SOCKET_OPTIONS, "Cannot make a socket");
    const { family = "IPv4", network } = options;
    const descriptor = network === undefined
      ? system.openSocket(protocol, family)
      : network.openSocket(protocol, family);
    return new Socket(descriptor, protocol, options);
  }

  /**
   * The number by which this process knows the socket; /proc/self/fd lists it. -1 once the socket is
   * closed, because the kernel gives the number to the next file or socket that is opened.
   */
  get descriptor(): number {
    return this.#watched.isClosed ? -1 : this.#watched.descriptor;
  }

  /** Whether {@linkcode Socket.close} was called. */
  get isClosed(): boolean {
    return this.#watched.isClosed;
  }

  /**
   * Gives the socket its local address and port. `bind(2)`
   *
   * @param endpoint An address of this machine; with port 0 the kernel picks a free port, which
   * {@linkcode Socket.localEndpoint} returns
   * @throws {SocketError} If the port is taken (EADDRINUSE) or privileged (EACCES), the address does
   * not belong to this machine (EADDRNOTAVAIL), or the socket is already bound (EINVAL)
   */
  bind(endpoint: EndpointLike): void {
    system.bind(this.#use("bind"), system.destination(toEndpoint(endpoint)));
  }

  /**
   * Lets clients connect. From now on the kernel completes handshakes by itself, whether or not
   * {@linkcode Socket.accept} is called. `listen(2)`
   *
   * @param backlog How many connections may wait to be accepted; Linux lets one more wait, and uses
   * `net.core.somaxconn` for anything above that setting
   * @throws {RangeError} If `backlog` is not a whole number from 0 to 2,147,483,647
   * @throws {SocketError} If another socket listens on the port (EADDRINUSE), the socket is
   * connected (EINVAL), or it is a UDP socket (EOPNOTSUPP)
   */
  listen(backlog: number = DEFAULT_BACKLOG): void {
    check(backlog, wholeNumber(), { cannot: "Cannot listen", what: "a backlog" });
    system.listen(this.#use("listen"), backlog);
  }

  /**
   * Takes the next connection from the accept queue, and waits for one if there is none.
   * `accept(2)`
   *
   * @returns A new socket for this one client; the listening socket goes on listening
   * @throws {SocketError} If the socket does not listen (EINVAL), or too many files are open (EMFILE)
   */
  accept(options: WaitOptions = NO_LIMITS): Promise<Socket> {
    return this.#wait("accept", "readers", (descriptor) => this.#accept(descriptor), options);
  }

  /**
   * Connects to a listening socket, and waits until that machine has answered. An unbound socket
   * gets a local address and an ephemeral port. A UDP socket only notes the other end, which takes
   * no time and sends nothing. `connect(2)`
   *
   * @param endpoint The other end
   * @throws {SocketError} If no socket listens there (ECONNREFUSED), nothing answers (ETIMEDOUT), no
   * local port is left (EADDRNOTAVAIL, for UDP EAGAIN), no route leads there (ENETUNREACH,
   * EHOSTUNREACH), or the socket is already connected (EISCONN)
   */
  async connect(endpoint: EndpointLike, options: WaitOptions = NO_LIMITS): Promise<void> {
    const to = system.destination(toEndpoint(endpoint));
    let begun = false;
    await this.#wait(
      "connect",
      "writers",
      (descriptor) => {
        const isConnected = system.tryConnect(descriptor, to, begun);
        begun = true;
        return isConnected || undefined;
      },
      options,
      { checks: WAIT_OPTIONS, endpoint: to.endpoint },
    );
  }

  /**
   * Sends to the other end as much as the kernel has room for, and waits if it has none. `send(2)`
   *
   * @param data Bytes, or text, which is sent as UTF-8. Do not change the bytes during the call.
   * @returns How many bytes were taken, perhaps fewer than there are; {@linkcode Socket.sendAll}
   * sends all of them
   * @throws {RangeError} If `size` is not a whole number from 0 to the length of the data
   * @throws {SocketError} If the socket is not connected (ENOTCONN, for UDP EDESTADDRREQ) or was shut
   * down (EPIPE), the other end has reset the connection (ECONNRESET), or an earlier datagram of a
   * connected UDP socket was refused (ECONNREFUSED)
   */
  send(data: Uint8Array<ArrayBuffer> | string, options: SendOptions = NO_LIMITS): Promise<number> {
    return this.#wait(
      "send",
      "writers",
      (descriptor) => {
        const bytes = toBytes(data);
        return system.trySend(descriptor, bytes, sizeOf(bytes, options.size));
      },
      options,
      SENDING,
    );
  }

  /**
   * Sends everything to the other end of a TCP connection: {@linkcode Socket.send} as often as it
   * takes. The limits hold for all of it together.
   *
   * @param data Bytes, or text, which is sent as UTF-8. Do not change the bytes during the call.
   * @returns How many bytes that were
   * @throws {RangeError} If `size` is not a whole number from 0 to the length of the data
   * @throws {SocketError} As `send` does; a part may have been sent by then
   *
   * @example More than fits into the kernel's buffers
   * ```ts
   * import { Socket } from "fourtuple/sockets";
   * import { assertEquals } from "@std/assert";
   *
   * using server = Socket.tcp({ timeout: 5000 });
   * server.bind("127.0.0.1:0");
   * server.listen();
   * using client = Socket.tcp({ timeout: 5000 });
   * await client.connect(server.localEndpoint());
   * using accepted = await server.accept();
   *
   * const sending = client.sendAll(new Uint8Array(10_000_000)).then(() => client.shutdown("write"));
   * let received = 0;
   * for (let piece; (piece = await accepted.receive()).length > 0;) received += piece.length;
   * await sending;
   * assertEquals(received, 10_000_000);
   * ```
   */
  sendAll(
    data: Uint8Array<ArrayBuffer> | string,
    options: SendOptions = NO_LIMITS,
  ): Promise<number> {
    let bytes: Bytes | undefined;
    let sent = 0;
    return this.#wait(
      "send",
      "writers",
      (descriptor) => {
        bytes ??= toBytes(data);
        const size = sizeOf(bytes, options.size);
        const rest = sent === 0 ? bytes : bytes.subarray(sent);
        const more = system.trySend(descriptor, rest, size - sent);
        if (more === undefined) return undefined;
        sent += more;
        // If only a part was sent, the buffer is full now, and its next change is an event: `epoll(7)`.
        return sent === size ? size : undefined;
      },
      options,
      SENDING,
    );
  }

  /**
   * Receives what has come, and waits if nothing has. `recv(2)`
   *
   * @returns The bytes; none if the other end of a TCP connection has ended its side. An empty
   * datagram has none either.
   * @throws {RangeError} If `size` is not a whole number from 1 to 2,147,483,647
   * @throws {SocketError} If a TCP socket is not connected (ENOTCONN), the other end has reset the
   * connection (ECONNRESET), or an earlier datagram of a connected UDP socket was refused
   * (ECONNREFUSED)
   */
  receive(options: ReceiveOptions = NO_LIMITS): Promise<Uint8Array<ArrayBuffer>> {
    return this.#wait(
      "recv",
      "readers",
      (descriptor) => {
        const into = memoryFor(options.size);
        const length = this.#receive(descriptor, into);
        return length === undefined ? undefined : into.slice(0, length);
      },
      options,
      RECEIVING,
    );
  }

  /**
   * Receives into the caller's own memory, which saves a copy. `recv(2)`
   *
   * @param into The memory; do not use it for anything else during the call
   * @returns How many bytes came; 0 if the other end of a TCP connection has ended its side
   * @throws {TypeError} If `into` is not a Uint8Array
   * @throws {RangeError} If `into` is empty
   * @throws {SocketError} As {@linkcode Socket.receive} does
   */
  receiveInto(into: Uint8Array<ArrayBuffer>, options: WaitOptions = NO_LIMITS): Promise<number> {
    return this.#wait("recv", "readers", (descriptor) => this.#receive(descriptor, into), options);
  }

  /**
   * Sends a datagram to an endpoint. `sendto(2)`
   *
   * @param data Bytes, or text, which is sent as UTF-8. Do not change the bytes during the call.
   * @param endpoint The destination
   * @returns How many bytes were sent: a datagram is sent as a whole or not at all
   * @throws {RangeError} If `size` is not a whole number from 0 to the length of the data
   * @throws {SocketError} If it is too long (EMSGSIZE), no local port is left (EAGAIN), no route leads
   * there (ENETUNREACH, EHOSTUNREACH), or the socket is a connected TCP socket (EISCONN)
   */
  async sendTo(
    data: Uint8Array<ArrayBuffer> | string,
    endpoint: EndpointLike,
    options: SendOptions = NO_LIMITS,
  ): Promise<number> {
    const to = system.destination(toEndpoint(endpoint));
    return await this.#wait(
      "sendto",
      "writers",
      (descriptor) => {
        const bytes = toBytes(data);
        return system.trySendTo(descriptor, { data: bytes, size: sizeOf(bytes, options.size) }, to);
      },
      options,
      { ...SENDING, endpoint: to.endpoint },
    );
  }

  /**
   * Receives a datagram, and waits if there is none. `recvfrom(2)`
   *
   * @returns The datagram, with the endpoint of its sender
   * @throws {TypeError} If this is a TCP socket: all of its bytes come from its other end
   * @throws {RangeError} If `size` is not a whole number from 1 to 2,147,483,647
   * @throws {SocketError} If the kernel refuses
   */
  async receiveFrom(options: ReceiveOptions = NO_LIMITS): Promise<Datagram> {
    if (this.protocol !== "udp") {
      throw refusal(TypeError, {
        cannot: `Cannot receive a datagram on "${this}"`,
        rule: "only a UDP socket receives datagrams",
        part: "a TCP socket",
      });
    }
    return await this.#wait(
      "recvfrom",
      "readers",
      (descriptor) => {
        const into = memoryFor(options.size);
        const received = system.tryReceiveFrom(descriptor, into);
        return received && { data: into.slice(0, received.length), from: received.from };
      },
      options,
      RECEIVING,
    );
  }

  /**
   * Takes the next connection from the accept queue, if there is one: {@linkcode Socket.accept}
   * without waiting. `accept(2)`
   *
   * @returns A new socket, or `undefined` where `accept` would wait (EAGAIN)
   * @throws {SocketError} As `accept` does
   */
  tryAccept(): Socket | undefined {
    return this.#try("accept", "readers", (descriptor) => this.#accept(descriptor));
  }

  /**
   * Receives what has come, if anything has: {@linkcode Socket.receiveInto} without waiting.
   * `recv(2)`
   *
   * @param into The memory
   * @returns How many bytes came; 0 if the other end of a TCP connection has ended its side;
   * `undefined` where `receiveInto` would wait (EAGAIN)
   * @throws {TypeError} If `into` is not a Uint8Array
   * @throws {RangeError} If `into` is empty
   * @throws {SocketError} As `receive` does
   */
  tryReceiveInto(into: Uint8Array<ArrayBuffer>): number | undefined {
    return this.#try("recv", "readers", (descriptor) => this.#receive(descriptor, into));
  }

  /**
   * Sends as much as the kernel has room for: {@linkcode Socket.send} without waiting. `send(2)`
   *
   * @returns How many bytes were taken, or `undefined` where `send` would wait (EAGAIN)
   * @throws {TypeError} If the data is neither a Uint8Array nor a string
   * @throws {RangeError} If `size` is not a whole number from 0 to the length of the data
   * @throws {SocketError} As `send` does
   */
  trySend(
    data: Uint8Array<ArrayBuffer> | string,
    options: Pick<SendOptions, "size"> = NO_LIMITS,
  ): number | undefined {
    if (options !== NO_LIMITS) checkOptions(options, SIZE_ONLY, "Cannot send");
    return this.#try("send", "writers", (descriptor) => {
      const bytes = toBytes(data);
      return system.trySend(descriptor, bytes, sizeOf(bytes, options.size));
    });
  }

  /**
   * Ends one side of a connection, or both. After "write" the other end reads to the end, and can
   * still send: a half-closed connection. `shutdown(2)`
   *
   * @param how "read", "write" or "both"
   * @throws {TypeError} If `how` is anything else
   * @throws {SocketError} If the socket is not connected (ENOTCONN)
   */
  shutdown(how: "read" | "write" | "both"): void {
    check(how, oneOf("read", "write", "both"), { cannot: "Cannot shut down", what: "a side" });
    system.shutdown(this.#use("shutdown"), how);
  }

  /**
   * Closes the socket. Calls that wait on it fail at once with ECANCELED. Closing twice does no
   * harm. `close(2)`
   *
   * The end that closes a TCP connection first keeps it in TIME_WAIT. If bytes are unread, a close
   * resets the connection.
   */
  close(): void {
    if (this.isClosed) return;
    endWaits(this.#watched);
    this.#network?.sockets.delete(this);
    system.close(this.#watched.descriptor);
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Returns the local end; address and port are zero before the socket has them. `getsockname(2)`
   *
   * @throws {SocketError} If the socket is closed (EBADF)
   */
  localEndpoint(): Endpoint {
    return system.nameOf(this.#use("getsockname"), "getsockname");
  }

  /**
   * Returns the other end. `getpeername(2)`
   *
   * @throws {SocketError} If the socket is not connected (ENOTCONN)
   */
  remoteEndpoint(): Endpoint {
    return system.nameOf(this.#use("getpeername"), "getpeername");
  }

  /**
   * Says whether the programs that this process starts inherit the socket; at first they do not. An
   * inherited socket is the same socket under the same descriptor, and it stays open until every
   * process that has it has closed it. `fcntl(2)`, FD_CLOEXEC
   *
   * Until it is set back, each program gets the socket that any part of this process starts.
   *
   * @throws {TypeError} If the value is neither `true` nor `false`
   * @throws {SocketError} If the socket is closed (EBADF)
   *
   * @example A child keeps the port
   * ```ts
   * import { Program } from "fourtuple/program";
   * import { Socket, SocketError } from "fourtuple/sockets";
   * import { assertThrows } from "@std/assert";
   *
   * using parents = Socket.tcp();
   * parents.bind("127.0.0.1:0");
   * parents.listen();
   * parents.setInheritable(true);
   * await using _child = Program.command(["sleep", "10"]);
   * const endpoint = parents.localEndpoint();
   * parents.close();
   *
   * using rival = Socket.tcp();
   * assertThrows(() => rival.bind(endpoint), SocketError, "EADDRINUSE");
   * ```
   */
  setInheritable(isInheritable: boolean): void {
    check(isInheritable, flag, { cannot: "Cannot let a socket be inherited", what: "the value" });
    system.setInheritable(this.#use("fcntl"), isInheritable);
  }

  /**
   * Sets an option. `setsockopt(2)`
   *
   * @param name The option, one of {@linkcode SocketOptionValues}
   * @param value Its value
   * @throws {TypeError} If there is no such option, or the value is of the wrong kind
   * @throws {RangeError} If a number is out of bounds
   * @throws {SocketError} If the kernel is too old for it (ENOPROTOOPT) or refuses
   *
   * @example Read back what was set
   * ```ts
   * import { PortRange } from "fourtuple/ports";
   * import { Socket } from "fourtuple/sockets";
   * import { assertEquals } from "@std/assert";
   *
   * using socket = Socket.tcp();
   * assertEquals(socket.getOption("reuseAddress"), false);
   * socket.setOption("reuseAddress", true);
   * assertEquals(socket.getOption("reuseAddress"), true);
   *
   * socket.setOption("localPortRange", PortRange.from(40000, 40003));
   * assertEquals(String(socket.getOption("localPortRange")), "40000-40003");
   * ```
   */
  setOption<Name extends SocketOptionName>(name: Name, value: SocketOptionValues[Name]): void {
    const option = writeOption(name, value, this.family);
    system.setOption(this.#use("setsockopt"), option, name);
  }

  /**
   * Reads an option. `getsockopt(2)`
   *
   * @param name The option, one of {@linkcode ReadableOptionValues}
   * @throws {TypeError} If there is no such option
   * @throws {SocketError} If the kernel is too old for it (ENOPROTOOPT)
   */
  getOption<Name extends ReadableOptionName>(name: Name): ReadableOptionValues[Name] {
    const option = roomForOption(name, this.family);
    system.getOption(this.#use("getsockopt"), option, name);
    return readOption(name, option.value);
  }

  /** Returns "tcp socket 12", and "closed tcp socket" once it is closed. */
  toString(): string {
    return this.isClosed
      ? `closed ${this.protocol} socket`
      : `${this.protocol} socket ${this.descriptor}`;
  }

  /** How Deno and the Deno kernel print a socket. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Socket { ${this} }`;
  }

  #accept(listening: number): Socket | undefined {
    const descriptor = system.tryAccept(listening);
    if (descriptor === undefined) return undefined;
    const { family } = this;
    const { timeout } = this.#watched;
    return new Socket(descriptor, this.protocol, { family, network: this.#network, timeout });
  }

  #receive(descriptor: number, into: Bytes): number | undefined {
    checkMemory(into);
    const length = system.tryReceive(descriptor, into);
    this.#watched.noteReceived(length, into.length);
    return length;
  }

  #use(call: SystemCall): number {
    return use(this.#watched, call);
  }

  #try<Value>(call: SystemCall, side: Side, attempt: Attempt<Value>): Value | undefined {
    return attemptOnce(this.#watched, call, side, attempt);
  }

  /** Tries a call now, and if it would have to wait, again when the socket has changed. */
  #wait<Value>(
    call: SystemCall,
    side: Side,
    attempt: Attempt<Value>,
    options: WaitOptions,
    subject: CallSubject = PLAIN_CALL,
  ): Promise<Value> {
    return attemptOrWait(this.#watched, call, side, attempt, options, subject);
  }
}
