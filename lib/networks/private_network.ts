/**
 * A private network: no other program shares its addresses, ports, settings and table of sockets.
 *
 * @module
 */
import type { Protocol } from "../ports/protocol.ts";
import {
  type AddressFamily,
  type Endpoint,
  type EndpointLike,
  toEndpoint,
} from "../tuples/endpoint.ts";
import {
  AF,
  AF_NETLINK,
  NETLINK_SOCK_DIAG,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
} from "../system/constants.ts";
import { libc } from "../system/libc.ts";
import { checkOptions, type OptionChecks, text } from "../refusal.ts";
import { assertCanPlugIn, type CabledNetwork, plugIn } from "./_cable_end.ts";
import { assertHas, networkPlan, type PrivateNetworkOptions } from "./_network_plan.ts";
import { NetworkProcess } from "./_network_process.ts";
import { errnoOf, SocketError } from "../system/errno.ts";
import { checkInPrivate, Unseen } from "./unseen.ts";
import type { Socket, SocketNetwork } from "../sockets/socket.ts";

export type { PrivateNetworkOptions };

/** Where a second computer is, see {@linkcode PrivateNetwork.createBeside}. */
export interface BesideOptions {
  /** The network's interface whose cable leads to it, such as "eth1"; "eth0" by default. */
  readonly cable?: string;
  /** Its IPv4 address. */
  readonly address: string;
  /**
   * The address of the router for all other addresses, one that the network has at this cable; by
   * default it knows no way to others.
   */
  readonly router?: string;
}

const BESIDE_OPTIONS: OptionChecks<BesideOptions> = { cable: text, address: text, router: text };

/**
 * A private network: a network namespace (`network_namespaces(7)`) with the addresses that were
 * asked for. All of them are on this machine, and none can be reached from outside. It needs no
 * privilege where user namespaces (`user_namespaces(7)`) are allowed, as on most Linux machines.
 *
 * Inside, everything is as on a computer with these addresses. Any port may be bound, privileged ones
 * too. An address and port in the network have nothing to do with the same address and port on the
 * machine itself or in another private network. Nothing leads out.
 *
 * `Socket.tcp({ network })` makes a socket in the network. A separate process holds the network and
 * opens the sockets, which are passed to this program; from then on each call is a system call of
 * this program, as with any {@linkcode Socket}. The process ends with {@linkcode PrivateNetwork.close},
 * and by itself when this program has ended.
 *
 * @example Addresses that this machine does not have, and a privileged port
 * ```ts
 * import { FourTuple } from "fourtuple/tuples";
 * import { PrivateNetwork } from "fourtuple/networks";
 * import { Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100", "10.0.0.50"] });
 * using server = Socket.tcp({ network, timeout: 5000 });
 * server.bind("192.168.1.100:80");
 * server.listen();
 *
 * using client = Socket.tcp({ network, timeout: 5000 });
 * client.bind("10.0.0.50:52431");
 * await client.connect("192.168.1.100:80");
 *
 * const conversation = FourTuple.from(client.localEndpoint(), client.remoteEndpoint());
 * assertEquals(String(conversation), "10.0.0.50:52431 -> 192.168.1.100:80");
 * ```
 */
export class PrivateNetwork implements SocketNetwork, AsyncDisposable {
  /** Always true; false for a stand-in that {@linkcode labNetwork} makes. */
  readonly isPrivate = true;
  /** Always "": nothing differs from what a lesson asked for. */
  readonly note = "";
  /** Its addresses, apart from those of loopback, which it also has. */
  readonly addresses: readonly string[];
  /**
   * Words to put before a command to run it inside the network, `nsenter(1)`. For
   * `Program.start(script, { prefix: network.enter })`.
   */
  readonly enter: readonly string[];
  /** Its open sockets, also those that were accepted in it. */
  readonly sockets: Set<Socket> = new Set();
  readonly #holder: NetworkProcess;
  #diagDescriptor: number;
  #end: Promise<void> | undefined;

  private constructor(holder: NetworkProcess, addresses: readonly string[]) {
    this.addresses = addresses;
    this.#holder = holder;
    this.#diagDescriptor = holder.open({
      domain: AF_NETLINK,
      type: SOCK_RAW | SOCK_NONBLOCK,
      protocol: NETLINK_SOCK_DIAG,
    }, "the kernel's table");
    const namespaces = `/proc/${holder.pid}/ns`;
    this.enter = [
      "nsenter",
      `--user=${namespaces}/user`,
      `--net=${namespaces}/net`,
      "--preserve-credentials",
    ];
  }

  /**
   * Makes a private network, which takes about 100 ms. Its interface lo, with 127.0.0.1 and ::1, is
   * up, and so is each interface that was asked for. Some settings start as this machine's own, the
   * others as the kernel's defaults: if a setting matters, name it.
   *
   * The options are checked before anything is made, and if the kernel refuses, nothing is left
   * behind.
   *
   * @throws {Deno.errors.NotSupported} If this machine forbids it or its settings, lacks the
   * programs unshare or ip, lets this process open no more files, or does not run Linux; the message
   * has the remedy
   * @throws {SyntaxError} If an address does not parse
   * @throws {RangeError} If no computer may have the address as its own, an address is given twice, a
   * name is not one of an interface or a setting, or the kernel does not take the setting
   * @throws {TypeError} If an option is misspelt or of the wrong kind
   * @throws {Deno.errors.NotCapable} If the program may not use FFI or start programs
   * (`--allow-ffi`, `--allow-run`)
   *
   * @example A server with two interfaces, and few ephemeral ports
   * ```ts
   * import { PrivateNetwork } from "fourtuple/networks";
   * import { Socket } from "fourtuple/sockets";
   * import { assert } from "@std/assert";
   *
   * await using network = await PrivateNetwork.create({
   *   interfaces: { eth0: ["192.168.1.100", "2001:db8::100"], eth1: ["10.0.0.1"] },
   *   sysctls: { "net.ipv4.ip_local_port_range": "50000 50003" },
   * });
   * using socket = Socket.udp({ network });
   * socket.bind("10.0.0.1:0");
   * const { port } = socket.localEndpoint();
   * assert(port >= 50_000 && port <= 50_003);
   * ```
   */
  static async create(options: PrivateNetworkOptions = {}): Promise<PrivateNetwork> {
    const plan = networkPlan(options);
    const holder = await NetworkProcess.start(plan);
    try {
      return new PrivateNetwork(holder, plan.addresses);
    } catch (error) {
      await holder.end();
      throw error;
    }
  }

  /**
   * Makes a second computer at the far end of a network's cable: a private network with one address
   * of its own, which takes about 100 ms. Unlike a `Neighbour` it has sockets for this program
   * (`Socket.tcp({ network })`) and a table that `connections()` reads.
   *
   * It reaches the addresses that the network has at this cable, and others by `router` only. The
   * cable and the network's interface disappear with it: close it first.
   *
   * @param network The private network whose cable it is
   * @throws {TypeError} If an option is misspelt or of the wrong kind
   * @throws {Deno.errors.NotSupported} If the network is not private; or as
   * {@linkcode PrivateNetwork.create} does
   * @throws {Deno.errors.BadResource} If the network is closed
   * @throws {SyntaxError} If an address does not parse
   * @throws {RangeError} If the address is not an IPv4 address of a single computer, or the network
   * has no such cable, or its far end is taken
   *
   * @example Both ends of a connection, in two tables
   * ```ts
   * import { PrivateNetwork } from "fourtuple/networks";
   * import { Socket } from "fourtuple/sockets";
   * import { assertEquals } from "@std/assert";
   *
   * await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
   * await using other = await PrivateNetwork.createBeside(network, { address: "10.0.0.80" });
   * using server = Socket.tcp({ network: other, timeout: 5000 });
   * server.bind("10.0.0.80:80");
   * server.listen();
   * using client = Socket.tcp({ network, timeout: 5000 });
   * await client.connect("10.0.0.80:80");
   * assertEquals(client.localEndpoint().address, "10.0.0.5");
   * ```
   */
  static async createBeside(
    network: CabledNetwork,
    options: BesideOptions,
  ): Promise<PrivateNetwork> {
    const cannot = "Cannot make a computer";
    checkOptions(options, BESIDE_OPTIONS, cannot);
    const { cable = "eth0", address, router } = options;
    assertCanPlugIn(network, address, cannot);
    if (router !== undefined) assertCanPlugIn(network, router, "Cannot use the router");
    const plan = networkPlan({});
    const holder = await NetworkProcess.start(plan, [...network.enter, "unshare", "--net"]);
    try {
      const beyond = router === undefined ? "nothing" : `router ${router}` as const;
      await plugIn(network, { cable, pid: holder.pid, address, beyond }, cannot);
      return new PrivateNetwork(holder, [address]);
    } catch (error) {
      await holder.end();
      throw error;
    }
  }

  /** The number of the process that holds the network; its /proc/<pid>/net shows the network. */
  get pid(): number {
    return this.#holder.pid;
  }

  /**
   * A netlink socket that asks for this network's table of sockets (`sock_diag(7)`), non-blocking.
   * The observing functions take the network itself: `connections({}, { network })`. -1 once the
   * network is closed.
   */
  get diagDescriptor(): number {
    return this.#diagDescriptor;
  }

  /** Whether {@linkcode PrivateNetwork.close} was called. */
  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Opens a socket in this network, non-blocking and close-on-exec, and returns its descriptor;
   * `Socket.tcp({ network })` calls this. `socket(2)`
   *
   * @throws {SocketError} If the network is closed (EBADF), or too many files are open (EMFILE)
   * @throws {Deno.errors.BrokenPipe} If somebody else has ended the process that holds the network
   */
  openSocket(protocol: Protocol, family: AddressFamily): number {
    const subject = `${protocol} over ${family}`;
    if (this.isClosed) {
      throw new SocketError("socket", errnoOf("EBADF"), {
        subject,
        meaning: "the private network is closed",
      });
    }
    return this.#holder.open({
      domain: AF[family],
      type: (protocol === "tcp" ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK,
      protocol: 0,
    }, subject);
  }

  /**
   * Returns the endpoint that is named, if the network has its address; see `LabNetwork.endpoint`.
   *
   * @throws {RangeError} If the network does not have the address
   */
  endpoint(endpoint: EndpointLike): Endpoint {
    const named = toEndpoint(endpoint);
    assertHas(this.addresses, named);
    return named;
  }

  /** Does the work, and returns its value; see `LabNetwork.inPrivate`. */
  async inPrivate<Value>(
    what: string,
    work: () => Value | Promise<Value>,
  ): Promise<Value | Unseen> {
    checkInPrivate(what, work);
    try {
      return await work();
    } catch (error) {
      // Such as a program that this machine lacks
      if (!(error instanceof Deno.errors.NotSupported)) throw error;
      return new Unseen(what, error.message);
    }
  }

  /** Closes every open socket of this network, accepted ones too. */
  closeSockets(): void {
    for (const socket of this.sockets) socket.close();
  }

  /**
   * Ends the network: closes its open sockets, accepted ones too, and waits until the process that
   * holds it has ended. A program that was started inside keeps the network, out of reach of this
   * program, until it ends: stop it first. Closing twice does no harm.
   */
  close(): Promise<void> {
    return this.#end ??= this.#close();
  }

  /** Ends the network. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Returns "private network of 10.0.0.5, 203.0.113.80". */
  toString(): string {
    const name = this.isClosed ? "closed private network" : "private network";
    return this.addresses.length === 0 ? name : `${name} of ${this.addresses.join(", ")}`;
  }

  /** How Deno and the Deno kernel print a network. */
  [Symbol.for("Deno.customInspect")](): string {
    return `PrivateNetwork { ${this} }`;
  }

  async #close(): Promise<void> {
    this.closeSockets();
    libc().functions.close(this.#diagDescriptor);
    this.#diagDescriptor = -1;
    await this.#holder.end();
  }
}
