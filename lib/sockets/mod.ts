/**
 * BSD sockets, one method for each system call. Linux only, through FFI (`--allow-ffi`).
 *
 * Read `socket.ts` first, top to bottom; then `options.ts`, `epoll.ts` and `free_port.ts`.
 * `listen_at.ts` and `connect_clients.ts` put several calls into one.
 * `waiting/` is what an `await` on a socket uses: one epoll for all sockets that wait.
 *
 * @module
 */
export { ClientSockets, connectClients, type ConnectClientsOptions } from "./connect_clients.ts";
export { Epoll, type Interest, type ReadySockets } from "./epoll.ts";
export {
  freePort,
  type FreePortOptions,
  freePorts,
  HeldPort,
  isPortFree,
  type PortOptions,
} from "./free_port.ts";
export { listenAt, type ListenAtOptions } from "./listen_at.ts";
export {
  type ReadableOptionName,
  type ReadableOptionValues,
  type SocketOptionName,
  type SocketOptionValues,
} from "./options.ts";
export {
  type Datagram,
  type ReceiveOptions,
  type SendOptions,
  Socket,
  type SocketNetwork,
  type SocketOptions,
  type WaitOptions,
} from "./socket.ts";
export {
  errnoCode,
  SocketError,
  type SocketErrorOptions,
  type SystemCall,
} from "../system/errno.ts";
