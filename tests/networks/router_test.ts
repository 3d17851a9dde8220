import { assertEquals, assertRejects } from "@std/assert";
import {
  connections,
  labNetwork,
  masquerade,
  PrivateNetwork,
  publishPorts,
  Socket,
  trackedConnections,
} from "fourtuple";
import { parseTracked } from "../../lib/networks/router.ts";
import { requires } from "../requirements.ts";
import { TIMEOUT } from "../sockets/_sockets.ts";

async function listenAt(network: PrivateNetwork, endpoint: string): Promise<Socket> {
  const socket = Socket.tcp({ network, timeout: TIMEOUT });
  socket.bind(endpoint);
  socket.listen();
  return await Promise.resolve(socket);
}

Deno.test({
  name: "masquerade(): a server sees the router, and two equal client ports become two",
  ...requires("network namespace", "nft"),
  async fn() {
    const interfaces = { eth0: ["192.168.1.1"], eth1: ["192.168.1.2"], wan: ["203.0.113.1"] };
    await using router = await labNetwork({ interfaces });
    await using one = await PrivateNetwork.createBeside(router, {
      address: "192.168.1.10",
      router: "192.168.1.1",
    });
    await using other = await PrivateNetwork.createBeside(router, {
      ...{ cable: "eth1", address: "192.168.1.11", router: "192.168.1.2" },
    });
    const wan = { cable: "wan", address: "203.0.113.80" };
    await using outside = await PrivateNetwork.createBeside(router, wan);
    assertEquals(await masquerade(router, "wan"), 'oifname "wan" masquerade');

    const server = await listenAt(outside, "203.0.113.80:80");
    for (const [network, address] of [[one, "192.168.1.10"], [other, "192.168.1.11"]] as const) {
      const client = Socket.tcp({ network, timeout: TIMEOUT });
      client.bind(`${address}:50000`);
      await client.connect("203.0.113.80:80");
    }
    const seen = [await server.accept(), await server.accept()].map((each) =>
      each.remoteEndpoint()
    );
    assertEquals(seen.map(({ address }) => address), ["203.0.113.1", "203.0.113.1"]);
    assertEquals(seen[0]!.port, 50000);
    assertEquals(seen[1]!.port === 50000, false);

    const rows = (await trackedConnections(router)).connections;
    assertEquals(rows.map(({ protocol, state }) => [protocol, state]), [
      ...[["tcp", "ESTABLISHED"], ["tcp", "ESTABLISHED"]],
    ]);
    assertEquals(rows.map(({ asked }) => String(asked)), [
      "192.168.1.10:50000 -> 203.0.113.80:80",
      "192.168.1.11:50000 -> 203.0.113.80:80",
    ]);
    assertEquals(
      rows.map(({ answered }) => String(answered)),
      seen.map((each) => `203.0.113.80:80 -> ${each}`),
    );
    assertEquals(connections({ port: 80 }, { network: router }).length, 0);

    const inner = await listenAt(one, "192.168.1.10:8000");
    await publishPorts(router, ["8080:8000"], one);
    const caller = Socket.tcp({ network: outside, timeout: TIMEOUT });
    await caller.connect("203.0.113.1:8080");
    const accepted = await inner.accept();
    assertEquals(accepted.localEndpoint().toString(), "192.168.1.10:8000");
    assertEquals(caller.remoteEndpoint().toString(), "203.0.113.1:8080");
  },
});

Deno.test({
  name: "masquerade() refuses what is no interface, and a network that is not private",
  ...requires("network namespace", "nft"),
  async fn() {
    await using router = await labNetwork({ addresses: ["10.0.0.1"] });
    const refused = await assertRejects(() => masquerade(router, 'eth0"; drop'), SyntaxError);
    assertEquals(refused.message.includes('"eth0\\"; drop"'), true);
    await assertRejects(() => masquerade(router, 7 as unknown as string), TypeError);
    const standIn = { isPrivate: false, note: "Only loopback." } as typeof router;
    for (const work of [() => masquerade(standIn, "eth0"), () => trackedConnections(standIn)]) {
      await assertRejects(work, Deno.errors.NotSupported, "Only loopback.");
    }
  },
});

Deno.test("parseTracked() reads TCP and UDP, answered or not, and leaves out the rest", () => {
  const text = [
    "ipv4     2 udp      17 29 src=10.0.0.5 dst=10.0.0.80 sport=5000 dport=53 [UNREPLIED] " +
    "src=10.0.0.80 dst=10.0.0.5 sport=53 dport=5000 mark=0 zone=0 use=2",
    "ipv4     2 tcp      6 119 TIME_WAIT src=10.0.0.5 dst=10.0.0.80 sport=40000 dport=80 " +
    "src=10.0.0.80 dst=192.0.2.1 sport=80 dport=41000 [ASSURED] mark=0 zone=0 use=2",
    "ipv4     2 icmp     1 29 src=10.0.0.5 dst=10.0.0.80 type=8 code=0 id=1 " +
    "src=10.0.0.80 dst=10.0.0.5 type=0 code=0 id=1 mark=0 zone=0 use=2",
    "",
  ].join("\n");
  assertEquals(
    parseTracked(text).map(({ protocol, state, asked, answered }) => [
      ...[protocol, state, String(asked), String(answered)],
    ]),
    [
      ["tcp", "TIME_WAIT", "10.0.0.5:40000 -> 10.0.0.80:80", "10.0.0.80:80 -> 192.0.2.1:41000"],
      ["udp", undefined, "10.0.0.5:5000 -> 10.0.0.80:53", "10.0.0.80:53 -> 10.0.0.5:5000"],
    ],
  );
});
