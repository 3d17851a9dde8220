/** The kernel's files about the network, under /proc, and what hides them. */
import { readIfThere } from "../../system/namespace_limits.ts";

/** What of /proc is there. */
export interface ProcFiles {
  /** Whether /proc/net is, with the counters and the tables of sockets. */
  readonly net: boolean;
  /** Whether /proc/sys/net is, with the kernel's settings. */
  readonly settings: boolean;
  /** The text of /proc/self/mounts, in fstab(5): where what is mounted, and how. */
  readonly mounts: string;
}

/** Looks for this machine's files. */
export function procFiles(): ProcFiles {
  return {
    net: readIfThere("/proc/net/tcp") !== undefined,
    settings: readIfThere("/proc/sys/net/ipv4/ip_local_port_range") !== undefined,
    mounts: readIfThere("/proc/self/mounts") ?? "",
  };
}

/** Returns what brings back the files that Linux has and this process does not see. */
export function procFilesRemedy(
  { mounts }: ProcFiles,
  { needsSudo, isContainer }: { readonly needsSudo: boolean; readonly isContainer: boolean },
): string {
  const sudo = needsSudo ? "sudo " : "";
  const all = mounts.split("\n").map((line) => line.split(" "));
  const [, , , options = ""] = all.findLast(([, place]) => place === "/proc") ?? [];
  // proc(5): since Linux 5.8, only the processes' own folders are shown.
  if (options.split(",").includes("subset=pid")) return `${sudo}mount -t proc proc /proc`;
  const hiding = all.findLast(([, place = ""]) => /^\/proc\/(net|sys)(\/|$)/.test(place));
  const command = hiding === undefined
    ? `${sudo}mount -t proc proc /proc`
    : `${sudo}umount ${hiding[1]}`;
  const otherwise = isContainer
    ? "start the container with --security-opt systempaths=unconfined"
    : "use a kernel that has these files (CONFIG_SYSCTL)";
  return `${command}, or ${otherwise}`;
}
