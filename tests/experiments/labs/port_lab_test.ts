import {
  type Connection,
  connections,
  counters,
  fillPorts,
  type PortLab,
  portLab,
  PortRange,
} from "fourtuple";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { countDescriptors } from "../../sockets/_sockets.ts";
import { requires } from "../../requirements.ts";

const { ignore } = requires("network namespace");
const TWO = PortRange.from(50000, 50001);

Deno.test({
  name: "portLab() is a client with these ports, and two servers at port 443",
  ignore,
  async fn() {
    const before = countDescriptors();
    const lab = await portLab(TWO);
    assertEquals(lab.addresses, ["10.0.0.5", "203.0.113.80", "203.0.113.81"]);
    const servers = lab.servers.map((server) => server.localEndpoint());
    assertEquals(servers.map(String), ["203.0.113.80:443", "203.0.113.81:443"]);
    const table = connections({ state: "LISTEN" }, { network: lab.network });
    assertEquals(table.map(({ local }) => String(local)).toSorted(), servers.map(String));

    const client = lab.newClient();
    assertEquals(String(client.localEndpoint()), "10.0.0.5:0");
    await client.connect(servers[0]!);
    assert(TWO.has(client.localEndpoint().port));
    const udp = lab.newUdpClient();
    assertEquals(String(udp.localEndpoint()), "10.0.0.5:0");
    await udp.connect(servers[0]!);
    assert(TWO.has(udp.localEndpoint().port));
    const tcp = lab.newTcp();
    assertEquals(String(tcp.localEndpoint()), "0.0.0.0:0");
    tcp.bind("10.0.0.5:0");
    assert(TWO.has(tcp.localEndpoint().port));
    await lab.close();
    assertEquals(client.isClosed, true);
    assertEquals(countDescriptors() - before <= 3, true); // what the first wait opens for good
  },
});

Deno.test({
  name: "portLab() hands further settings on",
  ignore,
  async fn() {
    const sysctls = { "net.ipv4.ip_unprivileged_port_start": 2000 };
    await using lab = await portLab(TWO, { sysctls });
    const path = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
    const words = [...lab.network.enter, "cat", path];
    const { stdout } = await new Deno.Command(words[0]!, { args: words.slice(1) }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), "2000");
  },
});

/** Forbids namespaces in a network of its own, as an administrator can arrange it. */
const FORBID = "ip link set lo up && exec unshare -Ur sh -c " +
  `'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"' sh "$@"`;

Deno.test({
  name: "portLab() takes other ports on loopback when another program has one of its range",
  ignore,
  async fn() {
    const module = new URL("_crowded_range.ts", import.meta.url).pathname;
    const words = [Deno.execPath(), "run", "-A", "--no-check", module];
    const { success, stdout, stderr } = await new Deno.Command("unshare", {
      args: ["-Urn", "sh", "-c", FORBID, "sh", ...words],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
      isPrivate: false,
      made: 4,
      ports: 4,
      isElsewhere: true,
    });
  },
});

/** Sends a late segment to the one four-tuple in TIME_WAIT; counts the resets and what is left. */
async function meetLateSegment({ network }: PortLab) {
  const inTimeWait = () => [...connections({ state: "TIME_WAIT" }, { network })];
  const [row] = inTimeWait();
  const counted = counters({ network });
  const script = new URL("./_late_segment.ts", import.meta.url).pathname;
  const deno = [Deno.execPath(), "run", "--allow-all", script, `${row!.remote}`, `${row!.local}`];
  const words = [...network.enter, ...deno];
  const { stderr } = await new Deno.Command(words[0]!, { args: words.slice(1) }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  const resets = counters({ network }).since(counted).get("OutRsts");
  const toFourTuple = ({ local, remote }: Connection) => `${local} -> ${remote}`;
  return { resets, left: inTimeWait().map(toFourTuple), before: [toFourTuple(row!)] };
}

Deno.test({
  name: "portLab() keeps TIME_WAIT when a late segment is answered with a reset",
  ignore,
  async fn() {
    for (const [sysctls, isKept] of [[{}, true], [{ "net.ipv4.tcp_rfc1337": 0 }, false]] as const) {
      await using lab = await portLab(TWO, { sysctls });
      await fillPorts(lab.newClient, lab.servers[0], { most: 1 });
      const { resets, before, left } = await meetLateSegment(lab);
      assertEquals([resets, left], [1, isKept ? before : []]);
    }
  },
});

Deno.test("portLab() refuses wrong ranges and options", async () => {
  await assertRejects(() => portLab(PortRange.from(0, 3)), RangeError, '"0-3"');
  await assertRejects(() => portLab("1-3" as never), TypeError, '"1-3"');
  await assertRejects(() => portLab(TWO, { timout: 5 } as never), TypeError, '"timout"');
  await assertRejects(() => portLab(TWO, { sysctls: 5 as never }), TypeError, "got 5");
});

Deno.test({
  name: "portLab() gives a socket that has waited long enough its own limit",
  ignore,
  async fn() {
    await using lab = await portLab(TWO, { timeout: 20 });
    await assertRejects(() => lab.servers[0].accept(), DOMException, "within 20 ms");
  },
});
