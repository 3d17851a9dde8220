/**
 * Checks the exercises of `07_listening_addresses`.
 *
 * @module
 */
import { type ListeningAddress, tryToReach } from "../experiments/calls/reaching.ts";
import type { LabNetwork } from "../networks/lab_network.ts";
import { flag, text } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { SocketError } from "../system/errno.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { problemOfError } from "./_errors.ts";
import { type Kind, openSocket, problemOf, shown } from "./_values.ts";
import { expect, judge, notYet } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

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

const INTERFACES = { eth0: ["192.168.1.100", "2001:db8::100"], eth1: ["10.0.0.50"] };
const IPV4 = ["127.0.0.1", "192.168.1.100", "10.0.0.50"];
const IPV6 = ["::1", "2001:db8::100"];
const CALLED = [...IPV4, ...IPV6];

/** The addresses at which each service is to be reached. */
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

const A_PLAN: Kind<ListeningPlan> = {
  rule: 'an object like { database: "…", admin: "…", oldSite: "…", site: "…" }',
  allows: (value): value is ListeningPlan =>
    typeof value === "object" && value !== null && !(value instanceof Promise),
};

/** Checks the exercise ListeningPlan: an address for each of four services. */
export function checkListeningPlan(plan: ListeningPlan | undefined): Promise<Verdict> {
  return judge({ name: "plan", answer: plan, kind: A_PLAN }, async (plan, attempt) => {
    const network = await attempt.network({ interfaces: INTERFACES });
    for (const [service, wanted] of Object.entries(WANTED)) {
      const address: unknown = plan[service as keyof ListeningPlan];
      expect(address !== undefined, `${service} has no address yet`);
      const problem = problemOf(address, {
        kind: text,
        whose: `${service} is`,
        should: "should be an address:",
      });
      if (problem !== undefined) notYet(problem);
      for (const called of CALLED) {
        const isReached = await isReachedAt(`${address}`, called, { network, service });
        if (isReached === wanted.includes(called)) continue;
        notYet({
          seen: `with ${service} at ${address}, a client that calls ${called} ` +
            (isReached ? "reaches it, and should not" : "is refused, and should not be"),
          hint:
            "A server at one address is reached at that address only; 0.0.0.0 stands for every " +
            "IPv4 address, and :: for every address",
        });
      }
    }
    return `all ${4 * CALLED.length} calls ended as they should`;
  });
}

async function isReachedAt(
  address: string,
  called: string,
  { network, service }: { network: LabNetwork; service: string },
): Promise<boolean> {
  try {
    return await tryToReach({ address }, called, { network }) === "connected";
  } catch (error) {
    if (error instanceof SyntaxError) {
      notYet({
        seen: `${service} is ${shown(address)}, which is no address`,
        hint: /^[\d.]+:\d+$/.test(address)
          ? "Leave out the port: the check chooses it"
          : "An address is written in digits, as 127.0.0.1 or ::1; a name stands for one",
      });
    }
    const { seen } = problemOfError(error);
    return notYet({
      seen: `${service} cannot listen at ${address}: ${seen}`,
      hint: `This computer has the addresses ${CALLED.join(", ")}; 0.0.0.0 and :: stand for them`,
    });
  }
}

/** Checks the exercise ReachRule: the rule by which the kernel decides who reaches a listener. */
export function checkReachRule(reaches: ReachRule | undefined): Promise<Verdict> {
  return judge({ name: "reaches", answer: reaches }, async (reaches, attempt) => {
    const network = await attempt.network({ interfaces: INTERFACES });
    let agreed = 0;
    for (const listener of LISTENERS) {
      for (const called of [...CALLED, "127.0.0.2"]) {
        const only = listener.v6Only ? ", IPv6 only" : "";
        const about = `a listener at ${listener.address}${only}, called at ${called}`;
        const rule = attempt.callNow(() => reaches(listener, called), { returns: flag, about });
        const outcome = await tryToReach(listener, called, { network });
        expect(
          rule === (outcome === "connected"),
          `after ${agreed} right ones, ${about}: your function says ${rule}, and the kernel ${outcome}`,
          listener.v6Only
            ? "With v6Only a listener at :: leaves IPv4 alone"
            : listener.address === "0.0.0.0" || listener.address === "::"
            ? "0.0.0.0 stands for every IPv4 address, and :: for every address of both families"
            : "A listener at one address is reached at exactly this address",
        );
        agreed++;
      }
    }
    return `the function and the kernel agree on all ${agreed} pairs`;
  });
}

/** Checks the exercise ClientAddress: a client's address as people write it. */
export function checkClientAddress(
  clientAddress: ((accepted: Socket) => string | Promise<string>) | undefined,
): Promise<Verdict> {
  return judge({ name: "clientAddress", answer: clientAddress }, async (clientAddress, attempt) => {
    // Dual stack needs no wildcard: an IPv6 socket may be bound to a mapped address.
    // And the client has another address than the server, where the machine has two.
    const cases = [["::ffff:127.0.0.1", "127.0.0.9"], ["::1", "::1"]] as const;
    for (const [address, expected] of cases) {
      const { timeout } = attempt;
      const server = attempt.open(Socket.tcp({ family: "IPv6", timeout }));
      server.bind(Endpoint.from(address, 0));
      server.listen();
      const to = server.localEndpoint().unmapped();
      const client = attempt.open(Socket.tcp({ family: to.family, timeout }));
      client.setOption("linger", 0);
      client.bind(Endpoint.from(expected, 0));
      await client.connect(to);
      const accepted = await attempt.accept(server);
      const answer = await attempt.call(() => clientAddress(accepted));
      expect(
        answer === expected,
        `the client calls from ${expected}, and your function returned ${shown(answer)}`,
        answer === undefined
          ? "End the function with `return …`"
          : answer === `::ffff:${expected}`
          ? "That is a mapped address: an IPv6 socket sees IPv4 clients so. unmapped() undoes it"
          : "The client is the remote end of the accepted socket; return its address, without a port",
      );
    }
    return "an IPv4 client and an IPv6 client, each with its own address";
  });
}

/** Checks the exercise InTheWay: a socket that keeps a server off all addresses, and leaves one of them free. */
export function checkInTheWay(
  inTheWay: ((network: LabNetwork, port: number) => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  return judge({ name: "inTheWay", answer: inTheWay }, async (inTheWay, attempt) => {
    const network = await attempt.network({ interfaces: INTERFACES });
    const port = 8080;
    await attempt.call(() => inTheWay(network, port), { returns: openSocket() });
    expect(
      bindError(network, `192.168.1.100:${port}`) === undefined,
      `192.168.1.100:${port} is taken, and should stay free`,
      "Take the port at another address of the computer",
    );
    const error = bindError(network, `0.0.0.0:${port}`);
    expect(
      error !== undefined,
      `a server can still have 0.0.0.0:${port}`,
      `0.0.0.0 stands for every address of the network: bind a TCP socket of the network to port ` +
        `${port} at one of them`,
    );
    return `0.0.0.0:${port} is refused, ${error}, and 192.168.1.100:${port} is free`;
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
