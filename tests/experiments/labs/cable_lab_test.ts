import { cableLab, connectionsWhen } from "fourtuple";
import { assert, assertEquals } from "@std/assert";
import { requires } from "../../requirements.ts";

Deno.test({
  name: "cableLab() shows what each of two computers knows, unplugged and plugged in",
  ...requires("network namespace"),
  async fn() {
    await using lab = await cableLab();
    const [client, accepted] = await lab.connect();
    const { port } = client.localEndpoint();
    assertEquals([lab.port, client.localEndpoint().address], [80, "10.0.0.5"]);
    await lab.unplug();
    await client.send("hello");
    accepted.shutdown("write");
    const cut = lab.rows({ port });
    assertEquals(cut.states, ["client: ESTABLISHED", "server: FIN_WAIT_1"]);
    assertEquals(cut.toTable().rows.map((row) => row.slice(0, 6)), [
      ["client", "ESTABLISHED", `10.0.0.5:${port}`, "203.0.113.80:80", 0, 5],
      ["server", "FIN_WAIT_1", "203.0.113.80:80", `10.0.0.5:${port}`, 0, 1],
    ]);
    await lab.plug();
    const ended = ([row]: { state: string }[]) => row?.state === "FIN_WAIT_2";
    await connectionsWhen({ port }, ended, { network: lab.server, timeout: 30_000 });
    assertEquals(lab.rows({ port }).states, ["client: CLOSE_WAIT", "server: FIN_WAIT_2"]);
    // Also after a time in which nobody can be asked for an address
    await lab.unplug();
    await client.send("again");
    await connectionsWhen(
      { port },
      ([row]) => (row?.timer?.expirations ?? 0) >= 3,
      { network: lab.client, timeout: 30_000 },
    );
    await lab.plug();
    const [another] = await lab.connect();
    assertEquals(another.remoteEndpoint().port, 80);
    await lab.close();
    assert(lab.client.isClosed && lab.server.isClosed && client.isClosed);
  },
});
