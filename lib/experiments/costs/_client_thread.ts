/** A thread with one client. Its calls block: while it waits, the kernel runs other threads. */

// asm-generic/fcntl.h
const F_SETFL = 4;
const BLOCKING = 0;

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
});

const scope = self as unknown as {
  onmessage: (event: MessageEvent<number>) => void;
  close(): void;
};

scope.onmessage = ({ data: descriptor }) => {
  libc.fcntl(descriptor, F_SETFL, BLOCKING); // accept made it non-blocking
  const bytes = new Uint8Array(4096);
  for (;;) {
    const size = Number(libc.recv(descriptor, bytes, BigInt(bytes.length), 0));
    if (size <= 0) break; // the end, or a reset
    libc.send(descriptor, bytes, BigInt(size), 0);
  }
  libc.close(descriptor);
  scope.close();
};
