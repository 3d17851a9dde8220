/**
 * What a learner's function opens and whom it calls, noted while it runs.
 *
 * An error alone does not tell which port was called, nor from where; and a socket that the function
 * neither closes nor returns could not be closed by anybody else. So the functions that open sockets
 * are replaced while a check runs. They note what is opened in the asynchronous context of the
 * learner's function: what the rest of the notebook does at the same time is left alone, and so is
 * another check.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { connections } from "../observe/connections.ts";
import type { Connection, Connections } from "../observe/rows/connection.ts";
import { inodesOf } from "../observe/sources/open_sockets.ts";
import { Socket } from "../sockets/socket.ts";
import { codeOf } from "./_errors.ts";
import { isClosable } from "./_values.ts";

/** A call of `Deno.connect`, or of `connect` on a {@linkcode Socket}. */
export interface Call {
  /** The endpoint that was called, as text: "127.0.0.1:80". */
  readonly to: string;
  /** The socket that called; undefined for `Deno.connect`. */
  readonly socket?: Socket;
  /** The local port of the socket before the call; 0 if the kernel was to pick one. */
  readonly portBefore: number;
  /** The error of the call; undefined if it connected. */
  error?: unknown;
  /** If the call was refused: what listened at this port number at that moment, at any address. */
  listening?: Connections;
}

/** Something that was opened. */
interface Opened {
  readonly socket: { close(): unknown };
  /** For a socket of Deno's: its inode, by which the kernel tells whether it is open. */
  readonly inode: number | undefined;
}

const current = new AsyncLocalStorage<Watch>();

/** Notes what the functions that it runs open and call, until it is disposed. */
export class Watch implements Disposable {
  /** The calls, in their order. */
  readonly calls: Call[] = [];
  readonly #opened: Opened[] = [];
  #isOver = false;

  constructor() {
    if (watches++ === 0) replaced = replaceAll();
  }

  /** Runs a function, and notes what it and whatever it starts open and call. */
  run<Result>(work: () => Result): Result {
    return current.run(this, work);
  }

  /** Notes something that was opened; after the end it is closed at once. */
  note(socket: { close(): unknown }): void {
    const known = new Set(this.#opened.map(({ inode }) => inode));
    const inode = socket instanceof Socket ? undefined : inodeOf(socket, known);
    this.#opened.push({ socket, inode });
    if (this.#isOver) closeQuietly(socket);
  }

  /** Returns what was opened and is open still, apart from `others`, which are to be open. */
  left(others: readonly unknown[] = []): { close(): unknown }[] {
    const own = inodesOf();
    return this.#opened
      .filter(({ socket, inode }) =>
        socket instanceof Socket ? !socket.isClosed : inode !== undefined && own.has(inode)
      )
      .map(({ socket }) => socket)
      .filter((socket) => !others.includes(socket));
  }

  /** Goes on closing what a function opens that does not come to its end in time. */
  keepUntil(end: Promise<unknown>): void {
    watches++;
    end.finally(() => --watches === 0 && replaced?.dispose());
  }

  /** Closes all that was opened, and what a function that goes on opens from now on. */
  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { socket } of this.#opened) closeQuietly(socket);
    if (--watches === 0) replaced?.dispose();
  }
}

/** Closes what can be closed, one thing or a list; a learner may have closed some of it before. */
export function closeQuietly(value: unknown): void {
  for (const each of new Set<unknown>(Array.isArray(value) ? value : [value])) {
    try {
      if (isClosable(each)) each.close();
    } catch {
      // Deno throws at the second close; the kernel's table tells what is open.
    }
  }
}

let watches = 0;
let replaced: DisposableStack | undefined;

/** Replaces every function that opens a socket. */
function replaceAll(): DisposableStack {
  const stack = new DisposableStack();
  for (const name of ["listen", "listenDatagram"] as const) {
    replace(stack, Deno, name, (original) => (...given) => noted(original.apply(Deno, given)));
  }
  replace(stack, Deno, "connect", (original) => async (...given) => {
    const { hostname = "127.0.0.1", port = 0 } = (given[0] ?? {}) as Partial<Deno.ConnectOptions>;
    const call: Call = { to: `${hostname}:${port}`, portBefore: 0 };
    return noted(await observed(call, port, () => original.apply(Deno, given)));
  });
  for (const name of ["tcp", "udp"] as const) {
    replace(stack, Socket, name, (original) => (...given) => noted(original.apply(Socket, given)));
  }
  const { prototype } = Socket;
  replace(stack, prototype, "accept", (original) =>
    async function (this: Socket, ...given) {
      return noted(await original.apply(this, given));
    });
  replace(stack, prototype, "connect", (original) =>
    async function (this: Socket, ...given) {
      const to = String(given[0]);
      const portBefore = this.isClosed ? 0 : this.localEndpoint().port;
      const call: Call = { to, socket: this, portBefore };
      const port = Number(/\d+$/.exec(to)?.[0] ?? 0);
      return await observed(call, port, () => original.apply(this, given));
    });
  return stack;
}

type AnyFunction = (...given: unknown[]) => unknown;

/** Puts another function into an object's place for one, until the stack is disposed. */
function replace(
  stack: DisposableStack,
  owner: object,
  name: string,
  make: (original: AnyFunction) => AnyFunction,
): void {
  const original = Object.getOwnPropertyDescriptor(owner, name);
  if (original === undefined) return; // Deno.listenDatagram is there with --unstable-net only.
  Object.defineProperty(owner, name, { ...original, value: make(original.value) });
  stack.defer(() => Object.defineProperty(owner, name, original));
}

/** Notes a socket for the check in whose context it was opened, if there is one. */
function noted(socket: unknown): unknown {
  const watch = current.getStore();
  if (watch === undefined || !isClosable(socket)) return socket;
  watch.note(socket);
  if (!(socket instanceof Socket) && "accept" in socket && typeof socket.accept === "function") {
    const accept = socket.accept.bind(socket);
    Object.defineProperty(socket, "accept", {
      configurable: true,
      value: async () => {
        const accepted = await accept();
        watch.note(accepted);
        return accepted;
      },
    });
  }
  return socket;
}

/** Notes a call for the check in whose context it was made, if there is one. */
async function observed(call: Call, port: number, connect: () => unknown): Promise<unknown> {
  const watch = current.getStore();
  if (watch === undefined) return await connect();
  watch.calls.push(call);
  try {
    return await connect();
  } catch (error) {
    call.error = error;
    if (codeOf(error) === "ECONNREFUSED") {
      call.listening = connections({ protocol: "tcp", state: "LISTEN", localPort: port });
    }
    throw error;
  }
}

/** Returns the inode of a socket of Deno's that was opened just now, from the kernel's table. */
function inodeOf(socket: object, known: ReadonlySet<number | undefined>): number | undefined {
  const { addr, localAddr, remoteAddr } = socket as {
    addr?: Deno.Addr;
    localAddr?: Deno.Addr;
    remoteAddr?: Deno.Addr;
  };
  const [local, remote] = [portOf(localAddr ?? addr), portOf(remoteAddr)];
  if (local === undefined) return undefined;
  const own = inodesOf();
  const isIt = (row: Connection) =>
    (remote === undefined || row.remote.port === remote) && own.has(row.inode) &&
    !known.has(row.inode) && (remote !== undefined || row.remote.port === 0);
  return connections({ localPort: local }).find(isIt)?.inode;
}

function portOf(address: Deno.Addr | undefined): number | undefined {
  return address !== undefined && "port" in address ? address.port : undefined;
}
