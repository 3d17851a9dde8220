import { assertEquals, assertRejects } from "@std/assert";
import {
  connections,
  type PortSharer,
  PrivateNetwork,
  type SharingOutcome,
  type SharingStage,
  Socket,
  SocketError,
  tryToShare,
} from "fourtuple";
import { requires } from "../requirements.ts";

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

Deno.test("tryToShare() closes its sockets, whatever comes of it", async () => {
  const made: Socket[] = [];
  const network = {
    tcp: (options: Parameters<typeof Socket.tcp>[0]) => made[made.push(Socket.tcp(options)) - 1]!,
    udp: (options: Parameters<typeof Socket.udp>[0]) => made[made.push(Socket.udp(options)) - 1]!,
    isPrivate: true, // for the address that no machine has
  };
  for (const stage of ["bound", "listening", "accepted", "connected"] as const) {
    await tryToShare(ADDRESS, ADDRESS, { stage, network });
  }
  // A probe each, the two, and whom the first one meets.
  assertEquals(made.length, 3 + 3 + 4 + 4);
  await assertRejects(() => tryToShare({}, { address: "192.0.2.1" }, { network }), SocketError);
  await assertRejects(() => tryToShare({}, { v6Only: true }, { network }), Error);
  assertEquals(made.filter(({ isClosed }) => !isClosed), []);
});

Deno.test("tryToShare() lets errors out that have nothing to do with sharing", async () => {
  const network = { tcp: Socket.tcp, udp: Socket.udp, isPrivate: true };
  const foreign = () => tryToShare({}, { address: "192.0.2.1" }, { network });
  const error = await assertRejects(foreign, SocketError);
  assertEquals([error.call, error.code], ["bind", "EADDRNOTAVAIL"]);
});

Deno.test("tryToShare() uses nothing but loopback outside of a private network", async () => {
  const message =
    'Cannot share a port at "0.0.0.0": outside of a private network only loopback is ' +
    'used, got "0.0.0.0"';
  for (const [first, second] of [[ANY, {}], [{}, ANY]] as const) {
    assertEquals(
      (await assertRejects(() => tryToShare(first, second), RangeError)).message,
      message,
    );
  }
});

Deno.test("tryToShare() refuses stages and protocols that do not exist", async () => {
  const refused: readonly (readonly [PortSharer, unknown, string])[] = [
    [
      { protocol: "sctp" as "tcp" },
      "bound",
      'Cannot use "sctp" as a protocol: a protocol is "tcp" or "udp", got "sctp"',
    ],
    [
      {},
      "closed",
      'Cannot share a port that is "closed": the stages are "bound", "listening", "accepted", ' +
      '"connected", got "closed"',
    ],
    [
      UDP,
      "accepted",
      'Cannot share a port that is "accepted": only a TCP socket accepts, got a UDP one',
    ],
  ];
  for (const [first, stage, message] of refused) {
    const trial = () => tryToShare(first, {}, { stage: stage as SharingStage });
    assertEquals((await assertRejects(trial, TypeError)).message, message);
  }
});
