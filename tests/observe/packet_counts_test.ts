import { assert, assertEquals, assertThrows } from "@std/assert";
import { packetCounts, parsePacketCounts } from "../../lib/observe/_packet_counts.ts";

const SNMP = `Ip: Forwarding DefaultTTL
Ip: 2 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens InSegs OutSegs
Tcp: 1 200 120000 -1 17 12 999 1234
Udp: InDatagrams NoPorts InErrors OutDatagrams
Udp: 5 6 7 88
UdpLite: InDatagrams NoPorts InErrors OutDatagrams
UdpLite: 0 0 0 0
`;
const SNMP6 = "Ip6InReceives                   \t12\nUdp6OutDatagrams                \t11\n";

Deno.test("parsePacketCounts() reads opened connections, segments and datagrams", () => {
  assertEquals(parsePacketCounts(SNMP, SNMP6), { opened: 17, segments: 1234, datagrams: 99 });
  assertEquals(parsePacketCounts(SNMP, ""), { opened: 17, segments: 1234, datagrams: 88 });
});

Deno.test("parsePacketCounts() refuses a text without a counter, or with no number", () => {
  const rule = (name: string) => `Cannot read the counter "${name}": the kernel gives it a number`;
  const table: [string, string][] = [
    ["", `${rule("Tcp ActiveOpens")}, got nothing`],
    [SNMP.replace("OutSegs", "Others"), `${rule("Tcp OutSegs")}, got nothing`],
    [SNMP.replace(" 88", ""), `${rule("Udp OutDatagrams")}, got nothing`],
    [SNMP.replace("1234", "many"), `${rule("Tcp OutSegs")}, got "many"`],
  ];
  for (const [text, message] of table) {
    assertEquals(assertThrows(() => parsePacketCounts(text, ""), SyntaxError).message, message);
  }
});

Deno.test({
  name: "packetCounts() counts what this machine sends",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const before = packetCounts("self");
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using _client = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    using _accepted = await listener.accept();
    const after = packetCounts(Deno.pid);
    assert(after.opened > before.opened);
    assert(after.segments >= before.segments + 3);
  },
});
