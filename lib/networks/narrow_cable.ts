/**
 * A cable over which little gets through at a time.
 *
 * @module
 */
import { runChild } from "../program/child_process.ts";
import { check, quote, refusal, text, wholeNumber } from "../refusal.ts";
import { missingProgram } from "./_network_process.ts";
import type { LabNetwork } from "./lab_network.ts";

const CANNOT = "Cannot make a cable narrow";
const LIMIT_MS = 10_000;
/** Bytes that may leave at once, and bytes that may wait at the cable; then packets are dropped. */
const BURST = 5_000;
const WAITING = 30_000;

/**
 * Lets a network send at most so many bits a second over one of its cables, by a token bucket filter
 * (`tc-tbf(8)`). Up to 30,000 bytes wait in front of the cable, and more packets are dropped. The other
 * direction is as before. To call it again changes the rate.
 *
 * @param network The network that sends, which has to be private
 * @param cable Its interface, such as "eth0"
 * @param bitsPerSecond 10,000 to 1,000,000,000
 * @throws {Deno.errors.NotSupported} If the network is not private, the machine lacks the program tc,
 * or its kernel the filter
 * @throws {RangeError} If the rate is out of bounds
 * @throws {TypeError} If an argument is of the wrong kind
 *
 * @example A send queue that fills, since the cable is slower than the program
 * ```ts
 * import { labNetwork, narrowCable, PrivateNetwork } from "fourtuple/networks";
 *
 * await using network = await labNetwork({ addresses: ["10.0.0.5"] });
 * await network.inPrivate("what is sent leaves slowly", async () => {
 *   await using _other = await PrivateNetwork.createBeside(network, { address: "10.0.0.80" });
 *   await narrowCable(network, "eth0", 1_000_000);
 * });
 * ```
 */
export async function narrowCable(
  network: LabNetwork,
  cable: string,
  bitsPerSecond: number,
): Promise<void> {
  check(cable, text, { cannot: CANNOT, what: "the cable" });
  const rate = wholeNumber({ least: 10_000, most: 1_000_000_000 });
  check(bitsPerSecond, rate, { cannot: CANNOT, what: "the rate" });
  if (!network.isPrivate) {
    throw new Deno.errors.NotSupported(`${CANNOT}: it needs a private network. ${network.note}`);
  }
  const filter = `root tbf rate ${bitsPerSecond}bit burst ${BURST} limit ${WAITING}`.split(" ");
  const { success, code, stderr } = await runChild(
    [...network.enter, "tc", "qdisc", "replace", "dev", cable, ...filter],
    { timeout: LIMIT_MS },
  );
  if (success) return;
  if (code === 127) throw missingProgram("tc", "iproute2", CANNOT);
  throw refusal(Deno.errors.NotSupported, {
    cannot: CANNOT,
    rule: "the network has this cable, and the kernel has the filter tbf",
    part: quote(stderr.trim()),
  });
}
