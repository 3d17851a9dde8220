/** Which process has which socket: the links in /proc/PID/fd, `proc(5)`. */
import type { Connection, SocketOwners } from "../rows/connection.ts";
import type { SocketOwner } from "../rows/socket_owner.ts";
import { processes, readable, socketsOf } from "./open_sockets.ts";

/**
 * Returns the owners of rows: by their inode where they have one, otherwise what a tool has printed.
 *
 * It reads the descriptors of all processes. A process or a descriptor that ends meanwhile is left
 * out, and so is a process whose descriptors one may not read.
 *
 * @param printed What a tool has printed of the same rows; none by default
 */
export function ownersOf(
  rows: readonly Connection[],
  printed: SocketOwners = new Map(),
): SocketOwners {
  const byInode = readOwners(new Set(rows.map((row) => row.inode)));
  const owners = new Map(printed);
  for (const row of rows) {
    const found = byInode.get(row.inode);
    if (found !== undefined) owners.set(row, found);
  }
  return owners;
}

function readOwners(inodes: Set<number>): ReadonlyMap<number, readonly SocketOwner[]> {
  const owners = new Map<number, SocketOwner[]>();
  inodes.delete(0);
  if (inodes.size === 0) return owners;
  for (const pid of processes()) {
    let program: string | undefined;
    for (const { inode, descriptor } of readable(() => socketsOf(pid)) ?? []) {
      if (!inodes.has(inode)) continue;
      program ??= readable(() => Deno.readTextFileSync(`/proc/${pid}/comm`))?.trimEnd();
      const owner = { pid, program, descriptor };
      const known = owners.get(inode);
      if (known === undefined) owners.set(inode, [owner]);
      else known.push(owner);
    }
  }
  return owners;
}
