/**
 * Checks the exercises of `11_port_owners`.
 *
 * @module
 */
import { exampleUrl } from "../examples/catalog.ts";
import { connections } from "../observe/connections.ts";
import { explain } from "../observe/texts/explain.ts";
import { inodesOf } from "../observe/sources/open_sockets.ts";
import { Program } from "../program/program.ts";
import { text } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import { A_NUMBER, listOf, openSocket, shortened } from "./_values.ts";
import { problemOfError } from "./_errors.ts";
import { type Attempt, expect, expectDone, judge, notYet, spareEndpoint } from "./_frame.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import type { Verdict } from "./verdict.ts";

/** How long a program may take to start on a busy machine, in milliseconds. */
const START_MS = 20_000;

/** Checks the exercise Unaccepted: the clients that the kernel has accepted, and no program has. */
export function checkUnaccepted(
  unaccepted: ((port: number) => number[]) | undefined,
): Promise<Verdict> {
  return judge({ name: "unaccepted", answer: unaccepted }, async (unaccepted, attempt) => {
    for (const [callers, taken] of [[0, 0], [4, 1], [3, 3]] as const) {
      const server = attempt.listen(16);
      const endpoint = server.localEndpoint();
      const ports: number[] = [];
      for (let count = 0; count < callers; count++) {
        ports.push((await attempt.connect(endpoint)).localEndpoint().port);
      }
      for (let count = 0; count < taken; count++) await attempt.accept(server);
      // The first to come is the first to be accepted.
      await expectPorts(attempt, () => unaccepted(endpoint.port), {
        right: ascending(ports.slice(taken)),
        about: `${callers} have connected, ${taken} were accepted`,
        hint: (got) =>
          got.includes(endpoint.port)
            ? "That is the server's own port: return the ports of the other ends, row.remote.port"
            : taken > 0 && got.length === callers
            ? "These are all connections. One that no program has accepted has no owner; ask " +
              "connections() with { owners: true }, or no row has one"
            : "A connection that no program has accepted has no owner yet, and an inode of 0",
      });
    }
    return "it found those that wait, and no others";
  });
}

/** Checks the exercise ListensAt: the ports at which a process listens. */
export function checkListensAt(
  listensAt: ((pid: number) => number[]) | undefined,
): Promise<Verdict> {
  return judge({ name: "listensAt", answer: listensAt }, async (listensAt, attempt) => {
    const program = attempt.open(Program.start(exampleUrl("echo_server.ts"), { args: ["0"] }));
    const [, digits] = await program.line(/[:\s](\d+)\s*$/, { timeout: START_MS });
    const port = Number(digits);
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    attempt.closeLater(client);
    // From now on the program has a second socket at the same port.
    await program.line("Connected by", { timeout: attempt.timeout });
    await expectPorts(attempt, () => listensAt(program.pid), {
      right: [port],
      about: `a program that listens at ${port} and talks with one client`,
      hint:
        "With { owners: true }, rows.ownersOf(row) tells the processes: take the rows in LISTEN of this pid",
    });
    client.close();
    // The learner's own process: whatever it listens at, and one port more, at two addresses.
    const one = attempt.open(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    const other = sameElsewhere(one.addr.port);
    attempt.closeLater(other);
    const inodes = inodesOf();
    const own = connections({ state: "LISTEN" }).filter(({ inode }) => inodes.has(inode));
    await expectPorts(attempt, () => listensAt(Deno.pid), {
      right: ascending(new Set(own.map((row) => row.local.port))),
      about: other === undefined
        ? "this very process"
        : `this very process, which listens at ${one.addr.port} twice`,
      hint: "A Set has each port once, and sort((a, b) => a - b) sorts numbers as numbers",
    });
    return "right for a program of its own, and for this notebook's process";
  });
}

/** Checks the exercise NetstatCommand: a command that means nearly the same on three systems. */
export function checkNetstatCommand(command: string | undefined): Promise<Verdict> {
  return judge({ name: "command", answer: command, kind: text }, (command) => {
    let explanation;
    try {
      explanation = explain(command);
    } catch (error) {
      return notYet({ seen: shortened((error as Error).message) });
    }
    const { parts, refusals, unknown } = explanation;
    expect(
      unknown.length === 0,
      `${unknown[0]} is an option that is not known here`,
      "Take only letters that all three programs have: explain() says what each means where",
    );
    const [refusal] = Object.entries(refusals);
    expect(
      refusal === undefined,
      `${refusal?.[0]} refuses it: ${refusal?.[1]}`,
      "Take only letters that all three programs have: explain() says what each means where",
    );
    const systems = ["Linux", "macOS", "Windows"] as const;
    const missing = systems.find((system) => parts.some(({ meanings }) => !meanings[system]));
    expect(
      missing === undefined && /^netstat\b/.test(explanation.command),
      "the same words must mean something to all three programs netstat",
    );
    expect(
      !parts.some(({ text }) => text.startsWith("|")),
      "it needs no pipe: the three systems do not have the same filters",
    );
    const letters = parts.map(({ text }) => text);
    expect(letters.includes("-a"), "without one letter, no listener is shown", "Look for -a");
    expect(letters.includes("-n"), "it shows names of services instead of ports", "Look for -n");
    const isTcp = ["macOS", "Windows"] as const;
    expect(
      isTcp.every((system) => parts.some(({ meanings }) => meanings[system] === "only TCP")),
      "on macOS and Windows, UDP sockets are shown, too",
      "There, one letter takes the name of a protocol",
    );
    return "it runs everywhere; on Linux -p means something else, and UDP is shown, too";
  });
}

/** Checks the exercise Restart: a server that can start again at once. */
export function checkRestart(
  startAt: ((endpoint: Endpoint) => Socket | Promise<Socket>) | undefined,
): Promise<Verdict> {
  return judge({ name: "startAt", answer: startAt }, async (startAt, attempt) => {
    const endpoint = spareEndpoint();
    const start = (hint: string) =>
      attempt.call(() => startAt(endpoint), {
        returns: openSocket("tcp"),
        hints: { EADDRINUSE: hint },
      });
    const first = await start("The port was free a moment ago: bind one socket to it, once");
    await serveOne(attempt, first, endpoint);
    const rival = await attempt.try(() => startAt(endpoint));
    expect(
      "error" in rival,
      "two servers can listen there at once, and nobody would notice",
      "reusePort lets several sockets listen; reuseAddress only shares with sockets that do not listen",
    );
    first.close();
    const held = connections({ state: "TIME_WAIT", localPort: endpoint.port });
    expect(held.length > 0, "no TIME_WAIT was left at the server's port");
    const second = await start(
      "A connection in TIME_WAIT holds the port, unless the old server and the new one both have " +
        "set reuseAddress before bind()",
    );
    await serveOne(attempt, second, endpoint);
    return `it started again, with ${held.length} TIME_WAIT at its port`;
  });
}

/** Lets a client in, and closes before it does; so the server's end has the TIME_WAIT. */
async function serveOne(attempt: Attempt, server: Socket, endpoint: Endpoint): Promise<void> {
  using client = Socket.tcp({ timeout: attempt.timeout });
  await expectDone(
    client.connect(endpoint),
    (error) => `a client cannot connect to ${endpoint}: ${problemOfError(error).seen}`,
    "bind() the socket to the endpoint that you are given, and listen()",
  );
  using accepted = await server.accept({ timeout: attempt.timeout });
  accepted.close();
  await client.receive();
}

/** Listens at the same port of another address, if it is free there. */
function sameElsewhere(port: number): Deno.Listener | undefined {
  try {
    return Deno.listen({ hostname: "127.0.0.3", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined;
    throw error;
  }
}

/** Ends the check unless the function returns exactly these ports. */
async function expectPorts(
  attempt: Attempt,
  answer: () => unknown,
  { right, about, hint }: {
    right: readonly number[];
    about: string;
    hint: string | ((got: readonly number[]) => string);
  },
): Promise<void> {
  const ports = await attempt.call(answer, { returns: listOf(A_NUMBER), about });
  expect(
    ports.length === right.length && right.every((port, index) => port === ports[index]),
    `${about}: expected ${list(right)}, got ${list(ports)}`,
    typeof hint === "string" ? hint : hint(ports),
  );
}

function list(ports: readonly number[]): string {
  return ports.length === 0 ? "none" : shortened(ports.join(", "));
}

function ascending(ports: Iterable<number>): number[] {
  return [...ports].sort((one, other) => one - other);
}
