/**
 * Checks the exercises of `14_ten_thousand_clients`.
 *
 * @module
 */
import { connectionsWhen } from "../observe/connections_when.ts";
import type { Socket } from "../sockets/socket.ts";
import { until } from "../time_limit.ts";
import { type Attempt, expect, expectDone, judge } from "./_frame.ts";
import { listOf, openSocket, shown } from "./_values.ts";
import type { Verdict } from "./verdict.ts";

/** Before something is sent that is to be waited for, in milliseconds. */
const PAUSE_MS = 50;
/** How many sockets there are, some of which have something to read. */
const SPEAKERS = 20;
/** How long a close may take that the learner did not wait for, in milliseconds. */
const CLOSE_MS = 300;

/** Checks that a server answers all of its clients while the first one says nothing. */
export function checkServeAll(
  serveAll: ((server: Socket, clients: number) => Promise<unknown>) | undefined,
): Promise<Verdict> {
  return judge({ name: "serveAll", answer: serveAll }, async (serveAll, attempt) => {
    const server = attempt.listen();
    const words = Array.from({ length: 4 }, () => attempt.random.word());
    const silent = await attempt.connect(server.localEndpoint());
    const talkers = [
      await attempt.connect(server.localEndpoint()),
      await attempt.connect(server.localEndpoint()),
    ];
    const talking = talk(attempt, { silent, talkers, words });
    talking.catch(() => {});
    await attempt.call(() => serveAll(server, 3), {
      late:
        "Your function ends when all three clients have ended: an empty receive is a client's end",
    });
    await expectDone(
      talking,
      (error) => `a client got no answer: ${shown(error)}`,
      "Answer whoever has sent something, even if another client says nothing: wait for all sockets " +
        "at once",
    );
    await attempt.expectClosed(
      "the clients were answered",
      "Close a socket whose client has ended",
    );
    return "two clients were answered while a third said nothing";
  });
}

interface Talk {
  readonly silent: Socket;
  readonly talkers: readonly Socket[];
  readonly words: readonly string[];
}

/** Two clients say two words each and read the answers; then all end, the silent one last. */
async function talk(attempt: Attempt, { silent, talkers, words }: Talk): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  try {
    for (const [index, word] of words.entries()) {
      const talker = talkers[index % talkers.length]!;
      await talker.send(word, { timeout: attempt.timeout });
      const answer = new TextDecoder().decode(
        await talker.receive({ timeout: attempt.timeout / 2 }),
      );
      if (answer !== word) throw new Error(`it sent "${word}" and received "${answer}"`);
    }
  } finally {
    for (const client of [...talkers, silent]) client.close();
  }
}

/** Checks that one wait tells which sockets have something to read. */
export function checkWhoSpoke(
  whoSpoke: ((sockets: readonly Socket[]) => Promise<readonly Socket[]>) | undefined,
): Promise<Verdict> {
  return judge({ name: "whoSpoke", answer: whoSpoke }, async (whoSpoke, attempt) => {
    const server = attempt.listen();
    const clients: Socket[] = [];
    const sockets: Socket[] = [];
    for (let index = 0; index < SPEAKERS; index++) {
      clients.push(await attempt.connect(server.localEndpoint()));
      sockets.push(await attempt.accept(server));
    }
    // The library opens an epoll of its own at the first wait, which is not the learner's.
    await server.accept({ timeout: 1 }).catch(() => {});
    const epollsBefore = epolls();
    const ask = async () => {
      const named = await attempt.call(() => whoSpoke([...sockets]), {
        returns: listOf(openSocket("tcp")),
        hints: { TimeoutError: "Wait for all of the sockets at once, until one has something" },
        late: "Wait for all of the sockets at once: an Epoll tells which can be read",
      });
      const indices = named.map((socket) => sockets.indexOf(socket)).sort((a, b) => a - b);
      return indices.length === 0 ? "none" : indices.join(", ");
    };
    const send = async (indices: readonly number[], delay: number) => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      for (const index of indices) await clients[index]!.send("ahoy");
      await connectionsWhen(
        { protocol: "tcp", localPort: server.localEndpoint().port },
        (rows) =>
          rows.filter(({ receiveQueue = 0, state }) => receiveQueue > 0 && state !== "LISTEN")
            .length >= indices.length,
        { timeout: attempt.timeout },
      );
    };
    const pick = (count: number) => attempt.random.some(count, [...sockets.keys()]);

    // First nobody has sent anything, so that the function has to wait; then three have.
    const late = pick(1);
    const sending = send(late, PAUSE_MS);
    sending.catch(() => {});
    const namedLate = await ask();
    await sending;
    expect(
      namedLate === `${late}`,
      `socket ${late} got something to read after a moment, and you named ${namedLate}`,
      namedLate === "none" ? "Wait until at least one has something: no timeout of 0" : undefined,
    );
    const three = pick(3);
    for (const socket of sockets) socket.tryReceiveInto(new Uint8Array(100));
    await send(three, 0);
    const named = await ask();
    expect(
      named === three.join(", "),
      `sockets ${three.join(", ")} have something to read, and you named ${named}`,
      "One wait tells all that can be read by then: return every one of them",
    );
    const left = three.filter((index) => sockets[index]!.tryReceiveInto(new Uint8Array(9)) === 4);
    expect(
      left.length === three.length,
      "all three are right, but what was sent to them is gone",
      "A read takes the bytes away: only tell which sockets have something",
    );
    // The learner's epolls, by number: another check beside this one opens its own.
    const opened = [...epolls()].filter((each) => !epollsBefore.has(each));
    expect(
      opened.length === 0 || !await stayOpen(opened),
      "all three are right, but your epoll is open",
      "An epoll is a descriptor, too: close it, or write `using epoll = …`",
    );
    return "you waited for the first, and named all three";
  });
}

/** The epolls that this process has open, by descriptor. `proc_pid_fd(5)` */
function epolls(): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`) === "anon_inode:[eventpoll]") found.add(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // the listing's own, gone by now
    }
  }
  return found;
}

async function stayOpen(opened: readonly string[]): Promise<boolean> {
  const gone = () => opened.every((each) => !epolls().has(each));
  return await until(gone, { timeout: CLOSE_MS }).then(() => false, () => true);
}
