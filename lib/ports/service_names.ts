/**
 * Which service a port belongs to, and which port a service has.
 *
 * The names are IANA's, https://www.iana.org/assignments/service-names-port-numbers, except where
 * people use another one: 53 is "dns" here, and "domain" is an alias. Such a name is a convention:
 * any program may listen on any port.
 *
 * @module
 */
import { KNOWN_SERVICES } from "./_known_services.ts";
import { registered, registeredPort } from "./_registry.ts";
import { kindOf, quoteValue } from "../refusal.ts";
import { assertPort } from "./port.ts";
import { assertProtocol, type Protocol } from "./protocol.ts";
import type { ServiceEntry } from "./service_entry.ts";

/**
 * Returns the name of the service that a port belongs to, or `undefined` for a port of nobody.
 *
 * @param port A port, 0 to 65535
 * @param protocol "tcp" or "udp"
 * @throws {TypeError} If `port` is not a number or `protocol` not a protocol
 * @throws {RangeError} If `port` is no port
 *
 * @example The ports that everybody meets first
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
 * Returns the port of a service, or `undefined` for a name that nobody has.
 *
 * Capitals and small letters are the same in a service name (RFC 6335 section 5.1); blanks are not
 * removed. Of a service with several ports it is the one that people mean by the name, else the
 * lowest.
 *
 * @param name A name or an alias
 * @param protocol "tcp" or "udp"
 * @throws {TypeError} If `name` is not a string or `protocol` not a protocol
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
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot look up service ${quoteValue(name)}: a service name is a string, got ${kindOf(name)}`,
    );
  }
  assertProtocol(protocol);
  const wanted = name.toLowerCase();
  return (byName(wanted, protocol) ?? byAlias(wanted, protocol))?.range.first ??
    registeredPort(wanted, protocol);
}

/**
 * Returns all that is known about a service, by its port or by its name.
 *
 * @param service A port, or a name or an alias
 * @param protocol "tcp" or "udp"
 * @returns The service, or `undefined` if there is none
 * @throws {TypeError} If `service` is neither number nor string or `protocol` not a protocol
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
