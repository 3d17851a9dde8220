/** The container and the script that give a learner on any system what the course uses. */
import { assert, assertEquals } from "@std/assert";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { TOOL_FACTS } from "../../lib/observe/machine/tools.ts";
import { findProgram } from "../../lib/program/find_program.ts";
import { requires } from "../requirements.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

const container = JSON.parse(read(".devcontainer/devcontainer.json"));

/** Docker's options that say what a container may do. */
function permissionsOf(args: string[]): readonly string[] {
  const { values } = parseArgs({
    args,
    options: {
      "cap-add": { type: "string", multiple: true },
      "security-opt": { type: "string", multiple: true },
    },
  });
  return [...values["security-opt"] ?? [], ...values["cap-add"] ?? []];
}

Deno.test("devcontainer.json allows what README's line for Docker allows", () => {
  const line = /`(--security-opt[^`]+)`/.exec(read("README.md"))![1]!;
  const allowed = permissionsOf(container.runArgs);
  assertEquals(allowed, ["seccomp=unconfined", "apparmor=unconfined", "SYS_ADMIN"]);
  assertEquals(permissionsOf(line.split(" ")), allowed);
});

Deno.test("devcontainer.json runs the script that is there", () => {
  assertEquals(container.onCreateCommand, ["sh", ".devcontainer/setup.sh"]);
  assert(read(".devcontainer/setup.sh").startsWith("#!/bin/sh\n"));
});

Deno.test("setup.sh installs Debian's packages for all tools of the notebooks", () => {
  const { jupyter: _, cc: __, ...used } = TOOL_FACTS; // the editor has one; only `deno task bench` compiles
  const pairs = /for pair in ([^;]+);/.exec(read(".devcontainer/setup.sh"))![1]!
    .split(/[\s\\]+/).map((pair) => pair.split(":")[1]);
  const missing = Object.values(used).map(({ packages }) => packages["apt-get"])
    .filter((name) => !pairs.includes(name));
  assertEquals(missing, []);
});

Deno.test("setup.sh has the Deno of README and of .ci/run", () => {
  const versions = ["README.md", ".ci/run", ".devcontainer/setup.sh"].map((path) =>
    new Set([...read(path).matchAll(/deno@(\d+\.\d+\.\d+)/g)].map((match) => match[1]))
  );
  assertEquals(versions, [versions[0]!, versions[0]!, versions[0]!]);
  assertEquals(versions[0]!.size, 1);
});

Deno.test("setup.sh gives a home without Deno one, and the kernel", requires("npm"), async () => {
  const home = await Deno.makeTempDir({ prefix: "setup-" });
  try {
    await linkNpm(join(home, "bin"));
    const { success, stderr } = await new Deno.Command("sh", {
      args: [".devcontainer/setup.sh"],
      cwd: root,
      clearEnv: true,
      env: {
        ...withoutJupyter(),
        HOME: home,
        PATH: [join(home, "bin"), "/usr/bin", "/bin"].join(delimiter),
        NPM_CONFIG_PREFIX: join(home, ".local"),
        ...cachesOfThisUser(),
      },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const deno = join(home, ".local/bin/deno");
    assertEquals(linesOf(deno, "--version")[0]?.split(" ")[1], Deno.version.deno);
    const { argv } = JSON.parse(
      await Deno.readTextFile(join(home, ".local/share/jupyter/kernels/fourtuple/kernel.json")),
    );
    assertEquals(linesOf(argv[0], "eval", "console.log(6 * 7)"), ["42"]);
    assert(argv[0].startsWith(home), argv[0]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

/** Makes a folder with npm in it, since there may be a Deno beside npm. */
async function linkNpm(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  for (const name of ["node", "npm"]) {
    await Deno.symlink(findProgram(name)!, join(folder, name));
  }
}

function withoutJupyter(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => !/^(JUPYTER|XDG|npm_)/.test(name)),
  );
}

/** What was fetched once need not be fetched for every home. */
function cachesOfThisUser(): Record<string, string> {
  const { denoDir } = JSON.parse(linesOf(Deno.execPath(), "info", "--json").join("\n"));
  const [npmCache] = linesOf("npm", "config", "get", "cache");
  return { DENO_DIR: denoDir, NPM_CONFIG_CACHE: npmCache!, NPM_CONFIG_PREFER_OFFLINE: "true" };
}

function linesOf(program: string, ...args: string[]): string[] {
  const { success, stdout, stderr } = new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1" },
  }).outputSync();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();
  assert(success, text(stderr));
  return text(stdout).split("\n");
}
