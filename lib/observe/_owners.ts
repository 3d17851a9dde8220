/** Which process has which socket: the links in /proc/PID/fd, `proc(5)`. */
import { DiagRow } from "./sources/_diag_row.ts";
import { socketLinks } from "./sources/socket_links.ts";
import type { Connection, SocketOwner } from "./rows/connection.ts";

type Owners = Map<number, SocketOwner[]>;

/** Returns the rows with their owners. */
export function ownedBy(rows: readonly Connection[]): readonly Connection[] {
  const known = readOwners(new Set(rows.map((row) => row.inode)));
  return rows.map((row) => {
    const owners = known.get(row.inode) ?? [];
    const isOwnerHidden = owners.length === 0 && row.inode !== 0;
    if (!(row instanceof DiagRow)) return { ...row, owners, isOwnerHidden };
    row.own(owners, isOwnerHidden);
    return row;
  });
}

/**
 * Looks through the descriptors of all processes, for these sockets. A process or a descriptor that
 * ends meanwhile has none any more; a process that one may not look into is left out.
 */
function readOwners(inodes: Set<number>): Owners {
  const owners: Owners = new Map();
  inodes.delete(0);
  if (inodes.size === 0) return owners;
  for (const { name: pid } of Deno.readDirSync("/proc")) {
    if (!/^[0-9]+$/.test(pid)) continue;
    try {
      ownersIn(pid, inodes, owners);
    } catch (error) {
      if (!isGone(error) && !(error instanceof Deno.errors.PermissionDenied)) throw error;
    }
  }
  return owners;
}

function ownersIn(pid: string, inodes: ReadonlySet<number>, owners: Owners): void {
  let program: string | undefined;
  for (const { inode, descriptor } of socketLinks(pid)) {
    if (!inodes.has(inode)) continue;
    program ??= Deno.readTextFileSync(`/proc/${pid}/comm`).trimEnd();
    const owner = { pid: Number(pid), program, descriptor };
    const known = owners.get(inode);
    if (known === undefined) owners.set(inode, [owner]);
    else known.push(owner);
  }
}

/** ENOENT, or ESRCH of a process whose files are gone already. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    (error instanceof Error && "code" in error && error.code === "ESRCH");
}
