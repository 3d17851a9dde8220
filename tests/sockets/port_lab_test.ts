import { connections, portLab, PortRange } from "fourtuple";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { countDescriptors } from "./_sockets.ts";
import { requires } from "../requirements.ts";

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

Deno.test("portLab() refuses what is no range", async () => {
  const error = await assertRejects(() => portLab(PortRange.from(0, 3)), RangeError);
  assertEquals(
    error.message,
    'Cannot make a computer with the ephemeral ports "0-3": they are a PortRange above 0, got "0-3"',
  );
});

Deno.test({
  name: "portLab() gives a socket that has waited long enough its own limit",
  ignore,
  async fn() {
    await using lab = await portLab(TWO, { timeout: 20 });
    await assertRejects(() => lab.servers[0].accept(), DOMException, "within 20 ms");
  },
});
