/**
 * Opens connections until no port is left, or as many as you ask for.
 *
 * Counterpart of the problem scenario in the book chapter on ports and sockets: an application
 * opens 50,000 connections to one server and uses up the range of ephemeral ports. After that,
 * only further connections from this address to that address and port fail. To another one, all
 * ports can be used again.
 *
 * ```sh
 * deno run --allow-net port_exhaustion.ts 0 100     # a port (0: the kernel picks), how many connections
 * unshare --user --map-root-user --net sh -c 'ip link set lo up &&
 *   sysctl -w net.ipv4.ip_local_port_range="50000 50099" &&
 *   deno run --allow-net port_exhaustion.ts 80 50000'
 * ```
 *
 * The second command makes a network namespace with a range of 100 ports (Linux). Run it there: a
 * program that takes all ports of a computer takes them from all other programs too. It plays both
 * sides, so each connection costs two file descriptors: where `ulimit -n` allows too few of them,
 * they run out before the ports do, and the program says so.
 *
 * @module
 */

const MAX_CONNECTIONS = 50_000;
const HOSTNAME = "127.0.0.1";
const OTHER_HOSTNAME = "127.0.0.2"; // also an address of this computer, on Linux
const MESSAGES = 100;
/** EMFILE and ENFILE. A connection takes two descriptors, since both ends are here. */
const DESCRIPTOR_LIMITS = [
  { error: /\(os error 24\)/, limit: "file descriptors of a process (ulimit -n)" },
  { error: /\(os error 23\)/, limit: "open files of the whole computer (fs.file-max)" },
];

const [portText = "0", countText = "100"] = Deno.args;
const port = readNumber("port", portText, 0, 65535);
const count = readNumber("count", countText, 1, MAX_CONNECTIONS);

const open: { close(): void }[] = [];
const connections: [client: Deno.TcpConn, server: Deno.TcpConn][] = [];
try {
  const listener = listen(HOSTNAME, port);
  console.log(`Listening on ${HOSTNAME}:${listener.addr.port}`);
  const failure = await connectOften(listener);
  const ports = new Set(connections.map(([client]) => client.localAddr.port));
  console.log(`${connections.length} connections from ${ports.size} ports`);
  if (failure === undefined) console.log("All connections made: there are ports left");
  else await explain(failure, listener.addr.port);
} catch (error) {
  console.error(`Cannot connect to ${HOSTNAME} port ${port}: ${error}`);
  Deno.exitCode = 1;
}
for (const each of open) each.close();

/** Connects as often as requested; returns the error if one stops it earlier. */
async function connectOften(listener: Deno.TcpListener): Promise<unknown> {
  while (connections.length < count) {
    try {
      connections.push(await connect(listener));
    } catch (error) {
      return error;
    }
  }
}

async function explain(failure: unknown, port: number): Promise<void> {
  console.log(`The next connection: ${failure}`);
  const which = DESCRIPTOR_LIMITS.find(({ error }) => error.test(`${failure}`));
  if (which !== undefined) {
    console.error(`Cannot use up the ports: the limit of ${which.limit} was met first`);
    Deno.exitCode = 1;
    return;
  }
  const [first] = connections;
  if (!(failure instanceof Deno.errors.AddrNotAvailable) || first === undefined) throw failure;
  // Remedy 1: one port can have a connection to every other endpoint.
  const [client] = await connect(listen(OTHER_HOSTNAME, port));
  console.log(`To ${OTHER_HOSTNAME} it still works, from port ${client.localAddr.port}`);
  // Remedy 2: a connection that stays open needs one port, however much is sent on it.
  for (let sent = 0; sent < MESSAGES; sent++) await exchange(...first);
  console.log(`${MESSAGES} requests over the first connection: no further port`);
}

async function connect(
  listener: Deno.TcpListener,
): Promise<[client: Deno.TcpConn, server: Deno.TcpConn]> {
  const { hostname, port } = listener.addr;
  const client = await Deno.connect({ hostname, port });
  open.push(client);
  const server = await listener.accept();
  open.push(server);
  return [client, server];
}

async function exchange(client: Deno.TcpConn, server: Deno.TcpConn): Promise<void> {
  const byte = new Uint8Array(1);
  await client.write(byte);
  await server.read(byte);
  await server.write(byte);
  await client.read(byte);
}

function listen(hostname: string, port: number): Deno.TcpListener {
  const listener = Deno.listen({ hostname, port });
  open.push(listener);
  return listener;
}

/** Digits only: Deno.listen() alone would also accept "0x50", " 80" and "+80". */
function readNumber(name: string, given: string, least: number, most: number): number {
  const number = /^[0-9]+$/.test(given) ? Number(given) : NaN;
  if (number >= least && number <= most) return number;
  const rule = `it must be a whole number from ${least} to ${most}`;
  console.error(`Cannot use ${name} ${Deno.inspect(given)}: ${rule}`);
  Deno.exit(2);
}
