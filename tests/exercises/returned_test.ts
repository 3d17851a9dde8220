import { assertEquals } from "@std/assert";
import { closeReturned, isListener, verdictOfListener } from "../../lib/exercises/_returned.ts";
import { listeners } from "../../lib/observe/connections.ts";
import { Socket } from "../../lib/sockets/socket.ts";

const listen = (hostname = "127.0.0.1") => Deno.listen({ hostname, port: 0 });

Deno.test("closeReturned() closes a socket, or all of a list, whatever else the list holds", () => {
  const [alone, one, gone, other] = [Socket.tcp(), Socket.tcp(), listen(), Socket.udp()];
  closeReturned(alone);
  gone.close(); // Deno throws at the second close.
  closeReturned([undefined, one, 80, gone, { close: "no" }, other, other]);
  assertEquals([alone, one, other].map(({ isClosed }) => isClosed), [true, true, true]);
  for (const nothing of [undefined, null, 80, "close", Symbol("late"), {}, []]) {
    closeReturned(nothing);
  }
});

Deno.test("isListener() takes a listening socket of Deno's, and no other socket", () => {
  using listener = listen();
  const datagrams = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  using socket = Socket.tcp();
  assertEquals(isListener(listener), true);
  for (const other of [datagrams, socket, { accept: 1, addr: 1, close: 1 }, null, undefined, 80]) {
    assertEquals(isListener(other), false);
  }
  closeReturned(datagrams);
});

Deno.test("verdictOfListener() wants a listener, at once, at the address", async () => {
  using listener = listen();
  using elsewhere = listen("127.0.0.2");
  const say = (value: unknown) => verdictOfListener(value, "127.0.0.1")?.message;
  assertEquals(say(listener), undefined);
  assertEquals(say(elsewhere), "it listens at 127.0.0.2, not 127.0.0.1");
  const cannot = "the function was to return its listener at once, and returned";
  assertEquals(say(undefined), `${cannot} undefined`);
  assertEquals(say(Promise.reject(new Error("mine"))), `${cannot} a promise`);
  const late = Socket.tcp();
  late.bind("127.0.0.1:0");
  late.listen();
  const { port } = late.localEndpoint();
  assertEquals(say(Promise.resolve(late)), `${cannot} a promise`);
  await Promise.resolve();
  assertEquals(listeners({ port }).length, 0);
});
