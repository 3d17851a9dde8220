/** npm's zeromq in a folder, for clients that Node runs. */
import { join } from "node:path";
import { programFor } from "../requirements.ts";

/** What npm installs, with its integrity. It has 41 MB of programs for many systems: only tests do. */
const LOCK = new URL("zeromq_lock.json", import.meta.url);

/** Installs it, so that a program in this folder can import it. */
export async function installZeromq(folder: string): Promise<void> {
  const lock = await Deno.readTextFile(LOCK);
  const { dependencies } = JSON.parse(lock).packages[""];
  await Deno.writeTextFile(join(folder, "package-lock.json"), lock);
  await Deno.writeTextFile(join(folder, "package.json"), JSON.stringify({ dependencies }));
  const { success, stderr } = await new Deno.Command(programFor("npm"), {
    args: ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    cwd: folder,
    signal: AbortSignal.timeout(60_000),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
