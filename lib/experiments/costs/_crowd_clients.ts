/**
 * `_crowd_clients.ts SERVER`: many clients of one server. On standard input come the lines
 * `connect COUNT ADDRESS` and `ask`; each is answered by one line, `ok` and a number, or `failed`.
 */
import { createInterface } from "node:readline";
import process from "node:process";
import { Socket } from "../../sockets/socket.ts";
import { SocketError } from "../../system/errno.ts";

const TIMEOUT_MS = 20_000;
/** So many at a time that the accept queue is never full. */
const AT_A_TIME = 100;

const [server = ""] = Deno.args;
const clients: Socket[] = [];

for await (const line of createInterface({ input: process.stdin })) {
  const [word, count, address = ""] = line.split(" ");
  try {
    if (word === "connect") await connect(Number(count), address);
    else await askAll(clients);
    console.log(`ok ${clients.length}`);
  } catch (error) {
    const code = error instanceof SocketError ? error.code : `${error}`;
    console.log(`failed ${code} with ${clients.length} clients`);
  }
}

async function connect(count: number, address: string): Promise<void> {
  for (let left = count; left > 0; left -= AT_A_TIME) {
    const batch = Array.from({ length: Math.min(AT_A_TIME, left) }, () => connected(address));
    const all = await Promise.allSettled(batch);
    const ready = all.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
    clients.push(...ready);
    const failed = all.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    await askAll(ready); // an answer proves that the server has accepted
  }
}

async function connected(address: string): Promise<Socket> {
  const socket = Socket.tcp({ timeout: TIMEOUT_MS });
  try {
    // Closed by a reset, which leaves no TIME_WAIT: ten thousand of them would stay for a minute.
    socket.setOption("linger", 0);
    socket.setOption("bindAddressNoPort", true);
    socket.bind(`${address}:0`);
    await socket.connect(server);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

async function askAll(sockets: readonly Socket[]): Promise<void> {
  for (let begin = 0; begin < sockets.length; begin += AT_A_TIME) {
    await Promise.all(
      sockets.slice(begin, begin + AT_A_TIME).map(async (socket) => {
        await socket.send("?");
        await socket.receive();
      }),
    );
  }
}
