/**
 * Checks the exercises of `07_binding_addresses`.
 *
 * @module
 */
import { within } from "../time_limit.ts";
import { kindOf } from "../refusal.ts";
import { type LabNetwork, labNetwork } from "../networks/lab_network.ts";
import { SocketError } from "../system/errno.ts";
import { type ListeningAddress, tryToReach } from "../experiments/reaching.ts";
import { Socket } from "../sockets/socket.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { Verdict } from "./verdict.ts";

/** Where four services are to listen: an address each. */
export interface ListeningPlan {
  /** A database, for programs of this machine, which call 127.0.0.1. */
  readonly database: string;
  /** A page for the administrators, who call 10.0.0.50. */
  readonly admin: string;
  /** A web site for everybody who calls any of the IPv4 addresses. */
  readonly oldSite: string;
  /** A web site for everybody who calls any address, IPv4 or IPv6. */
  readonly site: string;
}

/** Says whether a client that calls an address reaches a listener at another or the same. */
export type ReachRule = (listener: ListeningAddress, called: string) => boolean;

/** How long an answer of the learner's may take, in milliseconds. */
const ANSWER_MS = 2_000;

const INTERFACES = { eth0: ["192.168.1.100", "2001:db8::100"], eth1: ["10.0.0.50"] };
const IPV4 = ["127.0.0.1", "192.168.1.100", "10.0.0.50"];
const IPV6 = ["::1", "2001:db8::100"];
const CALLED = [...IPV4, ...IPV6];

/** Who is to reach each service. */
const WANTED: Readonly<Record<keyof ListeningPlan, readonly string[]>> = {
  database: ["127.0.0.1"],
  admin: ["10.0.0.50"],
  oldSite: IPV4,
  site: CALLED,
};

const LISTENERS: readonly ListeningAddress[] = [
  ...["0.0.0.0", ...CALLED].map((address) => ({ address })),
  { address: "::", v6Only: false },
  { address: "::", v6Only: true },
];

/** Checks exercise 1: an address for each of four services. */
export async function checkListeningPlan(plan: ListeningPlan | undefined): Promise<Verdict> {
  if (plan === undefined) return Verdict.open("choose an address for each of the four");
  return await inPrivate(async (network) => {
    for (const [service, wanted] of Object.entries(WANTED)) {
      const address: unknown = plan[service as keyof ListeningPlan];
      if (typeof address !== "string") return Verdict.notYet(`${service} has no address yet`);
      for (const called of CALLED) {
        const isReached = await tryToReach({ address }, called, { network }) === "connected";
        if (isReached === wanted.includes(called)) continue;
        return Verdict.notYet(
          `with ${service} at ${address}, a client that calls ${called} ` +
            (isReached ? "reaches it, and should not" : "is refused, and should not be"),
        );
      }
    }
    return Verdict.right(`all ${4 * CALLED.length} calls ended as they should`);
  });
}

/** Checks exercise 2: the rule by which the kernel tells who is reached. */
export async function checkReachRule(reaches: ReachRule | undefined): Promise<Verdict> {
  if (reaches === undefined) return Verdict.open("write the function reaches");
  return await inPrivate(async (network) => {
    let agreed = 0;
    for (const listener of LISTENERS) {
      for (const called of [...CALLED, "127.0.0.2"]) {
        const rule: unknown = reaches(listener, called);
        const outcome = await tryToReach(listener, called, { network });
        if (typeof rule !== "boolean") {
          return Verdict.notYet(`true or false was wanted, got ${kindOf(rule)}`);
        }
        if (rule !== (outcome === "connected")) {
          const only = listener.v6Only ? ", IPv6 only" : "";
          return Verdict.notYet(
            `after ${agreed} right ones: a listener at ${listener.address}${only}, called at ` +
              `${called}: the function says ${rule}, the kernel ${outcome}`,
          );
        }
        agreed++;
      }
    }
    return Verdict.right(`the function and the kernel agree on all ${agreed} pairs`);
  });
}

/** Checks exercise 3: a client's address as people write it. */
export async function checkClientAddress(
  clientAddress: ((accepted: Socket) => string) | undefined,
): Promise<Verdict> {
  if (clientAddress === undefined) return Verdict.open("write the function clientAddress");
  // Dual stack needs no wildcard: an IPv6 socket may be bound to a mapped address.
  // And the client has another address than the server, where the machine has two.
  const cases = [["::ffff:127.0.0.1", "127.0.0.9"], ["::1", "::1"]] as const;
  try {
    for (const [address, expected] of cases) {
      using server = Socket.tcp({ family: "IPv6", timeout: ANSWER_MS });
      server.bind(Endpoint.from(address, 0));
      server.listen();
      const to = server.localEndpoint().unmapped();
      using client = Socket.tcp({ family: to.family, timeout: ANSWER_MS });
      client.setOption("linger", 0);
      client.bind(Endpoint.from(expected, 0));
      await client.connect(to);
      using accepted = await server.accept();
      const said = clientAddress(accepted);
      if (said !== expected) {
        return Verdict.notYet(`the client calls from ${expected}, and the function says ${said}`);
      }
    }
    return Verdict.right("an IPv4 client and an IPv6 client, each with its own address");
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
}

/** Checks exercise 4: a socket that keeps a server off all addresses, and serves one of them. */
export async function checkInTheWay(
  inTheWay: ((network: LabNetwork, port: number) => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  if (inTheWay === undefined) return Verdict.open("write the function inTheWay");
  return await inPrivate(async (network) => {
    const port = 8080;
    await within(Promise.resolve(inTheWay(network, port)), { timeout: ANSWER_MS });
    if (bindError(network, `192.168.1.100:${port}`) !== undefined) {
      return Verdict.notYet(`192.168.1.100:${port} is taken, and was to stay free`);
    }
    const error = bindError(network, `0.0.0.0:${port}`);
    if (error === undefined) return Verdict.notYet(`a server can still have 0.0.0.0:${port}`);
    return Verdict.right(`0.0.0.0:${port} is refused, ${error}, and 192.168.1.100:${port} is free`);
  });
}

/** Returns what `bind` says of an endpoint: the name of an error, or nothing. */
function bindError(network: LabNetwork, endpoint: string): string | undefined {
  using socket = Socket.tcp({ network });
  try {
    socket.bind(endpoint);
  } catch (error) {
    if (error instanceof SocketError) return error.code;
    throw error;
  }
}

/** Tries an answer in a private network, where wildcards are nobody else's. */
async function inPrivate(check: (network: LabNetwork) => Promise<Verdict>): Promise<Verdict> {
  await using network = await labNetwork({ interfaces: INTERFACES });
  if (!network.isPrivate) return Verdict.open(`it takes a private network. ${network.note}`);
  try {
    return await check(network);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }
}
