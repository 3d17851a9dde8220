/**
 * Two ways to get "address already in use", and what SO_REUSEADDR does about each.
 *
 * Counterpart of the sentence on that error in the article on clients, servers and ports: another
 * process has the port, or a socket in TIME_WAIT has it; and of the line with SO_REUSEADDR in the
 * server of the book chapter. The second way is why a server that closes its connections first
 * cannot be started again for a minute unless it sets the option. Deno.listen() always sets it,
 * and so do most other libraries.
 *
 * ```sh
 * deno run --allow-net --allow-ffi address_in_use.ts 0            # port; 0 lets the kernel pick one
 * deno run --allow-net --allow-ffi address_in_use.ts 8080 127.0.0.2   # and an address of loopback
 * ```
 *
 * It makes the bind() system call itself, since libraries hide what it shows. Linux only.
 *
 * @module
 */

// From Linux's headers: asm-generic/socket.h, asm-generic/errno.h.
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const ERRNO = new Map([[13, "EACCES"], [98, "EADDRINUSE"], [99, "EADDRNOTAVAIL"]]);

const [portText = "0", hostname = "127.0.0.1"] = Deno.args;
if (!/^[0-9]+$/.test(portText) || Number(portText) > 65535) {
  refuse(`Cannot use port ${Deno.inspect(portText)}: it must be a whole number from 0 to 65535`);
}
if (!/^127(\.([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])){3}$/.test(hostname)) {
  refuse(`Cannot use address ${Deno.inspect(hostname)}: it must be one of 127.0.0.0/8`);
}

const libc = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
}).symbols;

const listener = listen();
const { port } = listener.addr;
console.log(`Listening on ${hostname}:${port}`);
report("While it listens");

const client = await Deno.connect({ hostname, port });
const accepted = await listener.accept();
accepted.close(); // the server closes first, so TIME_WAIT is on its side
await client.read(new Uint8Array(1)); // the end of the stream has arrived
client.close();
listener.close();
await new Promise((go) => setTimeout(go, 50)); // the last acknowledgement may still be on its way
report("Nobody listens, and the server's last connection is in TIME_WAIT");

function report(when: string): void {
  console.log(`${when}: bind ${tryBind(false)}, with SO_REUSEADDR ${tryBind(true)}`);
}

function tryBind(reuse: boolean): string {
  const socket = libc.socket(AF_INET, SOCK_STREAM, 0);
  try {
    const on = new Uint8Array(new Int32Array([1]).buffer);
    if (reuse) libc.setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, on, on.length);
    const result = libc.bind(socket, socketAddress(), 16);
    return result === 0 ? "works" : `fails: ${errno()}`;
  } finally {
    libc.close(socket);
  }
}

/** struct sockaddr_in: the family in this machine's byte order, the rest in network order. */
function socketAddress(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16);
  new Uint16Array(bytes.buffer)[0] = AF_INET;
  new DataView(bytes.buffer).setUint16(2, port);
  bytes.set(hostname.split(".").map(Number), 4);
  return bytes;
}

function errno(): string {
  const number = new Deno.UnsafePointerView(libc.__errno_location()!).getInt32();
  return ERRNO.get(number) ?? `error ${number}`;
}

function listen(): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port: Number(portText) });
  } catch (error) {
    console.error(`Cannot listen on ${hostname} port ${portText}: ${error}`);
    Deno.exit(1);
  }
}

function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}
