/**
 * Checks the exercises of `03_sockets_and_system_calls`.
 *
 * @module
 */
import { until, within } from "../time_limit.ts";
import { kindOf } from "../refusal.ts";
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import { SocketError } from "../system/errno.ts";
import { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { listening } from "./_listening.ts";
import { ownInodes } from "./_own_sockets.ts";
import { Verdict } from "./verdict.ts";

/** How long an answer of the learner's may take, in milliseconds. */
const ANSWER_MS = 2_000;
/** How long a connection that does not come about is waited for, in milliseconds. */
const SILENCE_MS = 300;
/** Between the two parts of an answer, in milliseconds. */
const PAUSE_MS = 50;
/** How many sockets there are of which some speak. */
const SPEAKERS = 20;
/** How long a close may take that nobody waited for, in milliseconds. */
const CLOSE_MS = 300;

/** Checks exercise 1: say all, end that direction, and still hear the answer. */
export async function checkHalfClose(
  tellAll: ((server: Endpoint, text: string) => Promise<string>) | undefined,
): Promise<Verdict> {
  if (tellAll === undefined) return Verdict.open("write the function tellAll");
  using server = listening({ timeout: ANSWER_MS });
  const text = `all of it ${crypto.randomUUID()}`;
  const heard = answerAtTheEnd(server);
  try {
    const answer = await within(tellAll(server.localEndpoint(), text), { timeout: ANSWER_MS });
    const { said, inodes } = await heard;
    if (said !== text) return Verdict.notYet(`the server heard ${JSON.stringify(said)}`);
    const whole = `${text.length} bytes`;
    if (answer !== whole) {
      if (answer && whole.startsWith(answer)) {
        return Verdict.notYet(
          `${JSON.stringify(answer)} is but the beginning of the answer: receive until its end`,
        );
      }
      return Verdict.notYet(`the server's answer was another than ${JSON.stringify(answer)}`);
    }
    if (await stayOpen(inodes)) {
      return Verdict.notYet("the answer is right, but your end is open: close your socket");
    }
    return Verdict.right("the server heard your end, and you heard its answer after it");
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}; the server answers when it has heard your end`);
  } finally {
    await heard.catch(() => {});
  }
}

/** What a server heard, and the client's socket by its number. */
interface Heard {
  readonly said: string;
  readonly inodes: readonly number[];
}

/** Reads one client to its end, and only then answers in two parts, with the number of bytes. */
async function answerAtTheEnd(server: Socket): Promise<Heard> {
  using client = await server.accept();
  // Once both ends have said all, the kernel's table no longer tells whose a socket was.
  const [localPort, remotePort] = [client.remoteEndpoint().port, client.localEndpoint().port];
  const inodes = connections({ protocol: "tcp", localPort, remotePort }).map((row) => row.inode);
  let text = "";
  while (true) {
    const data = await client.receive({ timeout: ANSWER_MS });
    if (data.length === 0) break;
    text += new TextDecoder().decode(data);
  }
  try {
    await client.send(`${text.length}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    await client.send(" bytes");
  } catch {
    // The client has closed before it heard all: its own answer tells.
  }
  return { said: text, inodes };
}

/** Whether this process still has one of the sockets open, a moment later. */
async function stayOpen(inodes: readonly number[]): Promise<boolean> {
  const gone = () => !inodes.some((inode) => inode !== 0 && ownInodes().has(inode));
  return await until(gone, { timeout: CLOSE_MS }).then(() => false, () => true);
}

/** Checks exercise 2: a listening socket at which just so many callers fit without accept. */
export async function checkQueueOf(
  queueOf: ((count: number) => Socket) | undefined,
): Promise<Verdict> {
  if (queueOf === undefined) return Verdict.open("write the function queueOf");
  for (const wanted of [1, 3]) {
    let server: Socket | undefined;
    const callers = Array.from({ length: wanted + 2 }, () => Socket.tcp({ timeout: SILENCE_MS }));
    try {
      server = queueOf(wanted);
      const endpoint = server.localEndpoint();
      const calls = await Promise.allSettled(callers.map((caller) => caller.connect(endpoint)));
      const fit = calls.filter(({ status }) => status === "fulfilled").length;
      if (fit !== wanted) return Verdict.notYet(`asked for ${wanted}, and ${fit} fit`);
    } catch (error) {
      return Verdict.notYet(`what came out: ${error}`);
    } finally {
      for (const each of [...callers, server]) each?.close();
    }
  }
  return Verdict.right("1 fits where 1 should, and 3 where 3 should");
}

/** Checks exercise 3: tell by one wait which sockets have something to read. */
export async function checkWhoSpoke(
  whoSpoke: ((sockets: readonly Socket[]) => Promise<readonly Socket[]>) | undefined,
): Promise<Verdict> {
  if (whoSpoke === undefined) return Verdict.open("write the function whoSpoke");
  using open = new DisposableStack();
  const server = open.use(listening({ timeout: ANSWER_MS }));
  const clients: Socket[] = [];
  const sockets: Socket[] = [];
  for (let index = 0; index < SPEAKERS; index++) {
    const client = open.use(Socket.tcp({ timeout: ANSWER_MS }));
    await client.connect(server.localEndpoint());
    clients.push(client);
    sockets.push(open.use(await server.accept()));
  }
  const epollsBefore = countEpolls();
  const ask = async () => await within(whoSpoke([...sockets]), { timeout: ANSWER_MS });
  try {
    // First nobody has spoken, so that a wait is needed; then three have, who are to be told at once.
    const late = pick(1);
    const [answer] = await Promise.all([ask(), speak(late, PAUSE_MS)]);
    const heardLate = namesOf(answer);
    if (heardLate !== `${late}`) {
      return Verdict.notYet(`socket ${late} spoke after a moment, and you named ${heardLate}`);
    }
    const three = pick(3);
    for (const index of sockets.keys()) sockets[index]!.tryReceiveInto(new Uint8Array(100));
    await speak(three, 0);
    const heard = namesOf(await ask());
    if (heard !== three.join(", ")) {
      return Verdict.notYet(`sockets ${three.join(", ")} spoke, and you named ${heard}`);
    }
    const unread = three.filter((index) => sockets[index]!.tryReceiveInto(new Uint8Array(9)) === 4);
    if (unread.length < three.length) {
      return Verdict.notYet(
        "all three are right, but what they said is gone: only tell, don't read",
      );
    }
    if (countEpolls() > epollsBefore) {
      return Verdict.notYet("all three are right, but your epoll is open: close it");
    }
    return Verdict.right("you waited for the first, and told all three");
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  }

  /** Returns as many different numbers of sockets, in order. */
  function pick(count: number): number[] {
    const left = [...sockets.keys()];
    const picked = Array.from(
      { length: count },
      () => left.splice(Math.floor(Math.random() * left.length), 1)[0]!,
    );
    return picked.sort((a, b) => a - b);
  }

  async function speak(indices: readonly number[], delay: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, delay));
    for (const index of indices) await clients[index]!.send("ahoy");
    const { port } = server.localEndpoint();
    await connectionsWhen(
      { protocol: "tcp", localPort: port },
      (rows) =>
        rows.filter(({ receiveQueue = 0, state }) => receiveQueue > 0 && state !== "LISTEN")
          .length >= indices.length,
      { timeout: ANSWER_MS },
    );
  }

  function namesOf(returned: unknown): string {
    if (!Array.isArray(returned)) return kindOf(returned);
    const names = returned.map((each) => sockets.indexOf(each)).sort((a, b) => a - b);
    return names.length === 0 ? "nobody" : names.join(", ");
  }
}

/** How many epolls this process has open. `proc_pid_fd(5)` */
function countEpolls(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`) === "anon_inode:[eventpoll]") count++;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // the listing's own, gone by now
    }
  }
  return count;
}

/** Checks exercise 4: end a connection so that the other side hears ECONNRESET. */
export async function checkReset(
  reset: ((socket: Socket) => unknown) | undefined,
): Promise<Verdict> {
  if (reset === undefined) return Verdict.open("write the function breakOff");
  using server = listening({ timeout: ANSWER_MS });
  using mine = Socket.tcp({ timeout: ANSWER_MS });
  await mine.connect(server.localEndpoint());
  using theirs = await server.accept();
  try {
    await reset(mine);
    const data = await theirs.receive({ timeout: ANSWER_MS });
    return Verdict.notYet(
      data.length === 0 ? "the other side heard a proper end" : "the other side heard data",
    );
  } catch (error) {
    if (error instanceof SocketError && error.code === "ECONNRESET") {
      return Verdict.right("the other side heard ECONNRESET, and nobody has a TIME_WAIT");
    }
    return Verdict.notYet(`what came out: ${error}`);
  }
}
