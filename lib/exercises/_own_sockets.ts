/**
 * The sockets that this very process has open, by their numbers.
 *
 * @module
 */
import { socketLinks } from "../observe/_socket_links.ts";

/** Returns the inodes of this process's sockets, as the kernel's table has them. `proc_pid_fd(5)` */
export function ownInodes(): ReadonlySet<number> {
  return new Set(socketLinks("self").map(({ inode }) => inode));
}
