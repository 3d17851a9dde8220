/** Another system, simulated: its name, no /proc, and its programs, which print this kernel's rows. */

/** A system that a simulation knows, as `Deno.build.os` calls it. */
export type SimulatedSystem = "darwin" | "windows";

/** The programs of each system. */
const PROGRAMS: Readonly<Record<SimulatedSystem, readonly string[]>> = {
  darwin: ["netstat", "lsof", "sysctl", "ps"],
  windows: ["netstat", "netsh"],
};

/** The folder with a system's programs, and the module that simulates the rest of it. */
export class Simulation implements Disposable {
  /** The system. */
  readonly os: SimulatedSystem;
  readonly #tools: string;
  /** A module to load before all others: it changes the process that loads it. */
  readonly preload: string;

  /** Makes the programs; without those named in `without`. */
  constructor(os: SimulatedSystem, { without = [] }: { without?: readonly string[] } = {}) {
    this.os = os;
    this.#tools = Deno.makeTempDirSync();
    const module = new URL("./_tool.ts", import.meta.url).pathname;
    for (const name of PROGRAMS[os].filter((name) => !without.includes(name))) {
      const run = `exec '${Deno.execPath()}' run -A --no-check '${module}' ${os} ${name} "$@"`;
      for (const file of os === "windows" ? [name, `${name}.exe`] : [name]) {
        Deno.writeTextFileSync(`${this.#tools}/${file}`, `#!/bin/sh\n${run}\n`, { mode: 0o755 });
      }
    }
    const preload = new URL("./_system.ts", import.meta.url);
    preload.search = String(new URLSearchParams({ os, tools: this.#tools }));
    this.preload = preload.href;
  }

  /** Removes the programs. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.#tools, { recursive: true });
  }
}
