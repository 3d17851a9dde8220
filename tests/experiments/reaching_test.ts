import { assertEquals, assertRejects } from "@std/assert";
import {
  connections,
  type ListeningAddress,
  PrivateNetwork,
  Socket,
  SocketError,
  tryToReach,
} from "fourtuple";
import { requires } from "../requirements.ts";

Deno.test("tryToReach() finds who is reached on loopback", async () => {
  const pairs = [
    ["127.0.0.1", "127.0.0.1", "connected"],
    ["127.0.0.2", "127.0.0.2", "connected"],
    ["127.0.0.1", "127.0.0.2", "refused"],
    ["::1", "::1", "connected"],
    ["::1", "127.0.0.1", "refused"],
    ["127.0.0.1", "::1", "refused"],
    ["::ffff:127.0.0.1", "127.0.0.1", "connected"],
  ] as const;
  for (const [address, called, outcome] of pairs) {
    assertEquals(await tryToReach({ address }, called), outcome, `${address}, ${called}`);
  }
});

Deno.test("tryToReach() tries wildcards and interfaces in a network of its own", {
  ...requires("network namespace"),
}, async () => {
  await using network = await PrivateNetwork.create({
    interfaces: { eth0: ["192.168.1.100"], eth1: ["10.0.0.50"] },
  });
  const called = ["192.168.1.100", "10.0.0.50", "127.0.0.1", "127.0.0.2", "::1"];
  const reached = async (listener: ListeningAddress) => {
    const outcomes: string[] = [];
    for (const address of called) outcomes.push(await tryToReach(listener, address, { network }));
    return called.filter((_, index) => outcomes[index] === "connected");
  };
  assertEquals(await reached({ address: "0.0.0.0" }), called.slice(0, 4));
  assertEquals(await reached({ address: "10.0.0.50" }), ["10.0.0.50"]);
  assertEquals(await reached({ address: "::", v6Only: false }), called);
  assertEquals(await reached({ address: "::", v6Only: true }), ["::1"]);
  assertEquals(connections({}, { network }).length, 0);
});

Deno.test("tryToReach() closes its sockets and lets other errors out", async () => {
  const made: Socket[] = [];
  const network = {
    tcp: (options: Parameters<typeof Socket.tcp>[0]) => made[made.push(Socket.tcp(options)) - 1]!,
    udp: Socket.udp,
    isPrivate: true, // for the address that no machine has
  };
  await tryToReach({ address: "127.0.0.1" }, "127.0.0.1", { network });
  await tryToReach({ address: "127.0.0.1" }, "127.0.0.2", { network });
  const foreign = () => tryToReach({ address: "192.0.2.1" }, "127.0.0.1", { network });
  const error = await assertRejects(foreign, SocketError);
  assertEquals([error.call, error.code], ["bind", "EADDRNOTAVAIL"]);
  assertEquals(made.length, 5);
  assertEquals(made.filter(({ isClosed }) => !isClosed), []);
});

Deno.test("tryToReach() uses nothing but loopback outside of a private network", async () => {
  for (const address of ["192.0.2.1", "0.0.0.0", "::", "2001:db8::1", "::ffff:192.0.2.1"]) {
    const listening = await assertRejects(() => tryToReach({ address }, "127.0.0.1"), RangeError);
    assertEquals(
      listening.message,
      `Cannot listen at "${address}": outside of a private network only loopback is used, got ` +
        `"${address}"`,
    );
    const lab = { tcp: Socket.tcp, udp: Socket.udp, isPrivate: false };
    const calling = () => tryToReach({ address: "127.0.0.1" }, address, { network: lab });
    const { message } = await assertRejects(calling, RangeError);
    assertEquals(message, listening.message.replace("listen at", "call"));
  }
});
