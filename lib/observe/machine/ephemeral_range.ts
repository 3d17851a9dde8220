/**
 * This machine's own ephemeral range.
 *
 * @module
 */
import { runChildSync } from "../../program/child_process.ts";
import { quote, refusal } from "../../refusal.ts";
import { PortRange } from "../../ports/port_range.ts";
import { readIfThere } from "../../system/namespace_limits.ts";

/** Linux; documented with ip_local_port_range in ip-sysctl and ip(7). */
const LOCAL_PORT_RANGE = "/proc/sys/net/ipv4/ip_local_port_range";

/** The kernel's own setting until it is changed: Linux, net/ipv4/af_inet.c, inet_init_net(). */
const DEFAULT_LOCAL_PORT_RANGE = "32768\t60999\n";

/**
 * Returns the range from which this machine's kernel picks clients' ports.
 *
 * On Linux each network namespace has its own, for TCP and UDP, IPv4 and IPv6; it is read anew in each
 * call. The kernel leaves out the ports of `ip_local_reserved_ports`, and a socket can have a narrower
 * range of its own (IP_LOCAL_PORT_RANGE, Linux 6.3). Where /proc/sys/net is not there, this is the
 * kernel's default, 32768 to 60999: nothing on such a machine can change it, except from outside.
 *
 * macOS, FreeBSD (`sysctl`) and Windows (`netsh`, for TCP) follow their manuals, and were not tried.
 *
 * @throws {Deno.errors.NotSupported} If the course does not know how to read it on this system
 * @throws {SyntaxError} If the system's answer is not as its manual says
 *
 * @example The kernel picks a port from it
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
      return parseLocalPortRange(readIfThere(LOCAL_PORT_RANGE) ?? DEFAULT_LOCAL_PORT_RANGE);
    case "darwin":
    case "freebsd":
      return parsePortRangeSysctl(
        output("sysctl", ["-n", "net.inet.ip.portrange.first", "net.inet.ip.portrange.last"]),
      );
    case "windows":
      return parseDynamicPort(output("netsh", ["int", "ipv4", "show", "dynamicport", "tcp"]));
    default:
      throw refusal(Deno.errors.NotSupported, {
        cannot: "Cannot read the ephemeral range",
        rule: "the system is Linux, macOS, FreeBSD or Windows",
        part: quote(Deno.build.os),
      });
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

/** Reads Linux's ip_local_port_range: "32768\t60999\n". */
export function parseLocalPortRange(text: string): PortRange {
  return twoNumbers(text, /^(\d+)\s+(\d+)\s*$/, "two ports with a blank between them");
}

/** Reads `sysctl -n` of the first and the last port, on macOS and FreeBSD: "49152\n65535\n". */
export function parsePortRangeSysctl(text: string): PortRange {
  return twoNumbers(text, /^(\d+)\n(\d+)\s*$/, "two ports, one a line");
}

/**
 * Reads Windows' `netsh int ipv4 show dynamicport tcp`, which prints the first port and how many there
 * are. Its words are in the system's language, so only the numbers after the colons count.
 */
export function parseDynamicPort(text: string): PortRange {
  const match = /:\s*(\d+)\s*\n[^:]*:\s*(\d+)\s*$/.exec(text);
  if (match === null) throw unreadable(text, "a first port and a number of ports");
  const [first, count] = [Number(match[1]), Number(match[2])];
  return PortRange.from(first, first + count - 1);
}

function twoNumbers(text: string, shape: RegExp, rule: string): PortRange {
  const match = shape.exec(text);
  if (match === null) throw unreadable(text, rule);
  return PortRange.parse(`${match[1]}-${match[2]}`);
}

function unreadable(text: string, rule: string): SyntaxError {
  return refusal(SyntaxError, {
    cannot: "Cannot parse the ephemeral range",
    rule: `the system prints ${rule}`,
    part: quote(text),
  });
}
