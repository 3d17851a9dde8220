/**
 * Preloaded into a Deno program that another process starts: ends it when that process is gone, even a
 * killed one. Otherwise the program would go on and hold its ports.
 *
 * With the permission for FFI, on Linux, the kernel does it, even if the program is busy in a loop.
 * Otherwise the program itself looks for its parent, which it cannot do within a loop.
 */
const PR_SET_PDEATHSIG = 1; // prctl(2)
const SIGKILL = 9;
const INTERVAL_MS = 250;

const parent = Deno.ppid;
askKernel();
endIfAlone(); // the parent may have ended before the kernel was asked
Deno.unrefTimer(setInterval(endIfAlone, INTERVAL_MS));

function endIfAlone(): void {
  if (Deno.ppid !== parent) Deno.exit(1);
}

function askKernel(): void {
  if (Deno.build.os !== "linux") return;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return;
  try {
    const { symbols } = Deno.dlopen("libc.so.6", {
      prctl: { parameters: ["i32", "u64"], result: "i32" },
    });
    symbols.prctl(PR_SET_PDEATHSIG, BigInt(SIGKILL));
  } catch {
    // This Linux has another C library; the timer is there.
  }
}
