/** Addresses of loopback that stand in for those of a private network. */
import type { Protocol } from "../ports/protocol.ts";
import { Endpoint, type EndpointLike, toEndpoint } from "../tuples/endpoint.ts";
import { makeSocket } from "./_making.ts";
import { assertHas } from "./_network_plan.ts";
import * as system from "../system/calls.ts";
import { errnoOf, SocketError } from "../system/errno.ts";
import { freePort, isPortFree } from "../sockets/free_port.ts";
import type { LabNetwork } from "./lab_network.ts";
import type { Socket, SocketOptions } from "../sockets/socket.ts";

/** How often a free port is looked for that was not given away as another stand-in's. */
const MAX_TRIES = 100;

/** A lab on this machine's loopback. */
export class StandInNetwork implements LabNetwork {
  readonly isPrivate = false;
  readonly note: string;
  readonly addresses: readonly string[];
  readonly pid: number = Deno.pid;
  readonly enter: readonly string[] = [];
  /** The stand-in of each address. */
  readonly #standIns: ReadonlyMap<string, string>;
  /** What each endpoint was answered with, and so stays. */
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #sockets = new Set<Socket>();
  #diagDescriptor: number | undefined;
  #isClosed = false;

  /** Takes addresses that `networkPlan()` let pass, and why they cannot be had. */
  constructor(addresses: readonly string[], reason: string) {
    this.addresses = addresses;
    this.#standIns = standIns(addresses);
    const pairs = [...this.#standIns].map(([named, here]) => `${here} for ${named}`);
    this.note =
      `This lab runs on loopback${pairs.length > 0 ? `, with ${pairs.join(", ")}` : ""}: ` +
      "a port that is taken or privileged has another number, interfaces and sysctls are the " +
      `machine's own, and its table shows all other sockets too. ${reason}`;
  }

  get diagDescriptor(): number {
    if (this.#isClosed) return -1;
    return this.#diagDescriptor ??= system.openDiag();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  tcp(options: SocketOptions = {}): Socket {
    return this.#make("tcp", options);
  }

  udp(options: SocketOptions = {}): Socket {
    return this.#make("udp", options);
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

  closeSockets(): void {
    for (const socket of this.#sockets) socket.close();
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

  [Symbol.for("Deno.customInspect")](): string {
    return `LabNetwork { ${this} }`;
  }

  #make(protocol: Protocol, options: SocketOptions): Socket {
    if (this.#isClosed) {
      throw new SocketError("socket", errnoOf("EBADF"), {
        subject: `${protocol} over ${options.family ?? "IPv4"}`,
        meaning: "the network is closed",
      });
    }
    return makeSocket(protocol, options, { open: system.openSocket, siblings: this.#sockets });
  }

  /** Returns an endpoint that can be bound now and is no other's stand-in. */
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
 * Gives each IPv4 address one of 127.0.0.0/8, from a place in it that chance picks: two labs that
 * run at once have different ones, and with them the ports that they ask for. IPv6 has ::1 alone.
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
