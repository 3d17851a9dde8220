/**
 * Prints as JSON what owner() finds, in a process that believes to run on another system: of a TCP
 * listener of its own, of its UDP socket, of a port that nobody has, and of the ports in its arguments.
 */
import { connections, listeners, owner } from "fourtuple/observe";

using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
free.close();
const udp = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });

function seen(port: number, protocol: "tcp" | "udp") {
  const { owners, hidden, nobodys, listsBound } = owner(port, { protocol });
  const pids = owners.map(({ pid, row }) => [pid === Deno.pid ? "mine" : pid, row.state]);
  return { owners: pids, hidden: hidden.length, nobodys: nobodys.length, listsBound };
}

const { port } = listener.addr;
const rows = listeners({ protocol: "tcp", localPort: port }, { owners: true });
console.log(JSON.stringify({
  source: connections().reading?.source,
  mine: seen(port, "tcp"),
  udp: seen((udp.addr as Deno.NetAddr).port, "udp"),
  free: seen(free.addr.port, "tcp"),
  others: Deno.args.map((each) => seen(Number(each), "tcp")),
  shown: [`(${Deno.pid})`, `process ${Deno.pid}`].some((name) => String(rows).includes(name)),
}));
udp.close();
