/**
 * Where a packet to an address would go, as the kernel's tables say; nothing is sent to find out.
 *
 * @module
 */
import { Endpoint } from "../../tuples/endpoint.ts";

/** An entry of the table of routes: the most specific one for a destination. */
export interface Route {
  /** The interface that packets leave by, such as "eth0"; "lo" if they do not leave the machine. */
  readonly device: string;
  /** The router that they are handed to; `undefined` if the destination is next to the machine. */
  readonly gateway: string | undefined;
  /** The destinations that the entry is for, such as "10.0.0.0/8"; the default route has length 0. */
  readonly prefix: string;
}

/** What the kernel would do with packets to an address. */
export interface Way {
  /** Whether the address belongs to this machine, so that nothing leaves it. */
  readonly isOwn: boolean;
  /** Whether it is the broadcast address of a network that the machine is in. */
  readonly isBroadcast: boolean;
  /** The route; `undefined` if there is none, or one that refuses. */
  readonly route: Route | undefined;
}

/** Addresses that agree in their first bits. */
export interface Prefix {
  /** An address with these bits. */
  readonly bytes: Uint8Array;
  /** How many of them count. */
  readonly bits: number;
}

interface Entry extends Prefix {
  readonly device: string;
  readonly gateway: Uint8Array;
  readonly metric: number;
  readonly kind: "own" | "broadcast" | "refused" | "route";
}

/** `route(8)`: the flags of an entry, Linux include/uapi/linux/route.h and ipv6_route.h. */
const RTF_REJECT = 0x200;
const RTF_LOCAL = 0x8000_0000;

/**
 * Returns the way to an address from the network of a process. Of IPv4 it knows the main table of
 * routes, `proc_net_route`; rules of ip-rule(8) that lead to other tables it does not follow.
 *
 * @param process A process id, or "thread-self"
 * @throws {Deno.errors.NotFound} If there is no such process, or the system has no /proc/net/route
 */
export function wayTo(destination: Endpoint, process: number | "thread-self"): Way {
  const end = destination.unmapped();
  const bytes = end.toBytes();
  const folder = `/proc/${process}/net`;
  const entries = end.family === "IPv4"
    ? [
      ...ownIpv4(Deno.readTextFileSync(`${folder}/fib_trie`)),
      ...ipv4Routes(Deno.readTextFileSync(`${folder}/route`)),
    ]
    : ipv6Routes(readIfThere(`${folder}/ipv6_route`));
  // A link-local address is on every link: only the zone says which one is meant.
  const onLink = entries.filter(({ device, kind }) =>
    kind === "own" || end.zone === undefined || end.zone === device
  );
  const [best] = onLink.filter((entry) => startsWith(bytes, entry)).sort((one, other) =>
    other.bits - one.bits || one.metric - other.metric
  );
  return {
    isOwn: best?.kind === "own",
    isBroadcast: best?.kind === "broadcast",
    route: best?.kind !== "own" && best?.kind !== "route" ? undefined : {
      device: best.kind === "own" ? "lo" : best.device,
      gateway: best.gateway.some((byte) => byte !== 0) ? addressOf(best.gateway) : undefined,
      prefix: `${addressOf(best.bytes)}/${best.bits}`,
    },
  };
}

/** Where IPv6 is switched off there is no file, and no route either. */
function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Whether an address begins with the bits of a prefix. */
export function startsWith(address: Uint8Array, { bytes, bits }: Prefix): boolean {
  const whole = bits >> 3;
  if (address.length !== bytes.length) return false;
  for (let at = 0; at < whole; at++) if (address[at] !== bytes[at]) return false;
  const rest = bits & 7;
  return rest === 0 || (address[whole]! ^ bytes[whole]!) >> 8 - rest === 0;
}

/**
 * The addresses that are local to the machine, and the broadcast ones: /proc/net/fib_trie has a line
 * "|-- 10.0.0.5", and under it "/32 host LOCAL", once for each table.
 */
function ownIpv4(text: string): Entry[] {
  return [...text.matchAll(/\|-- ([0-9.]+)\n((?: +\/[^\n]*\n?)+)/g)].flatMap(([, address, lines]) =>
    [...lines!.matchAll(/\/([0-9]+) \w+ (LOCAL|BROADCAST)/g)].map(([, bits, kind]): Entry => ({
      bytes: Endpoint.from(address!, 0).toBytes(),
      bits: Number(bits),
      device: "lo",
      gateway: new Uint8Array(4),
      metric: -1,
      kind: kind === "LOCAL" ? "own" : "broadcast",
    }))
  );
}

/** Interface, destination, gateway, flags, three numbers, mask; an entry without interface refuses. */
function ipv4Routes(text: string): Entry[] {
  return rowsOf(text).slice(1).map((words): Entry => {
    const [device, to, gateway, flags, , , metric, mask] = words as string[];
    const ones = wordBytes(mask!).reduce(
      (sum, byte) => sum + byte.toString(2).split("1").length - 1,
      0,
    );
    const isRefused = device === "*" || (parseInt(flags!, 16) & RTF_REJECT) !== 0;
    return {
      bytes: wordBytes(to!),
      bits: ones,
      device: device!,
      gateway: wordBytes(gateway!),
      metric: Number(metric),
      kind: isRefused ? "refused" : "route",
    };
  });
}

/** Destination and its length, source and its length, next hop, metric, two counts, flags, interface. */
function ipv6Routes(text: string): Entry[] {
  return rowsOf(text).map((words): Entry => {
    const [to, bits, , , gateway, metric, , , flags, device] = words as string[];
    const flag = parseInt(flags!, 16);
    return {
      bytes: Uint8Array.fromHex(to!),
      bits: parseInt(bits!, 16),
      device: device!,
      gateway: Uint8Array.fromHex(gateway!),
      metric: parseInt(metric!, 16),
      // JavaScript's & has 32 bits with a sign.
      kind: (flag & RTF_LOCAL) !== 0 ? "own" : (flag & RTF_REJECT) !== 0 ? "refused" : "route",
    };
  });
}

function rowsOf(text: string): string[][] {
  return text.split("\n").filter((line) => line.trim() !== "").map((line) =>
    line.trim().split(/\s+/)
  );
}

/** An IPv4 address is a word in hexadecimal digits, as the machine has it in memory. */
function wordBytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint32Array.of(parseInt(hex, 16)).buffer);
}

function addressOf(bytes: Uint8Array): string {
  return Endpoint.fromBytes(bytes, 0).address;
}
