/**
 * Several failing calls side by side, as a table.
 *
 * @module
 */
import { ShownAsTable, Table } from "../show/table.ts";
import type { Connection } from "../observe/rows/connection.ts";
import type { EndpointLike } from "../tuples/endpoint.ts";
import { type CallSymptom, callSymptom, type CallSymptomOptions } from "./call_symptom.ts";

/** What clients met, each by the cause that was tried. It shows itself as a table. */
export class CallSymptoms extends ShownAsTable {
  /** What each client met, by its cause, in their order. */
  readonly byCause: ReadonlyMap<string, CallSymptom>;

  /** Makes a list of what clients met. */
  constructor(symptoms: Iterable<readonly [cause: string, symptom: CallSymptom]>) {
    super();
    this.byCause = new Map(symptoms);
  }

  /** What each client heard, such as "ECONNREFUSED", in the order of the causes. */
  get heard(): readonly string[] {
    return [...this.byCause.values()].map(({ heard }) => heard);
  }

  /** Returns a row for each call: what was heard and when, and who listens on the port. */
  override toTable(): Table {
    return new Table({
      columns: ["what was called", "endpoint", "heard", "ms", "client's state", "listeners"],
      rows: [...this.byCause].map(([cause, { server, heard, milliseconds, state, listeners }]) => [
        cause,
        String(server),
        heard,
        Math.round(milliseconds * 10) / 10,
        state ?? "no row",
        listeners.map(listenerText).join(", ") || "none",
      ]),
    });
  }
}

function listenerText({ local, receiveQueue = 0, sendQueue }: Connection): string {
  return receiveQueue === 0
    ? `${local}`
    : `${local}, ${receiveQueue} waiting, backlog ${sendQueue ?? "unknown"}`;
}

/**
 * Calls several servers, one after the other, each as {@linkcode callSymptom} does.
 *
 * @param servers The servers by what is wrong with each
 * @param options As for {@linkcode callSymptom}
 * @throws As {@linkcode callSymptom} does
 *
 * @example A refusal and a success
 * ```ts
 * import { Socket } from "fourtuple/sockets";
 * import { callSymptoms } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * using bound = Socket.tcp();
 * bound.bind("127.0.0.1:0");
 * using listening = Socket.tcp();
 * listening.bind("127.0.0.1:0");
 * listening.listen();
 * const calls = await callSymptoms({
 *   "only bound": bound.localEndpoint(),
 *   "listening": listening.localEndpoint(),
 * });
 * assertEquals(calls.heard, ["ECONNREFUSED", "connected"]);
 * ```
 */
export async function callSymptoms(
  servers: Readonly<Record<string, EndpointLike>>,
  options: CallSymptomOptions = {},
): Promise<CallSymptoms> {
  const symptoms: [cause: string, symptom: CallSymptom][] = [];
  for (const [cause, server] of Object.entries(servers)) {
    symptoms.push([cause, await callSymptom(server, options)]);
  }
  return new CallSymptoms(symptoms);
}
