import {
  type Ending,
  fillPorts,
  type FillPortsOptions,
  fillPortsTwice,
  type FillSample,
  Socket,
  SocketError,
} from "fourtuple";
import { connections, portLab, PortRange } from "fourtuple";
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { listening } from "../../sockets/_sockets.ts";
import type { Refusal } from "../../../lib/refusal.ts";
import { requires } from "../../requirements.ts";

const { ignore } = requires("network namespace");
const FOUR = PortRange.from(50000, 50003);

/** Fills a computer with four ports, and tells what its kernel has left at the client's address. */
async function fill(ending: Ending) {
  await using lab = await portLab(FOUR);
  const { refusal, ...rest } = await fillPorts(lab.newClient, lab.servers[0], { ending, most: 12 });
  const { addresses: [client], network } = lab;
  const states = connections({ protocol: "tcp", address: client }, { network })
    .filter(({ local }) => local.address === client)
    .map(({ state }) => state);
  return { connections: rest.connections, code: refusal?.code, states: [...states] };
}

Deno.test({
  name: "fillPorts() keeps four-tuples or gives them back, as the connections end",
  ignore,
  async fn() {
    const none = { connections: 4, code: "EADDRNOTAVAIL" };
    assertEquals(await fill("kept"), { ...none, states: Array(4).fill("ESTABLISHED") });
    assertEquals(await fill("client first"), { ...none, states: Array(4).fill("TIME_WAIT") });
    const all = { connections: 12, code: undefined, states: [] };
    assertEquals(await fill("server first"), all);
    assertEquals(await fill("reset"), all);
  },
});

Deno.test({
  name: "fillPorts() takes the refusal of a bind for what it is",
  ignore,
  async fn() {
    await using lab = await portLab(FOUR);
    const bound = () => {
      const socket = lab.newTcp();
      socket.bind(lab.network.endpoint("10.0.0.5:0"));
      return socket;
    };
    const { connections, refusal } = await fillPorts(bound, lab.servers[1]);
    assertEquals([connections, refusal?.call, refusal?.code], [4, "bind", "EADDRINUSE"]);
  },
});

Deno.test("fillPorts() stops at its limits, and tells what happened when", async () => {
  using server = listening();
  const client = () => Socket.tcp({ timeout: 5000 });
  const shown: FillSample[] = [];
  const some = await fillPorts(client, server, { ending: "reset", most: 30 });
  assertEquals([some.connections, some.refusal], [30, undefined]);
  assertEquals(
    some.samples.slice(0, 20).map(({ connections }) => connections),
    [
      ...Array(20).keys(),
    ].map((index) => index + 1),
  );
  assertEquals(some.samples.at(-1)!.connections, 30);
  assert(
    some.samples.every(({ seconds }, index) => seconds >= (some.samples[index - 1]?.seconds ?? 0)),
  );

  const timed = await fillPorts(client, server, {
    ending: "reset",
    limit: 1_200,
    onProgress: (sample) => shown.push(sample),
  });
  const { seconds, connections } = timed.samples.at(-1)!;
  assert(seconds >= 1.2 && connections === timed.connections, `${seconds} ${connections}`);
  assertLess(timed.samples.length, 20 + 2 + seconds * 50);
  assertEquals(shown.length, Math.floor(shown.at(-1)!.seconds));
});

Deno.test("fillPorts() gives on what is no want of ports", async () => {
  const server = listening();
  const place = server.localEndpoint();
  let made = 0;
  const client = () => {
    if (++made === 3) server.close();
    return Socket.tcp({ timeout: 5000 });
  };
  const error = await assertRejects(
    () => fillPorts(client, server, { ending: "reset" }),
    SocketError,
  );
  assertEquals(error.code, "EBADF");
  assertEquals(connections({ port: place.port, state: "LISTEN" }).length, 0);
});

Deno.test("fillPorts() refuses misspelt options and values of the wrong kind", async () => {
  using server = listening();
  const table: readonly (readonly [options: unknown, Class: ErrorConstructor, part: string])[] = [
    [{ ending: "politely" }, TypeError, '"politely"'],
    [{ most: 0 }, RangeError, "0"],
    [{ most: 1.5 }, RangeError, "1.5"],
    [{ limit: NaN }, RangeError, "NaN"],
    [{ limit: "5" }, TypeError, '"5"'],
    [{ onProgres: () => {} }, TypeError, '"onProgres"'],
    [{ onProgress: 5 }, TypeError, "5"],
  ];
  for (const [options, Class, part] of table) {
    const filling = () => fillPorts(() => Socket.tcp(), server, options as FillPortsOptions);
    assertEquals((await assertRejects(filling, Class) as Refusal).part, part);
  }
  await assertRejects(() => fillPorts(5 as never, server), TypeError);
  await assertRejects(() => fillPorts(() => Socket.tcp(), 5 as never), TypeError);
});

Deno.test({
  name: "fillPortsTwice() tells what has come back after the pause",
  ignore,
  async fn() {
    const twice = async (reuse: 0 | 1, pause: number) => {
      await using lab = await portLab(FOUR, { sysctls: { "net.ipv4.tcp_tw_reuse": reuse } });
      return await fillPortsTwice(lab.newClient, lab.servers[0], { pause });
    };
    assertEquals(
      await Promise.all([twice(0, 1_200), twice(1, 1_200)]),
      [[4, 0], [4, 4]],
    );
    await assertRejects(() => twice(0, -1), RangeError);
  },
});
