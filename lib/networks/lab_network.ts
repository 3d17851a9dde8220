/**
 * A private network wherever it can be had, and stand-ins on loopback elsewhere: for a lesson that
 * has to go on.
 *
 * @module
 */
import type { Endpoint, EndpointLike } from "../tuples/endpoint.ts";
import { networkPlan } from "./_network_plan.ts";
import { StandInNetwork } from "./_stand_in_network.ts";
import { PrivateNetwork, type PrivateNetworkOptions } from "./private_network.ts";
import type { Socket, SocketOptions } from "../sockets/socket.ts";

/** A network for a lesson, which {@linkcode labNetwork} makes; a {@linkcode PrivateNetwork} is one. */
export interface LabNetwork extends AsyncDisposable {
  /** Whether it is a private network; if not, all of it happens on this machine's loopback. */
  readonly isPrivate: boolean;
  /** What is different from a private network, why, and the cure; "" if it is one. */
  readonly note: string;
  /** The addresses that were asked for. */
  readonly addresses: readonly string[];
  /** The number of the process whose /proc/…/net is the network's. */
  readonly pid: number;
  /** A netlink socket that asks for the network's table of sockets; -1 once it is closed. */
  readonly diagDescriptor: number;
  /** Whether it was closed. */
  readonly isClosed: boolean;
  /** A command that runs another inside the network; without words where that is this machine. */
  readonly enter: readonly string[];
  /** Makes a TCP socket in the network; it is closed with the network, as what it accepts is. */
  tcp(options?: SocketOptions): Socket;
  /** Makes a UDP socket in the network; it is closed with the network. */
  udp(options?: SocketOptions): Socket;
  /**
   * Returns the endpoint to use for one that the lesson names: itself in a private network, else
   * its stand-in, the same one each time. A stand-in's address is of 127.0.0.0/8, or ::1; its port
   * is the one named where that can be bound, and else a free one.
   *
   * @throws {RangeError} If the network does not have the address, or it is 0.0.0.0 or :: and would
   * be all of this machine's: outside a private network that is open to others
   */
  endpoint(endpoint: EndpointLike): Endpoint;
  /** Closes every socket of the network that is still open; the network goes on. */
  closeSockets(): void;
  /** Closes every socket of the network that is still open, and ends it. */
  close(): Promise<void>;
}

/**
 * Makes a private network; where this machine does not allow one, stand-ins on loopback, with a note
 * that tells so. A lesson shows the note, and uses {@linkcode LabNetwork.endpoint} for what it
 * names.
 *
 * Stand-ins have addresses, but no interfaces and no settings of their own, and their sockets stand
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
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await labNetwork({ addresses: ["192.168.1.100", "10.0.0.50"] });
 * const web = network.endpoint("192.168.1.100:80");
 * assertEquals(String(web) === "192.168.1.100:80", network.isPrivate);
 *
 * using server = network.tcp({ timeout: 5000 });
 * server.bind(web);
 * server.listen();
 * using client = network.tcp({ timeout: 5000 });
 * client.bind(network.endpoint("10.0.0.50:52431"));
 * await client.connect(web);
 * assertEquals(client.remoteEndpoint(), web);
 * ```
 */
export async function labNetwork(options: PrivateNetworkOptions = {}): Promise<LabNetwork> {
  try {
    return await PrivateNetwork.create(options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotSupported)) throw error;
    return new StandInNetwork(networkPlan(options).addresses, error.message);
  }
}
