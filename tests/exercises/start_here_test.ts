import { assertEquals, assertMatch } from "@std/assert";
import {
  checkFirstListener,
  checkListenerCount,
  checkRefusedListen,
} from "../../lib/exercises/start_here.ts";
import { listeners } from "../../lib/observe/connections.ts";

const listen = (hostname = "127.0.0.1", port = 0) => Deno.listen({ hostname, port });

Deno.test("checkFirstListener() is open without an answer, and right with a listener, which it closes", () => {
  assertEquals(checkFirstListener(undefined).state, "open");
  const mine = listen();
  assertEquals(checkFirstListener(mine).state, "right");
  assertEquals(listeners({ port: mine.addr.port }).length, 0);
});

Deno.test("checkFirstListener() refuses a listener at another address, and one that is closed", () => {
  using other = listen("::1");
  assertMatch(String(checkFirstListener(other)), /^✗ not yet: it listens at ::1/);
  const closed = listen();
  closed.close();
  assertMatch(String(checkFirstListener(closed)), /has no listening socket at port \d+$/);
});

Deno.test("checkListenerCount() compares with the kernel's table", () => {
  assertEquals(checkListenerCount(undefined).state, "open");
  assertEquals(checkListenerCount(listeners({ protocol: "tcp" }).length).state, "right");
  assertEquals(checkListenerCount(-1).state, "not yet");
});

Deno.test("checkRefusedListen() is right when the kernel refuses, and only then", async () => {
  assertEquals((await checkRefusedListen(undefined)).state, "open");
  using taken = listen();
  const refused = await checkRefusedListen(() => listen("127.0.0.1", taken.addr.port));
  assertEquals(String(refused), "✓ right: AddrInUse: another socket has this port");
  const { port } = taken.addr;
  assertEquals((await checkRefusedListen(() => listen())).state, "not yet");
  assertEquals(listeners({ port }).length, 1);
  const own = await checkRefusedListen(() => {
    throw new Error("mine");
  });
  assertEquals(String(own), "✗ not yet: Error does not come from the kernel: mine");
});
