/**
 * The description by which every front end finds our kernel: written into a folder of Jupyter's, and
 * taken out again.
 *
 * @see {@link https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs}
 * @module
 */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { quote, refusal } from "../../refusal.ts";

/** What Jupyter reads in a `kernel.json`. */
export interface KernelSpec {
  /** The kernel's command line; Jupyter puts a path in place of `{connection_file}`. */
  readonly argv: readonly string[];
  /** The name that menus show. */
  readonly display_name: string;
  /** The language of the cells. */
  readonly language: string;
  /** How the Stop button interrupts the kernel. */
  readonly interrupt_mode: "message" | "signal";
  /** More environment for the kernel. */
  readonly env: Readonly<Record<string, string>>;
  /** Facts for other programs. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Our kernel's name among the kernels of a Jupyter; `deno` may be somebody's already. */
export const KERNEL_NAME = "fourtuple";

const LOGOS = ["logo-64x64.png", "logo-svg.svg"];
const LOGO_FOLDER = new URL("kernel_logo/", import.meta.url);

/** The folder of deno.json. */
const COURSE = fileURLToPath(new URL("../../../", import.meta.url));
const KERNEL = fileURLToPath(new URL("../kernel/kernel_main.ts", import.meta.url));

/** Returns the description of our kernel, which the program `deno` runs. */
export function kernelSpec(deno: string): KernelSpec {
  const options = ["run", "-A", "--no-prompt", "--config", join(COURSE, "deno.json")];
  return {
    argv: [deno, ...options, KERNEL, "{connection_file}"],
    display_name: "Deno (fourtuple)",
    language: "typescript",
    // A signal would do too, but Windows has none.
    interrupt_mode: "message",
    env: { DENO_NO_UPDATE_CHECK: "1" },
    metadata: { [KERNEL_NAME]: { course: COURSE } },
  };
}

/** The name under which older versions of the course registered the Deno kernel for themselves. */
const FORMER_NAME = "deno";

/**
 * Writes the description of our kernel, which this very Deno runs, under `dataPath`, a folder that belongs
 * to the course.
 */
export async function registerKernel(dataPath: string): Promise<void> {
  const kernels = join(dataPath, "kernels");
  await removeFolder(join(kernels, FORMER_NAME));
  await Deno.mkdir(join(kernels, KERNEL_NAME), { recursive: true });
  await writeSpec(join(kernels, KERNEL_NAME), Deno.execPath());
}

/** What was installed. */
export interface InstalledKernel {
  /** The folder of its description. */
  readonly folder: string;
  /** The size of the program that was copied there, in bytes; undefined if none had to be. */
  readonly copiedBytes: number | undefined;
}

/**
 * Installs our kernel in a folder of Jupyter's data, in place of an older one of ours. A Deno that a
 * package manager keeps in a cache is copied there, since the cache may be emptied.
 *
 * @param deno The program that runs the kernel; this Deno by default
 * @throws {RangeError} If somebody else's kernel has our kernel's name
 */
export async function installKernel(
  dataPath: string,
  deno: string = Deno.execPath(),
): Promise<InstalledKernel> {
  const folder = await ownFolder(dataPath, "install");
  await removeUnfinished(dataPath);
  await Deno.mkdir(join(dataPath, "kernels"), { recursive: true });
  // Not in kernels/, where Jupyter would list it.
  const beside = join(dataPath, `${UNFINISHED}${crypto.randomUUID()}`);
  await Deno.mkdir(beside);
  try {
    const isCopied = isInCache(deno);
    const name = basename(deno);
    if (isCopied) await Deno.copyFile(deno, join(beside, name));
    await writeSpec(beside, isCopied ? join(folder, name) : deno);
    await removeFolder(folder);
    await Deno.rename(beside, folder);
    return { folder, copiedBytes: isCopied ? (await Deno.stat(deno)).size : undefined };
  } catch (error) {
    await removeFolder(beside);
    throw error;
  }
}

/**
 * Takes our kernel out of a folder of Jupyter's data. Returns its folder; nothing if it was not there.
 *
 * @throws {RangeError} If the kernel of that name is somebody else's
 */
export async function removeKernel(dataPath: string): Promise<string | undefined> {
  const folder = await ownFolder(dataPath, "remove");
  await removeUnfinished(dataPath);
  return await removeFolder(folder) ? folder : undefined;
}

const UNFINISHED = `.${KERNEL_NAME}-`;

/** An installation that was killed leaves its folder. */
async function removeUnfinished(dataPath: string): Promise<void> {
  if (!await exists(dataPath)) return;
  for await (const { name } of Deno.readDir(dataPath)) {
    if (name.startsWith(UNFINISHED)) await removeFolder(join(dataPath, name));
  }
}

async function writeSpec(folder: string, deno: string): Promise<void> {
  for (const logo of LOGOS) await Deno.copyFile(new URL(logo, LOGO_FOLDER), join(folder, logo));
  const spec = JSON.stringify(kernelSpec(deno), null, 1);
  await Deno.writeTextFile(join(folder, "kernel.json"), `${spec}\n`);
}

/** Whether a package manager fetched a program for one run: `npx`, `pnpm dlx`, `yarn dlx`, `bunx`. */
export function isInCache(path: string): boolean {
  return path.split(/[\\/]/).some((part) => part === "_npx" || /^(dlx|bunx)(-|$)/.test(part));
}

/** Returns the folder of our kernel, unless it is somebody else's. */
async function ownFolder(dataPath: string, verb: string): Promise<string> {
  const folder = join(dataPath, "kernels", KERNEL_NAME);
  let course: unknown;
  try {
    const text = await Deno.readTextFile(join(folder, "kernel.json"));
    course = JSON.parse(text).metadata?.[KERNEL_NAME]?.course;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && !await exists(folder)) return folder;
    if (!(error instanceof Deno.errors.NotFound || error instanceof SyntaxError)) throw error;
  }
  if (typeof course === "string") return folder;
  throw refusal(RangeError, {
    cannot: `Cannot ${verb} the kernel ${quote(KERNEL_NAME)}`,
    rule: "this task replaces or removes only a kernel that it wrote itself",
    part: `another kernel in ${folder}. Move that folder elsewhere and try again`,
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function removeFolder(folder: string): Promise<boolean> {
  try {
    await Deno.remove(folder, { recursive: true });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
