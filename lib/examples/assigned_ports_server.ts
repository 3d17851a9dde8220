/**
 * A TCP server that lends each client a port of its own: it listens there for that client, greets
 * and echoes, and takes the port back when the client leaves.
 *
 * Counterpart of the server-allocated example in the article on assigning port numbers to clients,
 * as it was meant. That one sends a number on which nobody listens and which nobody uses, for the
 * client's own port is its kernel's choice; and it counts on and on, so a number never comes back.
 *
 * ```sh
 * deno run --allow-net assigned_ports_server.ts 5000       # port; 0 lets the kernel pick one
 * deno run --allow-net assigned_ports_server.ts 5000 127.0.0.1 6000-6009 600
 * ```
 *
 * The other arguments: the address, the ports to lend, and how many seconds a lease lasts at most.
 * A client reads "PORT 6000", or "EXHAUSTED" where all are lent. It keeps the port for as long as
 * it keeps that connection. Ctrl-C and SIGTERM close everything and end it with exit code 0.
 *
 * @module
 */

/** A lease costs up to three file descriptors, and those are counted: who comes on top must go. */
const MAX_CLIENTS = 300;
/** How long we wait for somebody to go for whom there is no port. */
const GOODBYE_MS = 10_000;

// Only this computer reaches 127.0.0.1; 0.0.0.0 is for the whole network: ask for it on purpose.
const [portText = "5000", hostname = "127.0.0.1", rangeText = "6000-6099", secondsText = "600"] =
  Deno.args;
const port = readNumber("port", portText, 65535);
const [first, last] = readRange(rangeText);
const patience = readNumber("seconds", secondsText, 3600) * 1000;

const listener = listen();
const clients = new Set<Deno.TcpConn>();
closeOnSignal("SIGINT");
if (Deno.build.os !== "windows") closeOnSignal("SIGTERM"); // Windows has none
console.log(`Listening on ${text(listener.addr)}`);
await acceptAll(listener, (client) => {
  if (clients.size === MAX_CLIENTS) client.close();
  else lend(client); // no await: meanwhile the next one may come
});

/** Lends a port for as long as the client stays. */
async function lend(client: Deno.TcpConn): Promise<void> {
  const name = text(client.remoteAddr);
  const lent = freePort();
  const open = new Set<Disposable>(lent ? [client, lent] : [client]); // what this lease has open
  const time = lent ? patience : Math.min(patience, GOODBYE_MS);
  const deadline = setTimeout(() => client[Symbol.dispose](), time);
  let serving: Promise<void> | undefined;
  clients.add(client);
  console.log(lent ? `Lent ${lent.addr.port} to ${name}` : `Exhausted for ${name}`);
  try {
    await send(client, lent ? `PORT ${lent.addr.port}\n` : "EXHAUSTED\n");
    if (lent) serving = serveAt(lent, client, open);
    else await client.closeWrite();
    await client.readable.pipeTo(new WritableStream()); // whatever it says: we wait for its end
  } catch (error) {
    console.log(`Lost ${name}: ${error}`);
  } finally {
    clearTimeout(deadline);
    clients.delete(client);
    for (const each of open) each[Symbol.dispose]();
    await serving; // while an accept() waits, a listener that was closed is there still
    if (lent) console.log(`Free again: ${lent.addr.port}`);
  }
}

/** Nobody keeps a list that could be wrong: the kernel knows which ports are free. */
function freePort(): Deno.TcpListener | undefined {
  for (let port = first; port <= last; port++) {
    try {
      return Deno.listen({ hostname, port });
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) console.log(`Not lent, ${port}: ${error}`);
    }
  }
}

/** Serves whoever comes to a lent port from the address of its client, one at a time. */
async function serveAt(
  lent: Deno.TcpListener,
  client: Deno.TcpConn,
  open: Set<Disposable>,
): Promise<void> {
  await acceptAll(lent, async (visitor) => {
    open.add(visitor);
    const isOurs = visitor.remoteAddr.hostname === client.remoteAddr.hostname;
    if (isOurs && clients.has(client)) await serve(visitor, text(client.remoteAddr));
    visitor[Symbol.dispose]();
    open.delete(visitor);
  });
}

/** A greeting by name, and an echo. */
async function serve(visitor: Deno.TcpConn, client: string): Promise<void> {
  try {
    await send(visitor, `Hello ${client}, this port is yours\n`);
    await visitor.readable.pipeTo(visitor.writable);
  } catch (error) {
    console.log(`Lost a visitor of ${client}: ${error}`);
  }
}

/** Not `for await (const connection of listener)`: that loop ends with the first failure. */
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
      if (error instanceof Deno.errors.NotConnected) continue; // it had left already, no harm done
      await new Promise((go) => setTimeout(go, 100)); // what else it is may last, so do not spin
    }
  }
}

/** One write may take a part only. */
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
    for (const client of clients) client[Symbol.dispose](); // and each lease closes what is its own
  });
}

/** Only digits: Deno.listen alone would take "0x50", " 80" and "+80" as well. */
function readNumber(name: string, given: string, most: number): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= most) return Number(given);
  fail(`Cannot use ${name} ${Deno.inspect(given)}: it must be a whole number from 0 to ${most}`);
}

function readRange(given: string): [first: number, last: number] {
  const [, first, last] = (/^([0-9]+)-([0-9]+)$/.exec(given) ?? []).map(Number);
  if (first && last && first <= last && last <= 65535 && last - first < 1000) return [first, last];
  fail(`Cannot lend ports ${Deno.inspect(given)}: it must be like 6000-6099, of 1 to 1000 ports`);
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}

function text({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
