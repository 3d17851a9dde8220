/** Starts a server that is short of descriptors, as a process of its own. */
import { assertEquals } from "@std/assert";
import { type AcceptCounts, type Endpoint, parseEndpoint, Program } from "fourtuple";

/** How many the process may have; Deno itself needs about thirty. */
export const DESCRIPTORS = 80;

/** Such a server, and its own counts. */
export interface ShortServer extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** Asks it what became of its clients. */
  counts(): Promise<AcceptCounts>;
  /** Makes it close, and asserts that it ends with exit code 0. */
  end(): Promise<void>;
}

/** Starts it with its endpoint and, if it shall allocate ports, their range. */
export async function startShort(args: string[]): Promise<ShortServer> {
  const program = Program.command([
    ...["sh", "-c", `ulimit -n ${DESCRIPTORS} && exec "$0" run -A "$@"`, Deno.execPath()],
    new URL("./_short_of_descriptors.ts", import.meta.url).href,
    ...args,
  ]);
  const [, endpoint] = await program.line(/^Listening on (.+)$/);
  let asked = 0;
  const server: ShortServer = {
    endpoint: parseEndpoint(endpoint!),
    async counts() {
      await program.send(`${++asked}\n`);
      const [, counts] = await program.line(new RegExp(`^${asked} (.+)$`));
      return JSON.parse(counts!);
    },
    async end() {
      await program.endInput();
      assertEquals((await program.ended).code, 0);
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
  return server;
}
