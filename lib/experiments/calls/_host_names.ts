/** Servers that are given by name: which addresses this machine knows for it. */
import { lookup } from "node:dns/promises";
import type { LabNetwork } from "../../networks/lab_network.ts";
import { parsePort } from "../../ports/port.ts";
import { quote } from "../../refusal.ts";
import { within } from "../../time_limit.ts";
import type { EndpointLike } from "../../tuples/endpoint.ts";
import { ASK } from "./_diagnosis.ts";

const HOSTS = "/etc/hosts";

/** A server's name and its port. */
export interface NamedServer {
  readonly name: string;
  readonly port: number;
}

/**
 * Reads "localhost:80" as a name and a port; `undefined` if it is no name. A name is letters, digits,
 * hyphens and dots, and its last part begins with a letter (RFC 1123, section 2.1).
 *
 * @throws {SyntaxError} If the port of a name does not parse
 * @throws {RangeError} If it is above 65535
 */
export function namedServer(server: EndpointLike): NamedServer | undefined {
  const [host, port] = typeof server === "string"
    ? [server.slice(0, server.lastIndexOf(":")), server.slice(server.lastIndexOf(":") + 1)]
    : "hostname" in server
    ? [server.hostname, server.port]
    : [undefined, 0];
  if (typeof host !== "string" || !/^(?:[\w-]+\.)*[A-Za-z_][\w-]*\.?$/.test(host)) return undefined;
  return { name: host, port: typeof port === "string" ? parsePort(port) : port };
}

/** Returns the addresses that a text such as /etc/hosts has for a name, `hosts(5)`. */
export function addressesIn(hosts: string, name: string): string[] {
  const wanted = name.toLowerCase().replace(/\.$/, "");
  return hosts.split("\n").flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return names.some((each) => each.toLowerCase() === wanted) ? [address!] : [];
  });
}

/** Returns the addresses that this machine's own file has for a name. */
export function addressesHere(name: string): string[] {
  try {
    return addressesIn(Deno.readTextFileSync(HOSTS), name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Which resolvers may be asked for a name, and for how long. */
interface NameOptions {
  /** How long to wait for the resolver, in milliseconds. */
  readonly timeout: number;
  readonly network: LabNetwork | undefined;
  /** "anywhere" to ask the resolver as well. */
  readonly connect: "anywhere" | undefined;
}

/** Returns the addresses of a name, the one to call first, and a sentence on where they come from. */
export async function addressesFor(
  name: string,
  { timeout, network, connect }: NameOptions,
): Promise<{ addresses: readonly string[]; said: readonly string[] }> {
  const here = addressesHere(name);
  if (here.length > 0) {
    return { addresses: here, said: [namesAddresses("/etc/hosts", name, here)] };
  }
  const missing = `/etc/hosts does not have the name ${quote(name)}`;
  if (connect !== "anywhere") {
    return { addresses: [], said: [`${missing}, and no other computer was asked. ${ASK}`] };
  }
  if (network !== undefined) {
    return { addresses: [], said: [`${missing}, and a network of its own has no resolver.`] };
  }
  const found = await within(addressesElsewhere(name), { timeout }).catch((error) => {
    if (error instanceof DOMException && error.name === "TimeoutError") return { code: "nothing" };
    throw error;
  });
  return "code" in found
    ? { addresses: [], said: [`${missing}, and the resolver answers: ${found.code}.`] }
    : { addresses: found, said: [namesAddresses("The resolver", name, found)] };
}

function namesAddresses(source: string, name: string, addresses: readonly string[]): string {
  const first = addresses.length > 1 ? "; this call uses the first" : "";
  return `${source} has ${addresses.join(", ")} for the name ${quote(name)}${first}.`;
}

/** Asks the resolver, which asks other computers; an error's code if it has no answer. */
async function addressesElsewhere(name: string): Promise<string[] | { code: string }> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return { code };
  }
}
