/**
 * For tests/_namespace.ts: listeners at specific and wildcard addresses in every combination, a
 * segment to every address, and who got it, by demux() and by the kernel. Prints JSON.
 */
import { type Connection, demux, Endpoint, listeners, type Protocol } from "fourtuple";

/** Who got a segment, the address of its socket; `null` for nobody. */
export interface Choice {
  readonly protocol: Protocol;
  readonly sockets: readonly string[];
  readonly destination: string;
  readonly demux: string | null;
  readonly kernel: string | null;
}

const ADDRESSES = ["127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::"];
const DESTINATIONS = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"];
const SILENCE_MS = 10;
const PATIENCE_MS = 5_000;

if (import.meta.main) {
  const choices: Choice[] = [];
  for (let chosen = 1; chosen < 2 ** ADDRESSES.length; chosen++) {
    const sockets = ADDRESSES.filter((_, index) => chosen & (1 << index));
    choices.push(...await tcpChoices(sockets), ...await udpChoices(sockets));
  }
  console.log(JSON.stringify(choices));
}

/** SO_REUSEPORT lets the wildcard stand beside the others (socket(7)). */
async function tcpChoices(sockets: string[]): Promise<Choice[]> {
  const servers: Deno.TcpListener[] = [];
  for (const hostname of sockets) {
    const port = servers[0]?.addr.port ?? 0;
    servers.push(Deno.listen({ hostname, port, reusePort: true }));
  }
  const { port } = servers[0]!.addr;
  const rows = listeners({ protocol: "tcp", localPort: port });
  let winner = Promise.withResolvers<string>();
  const accepting = servers.map(async (server) => {
    for await (const accepted of server) {
      accepted.close();
      winner.resolve(server.addr.hostname);
    }
  });
  const choices: Choice[] = [];
  for (const destination of DESTINATIONS) {
    winner = Promise.withResolvers();
    let kernel: string | null = null;
    try {
      using _client = await Deno.connect({ hostname: destination, port });
      kernel = await winner.promise;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
    const expected = predicted("tcp", Endpoint.from(destination, port), rows);
    choices.push({ protocol: "tcp", sockets, destination, demux: expected, kernel });
  }
  for (const server of servers) server.close();
  await Promise.all(accepting);
  return choices;
}

async function udpChoices(sockets: string[]): Promise<Choice[]> {
  const open = (hostname: string, port: number) =>
    Deno.listenDatagram({ transport: "udp", hostname, port, reuseAddress: true });
  const receivers: Deno.DatagramConn[] = [];
  for (const hostname of sockets) receivers.push(open(hostname, portOf(receivers[0]) ?? 0));
  const port = portOf(receivers[0])!;
  const rows = listeners({ protocol: "udp", localPort: port });
  const choices: Choice[] = [];
  for (const destination of DESTINATIONS) {
    const expected = predicted("udp", Endpoint.from(destination, port), rows);
    const sender = open(destination, 0);
    await sender.send(new Uint8Array(1), { transport: "udp", hostname: destination, port });
    // Nothing tells that a datagram will not come, so silence is believed after a while.
    const kernel = await waiting(port, expected === null ? SILENCE_MS : PATIENCE_MS);
    await receivers.find((each) => (each.addr as Deno.NetAddr).hostname === kernel)?.receive();
    sender.close();
    choices.push({ protocol: "udp", sockets, destination, demux: expected, kernel });
  }
  for (const receiver of receivers) receiver.close();
  return choices;
}

function predicted(
  protocol: Protocol,
  destination: Endpoint,
  rows: Iterable<Connection>,
): string | null {
  const source = Endpoint.from(destination.address, 1);
  return demux({ protocol, source, destination }, rows).socket?.local.address ?? null;
}

/** Returns the address of the UDP socket that has something waiting, by the kernel's table. */
async function waiting(port: number, limitMs: number): Promise<string | null> {
  const deadline = Date.now() + limitMs;
  while (true) {
    const rows = listeners({ protocol: "udp", localPort: port });
    const row = rows.find((each) => each.receiveQueue! > 0);
    if (row !== undefined) return row.local.address;
    if (Date.now() >= deadline) return null;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function portOf(socket: Deno.DatagramConn | undefined): number | undefined {
  return (socket?.addr as Deno.NetAddr | undefined)?.port;
}
