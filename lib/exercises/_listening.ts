/**
 * What a check gives to the learner's function: a server that listens, or an endpoint to take.
 *
 * @module
 */
import { freePort } from "../sockets/free_port.ts";
import { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";

/** Options of {@linkcode listening}. */
interface ListeningOptions {
  /** How long one wait of its own, or of a socket that it accepts, may last, in milliseconds. */
  readonly timeout: number;
  /** How many connections may wait to be accepted; `Socket.listen` says what is usual. */
  readonly backlog?: number;
}

/** Returns a socket that listens on 127.0.0.1, at a port of the kernel's choice. */
export function listening({ timeout, backlog }: ListeningOptions): Socket {
  using open = new DisposableStack();
  const socket = open.use(Socket.tcp({ timeout }));
  socket.bind("127.0.0.1:0");
  socket.listen(backlog);
  open.move(); // It listens: whoever asked for it closes it.
  return socket;
}

/** Returns an endpoint that was free a moment ago; nobody holds it for the learner. */
export function spareEndpoint(address?: string): Endpoint {
  using held = freePort({ address });
  return held.endpoint;
}
