/**
 * A TCP server that asks each client which port it wants. If it can listen there, it does: it
 * greets and echoes, and closes the port when the client leaves.
 *
 * Counterpart of the client-specified example in the article on assigning port numbers to clients,
 * as it was meant. That program ends for everybody at the first answer that is not a number, waits
 * for the answer of one client before it accepts the next, never says that a port was granted, and
 * never accepts a connection on it.
 *
 * ```sh
 * deno run --allow-net asked_ports_server.ts 5000       # port; 0 lets the kernel pick one
 * deno run --allow-net asked_ports_server.ts 5000 127.0.0.1 6000-6009 600 5
 * nc 127.0.0.1 5000      # in another terminal: type a port, such as 6000, and Enter
 * nc 127.0.0.1 6000      # in a third one: it prints the greeting, then what you type
 * ```
 *
 * The other arguments: the address, the ports that it allocates, for how many seconds at most, and
 * how many of them one address gets, by default half. A client sends a number and a line end, and
 * reads "GRANTED 6000" or "REFUSED" with the reason. It keeps the port as long as it keeps that connection. Ctrl-C and SIGTERM close everything; the
 * exit code is then 0.
 *
 * @module
 */

/** A client costs up to three file descriptors, which are limited: further ones are rejected. */
const MAX_CLIENTS = 300;
/** How much is read of what a client says while nobody asks. */
const MAX_IGNORED_BYTES = 1024 * 1024;
/** Longer than any port number: limits what a client can make the server read. */
const MAX_ANSWER_BYTES = 32;
const ANSWER_MS = 10_000;

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "5000", hostname = "127.0.0.1", ...more] = Deno.args;
const [rangeText = "6000-6999", secondsText = "600", shareText] = more;
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
  if (admit(client)) attend(client); // no await, so that the next client can be accepted
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

function fromSameAddress(client: Deno.TcpConn, among: Set<Deno.TcpConn>): number {
  const { hostname } = client.remoteAddr;
  return [...among].filter(({ remoteAddr }) => remoteAddr.hostname === hostname).length;
}

/** Asks a client for a port, and allocates it for as long as the client stays. */
async function attend(client: Deno.TcpConn): Promise<void> {
  const name = text(client.remoteAddr);
  const open = new Set<Disposable>([client]); // what is open for this client
  let allocated: Deno.TcpListener | undefined;
  let serving: Promise<void> | undefined;
  let deadline = setTimeout(() => client[Symbol.dispose](), Math.min(patience, ANSWER_MS));
  clients.add(client);
  try {
    await send(client, "Which port? ");
    const answer = await readLine(client);
    const granted = grant(answer, client);
    if (typeof granted === "string") {
      console.log(`Refused ${Deno.inspect(answer)} to ${name}: ${granted}`);
      await send(client, `REFUSED ${granted}\n`);
      await client.closeWrite();
    } else {
      open.add(allocated = granted);
      holders.add(client);
      clearTimeout(deadline);
      deadline = setTimeout(() => client[Symbol.dispose](), patience);
      console.log(`Granted ${allocated.addr.port} to ${name}`);
      await send(client, `GRANTED ${allocated.addr.port}\n`);
      serving = serveAt(allocated, client, open);
    }
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

/** Listens on the requested port, or says why not. */
function grant(answer: string, client: Deno.TcpConn): Deno.TcpListener | string {
  if (!/^[0-9]+$/.test(answer)) return "that is no port number";
  const port = Number(answer);
  if (port > 65535) return `${answer} is no port: they end at 65535`;
  if (port < 1024) return `${port} is privileged`; // and 0 would mean any port
  if (port < first || port > last) return `${port} is not between ${first} and ${last}`;
  const held = fromSameAddress(client, holders);
  if (held >= share) return `your address has ${held} ports, and gets no more`;
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    return error instanceof Deno.errors.AddrInUse ? `${port} is taken` : `${error}`;
  }
}

/** Reads to the line end or the end of input. A text that is too long ends in "…". */
async function readLine(client: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(MAX_ANSWER_BYTES);
  for (let size = 0; size < buffer.length;) {
    const count = await client.read(buffer.subarray(size));
    size += count ?? 0;
    const end = count === null ? size : buffer.subarray(0, size).indexOf(0x0a);
    const line = new TextDecoder().decode(buffer.subarray(0, Math.max(0, end)));
    if (end !== -1) return line.replace(/\r$/, "");
  }
  return new TextDecoder().decode(buffer) + "…";
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
