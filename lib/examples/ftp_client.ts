/**
 * An FTP client that fetches one file: commands on one connection, the file on another.
 *
 * Counterpart of the FTP processes in the article on ports and sockets with Telnet and FTP. It
 * prints both four-tuples. In passive mode the client opens the second connection too, to a port
 * that the server named. In active mode the server opens it, to a port that the client named. RFC
 * 959, RFC 2428.
 *
 * ```sh
 * deno run --allow-net ftp_client.ts 2121                                # the server's port
 * deno run --allow-net ftp_client.ts 2121 127.0.0.1 long.txt active     # address, file, mode
 * ```
 *
 * @module
 */

const PATIENCE_MS = 10_000;
const MAX_LINE_BYTES = 1024;
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const SHOWN_CHARACTERS = 60;

const [portText = "2121", hostname = "127.0.0.1", file = "hello.txt", mode = "passive"] = Deno.args;
const port = readPort(portText);
if (!/^[A-Za-z0-9_.\/-]{1,100}$/.test(file)) {
  refuse(
    `Cannot use file ${Deno.inspect(file)}: it must be 1 to 100 letters, digits, _, ., / and -`,
  );
}
if (mode !== "passive" && mode !== "active") {
  refuse(`Cannot use mode ${Deno.inspect(mode)}: it must be passive or active`);
}

const timer = setTimeout(() => fail(`not done within ${PATIENCE_MS / 1000} seconds`), PATIENCE_MS);
const buffer = new Uint8Array(MAX_LINE_BYTES);
let size = 0; // how much of it is filled
try {
  using control = await Deno.connect({ hostname, port });
  console.log(`Control ${text(control.localAddr)} -> ${text(control.remoteAddr)}`);
  await expect(control, "220");
  await tell(control, "USER anonymous", "230");
  await tell(control, "TYPE I", "200"); // as bytes, not as text in the server's format
  using data = await (mode === "passive" ? callForData(control) : listenForData(control));
  console.log(`Data ${text(data.localAddr)} -> ${text(data.remoteAddr)}`);
  const content = await receiveAll(data);
  await expect(control, "226");
  await tell(control, "QUIT", "221");
  const more = content.length > SHOWN_CHARACTERS ? "…" : "";
  const shown = Deno.inspect(content.slice(0, SHOWN_CHARACTERS));
  console.log(`${file} has ${content.length} characters: ${shown}${more}`);
} catch (error) {
  fail(`${error}`);
}
clearTimeout(timer);

/** Passive: the server says on which port it waits for the client. */
async function callForData(control: Deno.TcpConn): Promise<Deno.TcpConn> {
  const answer = await tell(control, "EPSV", "229");
  const port = Number(/\(\|\|\|([0-9]{1,5})\|\)/.exec(answer)?.[1]);
  if (!(port >= 1 && port <= 65535)) throw new Error(`no port in ${Deno.inspect(answer)}`);
  const data = await Deno.connect({ hostname: control.remoteAddr.hostname, port });
  await tell(control, `RETR ${file}`, "150");
  return data;
}

/** Active: the client waits, and says on which port. */
async function listenForData(control: Deno.TcpConn): Promise<Deno.TcpConn> {
  const { hostname } = control.localAddr;
  using listener = Deno.listen({ hostname, port: 0 });
  const family = hostname.includes(":") ? 2 : 1;
  await tell(control, `EPRT |${family}|${hostname}|${listener.addr.port}|`, "200");
  await tell(control, `RETR ${file}`, "150");
  while (true) {
    const data = await listener.accept();
    // Another computer that connects first could send a false file.
    if (data.remoteAddr.hostname === control.remoteAddr.hostname) return data;
    data.close();
  }
}

async function tell(control: Deno.TcpConn, command: string, code: string): Promise<string> {
  await send(control, new TextEncoder().encode(`${command}\r\n`));
  return await expect(control, code);
}

/** Reads one line of the control connection, which must begin with this number. */
async function expect(control: Deno.TcpConn, code: string): Promise<string> {
  let end: number;
  while ((end = buffer.subarray(0, size).indexOf(0x0a)) === -1) {
    if (size === buffer.length) throw new Error(`an answer of over ${size} bytes`);
    const count = await control.read(buffer.subarray(size));
    if (count === null) throw new Error("the control connection ended");
    size += count;
  }
  const line = new TextDecoder().decode(buffer.subarray(0, end)).replace(/\r$/, "");
  buffer.copyWithin(0, end + 1, size);
  size -= end + 1;
  if (!line.startsWith(`${code} `)) throw new Error(`the server says ${Deno.inspect(line)}`);
  return line;
}

/** The end of the data connection is the end of the file. */
async function receiveAll(data: Deno.TcpConn): Promise<string> {
  const decoder = new TextDecoder();
  const part = new Uint8Array(64 * 1024);
  let content = "";
  for (let count; (count = await data.read(part)) !== null;) {
    content += decoder.decode(part.subarray(0, count), { stream: true });
    if (content.length > MAX_FILE_BYTES) throw new Error(`over ${MAX_FILE_BYTES} characters`);
  }
  return content + decoder.decode();
}

function fail(why: string): never {
  console.error(`Cannot get an answer from ${hostname} port ${port}: ${why}`);
  Deno.exit(1);
}

function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}

/** One write may send only a part. */
async function send(connection: Deno.TcpConn, data: Uint8Array): Promise<void> {
  for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
}

/** Digits only: "0x50" and " 80" are refused, and so is port 0: no server listens on it. */
function readPort(given: string): number {
  const port = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (port >= 1 && port <= 65535) return port;
  refuse(`Cannot use port ${Deno.inspect(given)}: it must be a whole number from 1 to 65535`);
}

function text({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
