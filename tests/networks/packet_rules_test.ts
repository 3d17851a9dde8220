import { callSymptoms, labNetwork, PacketRules, Socket } from "fourtuple";
import { assertEquals, assertRejects } from "@std/assert";
import { requires } from "../requirements.ts";

Deno.test({
  name: "PacketRules refuse, stay silent and count, until they are taken away",
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
    const rules = await PacketRules.create(network, [
      "tcp dport 22 counter reject with tcp reset",
      "tcp dport 25 counter drop",
    ]);
    assertEquals(await call(), ["ECONNREFUSED", "nothing"]);
    const listed = await rules.list();
    assertEquals(listed.rules, [
      { rule: "tcp dport 22 counter reject with tcp reset", packets: 1 },
      { rule: "tcp dport 25 counter drop", packets: 1 },
    ]);
    assertEquals(listed.toTable().rows[1], ["tcp dport 25 counter drop", 1]);

    await rules.replace(["tcp dport 25 accept", "tcp dport 25 drop"]);
    assertEquals(await call(), ["connected", "connected"]);
    assertEquals((await rules.list()).rules[0], {
      rule: "tcp dport 25 accept",
      packets: undefined,
    });
    await rules.replace(["tcp dport 25 drop"]);
    await rules.close();
    await rules.close();
    assertEquals(await call(), ["connected", "connected"]);
  },
});

Deno.test({
  name: "PacketRules refuse what nft does not understand, and keep the rules that there were",
  ...requires("network namespace", "nft"),
  async fn() {
    await using network = await labNetwork({ addresses: ["10.0.0.5"] });
    await using rules = await PacketRules.create(network, ["tcp dport 22 drop"]);
    await assertRejects(() => rules.replace(["tcp dport"]), SyntaxError, "understands");
    await assertRejects(() => rules.replace(["drop; drop"]), SyntaxError, "one line");
    await assertRejects(() => rules.replace(["drop\ndrop"]), SyntaxError, "one line");
    await assertRejects(() => rules.replace("drop" as never), TypeError, "an array");
    assertEquals((await rules.list()).rules.map(({ rule }) => rule), ["tcp dport 22 drop"]);
  },
});
