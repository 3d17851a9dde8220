/**
 * Checks the exercises of `01_clients_and_servers`.
 *
 * @module
 */
import { within } from "../time_limit.ts";
import type { Connection, Connections } from "../observe/rows/connection.ts";
import { connections } from "../observe/connections.ts";
import { connectionsWhen } from "../observe/connections_when.ts";
import { partOf } from "../refusal.ts";
import { ownInodes } from "./_own_sockets.ts";
import { closeReturned, verdictOfListener } from "./_returned.ts";
import { type RefusedCall, watchRefusals } from "./_watched_calls.ts";
import { Verdict } from "./verdict.ts";

const HOSTNAME = "127.0.0.1";
/** So many looks into the kernel's table must agree. */
const CALM_LOOKS = 5;
/** How long an answer of the learner's may take, in milliseconds. */
const ANSWER_MS = 2_000;

/** Checks exercise 1: a client that asks, reads the answer and closes. */
export async function checkAsk(
  ask: ((port: number, text: string) => Promise<string>) | undefined,
): Promise<Verdict> {
  if (ask === undefined) return Verdict.open("write the function ask");
  const question = `question ${crypto.randomUUID()}`;
  using listener = Deno.listen({ hostname: HOSTNAME, port: 0 });
  const { port } = listener.addr;
  const asked: string[] = [];
  const serving = answerOnce(listener, asked);
  try {
    const answer = await within(ask(port, question), { timeout: ANSWER_MS, what: "your client" });
    if (asked[0] !== question) {
      return Verdict.notYet(`the server was asked ${JSON.stringify(asked[0])}, not the text`);
    }
    if (answer !== `answer to ${question}`) {
      return Verdict.notYet(`the server's answer was another than ${JSON.stringify(answer)}`);
    }
    // A reading may miss a row while the table changes: what is closed stays closed in the next.
    let looks = 0;
    const closed = (rows: Connections) => {
      const done = rows.every(({ state }) => state === "LISTEN" || state === "TIME_WAIT");
      looks = done ? looks + 1 : 0;
      return looks === CALM_LOOKS;
    };
    const open = await connectionsWhen({ localPort: port }, closed, { timeout: ANSWER_MS })
      .then(() => false, () => true);
    if (open) return Verdict.notYet("the answer is right, but your end of the connection is open");
    return Verdict.right("asked, answered and closed");
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  } finally {
    listener.close();
    await serving;
  }
}

/** Serves one client: reads, answers, closes. */
async function answerOnce(listener: Deno.TcpListener, asked: string[]): Promise<void> {
  try {
    using connection = await listener.accept();
    const bytes = new Uint8Array(1024);
    const count = await within(connection.read(bytes), { timeout: ANSWER_MS });
    asked.push(new TextDecoder().decode(bytes.subarray(0, count ?? 0)));
    await connection.write(new TextEncoder().encode(`answer to ${asked[0]}`));
  } catch {
    // Nobody came, or the client left: the check says what is missing.
  }
}

/** Checks exercise 2: a server that answers each client in capitals, whoever else is silent. */
export async function checkShout(shout: (() => Deno.TcpListener) | undefined): Promise<Verdict> {
  if (shout === undefined) return Verdict.open("write the function shout");
  let listener: Deno.TcpListener | undefined;
  const clients: Deno.TcpConn[] = [];
  try {
    listener = shout();
    const refusal = verdictOfListener(listener, HOSTNAME);
    if (refusal !== undefined) return refusal;
    const { port } = listener.addr;
    for (let i = 0; i < 3; i++) clients.push(await Deno.connect({ hostname: HOSTNAME, port }));
    const words = ["the silent one", "second", "third"];
    for (const index of [1, 2, 0]) {
      const word = words[index]!;
      const client = clients[index]!;
      const what = index === 0
        ? "the answer to the client that was silent at first"
        : "an answer while another client is silent";
      await client.write(new TextEncoder().encode(word));
      const bytes = new Uint8Array(1024);
      const count = await within(client.read(bytes), { timeout: ANSWER_MS, what });
      const answer = new TextDecoder().decode(bytes.subarray(0, count ?? 0));
      if (answer !== word.toUpperCase()) {
        return Verdict.notYet(`to "${word}" it answered ${JSON.stringify(answer)}`);
      }
    }
    return Verdict.right("three clients at once, and nobody had to wait for the silent one");
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  } finally {
    for (const client of clients) client.close();
    closeReturned(listener);
  }
}

/** Checks exercise 3: which row of the table is the accepted socket. */
export function checkOneOfThree(row: "A" | "B" | "C" | undefined): Verdict {
  if (row === undefined) return Verdict.open('give acceptedRow "A", "B" or "C"');
  if (row === "C") {
    return Verdict.right("it has the listening socket's port, and a remote endpoint");
  }
  if (row === "B") return Verdict.notYet("B has no remote endpoint: it waits for anybody");
  if (row !== "A") return Verdict.notYet(`say "A", "B" or "C", got ${partOf(row)}`);
  return Verdict.notYet(
    "A has a local port that the kernel picked: who has that, and who does not?",
  );
}

/** Checks exercise 4: refused at a port number at which one listens. */
export async function checkRefused(
  attempt: (() => Promise<unknown>) | undefined,
): Promise<Verdict> {
  if (attempt === undefined) return Verdict.open("write a function that is refused");
  const before = new Set(connections({ state: "LISTEN" }).map((row) => row.inode));
  const isNew = (row: Connection) => !before.has(row.inode);
  const refused = new Map<unknown, RefusedCall>();
  let thrown: unknown;
  try {
    using _watch = watchRefusals(refused);
    await within(attempt(), { timeout: ANSWER_MS, what: "your function" });
    return Verdict.notYet("no error came out");
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) {
      return Verdict.notYet(`another error came out: ${error}`);
    }
    thrown = error;
  }
  const call = refused.get(thrown);
  const own = ownInodes();
  const mine = call?.listening.filter(isNew) ??
    connections({ state: "LISTEN" }).filter((row) => isNew(row) && own.has(row.inode));
  const where = mine.map((row) => String(row.local)).join(" and ");
  if (call === undefined && mine.length > 0) {
    return Verdict.right(
      `refused, while ${where} listens; which port was called, the check sees of Deno.connect alone`,
    );
  }
  if (call !== undefined && mine.length > 0) {
    return Verdict.right(`refused at ${call.called}, while ${where} listens`);
  }
  const at = call === undefined ? "" : ` at ${call.called}`;
  return Verdict.notYet(
    `refused${at}, but no new socket was listening at that port number: open yours in the function`,
  );
}
