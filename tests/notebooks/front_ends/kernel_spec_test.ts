import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  installKernel,
  isInCache,
  KERNEL_NAME,
  kernelSpec,
  registerKernel,
  removeKernel,
} from "../../../lib/notebooks/front_ends/kernel_spec.ts";

const TASK = fileURLToPath(new URL("../../../lib/tasks/kernel.ts", import.meta.url));

/** A folder of Jupyter's data. */
class Data implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "jupyter-" });

  /** Returns the files of a folder, sorted. */
  names(folder = ""): string[] {
    return [...Deno.readDirSync(join(this.path, folder))].map(({ name }) => name).sort();
  }

  /** Reads our kernel's description. */
  spec(): { argv: string[] } & Record<string, unknown> {
    return JSON.parse(Deno.readTextFileSync(join(this.path, "kernels/fourtuple/kernel.json")));
  }

  /** Writes somebody else's kernel. */
  write(
    name: string,
    text = `{"argv":["deno"],"display_name":"Mine","language":"typescript"}`,
  ): void {
    Deno.mkdirSync(join(this.path, "kernels", name), { recursive: true });
    Deno.writeTextFileSync(join(this.path, "kernels", name, "kernel.json"), text);
  }

  /** Runs `deno task kernel`. */
  async task(...args: readonly string[]): Promise<{ code: number; said: string }> {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", TASK, ...args],
      env: { JUPYTER_DATA_DIR: this.path, NO_COLOR: "1" },
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, said: `${out}${err}` };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

const FILES = ["kernel.json", "logo-64x64.png", "logo-svg.svg"];

Deno.test("installKernel() writes our kernel beside somebody's own, and removeKernel() takes it out", async () => {
  using data = new Data();
  data.write("deno");
  const { folder, copiedBytes } = await installKernel(data.path, "/usr/bin/deno");
  assertEquals([folder, copiedBytes], [join(data.path, "kernels/fourtuple"), undefined]);
  assertEquals(data.names("kernels/fourtuple"), FILES);
  const { argv, ...others } = data.spec();
  assertEquals(argv.slice(0, 2), ["/usr/bin/deno", "run"]);
  assertEquals(argv.at(-1), "{connection_file}");
  for (const path of [argv.at(-2)!, argv[argv.indexOf("--config") + 1]!]) {
    assert(Deno.statSync(path).isFile, path);
  }
  assertEquals([others.language, others.interrupt_mode], ["typescript", "message"]);
  await installKernel(data.path, "/usr/bin/deno"); // once more
  assertEquals(await removeKernel(data.path), folder);
  assertEquals([data.names(), data.names("kernels")], [["kernels"], ["deno"]]);
  assertEquals(await removeKernel(data.path), undefined);
});

Deno.test("installKernel() copies a Deno that a package manager may throw away", async () => {
  using data = new Data();
  const cached = join(data.path, ".npm/_npx/0123abcd/node_modules/deno");
  await Deno.mkdir(cached, { recursive: true });
  const program = join(cached, "deno");
  await Deno.writeTextFile(program, "#!/bin/sh\necho the copy\n", { mode: 0o755 });
  const { folder, copiedBytes } = await installKernel(data.path, program);
  assertEquals(copiedBytes, 24);
  await Deno.remove(join(data.path, ".npm"), { recursive: true });
  const [copy] = data.spec().argv;
  assertEquals(copy, join(folder, "deno"));
  const { stdout } = await new Deno.Command(copy!).output();
  assertEquals(new TextDecoder().decode(stdout), "the copy\n");
  await removeKernel(data.path);
  assertEquals([data.names(), data.names("kernels")], [["kernels"], []]);
});

Deno.test("isInCache() knows what npx and its like have fetched for one run", () => {
  for (
    const path of [
      "/home/ada/.npm/_npx/3f2a/node_modules/deno/deno",
      "C:\\Users\\ada\\AppData\\Local\\npm-cache\\_npx\\3f2a\\node_modules\\deno\\deno.exe",
      "/home/ada/.cache/pnpm/dlx/3f2a/node_modules/deno/deno",
      "/tmp/xfs-1/dlx-42/node_modules/deno/deno",
      "/tmp/bunx-1000-deno@latest/node_modules/deno/deno",
    ]
  ) assert(isInCache(path), path);
  for (
    const path of [
      "/usr/bin/deno",
      "/home/ada/.deno/bin/deno",
      "/usr/lib/node_modules/deno/deno",
      "/home/npx/bin/deno",
      "/home/dlxer/bin/deno",
    ]
  ) assert(!isInCache(path), path);
});

for (
  const [what, text] of [
    ["another kernel", undefined],
    ["a broken description", "{"],
  ] as const
) {
  Deno.test(`installKernel() and removeKernel() leave ${what} of our name alone`, async () => {
    using data = new Data();
    data.write(KERNEL_NAME, text);
    const before = Deno.readTextFileSync(join(data.path, "kernels/fourtuple/kernel.json"));
    for (const change of [installKernel, removeKernel]) {
      const error = await assertRejects(() => change(data.path), RangeError);
      assert(error.message.includes(join(data.path, "kernels/fourtuple")), error.message);
    }
    const after = Deno.readTextFileSync(join(data.path, "kernels/fourtuple/kernel.json"));
    assertEquals([after, data.names()], [before, ["kernels"]]);
  });
}

Deno.test("removeKernel() takes out what a killed installation has left, too", async () => {
  using data = new Data();
  await installKernel(data.path);
  await Deno.mkdir(join(data.path, `.fourtuple-${crypto.randomUUID()}`));
  await removeKernel(data.path);
  assertEquals(data.names(), ["kernels"]);
});

Deno.test("registerKernel() puts our kernel in place of the one of older versions", async () => {
  using data = new Data();
  data.write("deno");
  await registerKernel(data.path);
  assertEquals([data.names("kernels"), data.names("kernels/fourtuple")], [["fourtuple"], FILES]);
  assertEquals(data.spec(), JSON.parse(JSON.stringify(kernelSpec(Deno.execPath()))));
});

Deno.test("deno task kernel installs and removes, and says where", async () => {
  using data = new Data();
  const folder = join(data.path, "kernels/fourtuple");
  const { code, said } = await data.task();
  assertEquals(code, 0, said);
  assert(said.startsWith(`Installed the kernel "Deno (fourtuple)" in ${folder}\n`), said);
  assertEquals(await data.task("--remove"), { code: 0, said: `Removed ${folder}\n` });
  assertEquals(await data.task("--remove"), {
    code: 0,
    said: `There is no kernel "fourtuple" in ${data.path}\n`,
  });
});

Deno.test("deno task kernel refuses what it does not know, and changes nothing", async () => {
  using data = new Data();
  for (const args of [["--delete"], ["deno"], ["--remove=yes"], ["--remove", "all"]]) {
    const { code, said } = await data.task(...args);
    assertEquals(code, 2, said);
    assert(said.endsWith("Usage: deno task kernel [--remove]\n"), said);
  }
  assertEquals(data.names(), []);
  data.write(KERNEL_NAME);
  const { code, said } = await data.task();
  assertEquals(code, 1);
  assert(said.startsWith(`Cannot install the kernel "fourtuple": this task replaces`), said);
});
