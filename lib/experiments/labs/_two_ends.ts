/** What the labs have in common: two addresses, a client at one of them, and kernel settings. */
import type { LabNetwork } from "../../networks/lab_network.ts";
import type { PrivateNetworkOptions } from "../../networks/private_network.ts";
import type { Check } from "../../refusal.ts";
import { Socket } from "../../sockets/socket.ts";

/** The address of the client's computer. */
export const CLIENT = "10.0.0.5";
/** The address of the server's computer. */
export const SERVER = "203.0.113.80";
/** The port at which a server listens there. */
export const SERVER_PORT = 80;
/** How long a call on a lab's socket may wait, unless an option says otherwise. */
export const TIMEOUT_MS = 5_000;

/** What the option `sysctls` of a lab may be; PrivateNetwork checks each setting. */
export const SYSCTLS: Check<NonNullable<PrivateNetworkOptions["sysctls"]>> = {
  rule: "an object",
  allows: (value): value is NonNullable<PrivateNetworkOptions["sysctls"]> =>
    typeof value === "object" && value !== null,
};

/**
 * Without this setting a TIME_WAIT ends too early now and then on a busy machine. An end that does not
 * close at once first acknowledges the other's FIN by a timer. If the timer runs on another processor
 * at the moment of the close, this acknowledgement arrives after the FIN. The end in TIME_WAIT answers
 * it, the closed end no longer has a socket and sends a reset, and that ends TIME_WAIT: "TIME-WAIT
 * assassination" (RFC 1337). With this setting Linux ignores resets in TIME_WAIT; see `tcp(7)`.
 */
export const KEEPS_TIME_WAIT = { "net.ipv4.tcp_rfc1337": 1 };

/** Where a client's socket is made, and how long a call on it may wait, in milliseconds. */
interface ClientOptions {
  readonly network: LabNetwork;
  readonly timeout: number;
}

/** Makes a socket at the client's address, at a port that the kernel picks. */
export function clientSocket({ network, timeout }: ClientOptions): Socket {
  const socket = Socket.tcp({ network, timeout });
  socket.bind(network.endpoint(`${CLIENT}:0`));
  return socket;
}

/** Connects a client to a listening socket, and returns both ends of the connection. */
export async function bothEnds(
  server: Socket,
  options: ClientOptions,
): Promise<readonly [client: Socket, accepted: Socket]> {
  const client = clientSocket(options);
  await client.connect(server.localEndpoint());
  return [client, await server.accept()];
}
