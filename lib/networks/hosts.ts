/**
 * Names for addresses, as a computer's own /etc/hosts has them.
 *
 * @module
 */
import { check, kindOf, partOf, quote, refusal, text } from "../refusal.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import type { LabNetwork } from "./lab_network.ts";

/** The addresses of each name, such as `{ localhost: ["127.0.0.1", "::1"] }`. */
export type HostNames = Readonly<Record<string, readonly string[]>>;

const CANNOT = "Cannot give names to addresses";

/**
 * Puts another file in the place of /etc/hosts, for one command and what that starts: in a mount
 * namespace of its own, `mount_namespaces(7)`. The file's name is gone at once, its content stays.
 */
const MOUNT = `set -e
file=$(mktemp)
printf "%s" "$1" > "$file"
mount --bind "$file" /etc/hosts || { rm "$file"; exit 1; }
rm "$file"
shift
exec "$@"`;

/**
 * Returns words to put before a command, so that it runs inside a private network and finds the given
 * names in /etc/hosts, `hosts(5)`, and no others. The machine's own file does not change.
 *
 * Programs that ask the C library, as Deno does, read that file. A program may know `localhost` by
 * itself (RFC 6761, section 6.3), as curl and browsers do.
 *
 * @throws {Deno.errors.NotSupported} If the network is not private
 * @throws {SyntaxError} If a name is not one of a host (RFC 1123), or an address does not parse
 * @throws {TypeError} If the names are not an object with a list of addresses for each name
 *
 * @example The addresses of a name
 * ```ts
 * import { enterWithHosts, PrivateNetwork } from "fourtuple/networks";
 * import { Program } from "fourtuple/program";
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
 * const enter = enterWithHosts(network, { shop: ["192.168.1.100"] });
 * await using asked = Program.command([...enter, "getent", "hosts", "shop"]);
 * await asked.ended;
 * assertEquals(asked.lines[0]?.split(/\s+/), ["192.168.1.100", "shop"]);
 * ```
 */
export function enterWithHosts(network: LabNetwork, names: HostNames): readonly string[] {
  if (!network.isPrivate) {
    throw new Deno.errors.NotSupported(`${CANNOT}: it needs a private network. ${network.note}`);
  }
  return [...network.enter, "unshare", "--mount", "sh", "-c", MOUNT, "sh", hostsText(names)];
}

function hostsText(names: HostNames): string {
  if (kindOf(names) !== "an object" || !Object.values(names).every((each) => Array.isArray(each))) {
    throw refusal(TypeError, {
      cannot: CANNOT,
      rule: "an object has a list of addresses for each name",
      part: partOf(names),
    });
  }
  return Object.entries(names).flatMap(([name, addresses]) => {
    if (
      !/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(
        name,
      )
    ) {
      throw refusal(SyntaxError, {
        cannot: CANNOT,
        rule: "a name consists of letters, digits, dots and inner hyphens",
        part: quote(name),
      });
    }
    return addresses.map((address) => {
      check(address, text, { cannot: CANNOT, what: `an address of ${quote(name)}` });
      return `${Endpoint.from(address, 0).address} ${name}\n`;
    });
  }).join("");
}
