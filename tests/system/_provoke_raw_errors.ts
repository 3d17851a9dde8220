/**
 * The same at the level of the C library, in as tight a loop as can be: `_provoke_raw_errors.ts
 * COUNT`. It is the engine's own work, such as compiling what has become hot, that spoils errno in
 * the first moments of a process, and it falls between two calls only where little else runs.
 */
import { libc } from "../../lib/system/libc.ts";

const { functions, errno } = libc();
const udp = functions.socket(2, 2 | 0o4000, 0);
const tcp = functions.socket(2, 1 | 0o4000, 0);
const elsewhere = Uint8Array.fromHex("02000000c00002010000000000000000");
const bytes = new Uint8Array(16);

const KINDS: readonly (readonly [errno: number, call: () => number])[] = [
  [9, () => functions.listen(-1, 1)], // EBADF
  [11, () => functions.recv(udp, bytes, 16n, 0)], // EAGAIN
  [99, () => functions.bind(tcp, elsewhere, 16)], // EADDRNOTAVAIL
  [89, () => functions.send(udp, bytes, 16n, 0)], // EDESTADDRREQ
  [22, () => functions.bind(tcp, elsewhere, 3)], // EINVAL
];

const wrong: string[] = [];
const count = Number(Deno.args[0]);
for (let index = 0; index < count; index++) {
  const [expected, call] = KINDS[index % KINDS.length]!;
  const result = call();
  const told = errno[0]!;
  if (result !== -1 || told !== expected) wrong.push(`${index}: ${told} for ${expected}`);
}
console.log(`wrong: ${wrong.length} of ${count} ${wrong.slice(0, 5).join(", ")}`);
