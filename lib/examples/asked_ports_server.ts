/**
 * A TCP server that asks each client which port it wants, and listens there for it if it can: it
 * greets and echoes, and takes the port back when the client leaves.
 *
 * Counterpart of the client-specified example in the article on assigning port numbers to clients,
 * as it was meant. That one ends for everybody with the first answer that is no number, waits at
 * each client for its answer before it looks at the next, never says that a port was granted, and
 * never accepts a connection on it.
 *
 * ```sh
 * deno run --allow-net asked_ports_server.ts 5000       # port; 0 lets the kernel pick one
 * deno run --allow-net asked_ports_server.ts 5000 127.0.0.1 6000-6009 600
 * ```
 *
 * The other arguments: the address, the ports to lend, and how many seconds a lease lasts at most.
 * A client sends a number and a line end, and reads "GRANTED 6000" or "REFUSED" with the reason. It
 * keeps the port for as long as it keeps that connection. Ctrl-C and SIGTERM close everything and
 * end it with exit code 0.
 *
 * @module
 */

/** A lease costs up to three file descriptors, and those are counted: who comes on top must go. */
const MAX_CLIENTS = 300;
/** A number is shorter: the rest is somebody who sends and sends. */
const MAX_ANSWER_BYTES = 32;
const ANSWER_MS = 10_000;

// Only this computer reaches 127.0.0.1; 0.0.0.0 is for the whole network: ask for it on purpose.
const [portText = "5000", hostname = "127.0.0.1", rangeText = "6000-6999", secondsText = "600"] =
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
  else attend(client); // no await: meanwhile the next one may come
});

/** Asks a client for a port and lends it for as long as the client stays. */
async function attend(client: Deno.TcpConn): Promise<void> {
  const name = text(client.remoteAddr);
  const open = new Set<Disposable>([client]); // what this client's lease has open
  let lent: Deno.TcpListener | undefined;
  let serving: Promise<void> | undefined;
  let deadline = setTimeout(() => client[Symbol.dispose](), Math.min(patience, ANSWER_MS));
  clients.add(client);
  try {
    await send(client, "Which port? ");
    const answer = await readLine(client);
    const granted = grant(answer);
    if (typeof granted === "string") {
      console.log(`Refused ${Deno.inspect(answer)} to ${name}: ${granted}`);
      await send(client, `REFUSED ${granted}\n`);
      await client.closeWrite();
    } else {
      open.add(lent = granted);
      clearTimeout(deadline);
      deadline = setTimeout(() => client[Symbol.dispose](), patience);
      console.log(`Granted ${lent.addr.port} to ${name}`);
      await send(client, `GRANTED ${lent.addr.port}\n`);
      serving = serveAt(lent, client, open);
    }
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

/** Listens on the port that was asked for, or says why not. */
function grant(answer: string): Deno.TcpListener | string {
  if (!/^[0-9]+$/.test(answer)) return "that is no port number";
  const port = Number(answer);
  if (port > 65535) return `${answer} is no port: they end at 65535`;
  if (port < 1024) return `${port} is privileged`; // and 0 would be any port at all
  if (port < first || port > last) return `${port} is not between ${first} and ${last}`;
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    return error instanceof Deno.errors.AddrInUse ? `${port} is taken` : `${error}`;
  }
}

/** Reads to the line end or the end of input; what is too long for a number ends in "…". */
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
