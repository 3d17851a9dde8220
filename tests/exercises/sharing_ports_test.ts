import { assertEquals } from "@std/assert";
import {
  checkAlone,
  checkCrew,
  checkOnePort,
  checkThief,
} from "../../lib/exercises/sharing_ports.ts";
import type { PortRange } from "../../lib/ports/port_range.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";
import { requires } from "../requirements.ts";
import { assertVerdict, assertVerdicts, forgetting } from "./_verdicts.ts";

type Option = "reuseAddress" | "reusePort";

/** Makes sockets at one endpoint, of which as many as `listening` listen. */
function crew(count: number, { option = "reusePort" as Option, listening = count } = {}): Socket[] {
  const sockets = Array.from({ length: count }, () => Socket.tcp());
  for (const [index, socket] of sockets.entries()) {
    socket.setOption(option, true);
    socket.bind(index === 0 ? "127.0.0.1:0" : sockets[0]!.localEndpoint());
    if (option === "reusePort") socket.listen();
  }
  if (option === "reuseAddress") { for (const each of sockets.slice(0, listening)) each.listen(); }
  return sockets;
}

Deno.test("checkCrew() wants as many listeners at one endpoint, and closes what it was given", async () => {
  const say = (answer: unknown) => () => checkCrew(answer as (count: number) => Socket[]);
  let one: Socket | undefined;
  await assertVerdicts([
    [say(undefined), "open"],
    [say(crew), "right", /3 listen at 127\.0\.0\.1:\d+; clients .*: \d+, \d+, \d+$/],
    [say(async (count: number) => await crew(count)), "right"],
    [say(() => crew(2)), "not yet", "a list of 2, and should return a list of 3"],
    [say(() => [...crew(2), ...crew(1)]), "not yet", "one is at 127.0.0.1:"],
    [
      say((count: number) => crew(count, { option: "reuseAddress", listening: 1 })),
      "not yet",
      "the kernel has 1 sockets listening there",
    ],
    [
      say((count: number) => crew(count, { option: "reuseAddress" })),
      "not yet",
      "each has set the option reusePort",
    ],
    [say((count: number) => Array(count).fill(one = crew(1)[0]!)), "not yet", "the kernel has 1"],
    [say((count: number) => void crew(count)), "not yet", "`return"],
    [
      say(() => {
        throw new Error("no idea");
      }),
      "not yet",
      "Error: no idea",
    ],
  ]);
  assertEquals(one?.isClosed, true);
});

type CallAll = (
  address: string,
  range: PortRange,
  servers: readonly Endpoint[],
) => Promise<readonly Socket[]>;

/** Calls each server from a socket that `prepare` has made ready. */
function calling(prepare: (socket: Socket, address: string, range: PortRange) => void): CallAll {
  return async (address, range, servers) => {
    const sockets: Socket[] = [];
    for (const server of servers) {
      const socket = Socket.tcp({ timeout: 1000 });
      sockets.push(socket);
      prepare(socket, address, range);
      await socket.connect(server);
    }
    return sockets;
  };
}

Deno.test("checkOnePort() is right with a port that connect picks", {
  ...requires("Linux 6.3"),
}, async () => {
  const right = await checkOnePort(calling((socket, address, range) => {
    socket.setOption("localPortRange", range);
    socket.setOption("bindAddressNoPort", true);
    socket.bind(`${address}:0`);
  }));
  assertVerdict(right, "right", /all 3 servers see 127\.0\.0\.9:\d+: one port, 3 four-tuples/);
});

Deno.test("checkOnePort() wants every server called from one endpoint, and the sockets back", async () => {
  const right = calling((socket, address, range) => {
    socket.setOption("reuseAddress", true);
    socket.bind(`${address}:${range.first}`);
  });
  const say = (answer: unknown) => () => checkOnePort(answer as CallAll);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(right), "right"],
    [
      say(calling((socket, address, range) => socket.bind(`${address}:${range.first}`))),
      "not yet",
      "bind() takes the port for one socket alone",
    ],
    [
      say(calling(() => {})),
      "not yet",
      /server 0 was called from 127\.0\.0\.1:\d+, and not from 127\.0\.0\.9:/,
    ],
    [
      say(((address, range, servers) => right(address, range, servers.slice(1))) as CallAll),
      "not yet",
      "a list of 2",
    ],
    [
      say((async (...given) => (await right(...given)).slice(3)) as CallAll),
      "not yet",
      "a list of 0",
    ],
    [say(forgetting(right)), "not yet", "`return"],
    [
      say((async () => await [Socket.tcp(), Socket.tcp(), Socket.tcp()]) as CallAll),
      "not yet",
      "server 0 has no client",
    ],
  ]);
});

Deno.test("checkAlone() wants a TCP socket whose two ends are one", async () => {
  using listener = crew(1)[0]!;
  const connecting = (socket: Socket, to: () => Endpoint, bind = true) => async () => {
    if (bind) socket.bind("127.0.0.1:0");
    await socket.connect(to());
    return socket;
  };
  const say = (answer: unknown) => () => checkAlone(answer as () => Promise<Socket>);
  const [itself, other, udp] = [Socket.tcp(), Socket.tcp(), Socket.udp()];
  await assertVerdicts([
    [say(undefined), "open"],
    [
      say(connecting(itself, () => itself.localEndpoint())),
      "right",
      /127\.0\.0\.1:(\d+) is connected to 127\.0\.0\.1:\1, which is 1 row of the kernel's/,
    ],
    [
      say(connecting(other, () => listener.localEndpoint(), false)),
      "not yet",
      /it is at 127\.0\.0\.1:\d+, and its other end at 127\.0\.0\.1:\d+/,
    ],
    [say(connecting(udp, () => udp.localEndpoint())), "not yet", "returned a UDP socket"],
    [say(() => Promise.resolve(Socket.tcp())), "not yet", "and is not connected"],
    [say(async () => void await Promise.resolve()), "not yet", "`return"],
  ], { timeout: 1000 });
});

Deno.test("checkThief() wants all datagrams at the thief's", async () => {
  const taker = (option?: Option) => (owner: Endpoint): Socket => {
    const socket = Socket.udp({ timeout: 1000 });
    if (option !== undefined) socket.setOption(option, true);
    socket.bind(owner);
    return socket;
  };
  const say = (answer: unknown) => () => checkThief(answer as (owner: Endpoint) => Socket);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(taker("reuseAddress")), "right", "all 10 datagrams came to the thief, none to the owner"],
    [say(taker("reusePort")), "not yet", "the owner has set reuseAddress"],
    [say(taker()), "not yet", "the owner has set reuseAddress"],
    [
      say(({ address }: Endpoint) => {
        const socket = Socket.udp();
        socket.bind(`${address}:0`);
        return socket;
      }),
      "not yet",
      "of 10 datagrams, the owner got 10, the thief 0",
    ],
    [say(() => Socket.tcp()), "not yet", "returned a TCP socket"],
    [say((owner: Endpoint) => void taker("reuseAddress")(owner)), "not yet", "`return"],
  ]);
});
