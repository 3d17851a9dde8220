/** What remains of a server: sockets of this process, and rows of the kernel's table. */
import { assertEquals } from "@std/assert";
import { connections } from "fourtuple";

const LIMIT_MS = 5000;

/** Returns the sockets of this process, by the kernel's own list of its descriptors. */
export function openSockets(): string[] {
  const sockets = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const target = Deno.readLinkSync(`/proc/self/fd/${name}`);
      if (target.startsWith("socket:")) sockets.push(target);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // the descriptor of the listing
    }
  }
  return sockets.sort();
}

/** Waits until what `read` returns equals `expected`; fails with the difference. */
export async function assertBecomes<Value>(read: () => Value, expected: Value): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (performance.now() < deadline) {
    if (JSON.stringify(read()) === JSON.stringify(expected)) return;
    await new Promise((go) => setTimeout(go, 5));
  }
  assertEquals(read(), expected);
}

/** Asserts that no socket has one of these ports any more, except in TIME_WAIT. */
export async function assertNothingLeft(ports: number[]): Promise<void> {
  const rows = () =>
    connections({ protocol: "tcp" })
      .filter(({ local, remote, state }) =>
        state !== "TIME_WAIT" && (ports.includes(local.port) || ports.includes(remote.port))
      )
      .map((row) => `${row.state} ${row.local} -> ${row.remote}`);
  await assertBecomes(rows, []);
}
