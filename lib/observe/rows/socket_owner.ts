/**
 * Which processes have a socket.
 *
 * @module
 */

/** A process that has a socket. */
export interface SocketOwner {
  /** The process. */
  readonly pid: number;
  /**
   * The program's name, at most 15 characters: /proc/PID/comm, `proc(5)`. `undefined` where a tool
   * prints the number alone, as on Windows.
   */
  readonly program: string | undefined;
  /** The process's number for the socket: /proc/PID/fd. netstat does not print it. */
  readonly descriptor: number | undefined;
}

/**
 * Returns owners in words: "deno (1234), fd 7", "process 1234" where the program has no name,
 * "nobody", or "hidden from you".
 */
export function ownersText(
  owners: readonly SocketOwner[],
  { isHidden = false }: { readonly isHidden?: boolean } = {},
): string {
  if (isHidden) return "hidden from you";
  return owners.map(ownerText).join("; ") || "nobody";
}

function ownerText({ pid, program, descriptor }: SocketOwner): string {
  const name = program === undefined ? `process ${pid}` : `${program} (${pid})`;
  return descriptor === undefined ? name : `${name}, fd ${descriptor}`;
}
