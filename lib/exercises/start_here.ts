/**
 * Checks the exercises of `00_start_here`.
 *
 * @module
 */
import { connections, listeners } from "../observe/connections.ts";
import { kindOf } from "../refusal.ts";
import { SocketError } from "../system/errno.ts";
import { closeReturned, isListener } from "./_returned.ts";
import { Verdict } from "./verdict.ts";

const AGAIN = "run your own cell again to check again";

/** Checks exercise 1: a listening socket on 127.0.0.1, found in the kernel's table. It is then closed. */
export function checkFirstListener(listener: Deno.Listener | undefined): Verdict {
  if (listener === undefined) return Verdict.open("give myListener a listening socket");
  if (!isListener(listener)) {
    return Verdict.notYet(`give myListener a listening socket of Deno's, got ${kindOf(listener)}`);
  }
  const { hostname, port, transport } = listener.addr as Deno.NetAddr;
  if (transport !== "tcp") {
    return Verdict.notYet(`it listens by ${transport}, and was to listen by tcp`);
  }
  const rows = listeners({ protocol: "tcp", port });
  if (rows.length === 0) {
    return Verdict.notYet(
      `the kernel's table has no listening socket at port ${port}; a check closes yours: ${AGAIN}`,
    );
  }
  if (hostname !== "127.0.0.1") {
    return Verdict.notYet(`it listens at ${hostname}, and was to listen at 127.0.0.1`);
  }
  listener.close();
  const left = connections({ protocol: "tcp", state: "LISTEN", port }).length;
  return Verdict.right(
    `the kernel had it as ${rows[0]!.local}; it is closed now, and ${left} rows are left: ${AGAIN}`,
  );
}

/** Checks exercise 2: how many TCP sockets listen on this machine. */
export function checkListenerCount(count: number | undefined): Verdict {
  if (count === undefined) return Verdict.open("give howMany a number");
  if (typeof count !== "number") {
    return Verdict.notYet(`give howMany a number, got ${kindOf(count)}`);
  }
  const here = listeners({ protocol: "tcp" }).length;
  if (count === here) return Verdict.right(`the kernel's table has ${here} of them, too`);
  return Verdict.notYet(
    `the kernel's table has ${here} now, not ${count}; UDP sockets do not listen`,
  );
}

/** Checks exercise 3: a request for a listening socket that the kernel refuses. */
export async function checkRefusedListen(attempt: (() => unknown) | undefined): Promise<Verdict> {
  if (attempt === undefined) return Verdict.open("write a function that asks for too much");
  let result: unknown;
  try {
    result = await attempt();
  } catch (error) {
    if (!(error instanceof Error)) return Verdict.notYet(`what came out is no error: ${error}`);
    const name = error instanceof SocketError ? error.code : error.name;
    if (isOfCaller(error)) {
      return Verdict.notYet(
        `${name}: that is the kernel's answer to a caller: ask for a listening socket`,
      );
    }
    const meaning = REFUSALS[name];
    if (meaning) return Verdict.right(`${name}: ${meaning}`);
    if (error instanceof SocketError) {
      return Verdict.notYet(`the kernel's answer to another question: ${error.message}`);
    }
    return Verdict.notYet(`${error.name} does not come from the kernel: ${error.message}`);
  }
  closeReturned(result);
  return Verdict.notYet("the kernel granted it: no error came out");
}

const REFUSALS: Readonly<Record<string, string>> = {
  AddrInUse: "another socket has this port",
  PermissionDenied: "this port is not for everybody",
  AddrNotAvailable: "this address is not one of this machine's",
  EADDRINUSE: "another socket has this port",
  EACCES: "this port is not for everybody",
  EADDRNOTAVAIL: "this address is not one of this machine's",
};

const OF_CALLERS: readonly string[] = [
  "ConnectionRefused",
  "ConnectionReset",
  "ConnectionAborted",
  "NetworkUnreachable",
];

function isOfCaller(error: Error): boolean {
  return error instanceof SocketError ? error.call === "connect" : OF_CALLERS.includes(error.name);
}
