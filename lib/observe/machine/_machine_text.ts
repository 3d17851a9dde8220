/** What a machine's own texts say about it, read by pure functions. */
import { quote } from "../../refusal.ts";

/** Linux, include/uapi/linux/capability.h; capabilities(7). */
const CAP_NET_BIND_SERVICE = 10n;

/** Reads from /proc/PID/status whether the process holds CAP_NET_BIND_SERVICE, in effect. */
export function holdsNetBindService(status: string): boolean {
  const match = /^CapEff:\s*([0-9a-f]{16})$/m.exec(status);
  if (match === null) {
    throw new SyntaxError(
      `Cannot parse process status ${quote(status)}: one line is CapEff and 16 hexadecimal ` +
        "digits, got none",
    );
  }
  return (BigInt(`0x${match[1]}`) >> CAP_NET_BIND_SERVICE & 1n) === 1n;
}

/** Reads a kernel's release, as in "6.18.44-fc", and tells whether it is this version or later. */
export function isAtLeast(
  release: string,
  version: readonly [major: number, minor: number],
): boolean {
  const match = /^(\d+)\.(\d+)/.exec(release);
  if (match === null) {
    throw new SyntaxError(
      `Cannot parse kernel release ${quote(release)}: it begins with two numbers and a point ` +
        `between, got ${quote(release)}`,
    );
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > version[0] || (major === version[0] && minor >= version[1]);
}
