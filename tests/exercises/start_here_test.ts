import { assertEquals } from "@std/assert";
import {
  checkCountSockets,
  checkFirstSocket,
  checkKernelRefuses,
} from "../../lib/exercises/start_here.ts";
import { connections, listeners } from "../../lib/observe/connections.ts";
import { freePort } from "../../lib/sockets/free_port.ts";
import { ephemeralRange } from "../../lib/observe/machine/ephemeral_range.ts";
import { PortRange } from "../../lib/ports/port_range.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { assertVerdict, assertVerdicts } from "./_verdicts.ts";

const listen = (hostname = "127.0.0.1", port = 0) => Deno.listen({ hostname, port });

function listenThenClose(): Deno.TcpListener {
  using listener = listen();
  return listener;
}

Deno.test("checkFirstSocket() is right with a listener, which it closes, and says how to go on", async () => {
  assertVerdict(await checkFirstSocket(undefined), "open", "set mySocket to");
  const mine = listen();
  const again = "run your own cell again to check again";
  assertVerdict(await checkFirstSocket(mine), "right", again);
  assertEquals(listeners({ port: mine.addr.port }).length, 0);
  assertVerdict(await checkFirstSocket(mine), "not yet", again);
});

Deno.test("checkFirstSocket() refuses another address, a fixed port, UDP, and a closed one", async () => {
  using other = listen("::1");
  const below = PortRange.from(ephemeralRange().first - 300, ephemeralRange().first - 1);
  const held = freePort({ range: below });
  held.release();
  using fixed = listen("127.0.0.1", held.port);
  const udp = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  await assertVerdicts([
    [() => checkFirstSocket(other), "not yet", "it listens at ::1"],
    [() => checkFirstSocket(fixed), "not yet", "which the kernel did not pick"],
    [() => checkFirstSocket(udp as unknown as Deno.TcpListener), "not yet", "a DatagramConn"],
    [() => checkFirstSocket(listenThenClose()), "not yet", "no listening socket at port"],
  ]);
});

Deno.test("checkFirstSocket() takes no other value for a listener", async () => {
  const say = (value: unknown) => () => checkFirstSocket(value as Deno.TcpListener);
  await assertVerdicts([
    [say(8080), "not yet", "mySocket is 8080, and should be a listening socket"],
    [say(null), "not yet", "mySocket is null"],
    [say({}), "not yet", "mySocket is {}"],
    [say(Socket.tcp()), "not yet", "make it with the function of Deno"],
    [say(Promise.resolve()), "not yet", "put `await` before the call"],
  ]);
});

Deno.test("checkCountSockets() compares a number with the kernel's table", async () => {
  assertVerdict(await checkCountSockets(undefined), "open");
  // Another program's listener may come or go between the two readings.
  let state;
  for (let tries = 0; tries < 20 && state !== "right"; tries++) {
    state = (await checkCountSockets(listeners({ protocol: "tcp" }).length)).state;
  }
  assertEquals(state, "right");
  assertVerdict(await checkCountSockets(-1), "not yet", "not -1");
  const say = async (value: unknown) => await checkCountSockets(value as number);
  assertVerdict(
    await say(listeners()),
    "not yet",
    "and should be a function that returns a number",
  );
  assertVerdict(await say("3"), "not yet", 'howMany is "3"');
});

Deno.test("checkCountSockets() finds a function that counts UDP sockets, on any machine", async () => {
  const tcp = () => listeners({ protocol: "tcp" }).length;
  assertVerdict(await checkCountSockets(tcp), "right");
  assertVerdict(await checkCountSockets(() => listeners().length), "not yet", "UDP sockets");
  using called = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using _caller = await Deno.connect({ hostname: "127.0.0.1", port: called.addr.port });
  const all = () => connections({ protocol: "tcp" }).length + listeners().length;
  assertVerdict(await checkCountSockets(all), "not yet", "listeners() has those that wait");
  const rows = () => listeners({ protocol: "tcp" }) as unknown as number;
  assertVerdict(await checkCountSockets(rows), "not yet", "its `length` is the number");
  // A machine without any other UDP socket: only the check's own tells the two apart.
  const others = listeners({ protocol: "udp" }).length;
  const lucky = () => listeners().length - others;
  assertVerdict(await checkCountSockets(lucky), "not yet", "UDP sockets do not listen");
  const constant = tcp();
  assertVerdict(await checkCountSockets(() => constant), "not yet", "each time that it is called");
  const forgotten = (() => void tcp()) as unknown as () => number;
  assertVerdict(await checkCountSockets(forgotten), "not yet", "`return");
});

Deno.test("checkKernelRefuses() is right when the kernel refuses, and only then", async () => {
  using taken = listen();
  using socket = Socket.tcp({ timeout: 1000 });
  const { port } = listenThenClose().addr;
  let granted: Deno.TcpListener | undefined;
  const cases = [
    [undefined, "open"],
    [
      () => listen("127.0.0.1", taken.addr.port),
      "right",
      "AddrInUse: another socket has this port",
    ],
    [() => socket.bind(taken.addr), "right", "EADDRINUSE: another socket has this port"],
    [() => listen("192.0.2.1"), "right", "AddrNotAvailable"],
    [() => granted = listen(), "not yet", Deno.uid() === 0 ? "You are root" : "Ask for a port"],
    [
      () => {
        throw new Error("mine");
      },
      "not yet",
      "That is not the kernel's answer",
    ],
    [() => listen("127.0.0.1", 65536), "not yet", "did not ask the kernel"],
    [
      () => {
        try {
          return listen("192.0.2.1");
        } catch (error) {
          return error;
        }
      },
      "not yet",
      "Leave out try and catch",
    ],
    [() => Deno.connect({ hostname: "127.0.0.1", port }), "not yet", "kernel's answer to a client"],
    [() => socket.connect(`127.0.0.1:${port}`), "not yet", "ECONNREFUSED: that is the kernel's"],
  ] as const;
  for (const [answer, state, part] of cases) {
    assertVerdict(await checkKernelRefuses(answer), state, part);
  }
  assertEquals(connections({ state: "LISTEN", localPort: granted!.addr.port }).length, 0);
});
