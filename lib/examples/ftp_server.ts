/**
 * An FTP server with three files to read: it takes commands on one connection and sends files on
 * another.
 *
 * Counterpart of FTP in the article on ports and sockets with Telnet and FTP, which says that FTP
 * is one of the few servers that use two ports. The client's first connection is for control, and
 * stays open. For each file or listing there is a second one, for data, whose end is the end of
 * the file. In passive mode (EPSV and PASV) the server listens for it on a port that it names. In
 * active mode (EPRT and PORT) it connects to a port that the client named, from the port below its
 * control port: 21 and 20 are such a pair. RFC 959, RFC 2428.
 *
 * ```sh
 * deno run --allow-net ftp_server.ts 2121                # port; 0 lets the kernel pick one
 * deno run --allow-net ftp_server.ts 2121 127.0.0.2 10   # and address, and seconds of patience
 * curl -v ftp://127.0.0.1:2121/hello.txt                 # passive; active: curl -v -P - ftp://…
 * ```
 *
 * It asks for a name but no password, and files can only be read. Ctrl-C and SIGTERM close
 * everything; the exit code is then 0.
 *
 * @module
 */
import { once } from "node:events";
import { connect, isIP, type Socket, type TcpSocketConnectOpts } from "node:net"; // has localPort

/** A client costs up to three file descriptors, which are limited: further ones are rejected. */
const MAX_CLIENTS = 100;
/** How much is read of a client that should only leave. */
const MAX_IGNORED_BYTES = 1024 * 1024;
/** Limits the memory that a line without an end can take. */
const MAX_LINE_BYTES = 512;

const FILES = new Map([
  ["hello.txt", "Hello from the FTP server!\r\n"],
  ["ports.txt", "control 21\r\ndata 20\r\n"],
  ["long.txt", "All work and no play makes a dull file.\r\n".repeat(25_000)],
]);

/** Sends a file on a data connection, and closes the connection. */
type Deliver = (file: Uint8Array) => Promise<void>;
/** A client, and how its next data connection is made, if that is arranged. */
type Session = {
  readonly control: Deno.TcpConn;
  hasName: boolean;
  /** Whether the client said EPSV ALL: it will use nothing else (RFC 2428, section 4). */
  isPassiveOnly: boolean;
  openData: (() => Promise<Deliver>) | undefined;
  passive: Deno.TcpListener | undefined;
};

// Only this computer can reach 127.0.0.1. 0.0.0.0 opens the port to the whole network, so it is not
// the default.
const [portText = "2121", hostname = "127.0.0.1", secondsText = "60"] = Deno.args;
const port = readNumber("port", portText, 65535);
const patience = readNumber("seconds", secondsText, 3600) * 1000;

const listener = listen();
const clients = new Set<Deno.TcpConn>();
const open = new Set<Disposable>([listener]); // what is closed at the end
closeOnSignal("SIGINT");
if (Deno.build.os !== "windows") closeOnSignal("SIGTERM"); // Windows has no SIGTERM
console.log(`Listening on ${text(listener.addr)}`);

// Not `for await (const connection of listener)`: that loop ends at the first error.
while (true) {
  try {
    const connection = await listener.accept();
    if (admit(connection)) serve(connection); // no await, so that the next client can be accepted
  } catch (error) {
    if (error instanceof Deno.errors.BadResource) break; // the listener was closed
    console.log(`Not accepted: ${error}`);
    if (error instanceof Deno.errors.NotConnected) continue; // the client has left already
    await new Promise((go) => setTimeout(go, 100)); // other errors may last: do not spin
  }
}

/** Whether there is a place for a client. One address gets half of the places at most. */
function admit(client: Deno.TcpConn): boolean {
  const { hostname } = client.remoteAddr;
  const same = [...clients].filter(({ remoteAddr }) => remoteAddr.hostname === hostname).length;
  if (clients.size < MAX_CLIENTS && same < MAX_CLIENTS / 2) return true;
  const here = `${clients.size} of ${MAX_CLIENTS} clients are here`;
  console.log(`Rejected ${text(client.remoteAddr)}: ${here}, ${same} from its address`);
  client.close();
  return false;
}

async function serve(control: Deno.TcpConn): Promise<void> {
  const client = text(control.remoteAddr);
  const none = { hasName: false, isPassiveOnly: false, openData: undefined, passive: undefined };
  const session: Session = { control, ...none };
  clients.add(control);
  open.add(control);
  console.log(`Control connection from ${client}`);
  try {
    control.setNoDelay(true); // otherwise "226" waits 40 ms for the acknowledgement of "150"
    await say(session, "220 Three files to read; say USER anonymous");
    for await (const line of linesOf(control)) {
      if (line === undefined) {
        await say(session, `500 A command has up to ${MAX_LINE_BYTES} bytes`);
        break;
      }
      const [, name = "", argument = ""] = /^([A-Za-z]+)(?: (.*))?$/.exec(line) ?? [];
      await execute(session, name.toUpperCase(), argument);
      if (name.toUpperCase() === "QUIT") break;
    }
    await control.closeWrite();
    await inTime(control, readOn(control));
    console.log(`Closed ${client}`);
  } catch (error) {
    console.log(`Lost ${client}: ${error}`);
  } finally {
    clients.delete(control);
    for (const each of [control, session.passive]) close(each);
  }
}

/** An answer begins with three digits; the first means success (2), go on (3), or failure (5). */
async function execute(session: Session, name: string, argument: string): Promise<void> {
  const answer = (line: string) => say(session, line);
  const path = argument.replace(/^\//, "");
  if (name === "USER") {
    session.hasName = argument !== "";
    return await answer(
      session.hasName ? "230 Welcome, no password needed" : "501 A name is missing",
    );
  }
  if (name === "QUIT") return await answer("221 Goodbye");
  if (name === "NOOP") return await answer("200 Here");
  if (!session.hasName) return await answer("530 Say USER first");
  switch (name) {
    case "PASS":
      return await answer("202 No password needed");
    case "SYST":
      return await answer("215 UNIX Type: L8");
    case "TYPE": // the files have CR LF already, so text and bytes are the same here
      return await answer(
        /^[AI]( N)?$/i.test(argument) ? "200 Type set" : "504 Only types A and I are supported",
      );
    case "MODE":
      return await answer(/^S$/i.test(argument) ? "200 Mode set" : "504 Only mode S is supported");
    case "STRU":
      return await answer(
        /^F$/i.test(argument) ? "200 Structure set" : "504 Only structure F is supported",
      );
    case "PWD":
      return await answer('257 "/" is the only folder');
    case "CWD":
      return await answer(path === "" ? "250 This is the only folder" : "550 No such folder");
    case "SIZE":
      return await answer(FILES.has(path) ? `213 ${FILES.get(path)!.length}` : "550 No such file");
    case "EPSV":
      return await answer(listenIfPossible(session, argument));
    case "PASV":
    case "EPRT":
    case "PORT":
      if (session.isPassiveOnly) return await answer("503 After EPSV ALL there is only EPSV");
      return await answer(
        name === "PASV" ? listenForData(session, name) : callForData(session, name, argument),
      );
    case "LIST":
    case "NLST":
      return await deliver(session, listing(name === "LIST"));
    case "RETR":
      if (!FILES.has(path)) return await answer("550 No such file");
      return await deliver(session, FILES.get(path)!);
  }
  await answer("502 Not here");
}

function listing(long: boolean): string {
  const lines = [...FILES].map(([name, { length }]) =>
    long ? `-r--r--r-- 1 ftp ftp ${String(length).padStart(8)} Jan  1 00:00 ${name}` : name
  );
  return lines.map((line) => `${line}\r\n`).join("");
}

/** The lines of a connection, without their line ends; undefined for one that is too long. */
async function* linesOf(connection: Deno.TcpConn): AsyncIterable<string | undefined> {
  const buffer = new Uint8Array(MAX_LINE_BYTES);
  for (let size = 0;;) {
    // The time limit is for the whole line: a byte now and then does not extend it.
    const started = performance.now();
    let end: number;
    while ((end = buffer.subarray(0, size).indexOf(0x0a)) === -1) {
      if (size === buffer.length) return yield undefined;
      const left = patience - (performance.now() - started);
      const count = await inTime(connection, connection.read(buffer.subarray(size)), left);
      if (count === null) return;
      size += count;
    }
    yield new TextDecoder().decode(buffer.subarray(0, end)).replace(/\r$/, "");
    buffer.copyWithin(0, end + 1, size);
    size -= end + 1;
  }
}

/** EPSV may name a family: 1 is IPv4, 2 is IPv6 (RFC 2428, section 3). */
function listenIfPossible(session: Session, argument: string): string {
  if (/^ALL$/i.test(argument)) {
    session.isPassiveOnly = true;
    return "200 Only EPSV from now on";
  }
  const own = isIP(session.control.localAddr.hostname) === 6 ? "2" : "1";
  return argument === "" || argument === own
    ? listenForData(session, "EPSV")
    : `522 This connection has another family, use (${own})`;
}

/** Passive: listens on a new port for a connection from this client's address. */
function listenForData(session: Session, name: "EPSV" | "PASV"): string {
  const { hostname } = session.control.localAddr;
  if (name === "PASV" && isIP(hostname) !== 4) return "522 PASV is for IPv4: use EPSV";
  close(session.passive);
  const listener = session.passive = Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr;
  open.add(listener);
  session.openData = async () => {
    try {
      const data = await inTime(listener, acceptFrom(session.control.remoteAddr, listener));
      console.log(`Data from our port ${port} to ${text(data.remoteAddr)}, which called`);
      return (file) => deliverTo(data, file);
    } finally {
      close(listener);
    }
  };
  if (name === "EPSV") return `229 Entering Extended Passive Mode (|||${port}|)`;
  const numbers = [...hostname.split("."), port >> 8, port & 0xff].join(",");
  return `227 Entering Passive Mode (${numbers})`;
}

/** Otherwise anybody who finds the port would get the file. */
async function acceptFrom(
  { hostname }: Deno.NetAddr,
  listener: Deno.TcpListener,
): Promise<Deno.TcpConn> {
  while (true) {
    const data = await listener.accept();
    if (data.remoteAddr.hostname === hostname) return data;
    console.log(`Rejected data for ${text(data.remoteAddr)}: the client is at ${hostname}`);
    data.close();
  }
}

async function deliverTo(data: Deno.TcpConn, file: Uint8Array): Promise<void> {
  open.add(data);
  try {
    await inTime(data, send(data, file));
  } finally {
    close(data);
  }
}

/** Active: connects to a port that the client names, at no other address (RFC 2577, section 3). */
function callForData(session: Session, name: "EPRT" | "PORT", argument: string): string {
  const { hostname: host } = session.control.remoteAddr;
  if (name === "EPRT" && /^\|[0-9]+\|/.test(argument) && !/^\|[12]\|/.test(argument)) {
    return "522 There are two families, use (1,2)";
  }
  const [address, port] = name === "EPRT" ? readEprt(argument) : readPortCommand(argument);
  if (address === undefined || port > 65535) return "501 Not an address and a port";
  if (address !== host || port < 1024) return "504 Use your own address and a port from 1024";
  close(session.passive);
  session.openData = async () => {
    // The data port is the one below the control port. If the server may not bind to it, any port
    // will do.
    const { hostname: localAddress, port: ownPort } = session.control.localAddr;
    const call = (localPort: number) => connectFrom({ host, port, localAddress, localPort });
    const socket = await call(ownPort - 1).catch(() => call(0));
    console.log(`Data from our port ${socket.localPort} to ${text({ hostname: host, port })}`);
    return async (file) => {
      socket.end(file);
      await once(socket, "finish", { signal: AbortSignal.timeout(patience) })
        .finally(() => socket.destroy());
    };
  };
  return "200 The server will connect there";
}

async function connectFrom(options: TcpSocketConnectOpts): Promise<Socket> {
  const socket = connect(options);
  const handle = { [Symbol.dispose]: () => void socket.destroy() };
  open.add(handle);
  socket.on("close", () => open.delete(handle));
  socket.setTimeout(patience, () => socket.destroy(new Error("it does not read")));
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(patience) });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.on("error", () => {}); // the function that waits for the socket sees the error
  return socket;
}

/** |1|127.0.0.1|51234|, or |2|::1|51234| */
function readEprt(argument: string): [address: string | undefined, port: number] {
  const parts = /^\|[12]\|([^|]+)\|([0-9]{1,5})\|$/.exec(argument);
  return [parts?.[1], Number(parts?.[2])];
}

/** 127,0,0,1,200,34: the port is 200 × 256 + 34. */
function readPortCommand(argument: string): [address: string | undefined, port: number] {
  if (!/^([0-9]{1,3},){5}[0-9]{1,3}$/.test(argument)) return [undefined, 0];
  const numbers = argument.split(",").map(Number);
  if (numbers.some((number) => number > 255)) return [undefined, 0];
  return [numbers.slice(0, 4).join("."), numbers[4]! * 256 + numbers[5]!];
}

/** Sends one file: the answers before and after it here, the file on the data connection. */
async function deliver(session: Session, file: string): Promise<void> {
  const { openData } = session;
  session.openData = undefined; // each data connection is for one file
  if (openData === undefined) return await say(session, "425 Say EPSV or EPRT first");
  await say(session, "150 Here it comes, on a data connection");
  try {
    const send = await openData();
    await send(new TextEncoder().encode(file));
    await say(session, "226 That was all of it");
  } catch (error) {
    console.log(`Not delivered to ${text(session.control.remoteAddr)}: ${error}`);
    await say(session, "426 The data connection did not come about, or broke");
  }
}

async function say({ control }: Session, line: string): Promise<void> {
  await inTime(control, send(control, new TextEncoder().encode(`${line}\r\n`)));
}

/** Waits for one step. If it takes longer, what it waits for is closed. */
async function inTime<T>(
  waitsFor: Disposable,
  step: Promise<T>,
  milliseconds = patience,
): Promise<T> {
  const timer = setTimeout(() => waitsFor[Symbol.dispose](), milliseconds);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
  }
}

/** To close with data unread would send a reset, which may overtake the last answer: reads on. */
async function readOn(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  let total = 0;
  for (let count; (count = await connection.read(buffer)) !== null; total += count) {
    if (total > MAX_IGNORED_BYTES) throw new Error(`over ${total} bytes after the last answer`);
  }
}

/** One write may send only a part. */
async function send(connection: Deno.TcpConn, data: Uint8Array): Promise<void> {
  for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
}

function close(one: Disposable | undefined): void {
  if (one === undefined) return;
  open.delete(one);
  one[Symbol.dispose](); // like close(), but without an error if it is closed already
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
    for (const each of open) close(each);
  });
}

/** Digits only: Deno.listen() alone would also accept "0x50", " 80" and "+80". */
function readNumber(name: string, given: string, most: number): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= most) return Number(given);
  console.error(
    `Cannot use ${name} ${Deno.inspect(given)}: it must be a whole number from 0 to ${most}`,
  );
  Deno.exit(2);
}

function text({ hostname, port }: { hostname: string; port: number }): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
