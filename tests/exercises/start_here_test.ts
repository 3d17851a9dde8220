import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  checkFirstListener,
  checkListenerCount,
  checkRefusedListen,
} from "../../lib/exercises/start_here.ts";
import { listeners } from "../../lib/observe/connections.ts";
import { Socket } from "../../lib/sockets/socket.ts";

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
  assertMatch(
    String(checkFirstListener(closed)),
    /has no listening socket at port \d+; a check closes yours/,
  );
});

Deno.test("checkListenerCount() compares with the kernel's table", () => {
  assertEquals(checkListenerCount(undefined).state, "open");
  // Another program's listener may come or go between the two readings.
  const tries = Array.from({ length: 20 }, () => listeners({ protocol: "tcp" }).length)
    .map((count) => [count, checkListenerCount(count).state]);
  assert(tries.some(([, state]) => state === "right"));
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

Deno.test("checkFirstListener() says how to check again, both times", () => {
  const mine = listen();
  const again = /: run your own cell again to check again$/;
  assertMatch(String(checkFirstListener(mine)), /^✓ right/);
  assertMatch(String(checkFirstListener(mine)), /^✗ not yet/);
  assertMatch(checkFirstListener(listenThenClose()).message, again);
  const other = listen();
  assertMatch(checkFirstListener(other).message, again);
});

function listenThenClose(): Deno.TcpListener {
  using listener = listen();
  return listener;
}

Deno.test("checkFirstListener() takes no other value for a listener", () => {
  const say = (value: unknown) => checkFirstListener(value as Deno.Listener).message;
  const give = "give myListener a listening socket of Deno's, got";
  assertEquals(say(8080), `${give} a number`);
  assertEquals(say(null), `${give} null`);
  assertEquals(say({}), `${give} an object`);
  const datagrams = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  assertEquals(say(datagrams), `${give} an object`);
  datagrams.close();
});

Deno.test("checkListenerCount() asks for a number where it is given the table", () => {
  const say = (value: unknown) => checkListenerCount(value as number).message;
  assertEquals(say(listeners()), "give howMany a number, got an array");
  assertEquals(say("3"), "give howMany a number, got a string");
});

Deno.test("checkRefusedListen() knows the answers to callers, and those to the kit's sockets", async () => {
  const { port } = listenThenClose().addr;
  assertEquals(
    String(await checkRefusedListen(() => Deno.connect({ hostname: "127.0.0.1", port }))),
    "✗ not yet: ConnectionRefused: that is the kernel's answer to a caller: ask for a listening socket",
  );
  using taken = listen();
  using socket = Socket.tcp({ timeout: 1000 });
  assertEquals(
    String(await checkRefusedListen(() => socket.bind(taken.addr))),
    "✓ right: EADDRINUSE: another socket has this port",
  );
  assertEquals(
    (await checkRefusedListen(() => socket.connect(`127.0.0.1:${port}`))).message,
    "ECONNREFUSED: that is the kernel's answer to a caller: ask for a listening socket",
  );
});
