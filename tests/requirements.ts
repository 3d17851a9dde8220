/**
 * What some tests need of the machine beyond Deno.
 *
 * A test that cannot be tried here is named and counted as ignored, never as passed. With `CI=true` it
 * fails, since everything is meant to be installed there.
 *
 * @module
 */
import { findProgram, findPrograms } from "../lib/program/find_program.ts";
import { isAtLeast } from "../lib/system/kernel_release.ts";
import { canMakeNamespace } from "./_namespace.ts";

interface Need {
  /** Returns what meets the need, most often a program's path; undefined if it is missing. */
  readonly program: () => string | undefined;
  /** How to get it. */
  readonly remedy: string;
}

/** A program that one Debian package brings. */
function debian(program: string, packageName = program): Need {
  return {
    program: () => findProgram(program),
    remedy: `on Debian: apt-get install ${packageName}`,
  };
}

function linux(major: number, minor: number): Need {
  return {
    program: () =>
      Deno.build.os === "linux" && isAtLeast(Deno.osRelease(), [major, minor])
        ? "Linux"
        : undefined,
    remedy: "a newer kernel",
  };
}

const PYPI = {
  remedy: "pip install -r tests/front_ends/requirements.txt, and that environment's bin in PATH",
};

/** A program of the Python packages that the tests of the front ends need. */
function pypi(program: string, major: number): Need {
  return { ...PYPI, program: () => ofVersion(program, major) };
}

/** It has 41 MB of programs for many systems, so that no task installs it. */
const ZEROMQ = new URL("../.jupyter/front_ends/zeromq/node_modules", import.meta.url).pathname;

/** What each program in PATH says when it is asked for its version. */
const versions = new Map<string, string>();

/** Returns the first program of the name that has this major version. */
function ofVersion(name: string, major: number): string | undefined {
  return [...findPrograms(name)].find((program) => {
    let version = versions.get(program);
    if (version === undefined) {
      const { stdout } = new Deno.Command(program, { args: ["--version"], stderr: "null" })
        .outputSync();
      versions.set(program, version = new TextDecoder().decode(stdout));
    }
    return version.startsWith(`${major}.`);
  });
}

const NEEDS = {
  "ip": debian("ip", "iproute2"),
  "/etc/services": {
    program: () => isThere("/etc/services") ? "/etc/services" : undefined,
    remedy: "on Debian: apt-get install netbase",
  },
  "/usr/share/i18n": {
    program: () => isThere("/usr/share/i18n/SUPPORTED") ? findProgram("localedef") : undefined,
    remedy: "on Debian: apt-get install locales",
  },
  "busybox": debian("busybox"),
  "chromium": debian("chromium"),
  "curl with FTP": {
    program: () => findPrograms("curl").find((curl) => says(curl, / ftp /, "--version")),
    remedy: "on Debian: apt-get install curl",
  },
  "jupyter-notebook": {
    program: () => ofVersion("jupyter-notebook", 6),
    remedy: "on Debian: apt-get install jupyter-notebook",
  },
  "check-jsonschema": { ...PYPI, program: () => findProgram("check-jsonschema") },
  "jupyter_kernel_test": {
    ...PYPI,
    program: () =>
      findPrograms("python3").find((python) =>
        says(python, /^$/, "-c", "import jupyter_kernel_test")
      ),
  },
  "JupyterLab 4": pypi("jupyter-lab", 4),
  "Notebook 7": pypi("jupyter-notebook", 7),
  "Linux 6.3": linux(6, 3),
  "Linux 6.8": linux(6, 8),
  "lsof": debian("lsof"),
  "netstat": debian("netstat", "net-tools"),
  "net-tools' catalogues": {
    program: () =>
      isThere("/usr/share/locale/pt_BR/LC_MESSAGES/net-tools.mo") ? "netstat" : undefined,
    remedy: "on Debian: apt-get install --reinstall net-tools, as .ci/run does it",
  },
  "network namespace": {
    program: () => canMakeNamespace ? findProgram("unshare") : undefined,
    remedy: "on Debian: apt-get install util-linux iproute2; notebook 00 says what forbids it",
  },
  "nft": debian("nft", "nftables"),
  "node": debian("node", "nodejs"),
  "npm": debian("npm"),
  "npm's zeromq": {
    program: () => isThere(`${ZEROMQ}/zeromq/package.json`) ? ZEROMQ : undefined,
    remedy: "npm ci in a copy of tests/front_ends/zeromq, as .ci/run does it",
  },
  "/proc": {
    program: () => Deno.build.os === "linux" ? "/proc" : undefined,
    remedy: "Linux",
  },
  "python3 with nbformat": {
    program: () =>
      findPrograms("python3").find((python) => says(python, /^$/, "-c", "import nbformat")),
    remedy: "on Debian: apt-get install python3-nbformat",
  },
  "redis-cli": debian("redis-cli", "redis-tools"),
  "redis-server": debian("redis-server", "redis-server"),
  "root": {
    program: () => Deno.build.os === "linux" && Deno.uid() === 0 ? "root" : undefined,
    remedy: "root, to become two other users",
  },
  "script": debian("script", "bsdutils"),
  "ss": debian("ss", "iproute2"),
  "ssh": debian("ssh", "openssh-client"),
} satisfies Record<string, Need>;

/** What has been reported as missing, so that a file of tests reports it once. */
const reported = new Set<string>();

/** The name of something that a test may need. */
export type Requirement = keyof typeof NEEDS;

/**
 * Returns the options of a test that needs all of `names`: `{ ignore: true }` where one is missing, which
 * it reports.
 *
 * @throws {Error} If one is missing and `CI` is "true"
 */
export function requires(...names: readonly Requirement[]): { ignore: boolean } {
  const missing = names.filter((name) => NEEDS[name].program() === undefined);
  if (missing.length === 0) return { ignore: false };
  const remedies = missing.map((name) => `${name} (${NEEDS[name].remedy})`).join(" and ");
  if (Deno.env.get("CI") === "true") throw new Error(`Cannot try a test: it needs ${remedies}`);
  if (!reported.has(remedies)) console.warn(`Tests are not tried here: they need ${remedies}`);
  reported.add(remedies);
  return { ignore: true };
}

/**
 * Returns the path of the program that meets the need `name`.
 *
 * @throws {Error} If the machine has none
 */
export function programFor(name: Requirement): string {
  const program = NEEDS[name].program();
  if (program === undefined) throw new Error(`Cannot find ${name}: ${NEEDS[name].remedy}`);
  return program;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether a program ends well and prints this. */
function says(program: string, text: RegExp, ...args: readonly string[]): boolean {
  const { success, stdout } = new Deno.Command(program, { args: [...args], stderr: "null" })
    .outputSync();
  return success && text.test(new TextDecoder().decode(stdout));
}
