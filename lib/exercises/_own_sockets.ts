/**
 * The sockets that this very process has open, by their numbers, and those that stay.
 *
 * @module
 */
import { until } from "../time_limit.ts";
import type { Connections } from "../observe/rows/connection.ts";
import { inodesOf } from "../observe/sources/open_sockets.ts";

/** How long a close may take that nobody waited for, in milliseconds. */
const CLOSE_MS = 200;

/** Returns the inodes of this process's sockets, as the kernel's table has them. `proc_pid_fd(5)` */
export function ownInodes(): ReadonlySet<number> {
  return inodesOf();
}

/** Looks until no row is left, but not for long, and returns those that stay. */
export async function leftOf(look: () => Connections): Promise<Connections> {
  await until(() => look().length === 0, { timeout: CLOSE_MS }).catch(() => {});
  return look();
}
