import { assertEquals, assertMatch } from "@std/assert";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { assertCloses, assertRefuses, portOf, sideBySide, start } from "./_example.ts";

const test = sideBySide("metrics_server.ts");

const unix = Deno.build.os !== "windows";

/** Sends datagrams, each when the one before is out, and returns what comes back in a moment. */
async function tell(port: number, datagrams: readonly (string | Uint8Array)[]): Promise<number> {
  const socket = createSocket("udp4");
  let answers = 0;
  socket.on("message", () => answers++);
  for (const each of datagrams) {
    await new Promise((resolve) => socket.send(each, port, "127.0.0.1", resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closed = once(socket, "close");
  socket.close();
  await closed;
  return answers;
}

test("adds up what it is told, and answers nothing", async () => {
  await using server = start("metrics_server.ts", 0);
  const port = await portOf(server);
  assertEquals(await tell(port, ["a.b:1|c", "a.b:41|c\nother:7|c", "other:0|c"]), 0);
  await server.line("3 datagrams, a.b 42, other 7, 0 lines not counted");
  await assertCloses(server, "SIGINT");
});

test("goes on when it is told what it does not understand", async () => {
  await using server = start("metrics_server.ts", 0);
  const port = await portOf(server);
  const noise = crypto.getRandomValues(new Uint8Array(1000)).map((byte) => byte === 10 ? 0 : byte);
  const bad = [
    "",
    "a",
    "a:1",
    "a:-1|c",
    "a:1|g",
    "a:1e3|c",
    ":1|c",
    `${"a".repeat(65)}:1|c`,
    noise,
  ];
  await tell(port, [...bad, "__proto__:2|c", "a:1|c"]);
  await server.line(`11 datagrams, __proto__ 2, a 1, ${bad.length} lines not counted`);
});

test("counts a thousand names and no more", async () => {
  await using server = start("metrics_server.ts", 0);
  const port = await portOf(server);
  const names = Array.from({ length: 1010 }, (_, index) => `n${index}:1|c`);
  for (let first = 0; first < 1010; first += 101) {
    await tell(port, [names.slice(first, first + 101).join("\n")]);
  }
  await tell(port, ["n0:5|c"]);
  await server.line("11 datagrams, n0 6, n1 1, n2 1, n3 1, n4 1, 10 lines not counted");
});

test({
  name: "says the last count when it is told to end",
  ignore: !unix,
  async fn() {
    await using server = start("metrics_server.ts", 0, "::1");
    await server.line(/^Receiving on \[::1\]:\d+$/);
    await assertCloses(server, "SIGTERM");
    assertMatch(server.lines.at(-2)!, /^0 datagrams, 0 lines not counted$/);
  },
});

test("says in one line that its port is taken", async () => {
  const taken = createSocket("udp4").bind(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address();
  await using server = start("metrics_server.ts", port);
  const line = `Cannot receive on 127.0.0.1 port ${port}: bind EADDRINUSE 127.0.0.1:${port}`;
  await assertRefuses(server, { code: 1, line });
  taken.close();
});
