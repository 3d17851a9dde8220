/**
 * The program that stays in a private network and makes sockets there, for the process that started
 * it. It ends when that one closes its end of the line, or is gone.
 *
 * Its arguments are the number of the inherited descriptor, and the plan as JSON. One line of JSON
 * on standard error tells how making the network went; there unshare(1) complains too.
 */
import { runChild } from "../program/child_process.ts";
import { receive, send, unpackRequest } from "../system/descriptor_passing.ts";
import { libc } from "../system/libc.ts";
import type { NetworkPlan } from "./_network_plan.ts";

/** What the program tells: nothing went wrong, or what did. */
export interface HolderReport {
  /** Why the network could not be made. */
  readonly failure?:
    | { readonly what: "ip"; readonly command: string; readonly said: string }
    | { readonly what: "no ip" }
    | { readonly what: "setting"; readonly name: string; readonly value: string; code: string };
}

/** Between two questions whether a route is there. */
const PAUSE_MS = 5;

if (import.meta.main) await main();

async function main(): Promise<never> {
  const [descriptor = "", planText = ""] = Deno.args;
  // Ctrl-C in a terminal goes to every process that was started there; who holds the line decides.
  Deno.addSignalListener("SIGINT", () => {});
  const failure = await setUp(JSON.parse(planText));
  console.error(JSON.stringify({ failure } satisfies HolderReport));
  if (failure === undefined) serve(Number(descriptor));
  Deno.exit(0);
}

async function setUp(
  { commands, addresses, sysctls }: NetworkPlan,
): Promise<HolderReport["failure"]> {
  try {
    const input = `${commands.join("\n")}\n`;
    const { success, stderr } = await runChild(["ip", "-batch", "-"], { input });
    if (!success) return ipFailure(commands, stderr);
    for (const address of addresses.filter((each) => each.includes(":"))) await routeTo(address);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { what: "no ip" };
    throw error;
  }
  for (const [name, value] of sysctls) {
    try {
      const path = `/proc/sys/${name.replaceAll(".", "/")}`;
      Deno.writeTextFileSync(path, value, { create: false });
    } catch (error) {
      return {
        what: "setting",
        name,
        value,
        code: (error as { code?: string }).code ?? `${error}`,
      };
    }
  }
}

/** A busy kernel adds the route after the command has ended. The limit of this wait is the parent's, START_LIMIT_MS. */
async function routeTo(address: string): Promise<void> {
  while (!(await runChild(["ip", "route", "get", address])).stdout.startsWith("local")) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Finds the command that went wrong: "Error: Unknown device type.\nCommand failed -:2". */
function ipFailure(commands: readonly string[], text: string): HolderReport["failure"] {
  const line = /^Command failed .*:(\d+)/m.exec(text)?.[1];
  const said = text.split("\n")[0]!.replace(/\.$/, "");
  return { what: "ip", command: commands[Number(line) - 1] ?? "-batch", said };
}

/** Makes the sockets that are asked for, until nobody is there to ask. */
function serve(line: number): void {
  const { functions, errno } = libc();
  for (;;) {
    const request = receive(line);
    if ("errno" in request || request.word === undefined) return;
    const { domain, type, protocol } = unpackRequest(request.word);
    const descriptor = functions.socket(domain, type, protocol);
    const error = errno[0]!;
    if (descriptor < 0) {
      if (send(line, error) !== 0) return;
      continue;
    }
    const sent = send(line, 0, descriptor);
    functions.close(descriptor);
    // Only with this number it is the asker's alone: a close there frees the port in the next line.
    if (sent !== 0 || send(line, 0) !== 0) return;
  }
}
