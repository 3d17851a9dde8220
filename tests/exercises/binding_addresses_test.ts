import { assertEquals, assertMatch } from "@std/assert";
import {
  checkClientAddress,
  checkInTheWay,
  checkListeningPlan,
  checkReachRule,
  type ListeningPlan,
  type ReachRule,
} from "../../lib/exercises/binding_addresses.ts";
import type { LabNetwork } from "../../lib/networks/lab_network.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { requires } from "../requirements.ts";

const { ignore } = requires("network namespace");

const PLAN: ListeningPlan = {
  database: "127.0.0.1",
  admin: "10.0.0.50",
  oldSite: "0.0.0.0",
  site: "::",
};

Deno.test("each check of binding_addresses is open without an answer", async () => {
  const checks = [checkListeningPlan, checkReachRule, checkClientAddress, checkInTheWay];
  for (const check of checks) assertEquals((await check(undefined)).state, "open");
});

Deno.test("checkListeningPlan() calls each service at each address", { ignore }, async () => {
  assertEquals(
    String(await checkListeningPlan(PLAN)),
    "✓ right: all 20 calls ended as they should",
  );
  const wrong: readonly (readonly [Partial<ListeningPlan>, string])[] = [
    [
      { database: "0.0.0.0" },
      "with database at 0.0.0.0, a client that calls 192.168.1.100 reaches it, and should not",
    ],
    [
      { admin: "127.0.0.1" },
      "with admin at 127.0.0.1, a client that calls 127.0.0.1 reaches it, and should not",
    ],
    [{ oldSite: "::" }, "with oldSite at ::, a client that calls ::1 reaches it, and should not"],
    [
      { site: "0.0.0.0" },
      "with site at 0.0.0.0, a client that calls ::1 is refused, and should not be",
    ],
  ];
  for (const [change, message] of wrong) {
    assertEquals((await checkListeningPlan({ ...PLAN, ...change })).message, message);
  }
  const { site: _site, ...three } = PLAN;
  const missing = await checkListeningPlan(three as ListeningPlan);
  assertEquals(missing.message, "site has no address yet");
  const foreign = await checkListeningPlan({ ...PLAN, admin: "10.0.0.51" });
  assertMatch(foreign.message, /^what came out: SocketError: .* got EADDRNOTAVAIL$/);
  const name = await checkListeningPlan({ ...PLAN, database: "localhost" });
  assertMatch(name.message, /^what came out: SyntaxError: /);
});

const family = (address: string) => address.includes(":") ? "IPv6" : "IPv4";

const RULE: ReachRule = ({ address, v6Only = false }, called) => {
  if (address === called) return true;
  if (address === "0.0.0.0") return family(called) === "IPv4";
  return address === "::" && (!v6Only || family(called) === "IPv6");
};

Deno.test("checkReachRule() holds the rule against the kernel", { ignore }, async () => {
  const right = await checkReachRule(RULE);
  assertEquals(String(right), "✓ right: the function and the kernel agree on all 48 pairs");
  const naive = await checkReachRule(({ address }, called) => address === called);
  assertEquals(
    naive.message,
    "after 0 right ones: a listener at 0.0.0.0, called at 127.0.0.1: the function says false, " +
      "the kernel connected",
  );
  const late = await checkReachRule((() => Promise.resolve(true)) as unknown as ReachRule);
  assertEquals(late.message, "true or false was wanted, got an object");
  const careless = await checkReachRule(({ address }, called) => RULE({ address }, called));
  assertMatch(
    careless.message,
    /a listener at ::, IPv6 only, called at 127.0.0.1: .* says true, the/,
  );
  const loopback = await checkReachRule(({ address, ...rest }, called) =>
    RULE({ address, ...rest }, called) || address === "127.0.0.1" && called.startsWith("127.")
  );
  assertMatch(
    loopback.message,
    /a listener at 127.0.0.1, called at 127.0.0.2: .* the kernel refused$/,
  );
});

Deno.test("checkClientAddress() wants an IPv4 address as IPv4", async () => {
  const right = await checkClientAddress((socket) => socket.remoteEndpoint().unmapped().address);
  assertEquals(right.state, "right", right.message);
  const byHand = (socket: Socket) => socket.remoteEndpoint().address.replace("::ffff:", "");
  assertEquals((await checkClientAddress(byHand)).state, "right");
  const mapped = await checkClientAddress((socket) => socket.remoteEndpoint().address);
  assertEquals(
    mapped.message,
    "the client calls from 127.0.0.9, and the function says ::ffff:127.0.0.9",
  );
  const servers = await checkClientAddress((socket) => socket.localEndpoint().unmapped().address);
  assertEquals(
    servers.message,
    "the client calls from 127.0.0.9, and the function says 127.0.0.1",
  );
  const constant = await checkClientAddress(() => "127.0.0.9");
  assertEquals(constant.message, "the client calls from ::1, and the function says 127.0.0.9");
});

function at(network: LabNetwork, endpoint: string): Socket {
  const socket = Socket.tcp({ network });
  socket.bind(endpoint);
  return socket;
}

Deno.test("checkInTheWay() wants all refused and one free", { ignore }, async () => {
  const right = await checkInTheWay((network, port) => at(network, `127.0.0.1:${port}`));
  assertEquals(
    String(right),
    "✓ right: 0.0.0.0:8080 is refused, EADDRINUSE, and 192.168.1.100:8080 is free",
  );
  const elsewhere = await checkInTheWay((network, port) => at(network, `10.0.0.50:${port}`));
  assertEquals(elsewhere.state, "right");
  const all = await checkInTheWay((network, port) => at(network, `0.0.0.0:${port}`));
  assertEquals(all.message, "192.168.1.100:8080 is taken, and was to stay free");
  const other = await checkInTheWay((network) => at(network, "127.0.0.1:0"));
  assertEquals(other.message, "a server can still have 0.0.0.0:8080");
});
