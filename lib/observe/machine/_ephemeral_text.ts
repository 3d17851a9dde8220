/** The texts in which systems tell their ephemeral range, each read by a pure function. */
import { quote } from "../../refusal.ts";
import { PortRange } from "../../ports/port_range.ts";

/** Reads Linux's ip_local_port_range: "32768\t60999\n". */
export function parseLocalPortRange(text: string): PortRange {
  return twoNumbers(text, /^(\d+)\s+(\d+)\s*$/, "two ports with a blank between them");
}

/** Reads `sysctl -n` of the first and the last port, on macOS and FreeBSD: "49152\n65535\n". */
export function parsePortRangeSysctl(text: string): PortRange {
  return twoNumbers(text, /^(\d+)\n(\d+)\s*$/, "two ports, one a line");
}

/**
 * Reads Windows' `netsh int ipv4 show dynamicport tcp`, which tells the first port and how many
 * there are. Its words are in the system's language, so only the numbers after the colons count.
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
  return new SyntaxError(
    `Cannot parse ephemeral range ${quote(text)}: the system tells ${rule}, got something else`,
  );
}
