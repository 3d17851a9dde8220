/** Rows of the kernel's table, written on one line. */
import { type Connection, parseEndpoint, type Protocol, type SocketState } from "fourtuple";

/** Reads "tcp LISTEN 127.0.0.1:80" or "tcp ESTABLISHED 127.0.0.1:80 127.0.0.1:5000". */
export function row(text: string): Connection {
  const [protocol, state, near, far] = text.split(" ") as [
    Protocol,
    SocketState,
    string,
    string?,
  ];
  const local = parseEndpoint(near);
  const remote = parseEndpoint(far ?? (local.family === "IPv4" ? "0.0.0.0:0" : "[::]:0"));
  return {
    protocol,
    family: local.family,
    state,
    local,
    remote,
    receiveQueue: 0,
    sendQueue: state === "LISTEN" ? undefined : 0,
    uid: 0,
    inode: 1,
  };
}
