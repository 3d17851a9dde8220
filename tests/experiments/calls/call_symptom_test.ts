import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type CallSymptom,
  callSymptom,
  callSymptoms,
  type EndpointLike,
  PrivateNetwork,
  Socket,
} from "fourtuple";
import { close, openDiag } from "../../../lib/system/calls.ts";
import { addressesHere } from "../../../lib/experiments/calls/_host_names.ts";
import { FakeNetwork } from "../_fake_network.ts";
import { runInNamespace } from "../../_namespace.ts";
import { requires } from "../../requirements.ts";

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

Deno.test("callSymptom() calls no other machine by itself, and says what this one knows", async () => {
  const diagDescriptor = openDiag();
  try {
    const network = Object.assign(FakeNetwork.make(false), { pid: Deno.pid, diagDescriptor });
    for (const server of ["203.0.113.80:80", "[2001:db8::80]:80", "[::ffff:203.0.113.80]:80"]) {
      for (const options of [{}, { network }]) {
        const { heard, milliseconds, state, diagnosis } = await callSymptom(server, options);
        assertEquals([heard, milliseconds, state], ["not called", 0, undefined]);
        assertStringIncludes(diagnosis.join(), 'connect: "anywhere"');
      }
    }
    assertEquals(network.opened, 0);
  } finally {
    close(diagDescriptor);
  }
});

Deno.test("callSymptom() says of an address what it is for", async () => {
  const table: [server: string, says: string][] = [
    ["0.0.0.0:80", "unspecified"],
    ["[::]:80", "unspecified"],
    ["224.0.0.251:80", "multicast"],
    ["[ff02::fb]:80", "multicast"],
    ["255.255.255.255:80", "broadcast"],
    ["127.255.255.255:80", "broadcast"],
    ["0.1.2.3:80", "RFC 1122"],
    ["[fe80::1]:80", "fe80::1%eth0"],
    ["203.0.113.80:80", "RFC 5737"],
    ["[2001:db8::80]:80", "RFC 3849"],
    ["100.64.1.1:80", "RFC 6598"],
    ["10.1.2.3:80", "RFC 1918"],
    ["8.8.8.8:53", "public"],
  ];
  for (const [server, says] of table) {
    const { heard, diagnosis } = await callSymptom(server);
    assertEquals(heard, "not called", server);
    assertStringIncludes(diagnosis[0]!, says);
    // "Private" is what addresses such as 10.1.2.3 are.
    assertEquals(diagnosis.filter((sentence) => /private network/.test(sentence)), [], server);
  }
});

Deno.test("callSymptom() says where a server of this machine listens, or that none does", async () => {
  const first = async (server: EndpointLike) => (await callSymptom(server)).diagnosis[0]!;
  using socket = server();
  const endpoint = socket.localEndpoint();
  assertStringIncludes(await first(endpoint), "does not listen");
  socket.listen(0);
  assertStringIncludes(await first(endpoint), "no program has accepted it");
  const elsewhere = await first(`127.0.0.9:${endpoint.port}`);
  assertStringIncludes(elsewhere, `nothing listens there: port ${endpoint.port} is open at`);
  // The client of the call before last has closed, and still waits in the queue.
  const full = (await callSymptom(endpoint, { timeout: 50 })).diagnosis[0]!;
  assertStringIncludes(full, "accept queue is full");
  socket.close();
  assertStringIncludes(await first(endpoint), `no socket listens on port ${endpoint.port}`);
  assertStringIncludes(await first("127.0.0.1:0"), "port 0");
});

Deno.test("callSymptom() looks for a name in /etc/hosts, and asks nobody else", async () => {
  using listening = server(5);
  const { port } = listening.localEndpoint();
  if (addressesHere("localhost")[0] === "127.0.0.1") {
    for (
      const name of [`localhost:${port}`, `LocalHost.:${port}`, { hostname: "localhost", port }]
    ) {
      const { heard, server, diagnosis } = await callSymptom(name);
      assertEquals([heard, server?.address], ["connected", "127.0.0.1"]);
      assertStringIncludes(diagnosis.join(), "/etc/hosts has 127.0.0.1");
    }
  }
  const unknown = await callSymptom(`no-such-host.example:${port}`);
  assertEquals([unknown.server, unknown.heard], [undefined, "not called"]);
  assertEquals(unknown.listeners.length, 1);
  assertStringIncludes(unknown.diagnosis[0]!, '/etc/hosts does not have the name "no-such-host.');
  for (
    const text of ["127.1:80", "http://example.org:80", "example.org", "1.2.3.4.5:80", "a b:80"]
  ) {
    await assertRejects(() => callSymptom(text), SyntaxError);
  }
  await assertRejects(() => callSymptom("localhost:65536"), RangeError);
});

Deno.test({
  name: 'callSymptom() calls any address if you say so by name: { connect: "anywhere" }',
  ...requires("network namespace"),
  async fn() {
    await using inside = await PrivateNetwork.create({ addresses: ["203.0.113.80"] });
    // It is private in truth, and only claims to be this machine's network.
    const network = new Proxy(inside, {
      get(target, name) {
        const value = name === "isPrivate" ? false : Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    using web = Socket.tcp({ network: inside });
    web.bind("203.0.113.80:80");
    web.listen();
    assertEquals((await callSymptom("203.0.113.80:80", { network })).heard, "not called");
    const told = await callSymptom("203.0.113.80:80", { network, connect: "anywhere" });
    assertEquals([told.heard, told.accepted?.inode], ["connected", 0]);
    const noWay = await callSymptom("198.51.100.1:80", { network, connect: "anywhere" });
    assertEquals([noWay.heard, noWay.route], ["ENETUNREACH", undefined]);
    assertStringIncludes(noWay.diagnosis.join(), "No route leads to 198.51.100.1");
    // Nobody can be called there, whoever says so.
    const group = await callSymptom("224.0.0.1:80", { network, connect: "anywhere" });
    assertEquals(group.heard, "not called");
  },
});

Deno.test({
  name: "callSymptom() asks the resolver for a name if you say so, and says what it answers",
  ...requires("network namespace"),
  async fn() {
    const module = new URL("./_call_by_name.ts", import.meta.url);
    const { server, heard, diagnosis } = await runInNamespace(module) as CallSymptom;
    assertEquals([server, heard, diagnosis.length], [null, "not called", 1]);
    assertStringIncludes(diagnosis[0]!, "the resolver answers");
  },
});

Deno.test("callSymptom() refuses misspelt options and options of the wrong kind", async () => {
  for (const options of [{ timout: 5 }, { timeout: "5" }, { network: 5 }, { connect: "all" }]) {
    await assertRejects(() => callSymptom("127.0.0.1:1", options as never), TypeError);
  }
  await assertRejects(() => callSymptom("127.0.0.1:1", { timeout: -1 }), RangeError);
});

Deno.test("callSymptoms() calls one after the other, and shows a row for each", async () => {
  using bound = Socket.tcp();
  bound.bind("127.0.0.1:0");
  using full = Socket.tcp();
  full.bind("127.0.0.1:0");
  full.listen(0);
  using inLine = Socket.tcp({ timeout: 5000 });
  await inLine.connect(full.localEndpoint());
  const calls = await callSymptoms(
    { "only bound": bound.localEndpoint(), "full": full.localEndpoint() },
    { timeout: 100 },
  );
  assertEquals(calls.heard, ["ECONNREFUSED", "nothing"]);
  assertEquals(calls.byCause.get("full")?.state, "SYN_SENT");
  const [refused, silent] = calls.toTable().rows;
  assertEquals(refused?.with(3, 0), [
    ...["only bound", String(bound.localEndpoint()), "ECONNREFUSED", 0, "no row", "none"],
  ]);
  assertEquals(silent?.slice(4), ["SYN_SENT", `${full.localEndpoint()}, 1 waiting, backlog 0`]);
  await assertRejects(() => callSymptoms({ a: "nowhere" }), SyntaxError);
});
