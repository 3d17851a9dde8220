import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { connectionsWhen, ConversationCost, costOf, PrivateNetwork } from "fourtuple";
import { Socket, timesOf, type Work } from "fourtuple";
import { requires } from "../../requirements.ts";

const inPrivate = requires("network namespace");

Deno.test("costOf() counts connections, ports and packets as TCP has them", inPrivate, async () => {
  await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100", "10.0.0.5"] });
  using server = Socket.tcp({ network, timeout: 5000 });
  server.bind("192.168.1.100:80");
  server.listen();
  const visits = (count: number): Work => async () => {
    for (let visit = 0; visit < count; visit++) {
      const client = Socket.tcp({ network, timeout: 5000 });
      await client.connect(server.localEndpoint());
      const accepted = await server.accept();
      client.close();
      await accepted.receive();
      accepted.close();
    }
    return [1, 2, 3];
  };
  const cost = await costOf("visits", visits(5), { network });
  // Three to shake hands, and an end in both directions; the first one's acknowledgement may go
  // with the second.
  assertEquals([cost.connections, cost.ports], [5, 5]);
  assert(cost.packets >= 5 * 6 && cost.packets <= 5 * 7, `${cost.packets}`);
  assertEquals([cost.name, cost.milliseconds, cost.median], ["visits", [1, 2, 3], 2]);
  // What is left of those five in the table is not counted a second time.
  const next = await costOf("another", visits(2), { network });
  assertEquals([next.connections, next.ports], [2, 2]);
  assert(next.packets >= 2 * 6 && next.packets <= 2 * 7, `${next.packets}`);
});

Deno.test("costOf() counts a port that only a row in TIME_WAIT names", inPrivate, async () => {
  await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
  const [first, second] = ["192.168.1.100:80", "192.168.1.100:7000"].map((at) => {
    const server = Socket.tcp({ network, timeout: 5000 });
    server.bind(at);
    server.listen();
    return server;
  });
  const visit = async (server: Socket, port: number) => {
    const client = Socket.tcp({ network, timeout: 5000 });
    client.bind(`192.168.1.100:${port}`);
    await client.connect(server.localEndpoint());
    (await server.accept()).close(); // the server ends it, so that the client's port is free again
    await client.receive();
    client.close();
    await connectionsWhen({ remotePort: port }, ([row]) => row?.state === "TIME_WAIT", { network });
  };
  await visit(first!, 40000);
  const cost = await costOf("another", async () => {
    await visit(second!, 40000);
    return [];
  }, { network });
  assertEquals([cost.connections, cost.ports], [1, 1]);
});

Deno.test(
  "costOf() counts datagrams, and the port of a socket that is soon gone",
  inPrivate,
  async () => {
    await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5", "2001:db8::5"] });
    for (const address of ["10.0.0.5", "[2001:db8::5]"]) {
      const family = address.startsWith("[") ? "IPv6" as const : "IPv4" as const;
      using receiver = Socket.udp({ network, family });
      receiver.bind(`${address}:8125`);
      const cost = await costOf("datagrams", async () => {
        using sender = Socket.udp({ network, family });
        for (let sent = 0; sent < 7; sent++) await sender.sendTo("one", receiver.localEndpoint());
        await new Promise((resolve) => setTimeout(resolve, 250));
        return [];
      }, { network });
      assertEquals([cost.connections, cost.ports, cost.packets], [0, 1, 7], address);
      assertEquals(cost.median, undefined);
    }
  },
);

Deno.test("costOf() waits for a late goodbye", inPrivate, async () => {
  await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
  using server = Socket.tcp({ network, timeout: 5000 });
  server.bind("10.0.0.5:80");
  server.listen();
  let late: ReturnType<typeof setTimeout> | undefined;
  const cost = await costOf("late", async () => {
    const client = Socket.tcp({ network, timeout: 5000 });
    await client.connect(server.localEndpoint());
    const accepted = await server.accept();
    late = setTimeout(() => [client, accepted].forEach((each) => each.close()), 40);
    return [];
  }, { network });
  assert(cost.packets >= 6, `${cost.packets}`);
  clearTimeout(late);
});

Deno.test("costOf() refuses wrong names, works, times and options, and passes errors on", async () => {
  const table: readonly (readonly [Class: ErrorConstructor, name: unknown, work: unknown])[] = [
    [RangeError, " ", () => Promise.resolve([])],
    [TypeError, 1, () => Promise.resolve([])],
    [TypeError, "a", []],
    [RangeError, "a", () => Promise.resolve([-1])],
    [TypeError, "a", () => Promise.resolve(["1"])],
    [TypeError, "a", () => Promise.resolve(undefined)],
  ];
  for (const [Class, name, work] of table) {
    await assertRejects(() => costOf(name as string, work as Work), Class);
  }
  const none = () => Promise.resolve([]);
  await assertRejects(() => costOf("a", none, { netwrok: 5 } as never), TypeError, '"netwrok"');
  await assertRejects(() => costOf("a", none, { network: 5 as never }), TypeError);
  await assertRejects(() => costOf("a", () => Promise.reject(new Error("mine"))), Error, "mine");
});

Deno.test("ConversationCost shows itself as a table of one row", () => {
  const parts = { milliseconds: [0.123, 4, 1], connections: 1, ports: 2, packets: 30 };
  const lines = String(new ConversationCost("a way", parts)).split("\n");
  assertEquals(lines.map((line) => line.trim().split(/ {2,}/)), [
    ["way", "messages", "median (ms)", "connections", "ports", "packets"],
    ["a way", "3", "1", "1", "2", "30"],
  ]);
  const median = (milliseconds: number[]) =>
    new ConversationCost("a", { ...parts, milliseconds }).median;
  assertEquals([median([5]), median([9, 1]), median([3, 1, 2])], [5, 5, 2]);
  assertAlmostEquals(median([1, 2, 3, 4])!, 2.5, 1e-12);
});

Deno.test("timesOf() does it as often as asked, one after the other, and refuses anything else", async () => {
  let running = 0;
  const times = await timesOf(async () => {
    assertEquals(running++, 0);
    await Promise.resolve();
    running--;
  }, 5);
  assertEquals(times.length, 5);
  assert(times.every((time) => time >= 0));
  await assertRejects(() => timesOf(() => {}, 0), RangeError);
  await assertRejects(() => timesOf(undefined as unknown as () => void), TypeError);
  await assertRejects(() => timesOf(() => Promise.reject(new Error("no")), 2), Error, "no");
});
