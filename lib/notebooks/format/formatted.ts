/**
 * Whether notebooks are laid out as `deno fmt` lays them out.
 *
 * `deno fmt --check` of Deno 2.9 is no help: it reports every notebook whose cells do not end in a line
 * feed, though formatting changes no byte of it; and after one `deno fmt` it reports none. So the bytes
 * are compared here.
 *
 * @module
 */
import { runChild } from "../../program/child_process.ts";
import { quote, refusal } from "../../refusal.ts";

/**
 * Returns whether `deno fmt` would leave the text of an `.ipynb` file as it is.
 *
 * @param folder The folder whose settings `deno fmt` uses, as for a file in it
 * @throws {SyntaxError} If `deno fmt` cannot read it
 *
 * @example A code cell without its semicolon
 * ```ts
 * import { isFormatted } from "./formatted.ts";
 * import { formatNotebook, newNotebook } from "./notebook.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = formatNotebook(newNotebook([{ cell_type: "code", source: "6 * 7" }]));
 * assertEquals(await isFormatted(text, new URL(".", import.meta.url)), false);
 * ```
 */
export async function isFormatted(text: string, folder: URL): Promise<boolean> {
  const command = [Deno.execPath(), "fmt", "--ext", "ipynb", "-"];
  const options = { input: text, cwd: folder, env: { NO_COLOR: "1" } };
  const { success, stdout, stderr } = await runChild(command, options);
  if (!success) {
    const [reason] = stderr.split("\n");
    throw refusal(SyntaxError, {
      cannot: "Cannot format a notebook",
      rule: "deno fmt can read it",
      part: quote(reason ?? ""),
    });
  }
  return stdout === text;
}
