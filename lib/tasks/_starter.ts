/**
 * Preloaded into a task: ends it with whatever started it, so that nothing of a killed run is left.
 *
 * A task is a process of its own below `deno task`, which a shell, an editor or a script started. It
 * ends when `deno task` has ended, even by SIGKILL, and on Linux also when the shell or script has. A
 * task under nohup(1) outlives that shell, as it is meant to.
 */
const INTERVAL_MS = 250;
const MARK = "npm_config_user_agent";

const isLinux = Deno.build.os === "linux";
const parent = Deno.ppid;
if (isLinux && isOrphan()) Deno.exit(1);
if (isDenoTask(parent) || !ignoresHangUp()) await import("../program/end_with_parent.ts");
if (isLinux && isDenoTask(parent) && !ignoresHangUp()) watchStarter();

function watchStarter(): void {
  const starter = parentOf(parent);
  if (starter === undefined) return;
  const timer = setInterval(() => parentOf(parent) === starter || Deno.exit(1), INTERVAL_MS);
  Deno.unrefTimer(timer);
}

/**
 * Whether `deno task` ended while this process was starting. `deno task` marks the environment of what
 * it starts; who takes over an orphan has another program, and an environment without that mark.
 */
function isOrphan(): boolean {
  if (!Deno.env.get(MARK)?.startsWith("deno/") || isDenoTask(parent)) return false;
  const environment = read(`/proc/${parent}/environ`);
  return environment === undefined ? parent === 1 : !environment.includes(`${MARK}=deno/`);
}

function isDenoTask(pid: number): boolean {
  const words = read(`/proc/${pid}/cmdline`)?.split("\0");
  return words?.includes("task") === true && programOf(`${pid}`) === programOf("self");
}

function programOf(pid: string): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined; // as in read()
  }
}

/** Reads the fourth field of /proc/PID/stat; the second, a name, may have blanks in it. */
function parentOf(pid: number): number | undefined {
  const fields = read(`/proc/${pid}/stat`)?.replace(/^.*\) /s, "").split(" ");
  return fields && Number(fields[1]);
}

/** nohup(1) has SIGHUP ignored: the lowest bit of SigIgn in /proc/PID/status. */
function ignoresHangUp(): boolean {
  const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(read("/proc/self/status") ?? "")?.[1];
  return ignored !== undefined && (BigInt(`0x${ignored}`) & 1n) === 1n;
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined; // not Linux, ended, or another user's
  }
}
