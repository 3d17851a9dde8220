import {
  checkClientAddress,
  checkInTheWay,
  checkListeningPlan,
  checkReachRule,
  type ListeningPlan,
  type ReachRule,
} from "../../lib/exercises/listening_addresses.ts";
import type { LabNetwork } from "../../lib/networks/lab_network.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { requires } from "../requirements.ts";
import { assertVerdict, assertVerdicts } from "./_verdicts.ts";

const { ignore } = requires("network namespace");

const PLAN: ListeningPlan = {
  database: "127.0.0.1",
  admin: "10.0.0.50",
  oldSite: "0.0.0.0",
  site: "::",
};

Deno.test("each check of listening_addresses is open without an answer", async () => {
  const checks = [checkListeningPlan, checkReachRule, checkClientAddress, checkInTheWay];
  for (const check of checks) assertVerdict(await check(undefined), "open");
});

Deno.test("checkListeningPlan() calls each service at each address", { ignore }, async () => {
  const say = (change: unknown) => () =>
    checkListeningPlan({ ...PLAN, ...change as Partial<ListeningPlan> });
  const { site: _site, ...three } = PLAN;
  await assertVerdicts([
    [say({}), "right", "all 20 calls ended as they should"],
    [
      say({ database: "0.0.0.0" }),
      "not yet",
      "with database at 0.0.0.0, a client that calls 192.168.1.100 reaches it, and should not",
    ],
    [say({ admin: "127.0.0.1" }), "not yet", "admin at 127.0.0.1, a client that calls 127.0.0.1"],
    [say({ oldSite: "::" }), "not yet", "oldSite at ::, a client that calls ::1 reaches it"],
    [say({ site: "0.0.0.0" }), "not yet", "that calls ::1 is refused, and should not be"],
    [() => checkListeningPlan(three as ListeningPlan), "not yet", "site has no address yet"],
    [say({ admin: "10.0.0.51" }), "not yet", "This computer has the addresses 127.0.0.1"],
    [say({ database: "localhost" }), "not yet", 'database is "localhost", which is no address'],
    [say({ database: 8080 }), "not yet", "database is 8080"],
    [say({ admin: "10.0.0.50:80" }), "not yet", "Leave out the port"],
    [() => checkListeningPlan("0.0.0.0" as never), "not yet", "should be an object"],
  ]);
});

const family = (address: string) => address.includes(":") ? "IPv6" : "IPv4";

const RULE: ReachRule = ({ address, v6Only = false }, called) => {
  if (address === called) return true;
  if (address === "0.0.0.0") return family(called) === "IPv4";
  return address === "::" && (!v6Only || family(called) === "IPv6");
};

Deno.test("checkReachRule() compares the rule with the kernel", { ignore }, async () => {
  const say = (rule: unknown) => () => checkReachRule(rule as ReachRule);
  await assertVerdicts([
    [say(RULE), "right", "agree on all 48 pairs"],
    [
      say((({ address }, called) => address === called) as ReachRule),
      "not yet",
      "after 0 right ones, a listener at 0.0.0.0, called at 127.0.0.1: your function says false",
    ],
    [say(() => Promise.resolve(true)), "not yet", "leave out `async`"],
    [say(() => {}), "not yet", "`return"],
    [say(() => "yes"), "not yet", 'returned "yes", and should return true or false'],
    [
      say((({ address }, called) => RULE({ address }, called)) as ReachRule),
      "not yet",
      "With v6Only a listener at :: leaves IPv4 alone",
    ],
    [
      say(
        ((listener, called) =>
          RULE(listener, called) ||
          listener.address === "127.0.0.1" && called.startsWith("127.")) as ReachRule,
      ),
      "not yet",
      "a listener at 127.0.0.1, called at 127.0.0.2",
    ],
  ]);
});

Deno.test("checkClientAddress() wants an IPv4 address as IPv4", async () => {
  const say = (answer: unknown) => () => checkClientAddress(answer as (socket: Socket) => string);
  const remote = (socket: Socket) => socket.remoteEndpoint();
  await assertVerdicts([
    [say((socket: Socket) => remote(socket).unmapped().address), "right"],
    [say((socket: Socket) => remote(socket).address.replace("::ffff:", "")), "right"],
    [say((socket: Socket) => remote(socket).address), "not yet", "unmapped() undoes it"],
    [
      say((socket: Socket) => socket.localEndpoint().unmapped().address),
      "not yet",
      'from 127.0.0.9, and your function returned "127.0.0.1"',
    ],
    [say(() => "127.0.0.9"), "not yet", "the client calls from ::1"],
    [say((socket: Socket) => void remote(socket)), "not yet", "`return"],
  ]);
});

function at(network: LabNetwork, endpoint: string): Socket {
  const socket = Socket.tcp({ network });
  socket.bind(endpoint);
  return socket;
}

Deno.test("checkInTheWay() wants all refused and one free", { ignore }, async () => {
  const say = (answer: unknown) => () => checkInTheWay(answer as () => Socket);
  type Network = LabNetwork;
  await assertVerdicts([
    [
      say((network: Network, port: number) => at(network, `127.0.0.1:${port}`)),
      "right",
      "0.0.0.0:8080 is refused, EADDRINUSE, and 192.168.1.100:8080 is free",
    ],
    [say((network: Network, port: number) => at(network, `10.0.0.50:${port}`)), "right"],
    [
      say((network: Network, port: number) => at(network, `0.0.0.0:${port}`)),
      "not yet",
      "192.168.1.100:8080 is taken, and should stay free",
    ],
    [
      say((network: Network) => at(network, "127.0.0.1:0")),
      "not yet",
      "a server can still have 0.0.0.0:8080",
    ],
    [
      say((network: Network, port: number) => void at(network, `127.0.0.1:${port}`)),
      "not yet",
      "`return",
    ],
  ]);
});
