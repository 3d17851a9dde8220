/**
 * Which of two sockets that share a UDP port gets the datagrams.
 *
 * @module
 */
import { check, oneOf, wholeNumber } from "../../refusal.ts";
import { Socket } from "../../sockets/socket.ts";

const MOST = 1_000;
const TIMEOUT_MS = 5_000;

/**
 * Lets two UDP sockets share a port of 127.0.0.1 by an option, and other sockets send to it, one
 * datagram each. Then all are closed.
 *
 * @param option The option that both have: SO_REUSEADDR or SO_REUSEPORT
 * @param count How many sockets send, 1 to 1,000
 * @returns How many datagrams each of the two has got, first the one that was bound first
 * @throws {TypeError} If the option is another, or the count is not a number
 * @throws {RangeError} If the count is out of bounds
 *
 * @example The last one gets all
 * ```ts
 * import { shareDatagrams } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await shareDatagrams("reuseAddress", 10), [0, 10]);
 * ```
 */
export async function shareDatagrams(
  option: "reuseAddress" | "reusePort",
  count: number,
): Promise<[first: number, second: number]> {
  const cannot = "Cannot share datagrams";
  check(option, oneOf("reuseAddress", "reusePort"), { cannot, what: "the option" });
  check(count, wholeNumber({ least: 1, most: MOST }), { cannot, what: "the count" });
  using open = new DisposableStack();
  const make = () => open.use(Socket.udp({ timeout: TIMEOUT_MS }));
  const [first, second] = [make(), make()];
  for (const each of [first, second]) each.setOption(option, true);
  first.bind("127.0.0.1:0");
  const endpoint = first.localEndpoint();
  second.bind(endpoint);
  for (let sent = 0; sent < count; sent++) await make().sendTo("hello", endpoint);
  return [unread(first), unread(second)];
}

/** On loopback a datagram is in its queue when `sendto` returns. */
function unread(socket: Socket): number {
  const buffer = new Uint8Array(16);
  let count = 0;
  while (socket.tryReceiveInto(buffer) !== undefined) count++;
  return count;
}
