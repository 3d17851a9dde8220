import { type ConnectionLab, connectionLab, connections } from "fourtuple";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { requires } from "../../requirements.ts";

const { ignore } = requires("network namespace");

Deno.test({
  name: "connectionLab() opens connections between a client's address and a server's",
  ignore,
  async fn() {
    let lab: ConnectionLab;
    {
      await using made = await connectionLab({ sysctls: { "net.ipv4.tcp_fin_timeout": 2 } });
      lab = made;
      assertEquals([String(lab.server.localEndpoint()), lab.port], ["203.0.113.80:80", 80]);
      const [client, accepted] = await lab.connect();
      assertEquals(client.localEndpoint().address, "10.0.0.5");
      assertEquals(client.localEndpoint(), accepted.remoteEndpoint());
      const others = [lab.bind(22), lab.bind(22, "udp")];
      assertEquals(others.map((each) => `${each.protocol} ${each.localEndpoint()}`), [
        ...["tcp 203.0.113.80:22", "udp 203.0.113.80:22"],
      ]);
      const { port } = lab.listen(25, 3).localEndpoint();
      const [row] = connections({ state: "LISTEN", localPort: port }, { network: lab.network });
      assertEquals([String(row?.local), row?.sendQueue], ["203.0.113.80:25", 3]);
      const settings = ["tcp_fin_timeout", "tcp_rfc1337"].map((name) =>
        `/proc/sys/net/ipv4/${name}`
      );
      const [enter, ...args] = [...lab.network.enter, "cat", ...settings];
      const { stdout } = await new Deno.Command(enter!, { args }).output();
      assertEquals(new TextDecoder().decode(stdout), "2\n1\n");
    }
    assert(lab.network.isClosed && lab.server.isClosed);
  },
});

Deno.test("connectionLab() refuses wrong options", async () => {
  await assertRejects(() => connectionLab({ timout: 1 } as never), TypeError, '"timout"');
  await assertRejects(() => connectionLab({ timeout: -1 }), RangeError, "got -1");
  await assertRejects(() => connectionLab({ sysctls: 1 as never }), TypeError, "an object");
});
