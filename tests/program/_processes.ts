/** Whether processes are alive, for tests that end them. */

/** Whether a process runs; one that has ended and waits for its parent (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !/^\S+ \(.*\) [ZX]/s.test(stat);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Ends a process that a failed test may have left behind. */
export function endIfAlive(pid: number): void {
  if (isAlive(pid)) Deno.kill(pid, "SIGKILL");
}
