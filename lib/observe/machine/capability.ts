/**
 * What the course can do on a machine, as values.
 *
 * @module
 */
import type { PortRange } from "../../ports/port_range.ts";
import type { Tool } from "./_remedies.ts";

export type { Tool };

/** Something that the course can do here, or cannot. */
export interface Capability {
  /** Whether it can. */
  readonly ok: boolean;
  /** What was found, in a few words. */
  readonly here: string;
  /** What of the course uses it. */
  readonly neededFor: string;
  /** What to do about it, a command where there is one; `undefined` where nothing is missing. */
  readonly cure: string | undefined;
}

/** What the machine is, without what it can do. */
export interface MachineFacts {
  /** The operating system, as `Deno.build.os` calls it. */
  readonly os: string;
  /** The kernel's release: "6.18.44". */
  readonly release: string;
  /** The processor: "x86_64" or "aarch64". */
  readonly arch: string;
  /** Deno's version. */
  readonly deno: string;
  /** The range of a client's ports, if this system can be asked for it. */
  readonly ephemeralRange: PortRange | undefined;
  /** The first port that everybody may bind; 1024 where the system has no such setting. */
  readonly firstUnprivilegedPort: number;
  /** The user's number; `null` on Windows. */
  readonly uid: number | null;
  /** Whether CAP_NET_BIND_SERVICE is in effect; `false` where there are no capabilities. */
  readonly holdsNetBindService: boolean;
}

/** What the course can do on a machine. */
export interface MachineCapabilities {
  /** Read the kernel's own table of sockets: `connections()`. */
  readonly kernelTable: Capability;
  /** Make system calls through libc: `Socket`. */
  readonly systemCalls: Capability;
  /** Bind ports below `firstUnprivilegedPort`, which was tried on loopback. */
  readonly privilegedPorts: Capability;
  /** Narrow one socket's own ephemeral range: IP_LOCAL_PORT_RANGE, Linux 6.3. */
  readonly localPortRange: Capability;
  /** Use ::1, which was tried. */
  readonly ipv6: Capability;
  /** Make a network of one's own, with any address in it: `unshare -Urn`, which was tried. */
  readonly namespaces: Capability;
  /** Programs that are used where they are there. */
  readonly tools: Readonly<Record<Tool, Capability>>;
}
