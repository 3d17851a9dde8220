import { assertEquals, assertRejects } from "@std/assert";
import { type LabNetwork, Neighbour, PrivateNetwork, publishPorts, reachFrom } from "fourtuple";
import type { Refusal } from "../../lib/refusal.ts";
import { requires } from "../requirements.ts";
import { exampleUrl, Program } from "fourtuple";

const { ignore } = requires("network namespace", "nft");

async function serveIn(container: Neighbour, port: string, address: string): Promise<Program> {
  const program = Program.start(exampleUrl("http_server.ts"), {
    args: [port, address],
    prefix: container.enter,
  });
  await program.line("Listening");
  return program;
}

async function outcomes(
  computer: { enter: readonly string[] },
  endpoints: readonly string[],
): Promise<string[]> {
  const calls = endpoints.map((endpoint) => ({ row: "", column: endpoint, endpoint }));
  return (await reachFrom(computer, calls)).map(({ outcome }) => outcome);
}

Deno.test("publishPorts() opens every address or one, for this computer and its neighbours", {
  ignore,
}, async () => {
  await using network = await PrivateNetwork.create({
    interfaces: { eth1: ["10.0.0.50"], docker0: ["172.17.0.1"] },
  });
  const at = { cable: "docker0", address: "172.17.0.2" };
  await using container = await Neighbour.create(network, at);
  await using laptop = await Neighbour.create(network, { cable: "eth1", address: "10.0.0.99" });
  await using _open = await serveIn(container, "80", "0.0.0.0");
  await using _shut = await serveIn(container, "81", "127.0.0.1");

  assertEquals(
    await publishPorts(network, ["8080:80"], container),
    ["fib daddr type local tcp dport 8080 dnat to 172.17.0.2:80"],
  );
  await publishPorts(network, ["127.0.0.1:8081:80", "8082:81"], container);
  const endpoints = [8080, 8081, 8082].flatMap((
    port,
  ) => [`127.0.0.1:${port}`, `10.0.0.50:${port}`]);
  assertEquals(await outcomes(network, endpoints), [
    ...["connected", "connected"],
    ...["connected", "refused"],
    ...["refused", "refused"],
  ]);
  assertEquals(await outcomes(laptop, endpoints), [
    ...["refused", "connected"],
    ...["refused", "refused"],
    ...["refused", "refused"],
  ]);
  assertEquals(await outcomes(container, ["127.0.0.1:81"]), ["connected"]);
});

Deno.test(
  "publishPorts() refuses other ways to write the ports, and networks that are not private",
  {
    ignore,
  },
  async () => {
    await using network = await PrivateNetwork.create({ addresses: ["172.17.0.1"] });
    await using container = await Neighbour.create(network, { address: "172.17.0.2" });
    const cases = [
      ["80", SyntaxError],
      ["8080:80/udp", SyntaxError],
      ["8080: 80", SyntaxError],
      ["8080-8090:80", SyntaxError],
      ["0:80", RangeError],
      ["8080:0", RangeError],
      ["65536:80", RangeError],
      ["1.2.3:8080:80", SyntaxError],
    ] as const;
    for (const [port, error] of cases) {
      await assertRejects(() => publishPorts(network, [port], container), error, undefined, port);
    }
    const shared = { ...network, isPrivate: false, note: "no" } as unknown as LabNetwork;
    await assertRejects(
      () => publishPorts(shared, ["8080:80"], container),
      Deno.errors.NotSupported,
    );
    const wrong = { address: "172.17.0.2" } as unknown as Neighbour;
    const { rule } = await assertRejects(
      () => publishPorts(network, ["8080:80"], wrong),
      TypeError,
    ) as Refusal;
    assertEquals(rule, "the container is a neighbour of the network");
  },
);
