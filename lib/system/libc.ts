/**
 * The system calls, as functions of the C library, which Deno's FFI calls without a thread hop.
 *
 * Nothing is loaded before the first socket is made, so that the kit can be imported anywhere.
 */

// Sizes are `usize` and called with a BigInt: what a C size_t is. Deno is quick with those, and
// slow with a number there.
/** What is used of the C library: `dlopen(3)`. */
export const FUNCTIONS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "pointer", "pointer", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  recvfrom: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "buffer"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  // variadic, but with two arguments it is called like any other
  open: { parameters: ["buffer", "i32"], result: "i32" },
  getdents64: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  readlinkat: { parameters: ["i32", "buffer", "buffer", "usize"], result: "i32" },
  dup: { parameters: ["i32"], result: "i32" },
  // variadic too; with a third argument that is no wider than a register it is called alike on Linux
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  if_indextoname: { parameters: ["u32", "buffer"], result: "pointer" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  eventfd_write: { parameters: ["i32", "u64"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

const WAIT = {
  parameters: ["i32", "buffer", "i32", "i32"],
  result: "i32",
  nonblocking: true,
} as const;

/** The C library, loaded. */
export interface Libc {
  /** The functions, by name. */
  readonly functions: Deno.DynamicLibrary<typeof FUNCTIONS>["symbols"];
  /** `epoll_wait(2)` on a helper thread, as a promise; its errno stays on that thread. */
  readonly epollWaitElsewhere: (
    epoll: number,
    events: Uint8Array<ArrayBuffer>,
    maxEvents: number,
    timeout: number,
  ) => Promise<number>;
  /**
   * This thread's errno, as memory: read `errno[0]` in the statement after the call and before any
   * other function is called. Asking the library for it by one more call is a race: between the
   * two calls the engine may compile or collect, and its own system calls leave their errno there.
   */
  readonly errno: Int32Array;
}

let loaded: Libc | undefined;

/**
 * Returns the C library, and loads it the first time.
 *
 * @throws {Deno.errors.NotSupported} If this machine is no Linux
 * @throws {Deno.errors.NotCapable} If the program may not use FFI (`--allow-ffi`)
 */
export function libc(): Libc {
  return loaded ??= load(Deno.build.os);
}

/**
 * Makes Deno open its pipe for signals now. Deno 2.9 opens it within the process's first half second,
 * and panics if no descriptor is left by then (`ext/signals/lib.rs`). Sockets take descriptors, and
 * none is made before the C library is loaded. The pipe stays open without a listener; the signal
 * is one that is ignored by default, `signal(7)`.
 */
function openSignalPipe(): void {
  const listener = () => {};
  Deno.addSignalListener("SIGWINCH", listener);
  Deno.removeSignalListener("SIGWINCH", listener);
}

/** Loads the C library of the operating system `os`. */
export function load(os: typeof Deno.build.os): Libc {
  if (os !== "linux") {
    throw new Deno.errors.NotSupported(
      `Cannot call the kernel's socket functions on "${os}": Socket and freePort() are written ` +
        `for Linux, got "${os}"; the cells that use Deno's own API run here too, among them all ` +
        "of notebooks 00_start_here, 01_clients_and_servers and 02_ports",
    );
  }
  const library = Deno.dlopen("libc.so.6", {
    ...FUNCTIONS,
    epollWait: { name: "epoll_wait", type: "pointer" },
  });
  openSignalPipe();
  const { epollWait, ...functions } = library.symbols;
  // Deno itself stands on this library, so its code stays where it is. Closing ends only Deno's
  // record of it, which leak checks would blame on whichever test made the first socket.
  library.close();
  const wait = new Deno.UnsafeFnPointer(epollWait as Deno.PointerObject<never>, WAIT);
  return {
    functions,
    epollWaitElsewhere: (...args) => wait.call(...args),
    errno: new Int32Array(Deno.UnsafePointerView.getArrayBuffer(functions.__errno_location()!, 4)),
  };
}
