/** What several tests of sockets need. */
import { type AddressFamily, Endpoint, Socket, SocketError } from "fourtuple";
import { libc } from "../../lib/system/libc.ts";

/** Both families, each with its loopback address. */
export const FAMILIES: readonly (readonly [family: AddressFamily, loopback: string])[] = [
  ["IPv4", "127.0.0.1"],
  ["IPv6", "::1"],
];

/** How long any call of a test may wait, in milliseconds. */
export const TIMEOUT = 10_000;

/** How a test listens. */
export interface ListenOptions {
  /** The backlog; the kit's own by default. */
  readonly backlog?: number;
  /** Whether SO_REUSEADDR is set before the bind; not by default. */
  readonly reuseAddress?: boolean;
}

/** A listening socket on a port that the kernel picked. */
export function listening(
  address = "127.0.0.1",
  { backlog, reuseAddress = false }: ListenOptions = {},
): Socket {
  const any = Endpoint.from(address, 0);
  const socket = Socket.tcp({ family: any.family, timeout: TIMEOUT });
  socket.setOption("reuseAddress", reuseAddress);
  socket.bind(any);
  socket.listen(backlog);
  return socket;
}

/** A bound UDP socket on a port that the kernel picked. */
export function datagrams(address = "127.0.0.1"): Socket {
  const any = Endpoint.from(address, 0);
  const socket = Socket.udp({ family: any.family, timeout: TIMEOUT });
  socket.bind(any);
  return socket;
}

/** A port of TCP on which nothing listens, and whose next user is unlikely to come soon. */
export function unusedEndpoint(address = "127.0.0.1"): Endpoint {
  using socket = listening(address);
  return socket.localEndpoint();
}

/** Both ends of a connection, and the socket that listens. */
export class Conversation implements Disposable {
  /** Makes a conversation of its three sockets. */
  constructor(readonly server: Socket, readonly client: Socket, readonly accepted: Socket) {}

  /** Connects over loopback. */
  static async over(address = "127.0.0.1", options: ListenOptions = {}): Promise<Conversation> {
    const server = listening(address, options);
    const client = Socket.tcp({ family: server.family, timeout: TIMEOUT });
    await client.connect(server.localEndpoint());
    return new Conversation(server, client, await server.accept());
  }

  /** Closes all three; the client first, so that the server's port is free at once. */
  [Symbol.dispose](): void {
    for (const socket of [this.client, this.accepted, this.server]) socket.close();
  }
}

/** Sends within this very statement, so that no waiting call can come in between. `send(2)` */
export function sendAtOnce(socket: Socket, text: string, flags = 0): void {
  const bytes = new TextEncoder().encode(text);
  const sent = libc().functions.send(socket.descriptor, bytes, BigInt(bytes.length), flags);
  if (sent !== bytes.length) throw new Error(`${sent} of ${bytes.length} bytes were sent`);
}

/** Bytes as text. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Everything that comes until the other end has ended its side. */
export async function receiveAll(socket: Socket): Promise<string> {
  let text = "";
  for (let piece; (piece = await socket.receive()).length > 0;) text += textOf(piece);
  return text;
}

/** The code of the SocketError that a call throws or rejects with; "none" if it does neither. */
export async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (error instanceof SocketError) return error.code;
    throw error;
  }
  return "none";
}

/** How many descriptors this process has open. */
export function countDescriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

/** Runs a program, a file or text, in its own process. */
export async function runProgram(
  program: { readonly file: URL } | { readonly code: string },
  { args = [], permissions = ["-A"], prefix = [] }: {
    readonly args?: readonly string[];
    readonly permissions?: readonly string[];
    readonly prefix?: readonly string[];
  } = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const root = new URL("../../", import.meta.url);
  const file = "file" in program
    ? program.file.href
    : `data:application/typescript,${encodeURIComponent(program.code)}`;
  const config = new URL("deno.json", root).pathname;
  const words = [...prefix, Deno.execPath(), "run", "--config", config, ...permissions, file];
  const { code, stdout, stderr } = await new Deno.Command(words[0]!, {
    args: [...words.slice(1), ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}
