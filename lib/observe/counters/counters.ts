/**
 * What the kernel has counted: connections opened, refused and reset, segments, lost datagrams.
 *
 * @module
 */
import { readIfThere } from "../../system/namespace_limits.ts";
import { type CounterTexts, parseCounters } from "./_counter_text.ts";
import { checkOptions, refusal } from "../../refusal.ts";
import { assertOpen, type NetworkTable, networkTable } from "../sources/_sources.ts";
import { Counters } from "./counter_values.ts";

/** Which network's counters are read. */
export interface CountersOptions {
  /** A network of its own, such as a `PrivateNetwork`; by default that of this process. */
  readonly network?: NetworkTable | undefined;
}

/**
 * Returns the kernel's counters of TCP and UDP that the course meets, IPv4 and IPv6 together.
 *
 * They count the connections of all programs since the network came up. What one program did is the
 * difference of two readings, if no other program is active meanwhile: in a private network. The
 * kernel's files are read one after the other, and can change in between.
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind
 * @throws {Deno.errors.NotSupported} If this is not Linux
 * @throws {Deno.errors.BadResource} If the network is closed
 * @throws {Deno.errors.NotCapable} If Deno may not read /proc, which `--allow-all` allows
 * @throws {SyntaxError} If the kernel's text does not parse
 *
 * @example What a connection leaves behind
 * ```ts
 * import { counters } from "fourtuple/observe";
 * import { assert } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const before = counters();
 * using client = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
 * using server = await listener.accept();
 *
 * const difference = counters().since(before);
 * // At least: other programs of this machine may have opened some, too.
 * assert(difference.get("ActiveOpens") >= 1);
 * assert(difference.get("PassiveOpens") >= 1);
 * ```
 */
export function counters(options: CountersOptions = {}): Counters {
  assertCounted(Deno.build.os);
  checkOptions(options, { network: networkTable }, "Cannot read the kernel's counters");
  assertOpen(options.network, "read the kernel's counters");
  const folder = `/proc/${options.network?.pid ?? "thread-self"}/net`;
  return new Counters(parseCounters(readTexts(folder)));
}

function readTexts(folder: string): CounterTexts {
  return {
    snmp: Deno.readTextFileSync(`${folder}/snmp`),
    netstat: Deno.readTextFileSync(`${folder}/netstat`),
    // Where IPv6 is switched off there is no such file, and no datagram either.
    snmp6: readIfThere(`${folder}/snmp6`) ?? "",
  };
}

/**
 * Refuses a system without /proc/net. `os` is `Deno.build.os`.
 *
 * @internal
 */
export function assertCounted(os: string): void {
  if (os === "linux" || os === "android") return;
  throw refusal(Deno.errors.NotSupported, {
    cannot: "Cannot read the kernel's counters",
    rule: "they are in /proc/net, which only Linux has",
    part: `${os}, where "netstat -s" in a terminal prints them`,
  });
}
