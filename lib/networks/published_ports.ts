/**
 * A port of a computer that leads to a container's, as `docker run -p` publishes one.
 *
 * @module
 */
import { parsePort } from "../ports/port.ts";
import { runChild } from "../program/child_process.ts";
import { check, instanceOf, list, quote, refusal, text } from "../refusal.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { missingProgram } from "./_network_process.ts";
import type { LabNetwork } from "./lab_network.ts";
import { Neighbour } from "./neighbour.ts";
import { PrivateNetwork } from "./private_network.ts";

const CANNOT = "Cannot publish a port";
const LIMIT_MS = 10_000;

/**
 * Both places in which the kernel asks for a new destination, `nft(8)`: for what comes in by a cable,
 * and for what a program of this computer sends. A program that calls 127.0.0.1 has that address for
 * its own, too, to which no container could answer: so its address is replaced as well.
 */
const TABLE = `add table ip published
add chain ip published incoming { type nat hook prerouting priority -100; }
add chain ip published own { type nat hook output priority -100; }
add chain ip published leaving { type nat hook postrouting priority 100; }
flush chain ip published leaving
add rule ip published leaving ip saddr 127.0.0.0/8 ip daddr != 127.0.0.0/8 masquerade
`;

/**
 * The settings that let a computer pass packets on, to addresses that are not its own, and answer for
 * those at its other cables. The files are those of the network of the process that writes them.
 */
const FORWARD = `set -e
cd /proc/sys/net/ipv4
echo 1 > ip_forward
echo 1 > conf/all/route_localnet
echo 1 > conf/all/proxy_arp
exec nft -f -`;

/**
 * Publishes ports of a container: the network's kernel passes connections to the computer's ports on
 * to the container's. The container is a {@linkcode Neighbour} of the network, or a network at one of its cables.
 *
 * A port is written as Docker and Podman take it after `-p`: "8080:80" opens port 8080 of every address of the
 * computer and leads to port 80 of the container, "127.0.0.1:8080:80" opens it at one address. Docker
 * itself also starts a program that takes the port for the calls that no rule sees; here the rule does
 * it all. TCP and IPv4 only.
 *
 * @returns The rules that the kernel has now, one for each port, in nft's words
 * @throws {Deno.errors.NotSupported} If the network is not private, the machine lacks the program nft,
 * or its kernel cannot translate addresses
 * @throws {SyntaxError} If a port is written in another way
 * @throws {RangeError} If a port is above 65535 or 0
 * @throws {TypeError} If an argument is of the wrong kind
 *
 * @example The rule
 * ```ts
 * import { Neighbour, PrivateNetwork, publishPorts } from "fourtuple/networks";
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await PrivateNetwork.create({ addresses: ["172.17.0.1"] });
 * await using container = await Neighbour.create(network, { address: "172.17.0.2" });
 * assertEquals(
 *   await publishPorts(network, ["127.0.0.1:8080:80"], container),
 *   ["ip daddr 127.0.0.1 tcp dport 8080 dnat to 172.17.0.2:80"],
 * );
 * ```
 */
export async function publishPorts(
  network: LabNetwork,
  ports: readonly string[],
  container: Neighbour | PrivateNetwork,
): Promise<string[]> {
  check(ports, list<string>(), { cannot: CANNOT, what: "the ports" });
  if (!(container instanceof PrivateNetwork)) {
    check(container, instanceOf(Neighbour, "a neighbour of the network"), {
      cannot: CANNOT,
      what: "the container",
    });
  }
  const at = container instanceof PrivateNetwork ? container.addresses[0]! : container.address;
  const published = ports.map((port) => ruleFor(port, at));
  if (!network.isPrivate) {
    throw new Deno.errors.NotSupported(`${CANNOT}: it needs a private network. ${network.note}`);
  }
  const rules = published.flatMap((rule) =>
    ["incoming", "own"].map((chain) => `add rule ip published ${chain} ${rule}\n`)
  );
  const { code, stderr } = await runChild([...network.enter, "sh", "-c", FORWARD], {
    input: TABLE + rules.join(""),
    timeout: LIMIT_MS,
  });
  if (code === 0) return published;
  if (code === 127) throw missingProgram("nft", "nftables", CANNOT);
  throw new Deno.errors.NotSupported(
    `${CANNOT}: this kernel can translate addresses, got "${stderr.trim()}". Remedy: use a kernel ` +
      "with nf_tables and nat",
  );
}

function ruleFor(port: string, container: string): string {
  check(port, text, { cannot: CANNOT, what: "a port" });
  const parts = /^(?:([0-9.]+):)?([0-9]+):([0-9]+)$/.exec(port);
  if (parts === null) {
    throw refusal(SyntaxError, {
      cannot: `${CANNOT} ${quote(port)}`,
      rule: 'it is written as "8080:80" or "127.0.0.1:8080:80"',
      part: quote(port),
    });
  }
  const [, address = "0.0.0.0", outer = "", inner = ""] = parts;
  const at = Endpoint.from(address, parsePort(outer));
  const to = Endpoint.from(container, parsePort(inner));
  for (const each of [at, to]) {
    if (each.port !== 0) continue;
    throw refusal(RangeError, {
      cannot: `${CANNOT} ${quote(port)}`,
      rule: "a port that can be called is 1 to 65535",
      part: "0",
    });
  }
  const where = at.isWildcard ? "fib daddr type local" : `ip daddr ${at.address}`;
  return `${where} tcp dport ${at.port} dnat to ${to}`;
}
