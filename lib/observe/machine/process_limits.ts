/** What limits the processes and files of this machine's user: ulimit(1), getrlimit(2). */
import { readIfThere } from "../../system/namespace_limits.ts";

/** The limits of a process; `undefined` where they are not known, Infinity where there is none. */
export interface ProcessLimits {
  /** How many files, sockets included, this process may have open. */
  readonly openFiles: number | undefined;
  /** How many processes and threads its user may have. */
  readonly processes: number | undefined;
}

/** Reads this process's limits, which Deno has raised as far as it may. Only Linux lists them. */
export function processLimits(): ProcessLimits {
  return parseProcessLimits(readIfThere("/proc/self/limits") ?? "");
}

/**
 * Reads the text of /proc/PID/limits, in proc(5): a name, the soft limit, the hard one and the unit, as
 * in "Max open files            256                  256                  files".
 */
export function parseProcessLimits(text: string): ProcessLimits {
  return { openFiles: soft(text, "Max open files"), processes: soft(text, "Max processes") };
}

function soft(text: string, name: string): number | undefined {
  const limit = new RegExp(`^${name} +(\\d+|unlimited) `, "m").exec(text)?.[1];
  if (limit === undefined) return undefined;
  return limit === "unlimited" ? Infinity : Number(limit);
}
