import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  connections,
  type ListeningAddress,
  PrivateNetwork,
  reachFrom,
  Socket,
  SocketError,
  tryEveryReach,
  tryToReach,
} from "fourtuple";
import type { Refusal } from "../../../lib/refusal.ts";
import { FakeNetwork } from "../_fake_network.ts";
import { requires } from "../../requirements.ts";

Deno.test("tryToReach() finds who is reached on loopback", async () => {
  const pairs = [
    ["127.0.0.1", "127.0.0.1", "connected"],
    ["127.0.0.2", "127.0.0.2", "connected"],
    ["127.0.0.1", "127.0.0.2", "refused"],
    ["::1", "::1", "connected"],
    ["::1", "127.0.0.1", "refused"],
    ["127.0.0.1", "::1", "refused"],
    ["::ffff:127.0.0.1", "127.0.0.1", "connected"],
  ] as const;
  for (const [address, called, outcome] of pairs) {
    assertEquals(await tryToReach({ address }, called), outcome, `${address}, ${called}`);
  }
});

Deno.test("tryToReach() tries wildcards and interfaces in a network of its own", {
  ...requires("network namespace"),
}, async () => {
  await using network = await PrivateNetwork.create({
    interfaces: { eth0: ["192.168.1.100"], eth1: ["10.0.0.50"] },
  });
  const called = ["192.168.1.100", "10.0.0.50", "127.0.0.1", "127.0.0.2", "::1"];
  const reached = async (listener: ListeningAddress) => {
    const outcomes: string[] = [];
    for (const address of called) outcomes.push(await tryToReach(listener, address, { network }));
    return called.filter((_, index) => outcomes[index] === "connected");
  };
  assertEquals(await reached({ address: "0.0.0.0" }), called.slice(0, 4));
  assertEquals(await reached({ address: "10.0.0.50" }), ["10.0.0.50"]);
  assertEquals(await reached({ address: "::", v6Only: false }), called);
  assertEquals(await reached({ address: "::", v6Only: true }), ["::1"]);
  assertEquals(connections({}, { network }).length, 0);
});

Deno.test("tryToReach() closes its sockets and passes other errors on", async () => {
  const network = FakeNetwork.make();
  await tryToReach({ address: "127.0.0.1" }, "127.0.0.1", { network });
  await tryToReach({ address: "127.0.0.1" }, "127.0.0.2", { network });
  const foreign = () => tryToReach({ address: "192.0.2.1" }, "127.0.0.1", { network });
  const error = await assertRejects(foreign, SocketError);
  assertEquals([error.call, error.code], ["bind", "EADDRNOTAVAIL"]);
  assertEquals([network.opened, network.sockets.size], [5, 0]);
});

Deno.test("tryToReach() uses nothing but loopback outside of a private network", async () => {
  const network = FakeNetwork.make(false);
  for (const address of ["192.0.2.1", "0.0.0.0", "::", "2001:db8::1", "::ffff:192.0.2.1"]) {
    const trials = [
      () => tryToReach({ address }, "127.0.0.1"),
      () => tryToReach({ address: "127.0.0.1" }, address, { network }),
    ];
    for (const trial of trials) {
      const error = await assertRejects(trial, RangeError) as Refusal;
      assertEquals(error.part, `"${address}"`);
      assertMatch(error.rule, /only loopback/);
    }
  }
  assertEquals(network.opened, 0);
});

Deno.test("tryToReach() refuses misspelt options and values of the wrong kind", async () => {
  const at = { address: "127.0.0.1" };
  const trials: readonly (() => Promise<unknown>)[] = [
    () => tryToReach("127.0.0.1" as never, "127.0.0.1"),
    () => tryToReach({ adress: "127.0.0.1" } as never, "127.0.0.1"),
    () => tryToReach({ ...at, v6Only: 1 as never }, "127.0.0.1"),
    () => tryToReach(at, 127 as never),
    () => tryToReach(at, "127.0.0.1", { netwrok: undefined } as never),
    () => tryToReach(at, "127.0.0.1", { network: 5 as never }),
  ];
  for (const trial of trials) await assertRejects(trial, TypeError);
});

Deno.test("tryEveryReach() names the rows by address and v6Only", async () => {
  const listeners = [{ address: "127.0.0.1" }, { address: "::1", v6Only: true }];
  assertEquals(await tryEveryReach(listeners, ["127.0.0.1", "::1"]), [
    { row: "127.0.0.1", column: "127.0.0.1", outcome: "connected" },
    { row: "127.0.0.1", column: "::1", outcome: "refused" },
    { row: "::1, v6Only", column: "127.0.0.1", outcome: "refused" },
    { row: "::1, v6Only", column: "::1", outcome: "connected" },
  ]);
});

Deno.test("reachFrom() calls from this machine only at loopback", async () => {
  using server = Socket.tcp();
  server.bind("127.0.0.1:0");
  server.listen();
  const call = { row: "server", column: "here", endpoint: server.localEndpoint() };
  assertEquals(await reachFrom({ enter: [] }, [call]), [
    { row: "server", column: "here", outcome: "connected" },
  ]);
  const away = { ...call, endpoint: "192.0.2.1:80" };
  await assertRejects(() => reachFrom({ enter: [] }, [away]), RangeError);
  await assertRejects(() => reachFrom({ enter: [] }, [call], { timeout: 0 }), RangeError);
});

Deno.test("reachFrom() tells silence from a call that no route leads to", {
  ...requires("network namespace"),
}, async () => {
  await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
  using full = Socket.tcp({ network });
  full.bind("10.0.0.5:80");
  full.listen(0);
  using first = Socket.tcp({ network, timeout: 5000 });
  await first.connect("10.0.0.5:80");
  const call = { row: "full", column: "here", endpoint: "10.0.0.5:80" };
  const [silent] = await reachFrom(network, [call], { timeout: 200 });
  assertEquals(silent?.outcome, "no answer");
  const away = { ...call, endpoint: "192.0.2.1:80" };
  await assertRejects(() => reachFrom(network, [away]), Error, "unreachable");
});
