/** Runs programs of the tests in a private network, which nothing that they send leaves. */

/** On an idle machine a minute is enough; only a failure, or a very busy machine, takes so long. */
const LIMIT_MS = 600_000;

/** Whether this machine allows private networks; Ubuntu may not. */
export const canMakeNamespace: boolean = Deno.build.os === "linux" && await (async () => {
  try {
    const { success } = await new Deno.Command("unshare", {
      args: ["-Urn", "ip", "link", "set", "lo", "up"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
})();

/** Runs a module there and returns what it printed, as JSON. */
export async function runInNamespace(module: URL): Promise<unknown> {
  const { success, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      "-Urn",
      "sh",
      "-c",
      'ip link set lo up && exec "$0" run -A "$1"',
      Deno.execPath(),
      module.href,
    ],
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${module.pathname} failed: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}
