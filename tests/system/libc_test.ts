import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { load } from "../../lib/system/libc.ts";
import { runProgram } from "../sockets/_sockets.ts";

Deno.test("errno is right 100,000 times in one busy process, between console lines", async () => {
  const { code, stdout, stderr } = await runProgram({
    file: new URL("_provoke_errors.ts", import.meta.url),
  }, {
    args: ["100000", "loaded"],
  });
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout.split("\n").filter((line) => line.startsWith("line")).length, 10_000);
  assertMatch(stdout, /^wrong: 0 of 100000 $/m);
});

Deno.test("errno is right 500 times in each of 50 fresh processes, from the start", async () => {
  for (const file of ["_provoke_errors.ts", "_provoke_raw_errors.ts"]) {
    assertEquals(await runFresh(file, 50), Array(50).fill("wrong: 0 of 500 \n"), file);
  }
});

/** Runs a program so many times, three at once, and returns what each said. */
async function runFresh(file: string, times: number): Promise<string[]> {
  const outputs: string[] = [];
  async function runSome(): Promise<void> {
    while (outputs.length < times) {
      const place = outputs.push("") - 1;
      const { stdout, stderr } = await runProgram({ file: new URL(file, import.meta.url) }, {
        args: ["500"],
      });
      outputs[place] = stdout + stderr;
    }
  }
  await Promise.all([runSome(), runSome(), runSome()]);
  return outputs;
}

/** Opens files until there is no descriptor left, and lives on for longer than Deno's start takes. */
const WITHOUT_DESCRIPTORS = `
  const files = [];
  try {
    for (;;) files.push(Deno.openSync("/dev/null"));
  } catch {}
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  console.log("alive");
`;
const SHORT_OF_DESCRIPTORS = ["sh", "-c", 'ulimit -n 80 && exec "$0" "$@"'];

Deno.test("libc() keeps a process alive that runs out of descriptors right after its start", async () => {
  const libc = new URL("../../lib/system/libc.ts", import.meta.url).href;
  const code = `import { libc } from "${libc}"; libc(); ${WITHOUT_DESCRIPTORS}`;
  const ended = await runProgram({ code }, { prefix: SHORT_OF_DESCRIPTORS });
  assertEquals([ended.code, ended.stdout], [0, "alive\n"], ended.stderr);
});

Deno.test({
  name: "without libc(), Deno 2.9 panics there: in a Deno that does not, openSignalPipe() can go",
  ignore: !Deno.version.deno.startsWith("2.9."),
  async fn() {
    const code = WITHOUT_DESCRIPTORS;
    const ended = await runProgram({ code }, { prefix: SHORT_OF_DESCRIPTORS });
    assertEquals(ended.stdout, "");
    assertMatch(ended.stderr, /panicked at ext\/signals\/lib\.rs/);
  },
});

Deno.test("the kit loads no library before the first socket is made", async () => {
  const kit = new URL("../../lib/mod.ts", import.meta.url).href;
  const { code, stdout } = await runProgram({
    code: `
      const { Socket, SocketError, freePort } = await import("${kit}");
      console.log("imported", typeof freePort, SocketError.name);
      try {
        Socket.tcp();
      } catch (error) {
        console.log(error.name);
      }
    `,
  }, { permissions: ["--no-prompt", "--allow-read", "--allow-import", "--allow-env"] });
  assertEquals([code, stdout], [0, "imported function SocketError\nNotCapable\n"]);
});

Deno.test("load() says on another system which notebooks run there", () => {
  for (const os of ["darwin", "windows", "freebsd"] as const) {
    const error = assertThrows(() => load(os), Deno.errors.NotSupported);
    assertEquals(
      error.message,
      `Cannot call the kernel's socket functions on "${os}": Socket and freePort() are written ` +
        `for Linux, got "${os}"; the cells that use Deno's own API run here too, among them all ` +
        "of notebooks 00_start_here, 01_clients_and_servers and 02_ports",
    );
  }
});
