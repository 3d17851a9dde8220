/** What Linux does with UDP sockets, seen through Socket. */
import { assertEquals, assertRejects } from "@std/assert";
import { codeOf, datagrams, textOf } from "./_sockets.ts";

Deno.test("UDP: a connected socket hears that a datagram was refused, another only with receiveErrors", async () => {
  const nobody = datagrams();
  const at = nobody.localEndpoint();
  nobody.close();

  using unconnected = datagrams();
  for (let time = 0; time < 3; time++) assertEquals(await unconnected.sendTo("x", at), 1);
  await assertRejects(() => unconnected.receive({ timeout: 20 }), DOMException);

  using connected = datagrams();
  await connected.connect(at);
  const codes = [];
  for (let time = 0; time < 4; time++) codes.push(await codeOf(() => connected.send("x")));
  assertEquals(codes, ["none", "ECONNREFUSED", "none", "ECONNREFUSED"]);

  using listener = datagrams();
  listener.setOption("receiveErrors", true);
  await listener.sendTo("x", at);
  assertEquals(await codeOf(() => listener.receive()), "ECONNREFUSED");
});

Deno.test("UDP: a connected socket drops the datagrams of others", async () => {
  using friend = datagrams();
  using stranger = datagrams();
  using connected = datagrams();
  await connected.connect(friend.localEndpoint());
  await stranger.sendTo("stranger", connected.localEndpoint());
  await friend.sendTo("friend", connected.localEndpoint());
  assertEquals(textOf(await connected.receive()), "friend");
  await assertRejects(() => connected.receive({ timeout: 20 }), DOMException);
});
