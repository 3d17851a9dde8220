/**
 * The saved outputs of the tools, and how a row of them is written on one line.
 *
 * Those of Linux are what Debian 12's ss (iproute2 6.1), netstat (net-tools 2.10) and lsof (4.95)
 * printed, all of them on the same sockets in a network namespace with a socket in each state;
 * of ss_tanim.txt and ss_an.txt the blanks at the ends of the lines are gone, and lsof_process.txt
 * has lost some of its files. Those of macOS and Windows were not run here: they are written after
 * Apple's netstat(1) and inet6.c, lsof(8), Microsoft's reference of netstat and outputs that people
 * have published. What begins with pasted_ people have sent, with the lines that they copied along;
 * their addresses and names are others here.
 */
import type { ToolRow } from "fourtuple";

/** Returns a saved output. */
export function saved(name: string): string {
  return Deno.readTextFileSync(new URL(`saved/${name}.txt`, import.meta.url));
}

/** "tcp ESTABLISHED 127.0.0.1:80 127.0.0.1:5000 5 0"; "*" for anybody, "-" for what is not told. */
export function socketLine(row: ToolRow): string {
  const { protocol, state, local, remote, receiveQueue, sendQueue } = row;
  const peer = remote.port === 0 && remote.isWildcard ? "*" : String(remote);
  return [protocol, state, local, peer, receiveQueue ?? "-", sendQueue ?? "-"].join(" ");
}

/** "python3/30718#3" for each process, "nobody" for none, "-" for not told. */
export function ownersText({ owners }: ToolRow): string {
  if (owners === undefined) return "-";
  if (owners.length === 0) return "nobody";
  return owners.map(({ pid, program, descriptor }) =>
    `${program ?? "?"}/${pid}${descriptor === undefined ? "" : `#${descriptor}`}`
  ).join(",");
}
