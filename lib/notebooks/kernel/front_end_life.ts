/**
 * Whether the front end that started a kernel still lives, and what it leaves behind when it was killed:
 * the kernel's connection file, which it would have removed.
 *
 * @module
 */
import process from "node:process";

const INTERVAL_MS = 250;

/** A killed front end and its kernel may end at the same moment: this long its end is waited for. */
const GRACE_TENTHS = 10;

/**
 * Returns the process id of the front end, which Jupyter names in JPY_PARENT_PID; undefined if it names
 * none: then the kernel is meant to stay until it is asked to end.
 */
export function frontEndPid(): number | undefined {
  const pid = Number(Deno.env.get("JPY_PARENT_PID"));
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** Waits until a process has ended, even by SIGKILL. It keeps this process from ending by itself. */
export function processEnd(pid: number): Promise<void> {
  const isParent = Deno.ppid === pid;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isParent ? Deno.ppid === pid : isAlive(pid)) return;
      clearInterval(timer);
      resolve();
    }, INTERVAL_MS);
  });
}

/**
 * Starts a shell that outlives this process, even one that is killed, and then removes `file` if the
 * process `pid` has been killed as well. Where there is no shell (Windows), it does nothing.
 */
export function removeWhenBothEnded(file: string, pid: number): void {
  const script = `
    read -r _
    alive() { kill -0 "$1" 2> /dev/null && ! grep -q "^State:.Z" "/proc/$1/status" 2> /dev/null; }
    for i in $(seq ${GRACE_TENTHS}); do
      alive "$1" || { rm -f -- "$2"; exit; }
      sleep 0.1
    done`;
  try {
    const shell = new Deno.Command("/bin/sh", {
      args: ["-c", script, "sh", `${pid}`, file],
      cwd: "/",
      stdin: "piped", // it ends with this process, and nobody writes to it
      stdout: "null",
      stderr: "null",
      detached: true, // signals to this process's group are not for it
    }).spawn();
    shell.unref();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A process that has ended and whose parent has not asked how (a zombie) does not live. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM"; // another user's
  }
  try {
    return !/^State:\s*Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return true; // no Linux
  }
}
