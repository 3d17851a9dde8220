import { assertEquals, assertRejects } from "@std/assert";
import {
  connections,
  type PortSharer,
  PrivateNetwork,
  type SharingOutcome,
  type SharingStage,
  Socket,
  SocketError,
  tryEveryOption,
  tryToShare,
} from "fourtuple";
import type { Refusal } from "../../../lib/refusal.ts";
import { FakeNetwork } from "../_fake_network.ts";
import { requires } from "../../requirements.ts";

const ADDRESS: PortSharer = { reuseAddress: true };
const PORT: PortSharer = { reusePort: true };
const BOTH: PortSharer = { reuseAddress: true, reusePort: true };
const UDP: PortSharer = { protocol: "udp" };
const ANY: PortSharer = { address: "0.0.0.0" };

/** What Linux answers, by its rules in `socket(7)`; nothing here leaves loopback. */
const ON_LOOPBACK: readonly (readonly [
  what: string,
  first: PortSharer,
  second: PortSharer,
  stage: SharingStage,
  outcome: SharingOutcome,
])[] = [
  ["two without options", {}, {}, "bound", "bind refused"],
  ["another address", {}, { address: "127.0.0.2" }, "listening", "shared"],
  ["TCP beside UDP", {}, UDP, "listening", "shared"],
  ["UDP beside TCP", UDP, {}, "bound", "shared"],
  ["two of UDP", UDP, UDP, "listening", "bind refused"],
  ["reuseAddress, nobody listens", ADDRESS, ADDRESS, "bound", "shared"],
  ["reuseAddress, one listens", ADDRESS, ADDRESS, "listening", "bind refused"],
  ["reuseAddress, one has accepted", ADDRESS, ADDRESS, "accepted", "shared"],
  ["reuseAddress, one is connected", ADDRESS, ADDRESS, "connected", "shared"],
  ["none, one has accepted", {}, ADDRESS, "accepted", "bind refused"],
  ["reusePort, one listens", PORT, PORT, "listening", "shared"],
  ["different options", ADDRESS, PORT, "bound", "bind refused"],
  ["the option of one alone", {}, BOTH, "bound", "bind refused"],
  ["UDP with reuseAddress", { ...UDP, ...ADDRESS }, { ...UDP, ...ADDRESS }, "bound", "shared"],
];

for (const [what, first, second, stage, outcome] of ON_LOOPBACK) {
  Deno.test(`tryToShare() of ${what}: ${outcome}`, async () => {
    assertEquals(await tryToShare(first, second, { stage }), outcome);
  });
}

Deno.test("tryToShare() tries wildcards in a network of its own", {
  ...requires("network namespace"),
}, async () => {
  await using network = await PrivateNetwork.create({ addresses: ["10.0.0.50"] });
  const outcome = (first: PortSharer, second: PortSharer, stage: SharingStage = "listening") =>
    tryToShare(first, second, { stage, network });
  assertEquals(await outcome({}, ANY), "bind refused");
  assertEquals(await outcome(ANY, { address: "10.0.0.50" }), "bind refused");
  assertEquals(await outcome(PORT, { ...PORT, ...ANY }), "shared");
  assertEquals(await outcome({ address: "::" }, ANY), "bind refused");
  assertEquals(await outcome({ address: "::", v6Only: true }, ANY), "shared");
  assertEquals(await outcome(ANY, { address: "::", v6Only: true }), "shared");
  // A wildcard that has connected stands at one address; here it is 127.0.0.1.
  assertEquals(await outcome(ANY, { address: "10.0.0.50" }, "connected"), "shared");
  assertEquals(await outcome(ANY, {}, "connected"), "bind refused");
  assertEquals(connections({}, { network }).length, 0);
});

Deno.test("tryToShare() closes its sockets, whatever the result", async () => {
  const network = FakeNetwork.make();
  for (const stage of ["bound", "listening", "accepted", "connected"] as const) {
    await tryToShare(ADDRESS, ADDRESS, { stage, network });
  }
  // A probe each, the two sockets, and the other end of the first one.
  assertEquals(network.opened, 3 + 3 + 4 + 4);
  await assertRejects(() => tryToShare({}, { address: "192.0.2.1" }, { network }), SocketError);
  await assertRejects(() => tryToShare({}, { v6Only: true }, { network }), SocketError);
  assertEquals(network.sockets.size, 0);
});

Deno.test("tryToShare() passes on errors that have nothing to do with sharing", async () => {
  const foreign = () => tryToShare({}, { address: "192.0.2.1" }, { network: FakeNetwork.make() });
  const error = await assertRejects(foreign, SocketError);
  assertEquals([error.call, error.code], ["bind", "EADDRNOTAVAIL"]);
});

Deno.test("tryToShare() uses nothing but loopback outside of a private network", async () => {
  for (const [first, second] of [[ANY, {}], [{}, ANY]] as const) {
    const error = await assertRejects(() => tryToShare(first, second), RangeError) as Refusal;
    assertEquals(error.part, '"0.0.0.0"');
  }
});

Deno.test("tryToShare() refuses misspelt options, and unknown stages and protocols", async () => {
  const refused: readonly (readonly [first: unknown, options: unknown, part: string])[] = [
    ["127.0.0.1", {}, '"127.0.0.1"'],
    [{ adress: "127.0.0.1" }, {}, '"adress"'],
    [{ protocol: "sctp" }, {}, '"sctp"'],
    [{ reusePort: 1 }, {}, "1"],
    [{}, { stage: "closed" }, '"closed"'],
    [{}, { netwrok: 5 }, '"netwrok"'],
    [{}, { network: Socket }, "a function"],
    [UDP, { stage: "accepted" }, '"udp"'],
  ];
  for (const [first, options, part] of refused) {
    const trial = () => tryToShare(first as PortSharer, {}, options as never);
    assertEquals((await assertRejects(trial, TypeError) as Refusal).part, part);
  }
});

Deno.test("tryEveryOption() tries nine pairs for each case", async () => {
  const trials = await tryEveryOption({
    bound: {},
    listening: { stage: "listening" },
    elsewhere: { stage: "listening", second: { address: "127.0.0.2" } },
  });
  assertEquals(trials.length, 27);
  const shared = (column: string) =>
    trials.filter((each) => each.column === column && each.outcome === "shared")
      .map(({ row }) => row);
  assertEquals(shared("bound"), ["reuseAddress + reuseAddress", "reusePort + reusePort"]);
  assertEquals(shared("listening"), ["reusePort + reusePort"]);
  assertEquals(shared("elsewhere").length, 9);
});

Deno.test(
  "tryEveryOption() works at every address of a network",
  requires("network namespace"),
  async () => {
    await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
    const trials = await tryEveryOption({
      all: {
        stage: "listening",
        first: { address: "0.0.0.0" },
        second: { address: "192.168.1.100" },
      },
    }, { network });
    const shared = trials.filter(({ outcome }) => outcome === "shared");
    assertEquals(shared.map(({ row }) => row), ["reusePort + reusePort"]);
  },
);
