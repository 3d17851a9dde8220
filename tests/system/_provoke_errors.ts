/**
 * Provokes errors of five kinds in turn, from the first moment of the process on, and prints how
 * many were told wrongly: `_provoke_errors.ts COUNT [loaded]`. "loaded" makes the engine and the
 * machine busy meanwhile, and writes lines to the console.
 */
import { SocketError } from "../../lib/system/errno.ts";
import { Socket } from "../../lib/sockets/socket.ts";

const [count = "0", mode] = Deno.args;

const listener = Socket.tcp();
listener.bind("127.0.0.1:0");
const bound = listener.localEndpoint();
const unbound = Socket.tcp();
const datagrams = Socket.udp();

const KINDS: readonly (readonly [code: string, call: () => unknown])[] = [
  ["EADDRINUSE", () => unbound.bind(bound)],
  ["EADDRNOTAVAIL", () => unbound.bind("192.0.2.1:0")],
  ["ECONNREFUSED", () => unbound.connect(bound)], // bound is not listening
  ["ENOTCONN", () => unbound.remoteEndpoint()],
  ["EOPNOTSUPP", () => datagrams.listen()],
];

const wrong: string[] = [];
const garbage: unknown[] = [];
const worker = mode === "loaded" ? busyWorker() : undefined;
for (let index = 0; index < Number(count); index++) {
  const [code, call] = KINDS[index % KINDS.length]!;
  let told = "none";
  try {
    const result = call();
    // Awaited only where there is something to await: most errors come without a turn between.
    if (result instanceof Promise) await result;
  } catch (error) {
    told = error instanceof SocketError ? error.code : `${error}`;
  }
  if (told !== code) wrong.push(`${index}: ${told} for ${code}`);
  if (mode === "loaded") beBusy(index);
}
worker?.terminate();
console.log(`wrong: ${wrong.length} of ${count} ${wrong.slice(0, 5).join(", ")}`);

function beBusy(index: number): void {
  garbage[index % 1000] = new Uint8Array(index % 3000);
  if (index % 10 === 0) console.log(`line ${index}`);
  if (index % 100 === 0) garbage.push(Deno.readTextFile("/proc/self/status").then(() => {}));
  if (index % 500 === 0) setTimeout(() => garbage.splice(1000), 0);
}

/** A thread that computes and reads files, so that this one is interrupted. */
function busyWorker(): Worker {
  const code = `for (;;) {
    for (let n = 0; n < 1e6; n++) Math.sqrt(n);
    await Deno.stat("/proc/self/no/such/file").catch(() => {});
  }`;
  return new Worker(`data:application/javascript,${encodeURIComponent(code)}`, { type: "module" });
}
