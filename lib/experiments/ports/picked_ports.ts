/**
 * Which ports the kernel picks, call after call.
 *
 * @module
 */
import { check, oneOf, wholeNumber } from "../../refusal.ts";
import { listenAt } from "../../sockets/listen_at.ts";
import { Socket } from "../../sockets/socket.ts";
import type { Endpoint } from "../../tuples/endpoint.ts";

/** What makes the kernel pick a port: a `connect` without `bind`, or a `bind` to port 0. */
export type PickingCall = "connect" | "bind";

const ANY = "127.0.0.1:0";
const TIMEOUT_MS = 5_000;
/** So many may wait in the accept queue without a further setting. */
const MOST = 128;

/**
 * Lets the kernel pick ports for that many sockets, all of which stay open until the last one has its
 * port. They connect to one server at 127.0.0.1, or bind to port 0 of 127.0.0.1. Then all are closed.
 *
 * @param call What makes the kernel pick
 * @param count How many sockets, 1 to 128
 * @returns The ports, in the order of the calls
 * @throws {TypeError} If the call is neither of the two, or the count is not a number
 * @throws {RangeError} If the count is out of bounds
 * @throws {SocketError} If the kernel has no port left
 *
 * @example No port comes twice
 * ```ts
 * import { pickedPorts } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * const ports = await pickedPorts("connect", 5);
 * assertEquals(new Set(ports).size, 5);
 * ```
 */
export async function pickedPorts(call: PickingCall, count: number): Promise<number[]> {
  const cannot = "Cannot let the kernel pick ports";
  check(call, oneOf("connect", "bind"), { cannot, what: "the call" });
  check(count, wholeNumber({ least: 1, most: MOST }), { cannot, what: "the number of sockets" });
  using open = new DisposableStack();
  const server = open.use(listenAt(ANY, { backlog: MOST, timeout: TIMEOUT_MS }));
  const ports: number[] = [];
  for (let made = 0; made < count; made++) {
    const socket = open.use(Socket.tcp({ timeout: TIMEOUT_MS }));
    await choose(socket, call, server.localEndpoint());
    ports.push(socket.localEndpoint().port);
  }
  return ports;
}

async function choose(socket: Socket, call: PickingCall, server: Endpoint): Promise<void> {
  if (call === "connect") await socket.connect(server);
  else socket.bind(ANY);
}
