import {
  connections,
  connectionsWhen,
  labNetwork,
  plug,
  PrivateNetwork,
  Socket,
  unplug,
} from "fourtuple";
import { assertEquals, assertRejects } from "@std/assert";
import { FakeNetwork } from "../experiments/_fake_network.ts";
import { requires } from "../requirements.ts";

Deno.test({
  name: "unplug(): neither end learns of the other's end, until plug()",
  ...requires("network namespace"),
  async fn() {
    await using network = await labNetwork({ addresses: ["10.0.0.5"] });
    await using other = await PrivateNetwork.createBeside(network, { address: "10.0.0.80" });
    const server = Socket.tcp({ network: other, timeout: 30_000 });
    server.bind("10.0.0.80:80");
    server.listen();
    const client = Socket.tcp({ network, timeout: 30_000 });
    await client.connect("10.0.0.80:80");
    const accepted = await server.accept();
    const { port } = client.localEndpoint();
    const states = () =>
      [network, other].map((network) => connections({ port }, { network })[0]?.state);

    await plug(other); // it is plugged in
    await unplug(other);
    await unplug(other);
    assertEquals(await client.send("hello"), 5);
    accepted.shutdown("write");
    assertEquals(states(), ["ESTABLISHED", "FIN_WAIT_1"]);
    assertEquals(connections({ port }, { network })[0]?.sendQueue, 5);

    await plug(other);
    assertEquals(new TextDecoder().decode(await accepted.receive()), "hello");
    const ended = ([row]: { state: string }[]) => row?.state === "FIN_WAIT_2";
    await connectionsWhen({ port }, ended, { network: other, timeout: 30_000 });
    assertEquals(states(), ["CLOSE_WAIT", "FIN_WAIT_2"]);
  },
});

Deno.test({
  name: "unplug() refuses a network that is not private, and one without a cable",
  ...requires("network namespace"),
  async fn() {
    await assertRejects(() => unplug(FakeNetwork.make(false)), Deno.errors.NotSupported);
    await using network = await PrivateNetwork.create();
    await assertRejects(() => unplug(network), RangeError, "at the end of a cable");
  },
});
