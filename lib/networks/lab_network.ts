/**
 * A private network wherever this machine allows one, and stand-ins on loopback elsewhere, so that a
 * lesson can go on.
 *
 * @module
 */
import type { Protocol } from "../ports/protocol.ts";
import { findProgram } from "../program/find_program.ts";
import { check, list, oneOf } from "../refusal.ts";
import { freePort, isPortFree } from "../sockets/free_port.ts";
import type { Socket, SocketNetwork } from "../sockets/socket.ts";
import * as system from "../system/calls.ts";
import { errnoOf, SocketError } from "../system/errno.ts";
import { type AddressFamily, Endpoint, type EndpointLike, toEndpoint } from "../tuples/endpoint.ts";
import { assertHas, networkPlan } from "./_network_plan.ts";
import { missingProgram } from "./_network_process.ts";
import { checkInPrivate, Unseen } from "./unseen.ts";
import { PrivateNetwork, type PrivateNetworkOptions } from "./private_network.ts";

/**
 * A network for a lesson, which {@linkcode labNetwork} makes; a {@linkcode PrivateNetwork} is one.
 * `Socket.tcp({ network })` makes a socket in it.
 */
export interface LabNetwork extends SocketNetwork, AsyncDisposable {
  /** Whether it is a private network; if not, everything happens on this machine's loopback. */
  readonly isPrivate: boolean;
  /** How it differs from a private network, why, and the remedy; "" if it is private. */
  readonly note: string;
  /** The addresses that were asked for. */
  readonly addresses: readonly string[];
  /** The number of a process whose /proc/<pid>/net shows the network. */
  readonly pid: number;
  /** A netlink socket that asks for the network's table of sockets; -1 once the network is closed. */
  readonly diagDescriptor: number;
  /** Whether it was closed. */
  readonly isClosed: boolean;
  /** Words to put before a command to run it inside the network; none if that is this machine. */
  readonly enter: readonly string[];
  /**
   * Returns the endpoint to use for one that the lesson names. In a private network that is the
   * endpoint itself. Elsewhere it is its stand-in, the same each time: an address of 127.0.0.0/8, or
   * ::1, with the port that was named if it can be bound, and otherwise a free one.
   *
   * @throws {RangeError} If the network does not have the address, or the address is 0.0.0.0 or ::
   * and the network is not private: it would be open to other computers
   */
  endpoint(endpoint: EndpointLike): Endpoint;
  /**
   * Does what a lesson can do only in a private network, and returns its value. Where there is only
   * loopback, nothing is done: the value shows what would have been seen. So it does where the work
   * ends with `Deno.errors.NotSupported`, because the machine lacks a program such as nft.
   *
   * @param what What would have been seen, in words that follow "What would have been seen:"
   * @throws {TypeError} If `what` is not a text or `work` not a function
   * @throws {RangeError} If `what` is blank
   * @throws Whatever `work` throws
   *
   * @example A sentence or a value
   * ```ts
   * import { labNetwork, Unseen } from "fourtuple/networks";
   * import { assertEquals } from "@std/assert";
   *
   * await using network = await labNetwork({ addresses: ["10.0.0.5"] });
   * const port = await network.inPrivate("port 80", () => network.endpoint("10.0.0.5:80").port);
   * assertEquals(port instanceof Unseen, !network.isPrivate);
   * ```
   */
  inPrivate<Value>(what: string, work: () => Value | Promise<Value>): Promise<Value | Unseen>;
  /** Closes every open socket of the network; the network goes on. */
  closeSockets(): void;
  /** Closes every open socket of the network, and ends it. */
  close(): Promise<void>;
}

/** The programs that a lesson may need beside a private network, with the package of each. */
const PACKAGES = { nft: "nftables", tc: "iproute2" } as const;

/** What a lesson's network has, and what else the lesson needs. */
export interface LabNetworkOptions extends PrivateNetworkOptions {
  /**
   * The programs without which the lesson has no use for a private network: then it gets stand-ins,
   * as where private networks are forbidden, and their note names the package. None by default.
   */
  readonly needs?: readonly ("nft" | "tc")[];
}

/**
 * Makes a private network, or stand-ins on loopback where this machine does not allow one, with a
 * note that says so. A lesson shows the note, and uses {@linkcode LabNetwork.endpoint} for the
 * endpoints that it names.
 *
 * Stand-ins have addresses, but no interfaces and settings of their own, and their sockets are listed
 * in this machine's table among all others.
 *
 * @throws {SyntaxError} As {@linkcode PrivateNetwork.create} does
 * @throws {RangeError} As {@linkcode PrivateNetwork.create} does
 * @throws {TypeError} As {@linkcode PrivateNetwork.create} does
 * @throws {Deno.errors.NotCapable} As {@linkcode PrivateNetwork.create} does
 *
 * @example On any Linux machine
 * ```ts
 * import { labNetwork } from "fourtuple/networks";
 * import { Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await labNetwork({ addresses: ["192.168.1.100", "10.0.0.50"] });
 * const web = network.endpoint("192.168.1.100:80");
 * assertEquals(String(web) === "192.168.1.100:80", network.isPrivate);
 *
 * using server = Socket.tcp({ network, timeout: 5000 });
 * server.bind(web);
 * server.listen();
 * using client = Socket.tcp({ network, timeout: 5000 });
 * client.bind(network.endpoint("10.0.0.50:52431"));
 * await client.connect(web);
 * assertEquals(client.remoteEndpoint(), web);
 * ```
 */
export async function labNetwork(options: LabNetworkOptions = {}): Promise<LabNetwork> {
  const { needs = [], ...network } = options;
  const plan = networkPlan(network);
  const cannot = "Cannot make a lab network";
  check(needs, list<keyof typeof PACKAGES>(), { cannot, what: "what it needs" });
  for (const each of needs) check(each, PROGRAM, { cannot, what: "a program that it needs" });
  try {
    const missing = needs.find((each) => findProgram(each) === undefined);
    if (missing !== undefined) throw missingProgram(missing, PACKAGES[missing], cannot);
    return await PrivateNetwork.create(network);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotSupported)) throw error;
    return new StandInNetwork(plan.addresses, error.message);
  }
}

const PROGRAM = oneOf(...Object.keys(PACKAGES) as (keyof typeof PACKAGES)[]);

/** How many free ports are tried to find one that is not another stand-in already. */
const MAX_TRIES = 100;

/** A network on this machine's loopback. */
class StandInNetwork implements LabNetwork {
  readonly isPrivate = false;
  readonly note: string;
  readonly #reason: string;
  readonly addresses: readonly string[];
  readonly pid: number = Deno.pid;
  readonly enter: readonly string[] = [];
  readonly sockets: Set<Socket> = new Set();
  /** The stand-in of each address. */
  readonly #standIns: ReadonlyMap<string, string>;
  /** The stand-in of each endpoint that was asked for. */
  readonly #endpoints = new Map<string, Endpoint>();
  #diagDescriptor: number | undefined;
  #isClosed = false;

  /** `reason` says why there is no private network. */
  constructor(addresses: readonly string[], reason: string) {
    this.addresses = addresses;
    this.#reason = reason;
    this.#standIns = standIns(addresses);
    const pairs = [...this.#standIns].map(([named, here]) => `${here} for ${named}`);
    this.note =
      `This lab runs on loopback${pairs.length > 0 ? `, with ${pairs.join(", ")}` : ""}: ` +
      "a port that is taken or privileged gets another number, interfaces and sysctls are the " +
      `machine's own, and its table lists all other sockets too. ${reason}`;
  }

  get diagDescriptor(): number {
    if (this.#isClosed) return -1;
    return this.#diagDescriptor ??= system.openDiag();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  openSocket(protocol: Protocol, family: AddressFamily): number {
    if (this.#isClosed) {
      throw new SocketError("socket", errnoOf("EBADF"), {
        subject: `${protocol} over ${family}`,
        meaning: "the network is closed",
      });
    }
    return system.openSocket(protocol, family);
  }

  endpoint(endpoint: EndpointLike): Endpoint {
    const named = toEndpoint(endpoint);
    assertHas(this.addresses, named);
    if (named.isWildcard) {
      throw new RangeError(
        `Cannot use "${named}" in a lab on loopback: outside a private network this address is ` +
          `open to other computers, got "${named.address}"`,
      );
    }
    const key = named.toString();
    const known = this.#endpoints.get(key);
    if (known !== undefined) return known;
    const standIn = this.#free(this.#standIns.get(named.address) ?? named.address, named.port);
    this.#endpoints.set(key, standIn);
    return standIn;
  }

  // deno-lint-ignore require-await -- as a private network's, which has to wait
  async inPrivate<Value>(
    what: string,
    work: () => Value | Promise<Value>,
  ): Promise<Value | Unseen> {
    checkInPrivate(what, work);
    return new Unseen(what, this.#reason);
  }

  closeSockets(): void {
    for (const socket of this.sockets) socket.close();
  }

  // deno-lint-ignore require-await -- as a private network's, which has to wait
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.closeSockets();
    if (this.#diagDescriptor !== undefined) system.close(this.#diagDescriptor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  toString(): string {
    const name = this.#isClosed ? "closed network on loopback" : "network on loopback";
    return this.addresses.length === 0 ? name : `${name} for ${this.addresses.join(", ")}`;
  }

  /** A cell that ends on the network says how it differs. */
  [Symbol.for("Deno.customInspect")](): string {
    return `LabNetwork { ${this} }\n${this.note}`;
  }

  /** Returns an endpoint that can be bound now and is not another stand-in already. */
  #free(address: string, port: number): Endpoint {
    const taken = new Set([...this.#endpoints.values()].map(String));
    const wanted = Endpoint.from(address, port);
    if (port === 0 || (!taken.has(String(wanted)) && isFree(wanted))) return wanted;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      using held = freePort({ address });
      if (
        !taken.has(String(held.endpoint)) && isPortFree(held.port, { address, protocol: "udp" })
      ) {
        return held.endpoint;
      }
    }
    throw new SocketError("bind", errnoOf("EADDRINUSE"), {
      endpoint: Endpoint.from(address, 0),
      meaning: "no port is left that can stand in for another",
    });
  }
}

/**
 * Gives each IPv4 address one of 127.0.0.0/8, at a random place: two labs that run at once get
 * different addresses, and so both get the ports that they ask for. IPv6 has only ::1.
 */
function standIns(addresses: readonly string[]): ReadonlyMap<string, string> {
  const [second, third] = crypto.getRandomValues(new Uint8Array(2)) as unknown as [number, number];
  let last = 0;
  return new Map(addresses.map((address) => {
    if (address.includes(":")) return [address, "::1"];
    last++;
    return [address, `127.${1 + second % 254}.${(third + (last >> 8)) % 256}.${last % 256}`];
  }));
}

function isFree({ address, port }: Endpoint): boolean {
  try {
    return isPortFree(port, { address }) && isPortFree(port, { address, protocol: "udp" });
  } catch (error) {
    if (error instanceof SocketError && error.code === "EACCES") return false;
    throw error;
  }
}
