/**
 * `deno run -A _neighbour.ts WORD PORT …`: what a user of the same machine, who knows no key, finds at
 * these ports. Prints it as JSON.
 */
import { DialledSocket } from "../../lib/notebooks/kernel/wire/dialled_socket.ts";
import { MessageCodec } from "../../lib/notebooks/kernel/wire/messages.ts";

/** What a user finds at another one's ports. */
export interface Neighbour {
  /** At how many ports somebody speaks ZMTP. */
  readonly sockets: number;
  /** At how many of them the word could be heard: the broadcasts, which Jupyter lets everybody hear. */
  readonly heard: number;
  /** Whether a cell that is signed with another key has run. */
  readonly executed: boolean;
}

const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 20;

const [word, ...ports] = Deno.args;
const sockets: DialledSocket[] = [];
const heard = new Set<string>();
const trace = `/tmp/${crypto.randomUUID()}`;

async function listenAt(port: string): Promise<void> {
  const socket = await DialledSocket.connect("SUB", Number(port));
  sockets.push(socket);
  await socket.subscribe();
  read(port, socket);
}

async function read(port: string, socket: DialledSocket): Promise<void> {
  try {
    while (true) {
      const text = (await socket.receive()).map((frame) => new TextDecoder().decode(frame));
      if (text.some((part) => part.includes(word!))) heard.add(port);
    }
  } catch {
    // not a publisher, or the end of this program
  }
}

async function forgeAt(port: string): Promise<void> {
  const socket = await DialledSocket.connect("DEALER", Number(port));
  sockets.push(socket);
  const content = { code: `Deno.writeTextFileSync("${trace}", "");`, silent: false };
  for (const key of ["", crypto.randomUUID()]) {
    await socket.send(new MessageCodec(key).encode("execute_request", content).frames);
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds() && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

// What does not speak ZMTP, or hangs up on a subscriber, is no kernel's broadcasting socket.
const opened = await Promise.allSettled([...ports.map(listenAt), ...ports.map(forgeAt)]);
await Deno.writeTextFile("_listening", "");
await until(() => exists("_spoken") && heard.size > 0);
const report: Neighbour = {
  sockets: opened.slice(0, ports.length).filter(({ status }) => status === "fulfilled").length,
  heard: heard.size,
  executed: exists(trace),
};
console.log(JSON.stringify(report));
Deno.exit();
