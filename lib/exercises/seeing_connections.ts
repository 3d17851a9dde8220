/**
 * Checks the exercises of `11_seeing_connections`.
 *
 * @module
 */
import { exampleUrl } from "../examples/catalog.ts";
import { Program } from "../program/program.ts";
import { within } from "../time_limit.ts";
import { connections } from "../observe/connections.ts";
import { inodesOf } from "../observe/sources/open_sockets.ts";
import { explain } from "../observe/texts/explain.ts";
import { kindOf } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { listening } from "./_listening.ts";
import { closeReturned } from "./_returned.ts";
import { Verdict } from "./verdict.ts";

/** How long an answer of the learner's, or a program's first line, may take, in milliseconds. */
const ANSWER_MS = 5_000;
/** How long a caller waits who is to hear nothing, in milliseconds. */
const SILENCE_MS = 300;

/** Checks exercise 1: the callers that the kernel has accepted, and no program has. */
export async function checkUnaccepted(
  unaccepted: ((port: number) => number[]) | undefined,
): Promise<Verdict> {
  if (unaccepted === undefined) return Verdict.open("write the function unaccepted");
  for (const [callers, taken] of [[0, 0], [4, 1], [3, 3]] as const) {
    using server = listening({ timeout: ANSWER_MS, backlog: 16 });
    const endpoint = server.localEndpoint();
    using opened = new DisposableStack();
    const ports: number[] = [];
    for (let count = 0; count < callers; count++) {
      const caller = opened.use(Socket.tcp({ timeout: ANSWER_MS }));
      await caller.connect(endpoint);
      ports.push(caller.localEndpoint().port);
    }
    for (let count = 0; count < taken; count++) opened.use(await server.accept());
    // The first to come is the first to be accepted.
    const expected = ascending(ports.slice(taken));
    const shown = `${callers} have called, ${taken} were accepted`;
    const verdict = sameNumbers(() => unaccepted(endpoint.port), expected, shown);
    if (verdict !== undefined) return verdict;
  }
  return Verdict.right("it found those in line, and nobody else");
}

/** Checks exercise 2: the ports at which a process listens. */
export async function checkListensAt(
  listensAt: ((pid: number) => number[]) | undefined,
): Promise<Verdict> {
  if (listensAt === undefined) return Verdict.open("write the function listensAt");
  await using program = Program.start(exampleUrl("echo_server.ts"), { args: ["0"] });
  const [, digits] = await program.line(/[:\s](\d+)\s*$/, { timeout: ANSWER_MS });
  const port = Number(digits);
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  // From now on the program has a second socket at the same port.
  await program.line("Connected by", { timeout: ANSWER_MS });
  const talk = `a program that listens at ${port} and talks with one client`;
  const first = sameNumbers(() => listensAt(program.pid), [port], talk);
  if (first !== undefined) return first;
  client.close();
  // The learner's own process: whatever it listens at, and one port more, at two addresses.
  using one = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using other = sameElsewhere(one.addr.port);
  const inodes = inodesOf();
  const own = connections({ state: "LISTEN" }).filter(({ inode }) => inodes.has(inode));
  const expected = ascending(new Set(own.map((row) => row.local.port)));
  const shown = other === undefined
    ? "this very process"
    : `this very process, which listens at ${one.addr.port} twice`;
  return sameNumbers(() => listensAt(Deno.pid), expected, shown) ??
    Verdict.right("right for a program of its own, and for this notebook's process");
}

/** Checks exercise 3: a command that means nearly the same on three systems. */
export function checkNetstatCommand(command: string | undefined): Verdict {
  if (command === undefined) return Verdict.open("write the command");
  let explanation;
  try {
    explanation = explain(command);
  } catch (error) {
    return Verdict.notYet((error as Error).message);
  }
  const { parts, refusals } = explanation;
  const [refusal] = Object.entries(refusals);
  if (refusal !== undefined) return Verdict.notYet(`${refusal[0]} refuses it: ${refusal[1]}`);
  const systems = ["Linux", "macOS", "Windows"] as const;
  const missing = systems.find((system) => parts.some(({ meanings }) => !meanings[system]));
  if (missing !== undefined || !/^netstat\b/.test(explanation.command)) {
    return Verdict.notYet("the same words must mean something to all three programs netstat");
  }
  const letters = parts.map(({ text }) => text);
  if (parts.some(({ text }) => text.startsWith("|"))) {
    return Verdict.notYet("it needs no pipe: the three systems do not have the same filters");
  }
  if (!letters.includes("-a")) return Verdict.notYet("without one letter, no listener is shown");
  if (!letters.includes("-n")) return Verdict.notYet("names of services stand for some ports");
  const isTcp = ["macOS", "Windows"] as const;
  if (!isTcp.every((system) => parts.some(({ meanings }) => meanings[system] === "only TCP"))) {
    return Verdict.notYet("on macOS and Windows, UDP sockets are shown, too");
  }
  return Verdict.right("it runs everywhere; Linux takes -p otherwise, and shows UDP, too");
}

/** Checks exercise 4: a listener from which the next caller hears nothing. */
export async function checkDeaf(
  deaf: (() => Promise<[Socket, ...{ close(): void }[]]>) | undefined,
): Promise<Verdict> {
  if (deaf === undefined) return Verdict.open("write the function deaf");
  let returned: unknown;
  try {
    returned = await within(deaf(), { timeout: ANSWER_MS });
    const listener: unknown = Array.isArray(returned) ? returned[0] : undefined;
    if (!(listener instanceof Socket)) {
      const got = Array.isArray(returned) ? `one with ${kindOf(listener)} first` : kindOf(returned);
      return Verdict.notYet(`an array was wanted, a listening Socket first, got ${got}`);
    }
    const endpoint = listener.localEndpoint();
    if (!endpoint.isLoopback) return Verdict.notYet(`${endpoint} is not at 127.0.0.1`);
    const isListening = () =>
      connections({ localPort: endpoint.port, state: "LISTEN" })
        .some((row) => row.local.equals(endpoint));
    if (!isListening()) return Verdict.notYet(`no row of the table is in LISTEN at ${endpoint}`);
    using caller = Socket.tcp({ timeout: SILENCE_MS });
    const heard = await caller.connect(endpoint).then(() => "connected", (error) => `${error}`);
    if (heard === "connected") return Verdict.notYet("the next caller was connected");
    const port = caller.localEndpoint().port;
    const isCalling = connections({ localPort: port, remotePort: endpoint.port })
      .some((row) => row.state === "SYN_SENT");
    if (!isCalling) return Verdict.notYet(`the next caller heard something: ${heard}`);
    if (!isListening()) return Verdict.notYet("the listener is gone when somebody calls");
    return Verdict.right(`after ${SILENCE_MS} ms the caller is still in SYN_SENT`);
  } catch (error) {
    return Verdict.notYet(`what came out: ${error}`);
  } finally {
    closeReturned(returned);
  }
}

/** The same port at another address, if nobody has it there. */
function sameElsewhere(port: number): Deno.Listener | undefined {
  try {
    return Deno.listen({ hostname: "127.0.0.3", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined;
    throw error;
  }
}

/** Returns a verdict if the answer is another than expected. */
function sameNumbers(
  answer: () => readonly number[],
  expected: readonly number[],
  shown: string,
): Verdict | undefined {
  let got;
  try {
    got = answer();
  } catch (error) {
    return Verdict.notYet(`${shown}: ${error}`);
  }
  if (
    Array.isArray(got) && got.length === expected.length &&
    expected.every((port, i) => port === got[i])
  ) {
    return undefined;
  }
  return Verdict.notYet(`${shown}: expected ${list(expected)}, got ${list(got)}`);
}

function list(ports: unknown): string {
  if (!Array.isArray(ports)) return String(ports);
  return ports.length === 0 ? "none" : ports.join(", ");
}

function ascending(ports: Iterable<number>): number[] {
  return [...ports].sort((one, other) => one - other);
}
