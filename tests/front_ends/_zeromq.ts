/** npm's zeromq in a folder, for clients that Node runs. */
import { join } from "node:path";
import { programFor } from "../requirements.ts";

/** Makes it one that a program in this folder can import. */
export async function linkZeromq(folder: string): Promise<void> {
  await Deno.symlink(programFor("npm's zeromq"), join(folder, "node_modules"));
}
