/**
 * `deno run -A kernel_main.ts CONNECTION_FILE`: a Jupyter kernel, as front ends start it.
 *
 * It ends with code 0 if a client asked for it or its front end is gone, with 1 if the Deno kernel has
 * ended by itself, so that Jupyter starts another, and with 2 if the connection file is not for it.
 */
import { resolve } from "node:path";
import { isRefusal } from "../../refusal.ts";
import { Engine } from "./engine.ts";
import { frontEndPid, processEnd, removeWhenBothEnded } from "./front_end_life.ts";
import { KernelServer } from "./server.ts";
import { type ConnectionFile, parseConnectionFile } from "./wire/connection_file.ts";

// A learner's variables are worth more than what failed, and nobody else would tell of it.
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  console.error("The kernel goes on, though this failed in it:", event.reason);
});

const [argument] = Deno.args;
if (argument === undefined) fail("Cannot start the kernel: it needs the path of a connection file");
const path = resolve(argument);
const connectionFile = readFile(path);
if (connectionFile.key === "") {
  console.error(
    "The connection file has no key: every program on this computer can run code in this kernel",
  );
}
const frontEnd = frontEndPid();
if (frontEnd !== undefined) removeWhenBothEnded(path, frontEnd);

const engine = Engine.start({ cwd: Deno.cwd(), isPaced: true });
let running: Engine | undefined;
engine.then((started) => running = started, () => {}); // the first cell shows why it does not start
const server = new KernelServer(connectionFile, engine);
// Front ends that know no interrupt_request send this to the whole process group.
Deno.addSignalListener("SIGINT", () => server.stop());

const ends: Promise<number>[] = [server.ended.then(({ isAsked }) => isAsked ? 0 : 1)];
if (frontEnd !== undefined) ends.push(processEnd(frontEnd).then(removeFile));
const code = await Promise.race(ends);
await running?.kill();
Deno.exit(code);

function readFile(path: string): ConnectionFile {
  try {
    return parseConnectionFile(Deno.readTextFileSync(path));
  } catch (error) {
    if (isRefusal(error)) fail(error.message);
    if (error instanceof Deno.errors.NotFound) fail(`Cannot find the connection file ${path}`);
    throw error;
  }
}

/** What a killed front end cannot do any more. */
function removeFile(): number {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return 0;
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}
