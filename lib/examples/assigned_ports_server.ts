/**
 * A TCP server that allocates a port to each client: it listens there for that client, greets and
 * echoes, and closes the port when the client leaves.
 *
 * Counterpart of the server-allocated example in the article on assigning port numbers to clients,
 * as it was meant. That program sends a number on which nobody listens and which nobody uses,
 * since the client's own kernel picks the client's port; and its counter only rises, so no number
 * is used again.
 *
 * ```sh
 * deno run --allow-net assigned_ports_server.ts 5000       # port; 0 lets the kernel pick one
 * deno run --allow-net assigned_ports_server.ts 5000 127.0.0.1 6000-6009 600 5
 * nc 127.0.0.1 5000      # in another terminal: it prints the port, such as 6000
 * nc 127.0.0.1 6000      # in a third one: it prints the greeting, then what you type
 * ```
 *
 * The other arguments: the address, the ports that it allocates, for how many seconds at most, and
 * how many of them one address gets. A client reads "PORT 6000", or "EXHAUSTED" if none is free for
 * it. It keeps the port as long as it keeps that connection. Ctrl-C and SIGTERM close everything;
 * the exit code is then 0.
 *
 * Ports, like connections, are few, and clients can hold them without doing anything: one computer
 * could take them all and keep everybody else out. So one address gets half of the ports and half
 * of the places, unless you say otherwise. It does not get less, because many people may share an
 * address: a class behind one router, or all terminals of this computer.
 *
 * @module
 */

/** A client costs up to three file descriptors, which are limited: further ones are rejected. */
const MAX_CLIENTS = 300;
/** How much is read of what a client says while nobody asks. */
const MAX_IGNORED_BYTES = 1024 * 1024;
/** How long a client that gets no port may take to leave. */
const GOODBYE_MS = 10_000;

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "5000", hostname = "127.0.0.1", ...more] = Deno.args;
const [rangeText = "6000-6099", secondsText = "600", shareText] = more;
const port = readNumber("port", portText, 65535);
const [first, last] = readRange(rangeText);
const patience = readNumber("seconds", secondsText, 3600) * 1000;
const half = Math.ceil((last - first + 1) / 2);
const share = shareText === undefined ? half : readNumber("ports for one address", shareText, 1000);

const listener = listen();
const clients = new Set<Deno.TcpConn>();
const holders = new Set<Deno.TcpConn>(); // the clients that have a port
closeOnSignal("SIGINT");
if (Deno.build.os !== "windows") closeOnSignal("SIGTERM"); // Windows has no SIGTERM
console.log(`Listening on ${text(listener.addr)}`);
await acceptAll(listener, (client) => {
  if (admit(client)) allocate(client); // no await, so that the next client can be accepted
});

/** Whether there is a place for a client. One address gets half of the places at most. */
function admit(client: Deno.TcpConn): boolean {
  const same = fromSameAddress(client, clients);
  if (clients.size < MAX_CLIENTS && same < MAX_CLIENTS / 2) return true;
  const here = `${clients.size} of ${MAX_CLIENTS} clients are here`;
  console.log(`Rejected ${text(client.remoteAddr)}: ${here}, ${same} from its address`);
  client.close();
  return false;
}

/** Allocates a port to a client for as long as the client stays. */
async function allocate(client: Deno.TcpConn): Promise<void> {
  const name = text(client.remoteAddr);
  const held = fromSameAddress(client, holders);
  const allocated = held < share ? freePort() : undefined;
  // What is open for this client.
  const open = new Set<Disposable>(allocated ? [client, allocated] : [client]);
  const time = allocated ? patience : Math.min(patience, GOODBYE_MS);
  const deadline = setTimeout(() => client[Symbol.dispose](), time);
  let serving: Promise<void> | undefined;
  clients.add(client);
  if (allocated) holders.add(client);
  console.log(
    allocated
      ? `Allocated ${allocated.addr.port} to ${name}`
      : `Exhausted for ${name}: its address has ${held} ports`,
  );
  try {
    await send(client, allocated ? `PORT ${allocated.addr.port}\n` : "EXHAUSTED\n");
    if (allocated) serving = serveAt(allocated, client, open);
    else await client.closeWrite();
    await readOn(client); // until it leaves
  } catch (error) {
    console.log(`Lost ${name}: ${error}`);
  } finally {
    clearTimeout(deadline);
    clients.delete(client);
    holders.delete(client);
    for (const each of open) each[Symbol.dispose]();
    await serving; // a closed listener stays until its pending accept() has ended
    if (allocated) console.log(`Free again: ${allocated.addr.port}`);
  }
}

function fromSameAddress(client: Deno.TcpConn, among: Set<Deno.TcpConn>): number {
  const { hostname } = client.remoteAddr;
  return [...among].filter(({ remoteAddr }) => remoteAddr.hostname === hostname).length;
}

/** Keeps no list of free ports, which could be wrong: it asks the kernel by listening. */
function freePort(): Deno.TcpListener | undefined {
  for (let port = first; port <= last; port++) {
    try {
      return Deno.listen({ hostname, port });
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) {
        console.log(`Not allocated, ${port}: ${error}`);
      }
    }
  }
}

/** Serves connections to an allocated port from its client's address, one at a time. */
async function serveAt(
  allocated: Deno.TcpListener,
  client: Deno.TcpConn,
  open: Set<Disposable>,
): Promise<void> {
  await acceptAll(allocated, async (visitor) => {
    open.add(visitor);
    const isOurs = visitor.remoteAddr.hostname === client.remoteAddr.hostname;
    const name = text(client.remoteAddr);
    if (isOurs && clients.has(client)) await serve(visitor, name);
    else console.log(`Rejected ${text(visitor.remoteAddr)}: this port is for ${name}`);
    visitor[Symbol.dispose]();
    open.delete(visitor);
  });
}

/** Greets the client by its endpoint, and echoes. */
async function serve(visitor: Deno.TcpConn, client: string): Promise<void> {
  try {
    await send(visitor, `Hello ${client}, this port is yours\n`);
    await visitor.readable.pipeTo(visitor.writable);
  } catch (error) {
    console.log(`Lost a visitor of ${client}: ${error}`);
  }
}

/** Not `for await (const connection of listener)`: that loop ends at the first error. */
async function acceptAll(
  listener: Deno.TcpListener,
  take: (connection: Deno.TcpConn) => void | Promise<void>,
): Promise<void> {
  while (true) {
    try {
      await take(await listener.accept());
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) break; // the listener was closed
      console.log(`Not accepted: ${error}`);
      if (error instanceof Deno.errors.NotConnected) continue; // the client has left already
      await new Promise((go) => setTimeout(go, 100)); // other errors may last: do not spin
    }
  }
}

/** Reads on until the client leaves. To close with data unread would send a reset. */
async function readOn(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  let total = 0;
  for (let count; (count = await connection.read(buffer)) !== null; total += count) {
    if (total > MAX_IGNORED_BYTES) throw new Error(`over ${total} bytes that nobody asked for`);
  }
}

/** One write may send only a part. */
async function send(connection: Deno.TcpConn, line: string): Promise<void> {
  const data = new TextEncoder().encode(line);
  for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
}

function listen(): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    console.error(`Cannot listen on ${hostname} port ${port}: ${error}`);
    Deno.exit(1);
  }
}

function closeOnSignal(signal: Deno.Signal): void {
  Deno.addSignalListener(signal, () => {
    console.log(`Closing on ${signal}`);
    listener[Symbol.dispose]();
    for (const client of clients) client[Symbol.dispose](); // and what is open for it
  });
}

/** Digits only: Deno.listen() alone would also accept "0x50", " 80" and "+80". */
function readNumber(name: string, given: string, most: number): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= most) return Number(given);
  fail(`Cannot use ${name} ${Deno.inspect(given)}: it must be a whole number from 0 to ${most}`);
}

function readRange(given: string): [first: number, last: number] {
  const [, first, last] = (/^([0-9]+)-([0-9]+)$/.exec(given) ?? []).map(Number);
  if (first && last && first <= last && last <= 65535 && last - first < 1000) return [first, last];
  fail(
    `Cannot allocate ports ${Deno.inspect(given)}: it must be like 6000-6099, of 1 to 1000 ports`,
  );
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}

function text({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
