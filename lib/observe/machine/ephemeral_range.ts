/**
 * This machine's own ephemeral range.
 *
 * @module
 */
import { parseDynamicPort, parseLocalPortRange, parsePortRangeSysctl } from "./_ephemeral_text.ts";
import { runChildSync } from "../../program/child_process.ts";
import type { PortRange } from "../../ports/port_range.ts";

/** Linux; documented with ip_local_port_range in ip-sysctl and ip(7). */
const LOCAL_PORT_RANGE = "/proc/sys/net/ipv4/ip_local_port_range";

/**
 * Returns the range from which this machine's kernel takes a client's port.
 *
 * On Linux it belongs to the network namespace, serves TCP and UDP, IPv4 and IPv6, and is read
 * anew with each call. Ports of `ip_local_reserved_ports` are left out by the kernel though they
 * lie in the range, and a socket can have a narrower range of its own (IP_LOCAL_PORT_RANGE, Linux
 * 6.3).
 *
 * macOS, FreeBSD (`sysctl`) and Windows (`netsh`, for TCP) are written by their manuals and were
 * not tried.
 *
 * @throws {Deno.errors.NotSupported} If nobody has written how to ask this system
 * @throws {SyntaxError} If the system's answer has another form than its manual says
 *
 * @example The kernel keeps to it
 * ```ts
 * import { ephemeralRange } from "fourtuple/observe";
 * import { assert } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * assert(ephemeralRange().has(listener.addr.port));
 * ```
 */
export function ephemeralRange(): PortRange {
  switch (Deno.build.os) {
    case "linux":
    case "android":
      return parseLocalPortRange(Deno.readTextFileSync(LOCAL_PORT_RANGE));
    case "darwin":
    case "freebsd":
      return parsePortRangeSysctl(
        output("sysctl", ["-n", "net.inet.ip.portrange.first", "net.inet.ip.portrange.last"]),
      );
    case "windows":
      return parseDynamicPort(output("netsh", ["int", "ipv4", "show", "dynamicport", "tcp"]));
    default:
      throw new Deno.errors.NotSupported(
        `Cannot read the ephemeral range of "${Deno.build.os}": the course knows how to ask ` +
          `Linux, macOS, FreeBSD and Windows, got another system`,
      );
  }
}

function output(command: string, args: readonly string[]): string {
  const { success, code, stdout, stderr } = runChildSync([command, ...args]);
  if (!success) {
    throw new Error(
      `Cannot read the ephemeral range with "${command} ${args.join(" ")}": the command ends ` +
        `with 0, got ${code}: ${stderr.trim()}`,
    );
  }
  return stdout;
}
