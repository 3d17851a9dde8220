/**
 * Prints as JSON what allClosed() finds open in a process that believes to run on another system: of a
 * listener of its own, of one of a program that it has started, of that in its argument, which belongs to
 * somebody else, and once its own are closed.
 */
import { allClosed } from "fourtuple/observe";

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const child = new Deno.Command(Deno.execPath(), {
  args: [
    "eval",
    `const { port } = Deno.listen({ hostname: "127.0.0.1", port: 0 }).addr;
    console.log(port);
    setTimeout(() => Deno.exit(), 60_000);`,
  ],
  stdout: "piped",
}).spawn();
const reader = child.stdout.getReader();
const childPort = Number(new TextDecoder().decode((await reader.read()).value));

async function isClosed(port: number): Promise<boolean> {
  try {
    await allClosed([port], { timeout: 0 });
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") return false;
    throw error;
  }
}

const { port } = listener.addr;
const before = [
  await isClosed(port),
  await isClosed(childPort),
  await isClosed(Number(Deno.args[0])),
];
listener.close();
child.kill("SIGKILL");
await child.status;
await reader.cancel();
console.log(JSON.stringify([...before, await isClosed(port), await isClosed(childPort)]));
