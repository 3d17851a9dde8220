import { callSymptoms, labNetwork, packetRules, setPacketRules, Socket } from "fourtuple";
import { assertEquals, assertRejects } from "@std/assert";
import { requires } from "../requirements.ts";

Deno.test({
  name: "setPacketRules(): rules refuse, stay silent and count, until they are taken away",
  ...requires("network namespace", "nft"),
  async fn() {
    await using network = await labNetwork({ addresses: ["10.0.0.5"] });
    const servers = [22, 25].map((port) => {
      const socket = Socket.tcp({ network });
      socket.bind(`10.0.0.5:${port}`);
      socket.listen();
      return socket.localEndpoint();
    });
    const call = async () => {
      const [one, other] = servers;
      return (await callSymptoms({ one: one!, other: other! }, { network })).heard;
    };
    assertEquals((await packetRules(network)).rules, []);
    await setPacketRules(network, [
      "tcp dport 22 counter reject with tcp reset",
      "tcp dport 25 counter drop",
    ]);
    assertEquals(await call(), ["ECONNREFUSED", "nothing"]);
    const listed = await packetRules(network);
    assertEquals(listed.rules, [
      { rule: "tcp dport 22 counter reject with tcp reset", packets: 1 },
      { rule: "tcp dport 25 counter drop", packets: 1 },
    ]);
    assertEquals(listed.toTable().rows[1], ["tcp dport 25 counter drop", 1]);

    await setPacketRules(network, ["tcp dport 25 accept", "tcp dport 25 drop"]);
    assertEquals(await call(), ["connected", "connected"]);
    assertEquals((await packetRules(network)).rules[0], {
      rule: "tcp dport 25 accept",
      packets: undefined,
    });
    await setPacketRules(network, ["tcp dport 25 drop"]);
    await setPacketRules(network, []);
    await setPacketRules(network, []);
    assertEquals(await call(), ["connected", "connected"]);
  },
});

Deno.test({
  name:
    "setPacketRules() refuses what nft does not understand, and keeps the rules that there were",
  ...requires("network namespace", "nft"),
  async fn() {
    await using network = await labNetwork({ addresses: ["10.0.0.5"] });
    await setPacketRules(network, ["tcp dport 22 drop"]);
    await assertRejects(() => setPacketRules(network, ["tcp dport"]), SyntaxError, "understands");
    await assertRejects(() => setPacketRules(network, ["drop; drop"]), SyntaxError, "one line");
    await assertRejects(() => setPacketRules(network, ["drop\ndrop"]), SyntaxError, "one line");
    await assertRejects(() => setPacketRules(network, "drop" as never), TypeError, "an array");
    assertEquals((await packetRules(network)).rules.map(({ rule }) => rule), ["tcp dport 22 drop"]);
  },
});
