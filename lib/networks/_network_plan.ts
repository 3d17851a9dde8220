/** From what was asked of a private network to the commands and settings that make it. */
import { kindOf, quote, quoteValue, unknownField } from "../refusal.ts";
import { Endpoint } from "../tuples/endpoint.ts";

/** What a private network has. */
export interface PrivateNetworkOptions {
  /** The addresses of its interface eth0, IPv4 and IPv6; none by default. */
  readonly addresses?: readonly string[];
  /**
   * Further interfaces by name, each with its addresses; none by default. A name is 1 to 15
   * letters, digits, points, hyphens and underscores, such as "eth1"; "lo", which every network
   * has, may get more addresses.
   */
  readonly interfaces?: Readonly<Record<string, readonly string[]>>;
  /**
   * The network's own kernel settings, such as `{ "net.ipv4.tcp_tw_reuse": 0 }`; by default what a
   * new network begins with.
   */
  readonly sysctls?: Readonly<Record<string, string | number>>;
}

/** How a private network is made. */
export interface NetworkPlan {
  /** The lines of `ip -batch`, `ip(8)`. */
  readonly commands: readonly string[];
  /** The settings, as they were given. */
  readonly sysctls: readonly (readonly [name: string, value: string])[];
  /** The addresses in their one spelling, without those that every network has. */
  readonly addresses: readonly string[];
}

const FIELDS: readonly string[] = ["addresses", "interfaces", "sysctls"];
const DEFAULT_INTERFACE = "eth0";
const LOOPBACK_INTERFACE = "lo";
/** The far ends of the cables, which {@linkcode networkPlan} names itself. */
const FAR_END = /^far\d+$/;
/** IFNAMSIZ, `netdevice(7)`, counts the zero at the end. */
const MAX_NAME_CHARACTERS = 15;

/** What no interface may have as its own address: the rule, and its first and last address. */
const FOREIGN: readonly (readonly [rule: string, matches: (address: string) => boolean])[] = [
  ["every network has the loopback addresses already", (text) => endpoint(text).isLoopback],
  ["an interface has one address, and this one stands for all of them", (text) => {
    return endpoint(text).isWildcard;
  }],
  ["an IPv4-mapped address is only another spelling of an IPv4 one", (text) => {
    return endpoint(text).unmapped().address !== text;
  }],
  ["0.0.0.0/8 and 224.0.0.0 to 255.255.255.255 belong to no single computer", (text) => {
    const first = Number(text.split(".")[0]);
    return !text.includes(":") && (first === 0 || first >= 224);
  }],
  ["a multicast address (ff00::/8) belongs to a group", (text) => /^ff..:/.test(text)],
  [
    "a link-local address (fe80::/10) means nothing without a zone, and a zone only inside",
    (text) => {
      return /^fe[89ab].:/.test(text);
    },
  ],
];

/**
 * Checks what was asked, and returns how to make it.
 *
 * @throws {TypeError} If a field is unknown, or of the wrong kind
 * @throws {SyntaxError} If an address is none
 * @throws {RangeError} If no interface may have the address, an address stands there twice, or a
 * name is no interface's or no network setting's
 */
export function networkPlan(options: PrivateNetworkOptions): NetworkPlan {
  const unknown = unknownField(options, FIELDS);
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot make a private network with ${quote(unknown)}: its fields are ${
        FIELDS.join(", ")
      }, got ` +
        quote(unknown),
    );
  }
  const { addresses = [], interfaces = {}, sysctls = {} } = options;
  const wanted = new Map<string, readonly string[]>();
  if (listOf(addresses, "addresses").length > 0) wanted.set(DEFAULT_INTERFACE, addresses);
  for (const [name, more] of Object.entries(recordOf(interfaces, "interfaces"))) {
    assertInterfaceName(name);
    wanted.set(name, [...(wanted.get(name) ?? []), ...listOf(more, `interface ${quote(name)}`)]);
  }
  const commands = [`link set ${LOOPBACK_INTERFACE} up`];
  const taken = new Set<string>();
  for (const [name, texts] of wanted) {
    commands.push(...(name === LOOPBACK_INTERFACE ? [] : cable(name, commands)));
    for (const text of texts) {
      const address = ownAddress(text, taken);
      taken.add(address);
      // Nobody else is here, so there is no need to ask whether somebody has the address (RFC 4862).
      const [bits, flags] = address.includes(":") ? [128, " nodad"] : [32, ""];
      commands.push(`address add ${address}/${bits} dev ${name}${flags}`);
    }
  }
  const settings = Object.entries(recordOf(sysctls, "sysctls"))
    .map(([name, value]) => [assertSysctl(name), sysctlText(name, value)] as const);
  return { commands, sysctls: settings, addresses: [...taken] };
}

/** Refuses an endpoint at an address that a network does not have. */
export function assertHas(addresses: readonly string[], endpoint: Endpoint): void {
  const { address, isLoopback, isWildcard } = endpoint;
  if (isLoopback || isWildcard || addresses.includes(address)) return;
  throw new RangeError(
    `Cannot use "${endpoint}" in this network: it has the addresses ${
      [...addresses, "127.0.0.1", "::1"].join(", ")
    }, got ${quote(address)}`,
  );
}

/** A virtual cable, `veth(4)`: both of its ends are here, and both have to be up. */
function cable(name: string, before: readonly string[]): readonly string[] {
  const farEnd = `far${before.filter((line) => line.startsWith("link add")).length}`;
  return [
    `link add ${name} type veth peer name ${farEnd}`,
    `link set ${farEnd} up`,
    `link set ${name} up`,
  ];
}

function ownAddress(text: string, taken: ReadonlySet<string>): string {
  const cannot = `Cannot make a private network with the address ${quoteValue(text)}`;
  if (typeof text !== "string") {
    throw new TypeError(`${cannot}: an address is a string, got ${kindOf(text)}`);
  }
  const { address, zone } = endpoint(text);
  if (zone !== undefined) {
    throw new RangeError(`${cannot}: it is given without a zone, got ${quote(`%${zone}`)}`);
  }
  const rule = FOREIGN.find(([, matches]) => matches(address))?.[0];
  if (rule !== undefined) throw new RangeError(`${cannot}: ${rule}, got ${quote(address)}`);
  if (taken.has(address)) {
    throw new RangeError(`${cannot}: each address is given once, got ${quote(address)} again`);
  }
  return address;
}

function endpoint(address: string): Endpoint {
  return Endpoint.from(address, 0);
}

function assertInterfaceName(name: string): void {
  if (FAR_END.test(name)) {
    throw new RangeError(
      `Cannot make a private network with the interface ${quote(name)}: "far" and a number is ` +
        `what the far ends of the cables are called, got ${quote(name)}`,
    );
  }
  if (
    /^[A-Za-z][A-Za-z0-9_.-]*$/.test(name) && name.length <= MAX_NAME_CHARACTERS &&
    name !== "all" && name !== "default"
  ) return;
  throw new RangeError(
    `Cannot make a private network with the interface ${quote(name)}: a name is a letter and at ` +
      'most 14 letters, digits, "_", "." and "-", and not "all" or "default", got ' + quote(name),
  );
}

/** A setting of a network: its name begins with "net." (`sysctl(8)`), and leads nowhere else. */
function assertSysctl(name: string): string {
  if (/^net(\.[A-Za-z0-9_-]+){2,}$/.test(name)) return name;
  throw new RangeError(
    `Cannot make a private network with the setting ${quote(name)}: a network's settings have ` +
      `names such as "net.ipv4.ip_local_port_range", got ${quote(name)}`,
  );
}

function sysctlText(name: string, value: string | number): string {
  const isText = typeof value === "string" && /^[ -~\t]+$/.test(value);
  if (isText || Number.isSafeInteger(value)) return String(value);
  throw new TypeError(
    `Cannot make a private network with the setting "${name}" of ${quoteValue(value)}: a value ` +
      `is a whole number or a line of text, got ${
        typeof value === "object" || typeof value === "function" ? kindOf(value) : quoteValue(value)
      }`,
  );
}

function listOf(value: readonly string[], field: string): readonly string[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(
    `Cannot make a private network: ${field} has a list of addresses, got ${kindOf(value)}`,
  );
}

function recordOf<Value>(value: Readonly<Record<string, Value>>, field: string): typeof value {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new TypeError(
    `Cannot make a private network: ${field} is an object with a field for each name, got ${
      kindOf(value)
    }`,
  );
}
