/**
 * `deno run -A kernel_main.ts CONNECTION_FILE`: a Jupyter kernel, as front ends start it.
 *
 * It ends with exit code 0 if a client asked for it, and 1 if the Deno kernel has ended by itself, so that
 * Jupyter starts another.
 */
import { isRefusal } from "../../refusal.ts";
import { Engine } from "./engine.ts";
import { KernelServer } from "./server.ts";
import { type ConnectionFile, parseConnectionFile } from "./wire/connection_file.ts";

const [path] = Deno.args;
if (path === undefined) fail("Cannot start the kernel: its argument is Jupyter's connection file");

const file = readFile(path);
const engine = Engine.start({ cwd: Deno.cwd() });
engine.catch(() => {}); // the first cell tells it
using server = new KernelServer(file, engine);
Deno.addSignalListener("SIGINT", () => server.stop());
const { isAsked } = await server.ended;
await (await engine.catch(() => undefined))?.kill();
Deno.exit(isAsked ? 0 : 1);

function readFile(path: string): ConnectionFile {
  try {
    return parseConnectionFile(Deno.readTextFileSync(path));
  } catch (error) {
    if (isRefusal(error)) fail(error.message);
    if (error instanceof Deno.errors.NotFound) fail(`Cannot find the connection file ${path}`);
    throw error;
  }
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}
