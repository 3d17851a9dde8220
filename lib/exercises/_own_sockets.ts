/**
 * The sockets that this very process has open, by their numbers.
 *
 * @module
 */

/** Returns the inodes of this process's sockets, as the kernel's table has them. `proc_pid_fd(5)` */
export function ownInodes(): ReadonlySet<number> {
  const inodes = new Set<number>();
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    let target: string;
    try {
      target = Deno.readLinkSync(`/proc/self/fd/${name}`);
    } catch {
      continue; // It was closed since the list was made, as the list's own descriptor is.
    }
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) inodes.add(Number(inode));
  }
  return inodes;
}
