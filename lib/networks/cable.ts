/**
 * The cable of a second computer, unplugged and plugged in again.
 *
 * @module
 */
import { runChild } from "../program/child_process.ts";
import { quote, refusal } from "../refusal.ts";
import type { LabNetwork } from "./lab_network.ts";

const CANNOT = "Cannot unplug a computer";
const LIMIT_MS = 10_000;

/** The ways out of a computer that is unplugged: the kernel forgets them when its interface goes down. */
const ways = new WeakMap<LabNetwork, readonly string[]>();

/** Prints the name of the interface at the cable, and then its ways out, one a line; `ip(8)`. */
const UNPLUG = `set -e
far=$(ip -o link show type veth | sed -n 's/^[0-9]*: \\([^@:]*\\).*/\\1/p')
test -n "$far"
echo "$far"
ip route show dev "$far"
ip link set dev "$far" down`;

/** Its arguments are the interface and its ways out. */
const PLUG = `set -e
far=$1
shift
ip link set dev "$far" up
for way in "$@"; do ip route add $way dev "$far"; done`;

/**
 * Unplugs a second computer, which `PrivateNetwork.createBeside` has made, from its cable. Whatever
 * either end sends is lost from now on, and neither sends a FIN. To unplug it twice does no harm.
 *
 * @param computer The second computer
 * @throws {Deno.errors.NotSupported} If its network is not private
 * @throws {RangeError} If it has no cable
 *
 * @example What was sent arrives later
 * ```ts
 * import { plug, PrivateNetwork, unplug } from "fourtuple/networks";
 * import { Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
 * await using other = await PrivateNetwork.createBeside(network, { address: "10.0.0.80" });
 * using server = Socket.tcp({ network: other, timeout: 20_000 });
 * server.bind("10.0.0.80:80");
 * server.listen();
 * using client = Socket.tcp({ network, timeout: 20_000 });
 * await client.connect("10.0.0.80:80");
 * using accepted = await server.accept();
 *
 * await unplug(other);
 * assertEquals(await client.send("hello"), 5);
 * await plug(other);
 * assertEquals(new TextDecoder().decode(await accepted.receive()), "hello");
 * ```
 */
export async function unplug(computer: LabNetwork): Promise<void> {
  if (!computer.isPrivate) {
    throw new Deno.errors.NotSupported(`${CANNOT}: it needs a private network. ${computer.note}`);
  }
  if (ways.has(computer)) return;
  ways.set(computer, await run(computer, [UNPLUG]));
}

/**
 * Plugs a computer in again that {@linkcode unplug} has unplugged; another one it leaves as it is.
 *
 * @param computer The second computer
 */
export async function plug(computer: LabNetwork): Promise<void> {
  const saved = ways.get(computer);
  if (saved === undefined) return;
  await run(computer, [PLUG, "sh", ...saved]);
  ways.delete(computer);
}

/** Runs a shell script on a computer, and returns its lines. */
async function run({ enter }: LabNetwork, script: readonly string[]): Promise<readonly string[]> {
  const { success, stdout, stderr } = await runChild([...enter, "sh", "-c", ...script], {
    timeout: LIMIT_MS,
  });
  if (success) return stdout.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  throw refusal(RangeError, {
    cannot: CANNOT,
    rule: "it is at the end of a cable",
    part: quote(stderr.trim()),
  });
}
