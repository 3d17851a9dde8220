import { assertEquals } from "@std/assert";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { KernelUnderTest } from "../notebooks/kernel/_jupyter_client.ts";
import { programFor, requires } from "../requirements.ts";
import { linkZeromq } from "./_zeromq.ts";

const CLIENT = new URL("_zeromq_client.ts", import.meta.url);

/** Installs the client in a folder. */
async function install(folder: string): Promise<string> {
  await linkZeromq(folder);
  const client = join(folder, "client.mjs");
  await Deno.writeTextFile(client, stripTypeScriptTypes(await Deno.readTextFile(CLIENT)));
  return client;
}

/** Runs a program to its end and returns what it printed. */
async function run(program: string, args: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    signal: AbortSignal.timeout(60_000),
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`${text}${new TextDecoder().decode(stderr)}`);
  return text;
}

Deno.test({
  name: "npm's zeromq runs cells, answers a question, gets an error and ends the kernel",
  ...requires("node", "npm's zeromq"),
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const client = await install(folder);
      await using kernel = await KernelUnderTest.start();
      const cells = ["console.log(1); 6 * 7", "prompt('Name?')", "throw new TypeError('boo')"];
      const node = programFor("node");
      const text = await run(node, [client, "zeromq", kernel.path, ...cells], folder);
      // deno-lint-ignore no-explicit-any -- each kind of message has another form
      const got: [string, any][] = text.trim().split("\n").map((line) => JSON.parse(line));
      assertEquals(got.map(([type]) => type), [
        ...["heartbeat", "kernel_info"],
        ...["execute_input", "stream", "execute_result", "execute_reply"],
        ...["execute_input", "execute_result", "execute_reply"],
        ...["execute_input", "error", "execute_reply"],
        "shutdown_reply",
      ]);
      const content = got.map(([, content]) => content);
      assertEquals(content.slice(0, 2), ["beat", "typescript"]);
      assertEquals(content[3], { name: "stdout", text: "1\n" });
      assertEquals(content[4].data, { "text/plain": "42" });
      assertEquals(content[7].data, { "text/plain": '"Ada"' });
      assertEquals([content[10].ename, content[11].status], ["TypeError", "error"]);
      assertEquals(content.at(-1), { status: "ok", restart: false });
      assertEquals((await kernel.child.status).code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
