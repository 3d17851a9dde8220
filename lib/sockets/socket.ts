/**
 * BSD sockets: one call is one system call, of the same name.
 *
 * Linux only, by FFI (`--allow-ffi`). The first socket that is made loads the C library; importing
 * the kit loads nothing.
 *
 * @module
 */
import type { Protocol } from "../ports/protocol.ts";
import { kindOf, quoteValue } from "../refusal.ts";
import {
  type AddressFamily,
  type Endpoint,
  type EndpointLike,
  toEndpoint,
} from "../tuples/endpoint.ts";
import type { SystemCall } from "../system/errno_meanings.ts";
import { giveMaker, type Origin } from "../networks/_making.ts";
import { numbersOf, readOption, writeOption } from "./_option_encoding.ts";
import { assertTimeout, attempt, attemptOrWait, endWaits, use } from "./waiting/attempt.ts";
import {
  ACCEPT,
  assertCount,
  assertRoom,
  CONNECT,
  RECEIVE,
  RECEIVE_FROM,
  RECEIVE_INTO,
  SEND,
  SEND_ALL,
  SEND_TO,
  sendNow,
  toBytes,
} from "./waiting/waiting_calls.ts";
import * as system from "../system/calls.ts";
import { refuse, settle } from "./waiting/turns.ts";
import type { Side, WaitingCall } from "./waiting/wait.ts";
import { Watch } from "./waiting/watched_socket.ts";
import type {
  ReadableOptionName,
  ReadableOptionValues,
  SocketOptionName,
  SocketOptionValues,
} from "./options.ts";

/** How a socket is made. */
export interface SocketOptions {
  /** Whose addresses it takes; "IPv4" by default. */
  readonly family?: AddressFamily;
  /**
   * How long each call on it may wait, in milliseconds; by default as long as it takes. A socket
   * that it accepts begins with the same limit.
   */
  readonly timeout?: number;
}

/** How long a call may wait. */
export interface WaitOptions {
  /** When it is aborted, the call rejects with its reason; by default nothing aborts the call. */
  readonly signal?: AbortSignal;
  /**
   * After how many milliseconds the call rejects with a `DOMException` named "TimeoutError", which
   * is what `AbortSignal.timeout()` gives too. 0 does not wait at all. By default the socket's own.
   */
  readonly timeout?: number;
}

/** How much is sent, and how long that may take. */
export interface SendOptions extends WaitOptions {
  /**
   * Only the first so many bytes; all of them by default. It saves making a view of memory that is
   * used again and again.
   */
  readonly size?: number;
}

/** How much is received, and how long that may take. */
export interface ReceiveOptions extends WaitOptions {
  /** At most so many bytes; 65,536 by default. The rest of a longer datagram is lost. */
  readonly size?: number;
}

/** A datagram, and who sent it. */
export interface Datagram {
  /** What it says; may be empty. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** The socket that it comes from. */
  readonly from: Endpoint;
}

const DEFAULT_BACKLOG = 128;
const NO_LIMITS: WaitOptions = {};

/**
 * A socket, TCP or UDP, over IPv4 or IPv6.
 *
 * What the kernel does at once is a plain call: bind, listen, shutdown, close, the two endpoints,
 * the options. What may have to wait gives a promise: accept, connect, send, receive, sendTo,
 * receiveFrom. Waiting keeps the program running, and nothing else waiting: however many sockets
 * wait, one helper thread does it for all.
 *
 * A call that fails throws, or rejects with, a {@linkcode SocketError}. A call on a closed socket
 * fails with EBADF, one that waited while its socket was closed with ECANCELED. A call whose wait
 * was ended by its `signal` or its `timeout` has done nothing, with two exceptions: a `connect` is
 * still on its way, so close that socket; a `sendAll` may have sent a part.
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
  /** Whose addresses it takes. */
  readonly family: AddressFamily;
  readonly #timeout: number | undefined;
  readonly #siblings: Set<Socket> | undefined;
  readonly #watch: Watch;

  static {
    giveMaker((protocol, options, origin) => Socket.#make(protocol, options, origin));
  }

  private constructor(
    descriptor: number,
    { protocol, family, timeout, siblings }: {
      protocol: Protocol;
      family: AddressFamily;
      timeout: number | undefined;
      siblings: Set<Socket> | undefined;
    },
  ) {
    this.#watch = new Watch(descriptor, protocol === "tcp");
    this.protocol = protocol;
    this.family = family;
    this.#timeout = timeout;
    this.#siblings = siblings;
    siblings?.add(this);
  }

  /**
   * Makes a TCP socket: a stream of bytes to one other end. `socket(2)`
   *
   * @throws {SocketError} If the kernel refuses, as when too many files are open (EMFILE)
   * @throws {Deno.errors.NotSupported} If this machine is no Linux
   * @throws {Deno.errors.NotCapable} If the program may not use FFI (`--allow-ffi`)
   */
  static tcp(options: SocketOptions = {}): Socket {
    return Socket.#make("tcp", options);
  }

  /**
   * Makes a UDP socket: single datagrams, to and from anybody. `socket(2)`
   *
   * @throws {SocketError} If the kernel refuses, as when too many files are open (EMFILE)
   * @throws {Deno.errors.NotSupported} If this machine is no Linux
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
    return Socket.#make("udp", options);
  }

  static #make(
    protocol: Protocol,
    { family = "IPv4", timeout }: SocketOptions,
    { open = system.openSocket, siblings }: Partial<Origin> = {},
  ): Socket {
    if (family !== "IPv4" && family !== "IPv6") {
      throw new TypeError(
        `Cannot make a socket for ${quoteValue(family)}: a family is "IPv4" or "IPv6", got ${
          typeof family === "string" ? quoteValue(family) : kindOf(family)
        }`,
      );
    }
    assertTimeout(timeout);
    return new Socket(open(protocol, family), { protocol, family, timeout, siblings });
  }

  /**
   * The number by which this process knows the socket; /proc/self/fd lists it. -1 once it is closed,
   * for the kernel gives the number to the next file or socket that is opened.
   */
  get descriptor(): number {
    return this.#watch.isClosed ? -1 : this.#watch.descriptor;
  }

  /** Whether {@linkcode Socket.close} was called. */
  get isClosed(): boolean {
    return this.#watch.isClosed;
  }

  /**
   * Takes an address and a port of this machine for the local end. `bind(2)`
   *
   * @param endpoint Where; with port 0 the kernel picks a free one, which
   * {@linkcode Socket.localEndpoint} tells
   * @throws {SocketError} If the port is taken (EADDRINUSE), privileged (EACCES), the address is
   * none of this machine's (EADDRNOTAVAIL), or the socket is bound already (EINVAL)
   */
  bind(endpoint: EndpointLike): void {
    const descriptor = this.#use("bind");
    system.bind(descriptor, system.destination(toEndpoint(endpoint)));
  }

  /**
   * Lets clients connect. From here on the kernel completes handshakes by itself, whether or not
   * {@linkcode Socket.accept} is called. `listen(2)`
   *
   * @param backlog How many connections may wait to be accepted; Linux lets one more wait, and takes
   * `net.core.somaxconn` for anything above that
   * @throws {RangeError} If `backlog` is not a whole number from 0 to 2,147,483,647
   * @throws {SocketError} If another socket listens on the port (EADDRINUSE), the socket is
   * connected (EINVAL) or a UDP one (EOPNOTSUPP)
   */
  listen(backlog: number = DEFAULT_BACKLOG): void {
    assertCount(backlog, "listen with a backlog of");
    system.listen(this.#use("listen"), backlog);
  }

  /**
   * Takes the next connection from the queue, and waits for one if there is none. `accept(2)`
   *
   * @returns A new socket for this one client; the listening socket goes on listening
   * @throws {SocketError} If the socket does not listen (EINVAL), too many files are open (EMFILE)
   */
  accept(options: WaitOptions = NO_LIMITS): Promise<Socket> {
    return this.#do(ACCEPT, (descriptor) => this.#accepted(descriptor), options);
  }

  /**
   * Connects to a listening socket, and waits until that machine has answered. An unbound socket
   * gets a local address and an ephemeral port. A UDP socket only notes to whom it talks, which
   * takes no time and tells nobody. `connect(2)`
   *
   * @param endpoint The other end
   * @throws {SocketError} If nothing listens there (ECONNREFUSED), nothing answers (ETIMEDOUT), no
   * local port is left (EADDRNOTAVAIL, for UDP EAGAIN), no way leads there (ENETUNREACH,
   * EHOSTUNREACH), or the socket is connected (EISCONN)
   */
  async connect(endpoint: EndpointLike, options: WaitOptions = NO_LIMITS): Promise<void> {
    const to = system.destination(toEndpoint(endpoint));
    await this.#do(CONNECT, { to, begun: false }, options, to.endpoint);
  }

  /**
   * Sends to the other end as much as the kernel has room for, and waits if it has none. `send(2)`
   *
   * @param data Bytes, or text, which goes as UTF-8. Leave the bytes alone until the call is over.
   * @returns How many bytes were taken, which may be fewer than there are; {@linkcode Socket.sendAll}
   * sends the rest too
   * @throws {RangeError} If `size` is not a whole number from 0 to the length of the data
   * @throws {SocketError} If the socket is not connected (ENOTCONN, for UDP EDESTADDRREQ), was shut
   * down (EPIPE), the other end has reset the connection (ECONNRESET), or a connected UDP socket's
   * earlier datagram came back (ECONNREFUSED)
   */
  send(data: Uint8Array<ArrayBuffer> | string, options: SendOptions = NO_LIMITS): Promise<number> {
    return this.#do(SEND, { data, size: options.size }, options);
  }

  /**
   * Sends everything to the other end of a TCP connection: {@linkcode Socket.send} again and again.
   * The limits hold for all of it together.
   *
   * @param data Bytes, or text, which goes as UTF-8. Leave the bytes alone until the call is over.
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
    let sent: number | undefined;
    // Nearly every message goes whole and at once. Then there is nothing to remember of it.
    if (this.#isFree("writers", options) && data instanceof Uint8Array) {
      const { size = data.length } = options;
      try {
        sent = sendNow(this.#watch.descriptor, data, size);
        if (sent === size) return settle(sent);
      } catch (error) {
        return refuse(error);
      }
    }
    return this.#do(SEND_ALL, { data, size: options.size, sent: sent ?? 0 }, options);
  }

  /**
   * Receives what has come, and waits if nothing has. `recv(2)`
   *
   * @returns The bytes; none if the other end of a TCP connection has ended its side. An empty
   * datagram has none either.
   * @throws {RangeError} If `size` is not a whole number from 1 to 2,147,483,647
   * @throws {SocketError} If a TCP socket is not connected (ENOTCONN), the other end has reset the
   * connection (ECONNRESET), or a connected UDP socket's earlier datagram came back (ECONNREFUSED)
   */
  receive(options: ReceiveOptions = NO_LIMITS): Promise<Uint8Array<ArrayBuffer>> {
    return this.#do(RECEIVE, { size: options.size }, options);
  }

  /**
   * Receives into memory of the caller's, which saves a copy. `recv(2)`
   *
   * @param into Where to; nobody else may use it until the call is over
   * @returns How many bytes came; 0 if the other end of a TCP connection has ended its side
   * @throws {TypeError} If `into` is no Uint8Array
   * @throws {RangeError} If `into` is empty
   * @throws {SocketError} As {@linkcode Socket.receive} does
   */
  receiveInto(into: Uint8Array<ArrayBuffer>, options: WaitOptions = NO_LIMITS): Promise<number> {
    try {
      assertRoom(into);
    } catch (error) {
      return refuse(error);
    }
    return this.#do(RECEIVE_INTO, into, options);
  }

  /**
   * Sends a datagram to an endpoint. `sendto(2)`
   *
   * @param data Bytes, or text, which goes as UTF-8. Leave the bytes alone until the call is over.
   * @param endpoint Where to
   * @returns How many bytes were sent: a datagram goes as a whole or not at all
   * @throws {RangeError} If `size` is not a whole number from 0 to the length of the data
   * @throws {SocketError} If it is too long (EMSGSIZE), no local port is left (EAGAIN), no way leads
   * there (ENETUNREACH, EHOSTUNREACH), or the socket is a connected TCP one (EISCONN)
   */
  async sendTo(
    data: Uint8Array<ArrayBuffer> | string,
    endpoint: EndpointLike,
    options: SendOptions = NO_LIMITS,
  ): Promise<number> {
    const to = system.destination(toEndpoint(endpoint));
    return await this.#do(SEND_TO, { data, size: options.size, to }, options, to.endpoint);
  }

  /**
   * Receives a datagram, and waits if none is there. `recvfrom(2)`
   *
   * @returns The datagram, with the endpoint of its sender
   * @throws {TypeError} If this is a TCP socket: all of its bytes come from its other end
   * @throws {RangeError} If `size` is not a whole number from 1 to 2,147,483,647
   * @throws {SocketError} If the kernel refuses
   */
  async receiveFrom(options: ReceiveOptions = NO_LIMITS): Promise<Datagram> {
    if (this.protocol !== "udp") {
      throw new TypeError(
        `Cannot receive a datagram on "${this}": only a UDP socket has datagrams, got a TCP one`,
      );
    }
    return await this.#do(RECEIVE_FROM, { size: options.size }, options);
  }

  /**
   * Takes the next connection from the queue, if there is one: {@linkcode Socket.accept} that does
   * not wait. `accept(2)`
   *
   * @returns A new socket, or `undefined` where `accept` would wait (EAGAIN)
   * @throws {SocketError} As `accept` does
   */
  tryAccept(): Socket | undefined {
    return attempt(this.#watch, ACCEPT, (descriptor) => this.#accepted(descriptor));
  }

  /**
   * Receives what has come, if anything has: {@linkcode Socket.receiveInto} that does not wait.
   * `recv(2)`
   *
   * @param into Where to
   * @returns How many bytes came; 0 if the other end of a TCP connection has ended its side;
   * `undefined` where `receiveInto` would wait (EAGAIN)
   * @throws {TypeError} If `into` is no Uint8Array
   * @throws {RangeError} If `into` is empty
   * @throws {SocketError} As `receive` does
   */
  tryReceiveInto(into: Uint8Array<ArrayBuffer>): number | undefined {
    assertRoom(into);
    return attempt(this.#watch, RECEIVE_INTO, into);
  }

  /**
   * Sends as much as the kernel has room for: {@linkcode Socket.send} that does not wait. `send(2)`
   *
   * @returns How many bytes were taken, or `undefined` where `send` would wait (EAGAIN)
   * @throws {TypeError} If the data is neither a Uint8Array nor a string
   * @throws {RangeError} If `size` is not a whole number from 0 to the length of the data
   * @throws {SocketError} As `send` does
   */
  trySend(
    data: Uint8Array<ArrayBuffer> | string,
    { size }: { readonly size?: number } = {},
  ): number | undefined {
    const descriptor = this.#use("send");
    if (this.#watch.waitsOf("writers").first !== undefined) return undefined;
    return sendNow(descriptor, toBytes(data), size);
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
    if (how !== "read" && how !== "write" && how !== "both") {
      throw new TypeError(
        `Cannot shut down ${quoteValue(how)}: the sides are "read", "write" and "both", got ${
          typeof how === "string" ? quoteValue(how) : kindOf(how)
        }`,
      );
    }
    system.shutdown(this.#use("shutdown"), how);
  }

  /**
   * Closes the socket. What waits on it fails at once with ECANCELED. Closing twice does no harm.
   * `close(2)`
   *
   * Who closes a TCP connection first, keeps its TIME_WAIT. With bytes unread, a close throws the
   * connection away with a reset.
   */
  close(): void {
    if (this.isClosed) return;
    endWaits(this.#watch);
    this.#siblings?.delete(this);
    system.close(this.#watch.descriptor);
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Returns the local end: address and port, both zero before the socket has any. `getsockname(2)`
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
   * Sets an option. `setsockopt(2)`
   *
   * @param name The option, as {@linkcode SocketOptionValues} lists them
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
    const option = writeOption(name, value, { family: this.family });
    system.setOption(this.#use("setsockopt"), option, name);
  }

  /**
   * Reads an option. `getsockopt(2)`
   *
   * @param name The option, as {@linkcode ReadableOptionValues} lists them
   * @throws {TypeError} If there is no such option
   * @throws {SocketError} If the kernel is too old for it (ENOPROTOOPT)
   */
  getOption<Name extends ReadableOptionName>(name: Name): ReadableOptionValues[Name] {
    const option = numbersOf(name, this.family);
    system.getOption(this.#use("getsockopt"), option, name);
    return readOption(name, option.value);
  }

  /** Returns "tcp socket 12", and "closed tcp socket" once it is closed. */
  toString(): string {
    return this.isClosed
      ? `closed ${this.protocol} socket`
      : `${this.protocol} socket ${this.descriptor}`;
  }

  /** What Deno prints, and the Deno kernel shows, of a socket. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Socket { ${this} }`;
  }

  /** Makes the socket of a connection that this one has accepted. */
  #accepted(descriptor: number): Socket {
    const { protocol, family } = this;
    const timeout = this.#timeout;
    const siblings = this.#siblings;
    return new Socket(descriptor, { protocol, family, timeout, siblings });
  }

  /** Returns the descriptor for a call. */
  #use(call: SystemCall): number {
    return use(this.#watch, call);
  }

  /** Tries a call, and if it cannot be done yet, again when the socket has changed. */
  #do<Input, Value>(
    call: WaitingCall<Input, Value>,
    input: Input,
    { signal, timeout = this.#timeout }: WaitOptions,
    endpoint?: Endpoint,
  ): Promise<Value> {
    return attemptOrWait(this.#watch, call, input, { signal, timeout }, endpoint);
  }

  /** Whether a call can be tried at once: nobody is before it, and no limit may have been reached. */
  #isFree(side: Side, { signal, timeout }: WaitOptions): boolean {
    return !this.#watch.isClosed && signal === undefined && timeout === undefined &&
      !this.#watch.isBusy(side);
  }
}
