/** The plan of a private network: from its options to the commands and settings that make it. */
import {
  check,
  checkOptions,
  kindOf,
  type OptionChecks,
  partOf,
  quote,
  refusal,
  text,
} from "../refusal.ts";
import { Endpoint } from "../tuples/endpoint.ts";

/** What a private network has. */
export interface PrivateNetworkOptions {
  /** The addresses of its interface eth0, IPv4 and IPv6; none by default. */
  readonly addresses?: readonly string[];
  /**
   * More interfaces by name, each with its addresses; none by default. A name is 1 to 15 letters,
   * digits, dots, hyphens and underscores, such as "eth1"; "lo", which every network has, may get
   * more addresses.
   */
  readonly interfaces?: Readonly<Record<string, readonly string[]>>;
  /**
   * The network's own kernel settings, such as `{ "net.ipv4.tcp_tw_reuse": 0 }`; by default those
   * that a new network starts with.
   */
  readonly sysctls?: Readonly<Record<string, string | number>>;
}

/** How a private network is made. */
export interface NetworkPlan {
  /** The lines of `ip -batch`, `ip(8)`. */
  readonly commands: readonly string[];
  /** The settings, as they were given. */
  readonly sysctls: readonly (readonly [name: string, value: string])[];
  /** The addresses in canonical form, without those of loopback. */
  readonly addresses: readonly string[];
}

const CANNOT = "Cannot make a private network";
const OPTIONS: OptionChecks<PrivateNetworkOptions> = {
  addresses: {
    rule: "a list of addresses",
    allows: (value): value is readonly string[] => Array.isArray(value),
  },
  interfaces: {
    rule: "an object with a list of addresses for each name",
    allows: (value): value is Readonly<Record<string, readonly string[]>> =>
      isRecord(value) && Object.values(value).every((each) => Array.isArray(each)),
  },
  sysctls: {
    rule: "an object with a value for each name",
    allows: (value): value is Readonly<Record<string, string | number>> => isRecord(value),
  },
};
const DEFAULT_INTERFACE = "eth0";
const LOOPBACK_INTERFACE = "lo";
/** The name of the far end of a cable, see {@linkcode cable}. */
const FAR_END = /^far\d+$/;
/** IFNAMSIZ, `netdevice(7)`, counts the zero at the end. */
const MAX_NAME_CHARACTERS = 15;

/** The addresses that no interface may have, each kind with the rule that it breaks. */
const UNUSABLE: readonly (readonly [rule: string, matches: (address: string) => boolean])[] = [
  ["every network has the loopback addresses already", (text) => endpoint(text).isLoopback],
  ["an interface has one address, not all of them", (text) => endpoint(text).isWildcard],
  [
    "an IPv4-mapped address is only another spelling of an IPv4 address",
    (text) => endpoint(text).unmapped().address !== text,
  ],
  ["0.0.0.0/8 and 224.0.0.0 to 255.255.255.255 are not addresses of single computers", (text) => {
    const first = Number(text.split(".")[0]);
    return !text.includes(":") && (first === 0 || first >= 224);
  }],
  ["a multicast address (ff00::/8) belongs to a group", (text) => /^ff..:/.test(text)],
  [
    "a link-local address (fe80::/10) needs a zone, which has a meaning only inside the network",
    (text) => /^fe[89ab].:/.test(text),
  ],
];

/**
 * Checks the options, and returns how to make the network.
 *
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 * @throws {SyntaxError} If an address does not parse
 * @throws {RangeError} If no interface may have the address, an address is given twice, or a name is
 * not one of an interface or a network setting
 */
export function networkPlan(options: PrivateNetworkOptions): NetworkPlan {
  checkOptions(options, OPTIONS, CANNOT);
  const { addresses = [], interfaces = {}, sysctls = {} } = options;
  const wanted = new Map<string, readonly string[]>();
  if (addresses.length > 0) wanted.set(DEFAULT_INTERFACE, addresses);
  for (const [name, more] of Object.entries(interfaces)) {
    assertInterfaceName(name);
    wanted.set(name, [...(wanted.get(name) ?? []), ...more]);
  }
  const commands = [`link set ${LOOPBACK_INTERFACE} up`];
  const taken = new Set<string>();
  for (const [name, texts] of wanted) {
    commands.push(...(name === LOOPBACK_INTERFACE ? [] : cable(name, commands)));
    for (const text of texts) {
      const address = ownAddress(text, taken);
      taken.add(address);
      // No other computer can have the address, so the kernel need not ask for it (RFC 4862).
      const [bits, flags] = address.includes(":") ? [128, " nodad"] : [32, ""];
      commands.push(`address add ${address}/${bits} dev ${name}${flags}`);
    }
  }
  const settings = Object.entries(sysctls)
    .map(([name, value]) => [assertSysctl(name), sysctlText(name, value)] as const);
  return { commands, sysctls: settings, addresses: [...taken] };
}

/** Refuses an endpoint at an address that the network does not have. */
export function assertHas(addresses: readonly string[], endpoint: Endpoint): void {
  const { address, isLoopback, isWildcard } = endpoint;
  if (isLoopback || isWildcard || addresses.includes(address)) return;
  throw refusal(RangeError, {
    cannot: `Cannot use "${endpoint}" in this network`,
    rule: `it has the addresses ${[...addresses, "127.0.0.1", "::1"].join(", ")}`,
    part: quote(address),
  });
}

/** A virtual cable, `veth(4)`: both of its ends are in the network, and both have to be up. */
function cable(name: string, before: readonly string[]): readonly string[] {
  const farEnd = `far${before.filter((line) => line.startsWith("link add")).length}`;
  return [
    `link add ${name} type veth peer name ${farEnd}`,
    `link set ${farEnd} up`,
    `link set ${name} up`,
  ];
}

/** Returns an address in canonical form, if an interface may have it. */
function ownAddress(address: string, taken: ReadonlySet<string>): string {
  check(address, text, { cannot: CANNOT, what: "an address" });
  const { address: canonical, zone } = endpoint(address);
  const refuse = (rule: string, part: string) =>
    refusal(RangeError, { cannot: `${CANNOT} with the address ${quote(address)}`, rule, part });
  if (zone !== undefined) throw refuse("it is given without a zone", quote(`%${zone}`));
  const rule = UNUSABLE.find(([, matches]) => matches(canonical))?.[0];
  if (rule !== undefined) throw refuse(rule, quote(canonical));
  if (taken.has(canonical)) throw refuse("each address is given once", `${quote(canonical)} again`);
  return canonical;
}

function endpoint(address: string): Endpoint {
  return Endpoint.from(address, 0);
}

function assertInterfaceName(name: string): void {
  const refuse = (rule: string) =>
    refusal(RangeError, {
      cannot: `${CANNOT} with the interface ${quote(name)}`,
      rule,
      part: quote(name),
    });
  if (FAR_END.test(name)) throw refuse('"far" and a number is the name of a cable\'s far end');
  const isName = /^[A-Za-z][A-Za-z0-9_.-]*$/.test(name) && name.length <= MAX_NAME_CHARACTERS;
  if (isName && name !== "all" && name !== "default") return;
  throw refuse(
    'a name is a letter and at most 14 letters, digits, "_", "." and "-", and not "all" or "default"',
  );
}

/** Refuses other settings than a network's, whose names begin with "net." (`sysctl(8)`). */
function assertSysctl(name: string): string {
  if (/^net(\.[A-Za-z0-9_-]+){2,}$/.test(name)) return name;
  throw refusal(RangeError, {
    cannot: `${CANNOT} with the setting ${quote(name)}`,
    rule: 'a network\'s settings have names such as "net.ipv4.ip_local_port_range"',
    part: quote(name),
  });
}

function sysctlText(name: string, value: string | number): string {
  const isText = typeof value === "string" && /^[ -~\t]+$/.test(value);
  if (isText || Number.isSafeInteger(value)) return String(value);
  throw refusal(TypeError, {
    cannot: `${CANNOT} with the setting ${quote(name)}`,
    rule: "its value is a whole number or a line of text",
    part: partOf(value),
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return kindOf(value) === "an object";
}
