import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { callSymptom, PrivateNetwork, Socket } from "fourtuple";
import type { Refusal } from "../../lib/refusal.ts";
import { FakeNetwork } from "./_fake_network.ts";
import { requires } from "../requirements.ts";

function server(backlog?: number): Socket {
  const socket = Socket.tcp({ timeout: 5000 });
  socket.bind("127.0.0.1:0");
  if (backlog !== undefined) socket.listen(backlog);
  return socket;
}

Deno.test("callSymptom() hears a refusal at once, and finds who listens at another address", async () => {
  using bound = server();
  const refused = await callSymptom(bound.localEndpoint());
  assertEquals([refused.heard, refused.state, refused.accepted], [
    "ECONNREFUSED",
    undefined,
    undefined,
  ]);
  assertEquals(refused.listeners, []);
  using listening = server(5);
  const { port } = listening.localEndpoint();
  const wrong = await callSymptom(`127.0.0.9:${port}`);
  assertEquals([wrong.heard, String(wrong.server)], ["ECONNREFUSED", `127.0.0.9:${port}`]);
  assertEquals(wrong.listeners.map(({ local }) => String(local)), [`127.0.0.1:${port}`]);
});

Deno.test("callSymptom() finds a conversation that nobody accepts, and one that somebody has", async () => {
  using idle = server(5);
  const { heard, state, accepted, listeners } = await callSymptom(idle.localEndpoint());
  assertEquals([heard, state, accepted?.state], ["connected", "ESTABLISHED", "ESTABLISHED"]);
  assertEquals([accepted?.inode, listeners[0]?.receiveQueue], [0, 1]);
});

Deno.test("callSymptom() waits no longer than it should for a full queue", async () => {
  using full = server(0);
  using inLine = Socket.tcp({ timeout: 5000 });
  await inLine.connect(full.localEndpoint());
  const call = await callSymptom(full.localEndpoint(), { timeout: 100 });
  assertEquals([call.heard, call.state, call.accepted], ["nothing", "SYN_SENT", undefined]);
  assert(call.milliseconds >= 100);
  assertLess(call.milliseconds, 3000);
  assertEquals([call.listeners[0]?.receiveQueue, call.listeners[0]?.sendQueue], [1, 0]);
});

Deno.test({
  name: "callSymptom() calls from a private network, where there is no way out",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5", "192.168.1.100"] });
    assertEquals((await callSymptom("203.0.113.80:80", { network })).heard, "ENETUNREACH");
    using web = Socket.tcp({ network });
    web.bind("192.168.1.100:80");
    web.listen();
    const call = await callSymptom("192.168.1.100:80", { network });
    assertEquals([call.heard, call.accepted?.state], ["connected", "ESTABLISHED"]);
  },
});

Deno.test("callSymptom() connects to no other machine outside of a private network", async () => {
  for (const network of [undefined, FakeNetwork.make(false)]) {
    const call = () => callSymptom("203.0.113.80:80", { network });
    const error = await assertRejects(call, RangeError) as Refusal;
    assertEquals(error.part, '"203.0.113.80"');
  }
  await assertRejects(() => callSymptom("example.org:80"), SyntaxError);
});

Deno.test("callSymptom() refuses misspelt options and options of the wrong kind", async () => {
  for (const options of [{ timout: 5 }, { timeout: "5" }, { network: 5 }]) {
    await assertRejects(() => callSymptom("127.0.0.1:1", options as never), TypeError);
  }
  await assertRejects(() => callSymptom("127.0.0.1:1", { timeout: -1 }), RangeError);
});
