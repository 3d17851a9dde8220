/**
 * What the learner's function calls, noted while it runs: an error alone does not tell which port
 * was called, nor from where.
 *
 * @module
 */
import type { Connections } from "../observe/rows/connection.ts";
import { connections } from "../observe/connections.ts";
import { Socket, type WaitOptions } from "../sockets/socket.ts";
import { type Endpoint, type EndpointLike, toEndpoint } from "../tuples/endpoint.ts";

/** A call of `Deno.connect` that was refused. */
export interface RefusedCall {
  /** What was called, as it was given: "127.0.0.1:80". */
  readonly called: string;
  /** The sockets that listened at this port number at that moment, whatever their address. */
  readonly listening: Connections;
}

/** Notes the refused calls of `Deno.connect`, by their errors, until it is disposed. */
export function watchRefusals(refused: Map<unknown, RefusedCall>): Disposable {
  const connect = Deno.connect;
  return replace(Deno, "connect", async (options: Deno.ConnectOptions) => {
    try {
      return await connect(options);
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) {
        const { hostname = "127.0.0.1", port } = options;
        const listening = connections({ protocol: "tcp", state: "LISTEN", localPort: port });
        refused.set(error, { called: `${hostname}:${port}`, listening });
      }
      throw error;
    }
  });
}

/** A call of `Socket.connect`. */
export interface SocketCall {
  /** Whose call it was. */
  readonly socket: Socket;
  /** Its local port before the call; 0 if the kernel was to pick one. */
  readonly portBefore: number;
  /** What came out; `undefined` if the socket is connected. */
  error?: unknown;
}

/** Notes the calls of `Socket.connect` to `server`, until it is disposed. */
export function watchConnects(server: Endpoint, calls: SocketCall[]): Disposable {
  const { connect } = Socket.prototype;
  return replace(
    Socket.prototype,
    "connect",
    async function (this: Socket, endpoint: EndpointLike, options?: WaitOptions) {
      if (this.isClosed || !toEndpoint(endpoint).equals(server)) {
        return await connect.call(this, endpoint, options);
      }
      const call: SocketCall = { socket: this, portBefore: this.localEndpoint().port };
      calls.push(call);
      try {
        await connect.call(this, endpoint, options);
      } catch (error) {
        call.error = error;
        throw error;
      }
    },
  );
}

/** Puts another function into an object's place for one, until it is disposed. */
function replace(owner: object, name: string, value: unknown): Disposable {
  const original = Object.getOwnPropertyDescriptor(owner, name)!;
  Object.defineProperty(owner, name, { ...original, value });
  return { [Symbol.dispose]: () => Object.defineProperty(owner, name, original) };
}
