import { assertEquals, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import {
  type BesideOptions,
  connections,
  connectionsWhen,
  type LabNetwork,
  labNetwork,
  narrowCable,
  PrivateNetwork,
  Socket,
} from "fourtuple";
import { requires } from "../requirements.ts";
import { countDescriptors, TIMEOUT } from "../sockets/_sockets.ts";

const needs = requires("network namespace");

Deno.test({
  name: "PrivateNetwork.createBeside(): each end of a connection is in its own table",
  ...needs,
  async fn() {
    await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
    const before = countDescriptors();
    {
      await using other = await PrivateNetwork.createBeside(network, { address: "10.0.0.80" });
      const server = Socket.tcp({ network: other, timeout: TIMEOUT });
      server.bind("10.0.0.80:80");
      server.listen();
      const client = Socket.tcp({ network, timeout: TIMEOUT });
      await client.connect("10.0.0.80:80");
      await server.accept();
      const rows = (network: LabNetwork) =>
        connections({ state: "ESTABLISHED" }, { network }).map(({ local }) => local.port);
      assertEquals(rows(network), [client.localEndpoint().port]);
      assertEquals(rows(other), [80]);
      // It knows no way to other addresses.
      const lost = Socket.tcp({ network: other, timeout: TIMEOUT });
      const error = await assertRejects(() => lost.connect("192.0.2.1:80"));
      assertEquals((error as { code?: string }).code, "ENETUNREACH");
      client.close();
      assertEquals(String(other), "private network of 10.0.0.80");
    }
    assertLessOrEqual(countDescriptors(), before);
  },
});

Deno.test({
  name: "PrivateNetwork.createBeside() refuses wrong cables, addresses and networks",
  ...needs,
  async fn() {
    const network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
    const beside = (options: BesideOptions) => () => PrivateNetwork.createBeside(network, options);
    await assertRejects(beside({ address: "10.0.0.80", cable: "eth7" }), RangeError, '"eth7"');
    await assertRejects(beside({ address: "10.0.0.80", router: "x" }), SyntaxError);
    await assertRejects(beside({ address: "224.0.0.1" }), RangeError, "single computer");
    await assertRejects(beside({ adress: "1" } as unknown as BesideOptions), TypeError, "adress");
    await using _taken = await PrivateNetwork.createBeside(network, { address: "10.0.0.80" });
    await assertRejects(beside({ address: "10.0.0.81" }), RangeError, "its far end is free");
    await network.close();
    await assertRejects(beside({ address: "10.0.0.81" }), Deno.errors.BadResource);
  },
});

Deno.test({
  name: "narrowCable(): what does not fit stays in the send queue",
  ...needs,
  async fn() {
    await using network = await labNetwork({ addresses: ["10.0.0.5"] });
    await using other = await PrivateNetwork.createBeside(network, { address: "10.0.0.80" });
    await narrowCable(network, "eth0", 1_000_000);
    const server = Socket.tcp({ network: other, timeout: TIMEOUT });
    server.bind("10.0.0.80:80");
    server.listen();
    const client = Socket.tcp({ network, timeout: TIMEOUT });
    await client.connect("10.0.0.80:80");
    const accepted = await server.accept();
    const sending = client.sendAll(new Uint8Array(150_000));
    const [row] = await connectionsWhen(
      { remotePort: 80 },
      (rows) => rows.some(({ sendQueue = 0 }) => sendQueue > 50_000),
      { network, timeout: TIMEOUT },
    );
    const start = performance.now();
    for (let rest = 150_000; rest > 0;) rest -= (await accepted.receive()).length;
    await sending;
    // 150,000 bytes at 125,000 a second; a burst may go at once.
    assertLess(700, performance.now() - start);
    assertEquals(row!.remote.port, 80);
    await assertRejects(() => narrowCable(network, "eth0", 5), RangeError, "5");
    await assertRejects(() => narrowCable(network, "eth9", 10_000), Deno.errors.NotSupported);
  },
});
