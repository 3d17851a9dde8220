/**
 * Makes a Deno process believe that it runs on another system; loaded before anything else, as by
 * `deno run --preload=file:///…/_system.ts?os=darwin&tools=/tmp/…`. The system has its name and its
 * release, no /proc, and the programs in the folder `tools` and no others.
 */
const { searchParams } = new URL(import.meta.url);
const os = searchParams.get("os") as typeof Deno.build.os;
const RELEASES: Readonly<Record<string, string>> = {
  darwin: "23.6.0",
  freebsd: "14.1-RELEASE",
  windows: "10.0.22631",
};

function replace(name: string, value: unknown): void {
  Object.defineProperty(Deno, name, { value, configurable: true, writable: true });
}

replace("build", { ...Deno.build, os });
replace("osRelease", () => RELEASES[os]);
if (os === "windows") replace("uid", () => null);
Deno.env.set("PATH", searchParams.get("tools")!);

/** The functions that take a path first. */
const READS =
  /^(?:open|stat|lstat|readFile|readTextFile|readDir|readLink|realPath|writeTextFile)(?:Sync)?$/;

for (const name of Object.keys(Deno).filter((name) => READS.test(name))) {
  const original = Deno[name as keyof typeof Deno] as (...args: unknown[]) => unknown;
  const refuse = (path: unknown) =>
    new Deno.errors.NotFound(`No such file or directory (os error 2): ${name} '${path}'`);
  replace(name, (path: unknown, ...args: unknown[]) => {
    if (!/^(?:file:\/\/)?\/proc(?:\/|$)/.test(String(path))) return original(path, ...args);
    if (name.endsWith("Sync") || name === "readDir") throw refuse(path);
    return Promise.reject(refuse(path));
  });
}

// TerminateProcess() ends a process at once, whatever the signal, and its exit code is 1.
if (os === "windows") {
  const { spawn } = Deno.Command.prototype;
  Deno.Command.prototype.spawn = function () {
    const child = spawn.call(this);
    let isKilled = false;
    const status = child.status.then((status) =>
      isKilled ? { success: false, code: 1, signal: null } : status
    );
    Object.defineProperty(child, "status", { value: status });
    const kill = child.kill.bind(child);
    child.kill = () => {
      kill("SIGKILL");
      isKilled = true;
    };
    return child;
  };
}
