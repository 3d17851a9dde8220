import { assertEquals, assertLessOrEqual, assertMatch, assertRejects } from "@std/assert";
import {
  connections,
  type LabNetwork,
  Neighbour,
  PrivateNetwork,
  Program,
  Socket,
} from "fourtuple";
import type { Refusal } from "../../lib/refusal.ts";
import { countDescriptors, TIMEOUT } from "../sockets/_sockets.ts";
import { requires } from "../requirements.ts";

const { ignore } = requires("network namespace");

/** What a client on the neighbour hears, who calls each of these. */
async function callFrom(neighbour: Neighbour, endpoints: readonly string[]): Promise<string[]> {
  const code = `for (const [hostname, port] of ${
    JSON.stringify(endpoints.map((endpoint) => endpoint.split(":")))
  }) console.log(await Deno.connect({ hostname, port: Number(port) })
      .then((it) => it.localAddr.hostname, (error) => error.name));`;
  await using client = Program.command([...neighbour.enter, Deno.execPath(), "eval", code], {
    env: { NO_COLOR: "1" },
  });
  await client.ended;
  return client.lines.map((line) => line);
}

Deno.test("Neighbour calls from outside: loopback is its own, and any cable will do", {
  ignore,
}, async () => {
  await using network = await PrivateNetwork.create({
    interfaces: { eth0: ["192.168.1.100"], eth1: ["10.0.0.50"] },
  });
  for (const endpoint of ["192.168.1.100:80", "127.0.0.1:81", "0.0.0.0:82"]) {
    const server = Socket.tcp({ network, timeout: TIMEOUT });
    server.bind(endpoint);
    server.listen();
  }
  await using neighbour = await Neighbour.create(network, { cable: "eth1", address: "10.0.0.99" });
  assertEquals(String(neighbour), "neighbour 10.0.0.99");
  assertEquals(
    await callFrom(neighbour, [
      "192.168.1.100:80", // eth0's address, by eth1's cable
      "10.0.0.50:80",
      "127.0.0.1:81",
      "192.168.1.100:82",
      "10.0.0.50:82",
    ]),
    ["10.0.0.99", "ConnectionRefused", "ConnectionRefused", "10.0.0.99", "10.0.0.99"],
  );
  const callers = connections({ address: "10.0.0.99" }, { network });
  assertEquals(callers.length, 3);
});

Deno.test(
  "Neighbour outlives Ctrl-C, ends with its process, and takes the cable along",
  { ignore },
  async () => {
    await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
    const devices = () => Deno.readTextFileSync(`/proc/${network.pid}/net/dev`);
    assertMatch(devices(), /eth0:/);
    const neighbour = await Neighbour.create(network, { address: "192.168.1.7" });
    const { pid } = /\/proc\/(?<pid>\d+)\//.exec(neighbour.enter[1]!)!.groups!;
    for (const process of [network.pid, Number(pid)]) Deno.kill(process, "SIGINT");
    assertEquals(await callFrom(neighbour, ["192.168.1.100:80"]), ["ConnectionRefused"]);
    await neighbour.close();
    await neighbour.close();
    assertEquals(String(neighbour), "closed neighbour 192.168.1.7");
    await assertRejects(() => Deno.stat(`/proc/${pid}`), Deno.errors.NotFound);
    // The kernel takes a namespace apart when it has time.
    for (let tries = 0; devices().includes("eth0:") && tries < 200; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assertEquals(devices().includes("eth0:"), false);
  },
);

Deno.test("Neighbour refuses wrong cables and addresses", { ignore }, async () => {
  await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
  const refused: readonly (readonly [cable: string, address: string, part: string])[] = [
    ["eth7", "10.0.0.99", '"Device \\"eth7\\" does not exist.\\nit has no cable"'],
    ["lo", "10.0.0.99", '"it has no cable"'],
    ["eth0", "0.0.0.0", '"0.0.0.0"'],
    ["eth0", "127.0.0.9", '"127.0.0.9"'],
    ["eth0", "224.0.0.1", '"224.0.0.1"'],
    ["eth0", "2001:db8::1", '"2001:db8::1"'],
  ];
  for (const [cable, address, part] of refused) {
    const make = () => Neighbour.create(network, { cable, address });
    assertEquals((await assertRejects(make, RangeError) as Refusal).part, part);
  }
  for (const options of [{ adress: "10.0.0.99" }, { address: 5 }, {}, "10.0.0.99"]) {
    await assertRejects(() => Neighbour.create(network, options as never), TypeError);
  }
  await using _first = await Neighbour.create(network, { address: "192.168.1.7" });
  const second = () => Neighbour.create(network, { address: "192.168.1.8" });
  await assertRejects(second, RangeError, "its far end is free, got");
});

Deno.test("Neighbour needs a private network", async () => {
  const network = { isPrivate: false, note: "This lab runs on loopback." } as LabNetwork;
  const make = () => Neighbour.create(network, { address: "10.0.0.99" });
  await assertRejects(make, Deno.errors.NotSupported, network.note);
});

Deno.test("Neighbour says that its network is closed, or what is missing, and leaves nothing", {
  ignore,
}, async () => {
  const network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
  const make = () => Neighbour.create(network, { address: "192.168.1.7" });
  const path = Deno.env.get("PATH")!;
  try {
    Deno.env.set("PATH", "/nowhere");
    assertEquals(
      (await assertRejects(make, Deno.errors.NotSupported)).message,
      'Cannot make a neighbour: the program "nsenter" helps to make it, got none. Remedy: install ' +
        "the package util-linux; machine() tells the command",
    );
  } finally {
    Deno.env.set("PATH", path);
  }
  Deno.kill(network.pid, "SIGKILL");
  for (let tries = 0; isEntered(network) && tries < 1000; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const before = countDescriptors();
  assertMatch(
    (await assertRejects(make, Error)).message,
    /^Cannot make a neighbour: its process te/,
  );
  assertLessOrEqual(countDescriptors(), before);
  await network.close();
  assertEquals(
    (await assertRejects(make, Deno.errors.BadResource)).message,
    'Cannot make a neighbour "192.168.1.7": its network is open, got a closed one',
  );
});

/** Whether the namespaces of the process that holds the network can still be entered. */
function isEntered({ pid }: PrivateNetwork): boolean {
  try {
    return Deno.readLinkSync(`/proc/${pid}/ns/net`) !== "";
  } catch {
    return false;
  }
}
