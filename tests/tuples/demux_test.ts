import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  connections,
  demux,
  type DemuxSocket,
  Endpoint,
  FourTuple,
  parseEndpoint,
  type Protocol,
  type RefusalReason,
  type SocketState,
} from "fourtuple";
import { refused } from "../_refused.ts";
import { runInNamespace } from "../_namespace.ts";
import { endpoint } from "./_laws.ts";
import type { Choice } from "./_wildcards.ts";
import { requires } from "../requirements.ts";

/** "tcp LISTEN 0.0.0.0:80", "tcp ESTABLISHED 127.0.0.1:80 127.0.0.1:5000", "… v6only". */
function socket(text: string): DemuxSocket {
  const [protocol, state, local, ...rest] = text.split(" ") as [
    Protocol,
    SocketState,
    string,
    ...string[],
  ];
  const [remote] = rest.filter((word) => word !== "v6only");
  return {
    protocol,
    state,
    local: parseEndpoint(local),
    ...(remote === undefined ? {} : { remote: parseEndpoint(remote) }),
    v6Only: rest.includes("v6only"),
  };
}

/** "tcp 127.0.0.1:5000 127.0.0.1:80": source, then destination. */
function segment(text: string) {
  const [protocol, source, destination] = text.split(" ") as [Protocol, string, string];
  return { protocol, source: parseEndpoint(source), destination: parseEndpoint(destination) };
}

Deno.test("demux() gives a segment to the socket that the kernel would", () => {
  const web = [
    "tcp LISTEN 0.0.0.0:80",
    "tcp LISTEN 127.0.0.1:80",
    "tcp ESTABLISHED 127.0.0.1:80 127.0.0.2:5000",
    "udp UNCONNECTED 0.0.0.0:80",
    "udp UNCONNECTED 127.0.0.1:80",
    "udp CONNECTED 127.0.0.1:80 127.0.0.2:5000",
  ];
  const dual = ["tcp LISTEN [::]:80"];
  const both = [...dual, "tcp LISTEN 0.0.0.0:80"];
  const alone = ["tcp LISTEN [::]:80 v6only"];
  const table: [segment: string, sockets: string[], by: string, winner: number | undefined][] = [
    // The four-tuple before the listener; one other port, or address, is another four-tuple.
    ["tcp 127.0.0.2:5000 127.0.0.1:80", web, "four-tuple", 2],
    ["tcp 127.0.0.2:5001 127.0.0.1:80", web, "specific address", 1],
    ["tcp 127.0.0.3:5000 127.0.0.1:80", web, "specific address", 1],
    ["tcp 127.0.0.2:5000 127.0.0.9:80", web, "wildcard", 0],
    // UDP apart from TCP, by the same rules.
    ["udp 127.0.0.2:5000 127.0.0.1:80", web, "four-tuple", 5],
    ["udp 127.0.0.2:5001 127.0.0.1:80", web, "specific address", 4],
    ["udp 127.0.0.2:5000 127.0.0.9:80", web, "wildcard", 3],
    // States in which a conversation still has a four-tuple.
    [
      "tcp 127.0.0.2:5000 127.0.0.1:80",
      ["tcp LISTEN 127.0.0.1:80", "tcp TIME_WAIT 127.0.0.1:80 127.0.0.2:5000"],
      "four-tuple",
      1,
    ],
    [
      "tcp 127.0.0.1:80 127.0.0.2:5000",
      ["tcp SYN_SENT 127.0.0.2:5000 127.0.0.1:80"],
      "four-tuple",
      0,
    ],
    // Dual stack.
    ["tcp [::1]:5000 [::1]:80", dual, "wildcard", 0],
    ["tcp 127.0.0.1:5000 127.0.0.1:80", dual, "wildcard", 0],
    ["tcp 127.0.0.1:5000 127.0.0.1:80", both, "wildcard", 1],
    ["tcp [::1]:5000 [::1]:80", both, "wildcard", 0],
    ["tcp 127.0.0.1:5000 127.0.0.1:80", alone, "refused", undefined],
    ["tcp [::1]:5000 [::1]:80", alone, "wildcard", 0],
    [
      "tcp 127.0.0.1:5000 127.0.0.1:80",
      [...both, "tcp LISTEN [::ffff:127.0.0.1]:80"],
      "specific address",
      2,
    ],
    [
      "tcp 127.0.0.1:5000 127.0.0.1:80",
      ["tcp LISTEN [::ffff:127.0.0.1]:80", "tcp LISTEN 127.0.0.1:80"],
      "specific address",
      1,
    ],
    ["tcp [::1]:5000 [::1]:80", ["tcp LISTEN [::ffff:0.0.0.0]:80"], "refused", undefined],
    ["tcp 127.0.0.1:5000 127.0.0.1:80", ["tcp LISTEN [::ffff:0.0.0.0]:80"], "wildcard", 0],
    [
      "tcp 127.0.0.1:5000 127.0.0.1:80",
      [...dual, "tcp ESTABLISHED [::ffff:127.0.0.1]:80 [::ffff:127.0.0.1]:5000"],
      "four-tuple",
      1,
    ],
    [
      "tcp [::ffff:127.0.0.1]:5000 [::ffff:127.0.0.1]:80",
      ["tcp LISTEN 127.0.0.1:80"],
      "specific address",
      0,
    ],
    // Zones.
    [
      "tcp [fe80::2%eth0]:5000 [fe80::1%eth0]:80",
      ["tcp LISTEN [fe80::1%eth1]:80", "tcp LISTEN [fe80::1%eth0]:80"],
      "specific address",
      1,
    ],
    [
      "tcp [fe80::2%eth0]:5000 [fe80::1%eth0]:80",
      ["tcp LISTEN [fe80::1]:80"],
      "specific address",
      0,
    ],
    // A socket that is connected to itself.
    [
      "tcp 127.0.0.1:80 127.0.0.1:80",
      ["tcp ESTABLISHED 127.0.0.1:80 127.0.0.1:80"],
      "four-tuple",
      0,
    ],
  ];
  for (const [arriving, texts, by, winner] of table) {
    const sockets = texts.map(socket);
    for (const order of [sockets, sockets.toReversed()]) {
      const delivery = demux(segment(arriving), order);
      assertEquals(delivery.by, by, arriving);
      assertStrictEquals(delivery.socket, winner === undefined ? undefined : sockets[winner]);
    }
  }
});

Deno.test("demux() tells why nobody gets a segment, by the nearest miss", () => {
  const near = [
    "udp UNCONNECTED 127.0.0.1:80",
    "tcp LISTEN 127.0.0.1:81",
    "tcp LISTEN [::1]:80",
    "tcp LISTEN 127.0.0.2:80",
    "tcp ESTABLISHED 127.0.0.1:80 127.0.0.1:5001",
    "tcp CLOSE 127.0.0.1:80",
  ];
  const reasons: RefusalReason[] = [
    "no socket",
    "no socket",
    "other family",
    "other address",
    "other remote",
    "not listening",
  ];
  for (const [index, reason] of reasons.entries()) {
    const sockets = near.slice(0, index + 1).map(socket);
    for (const order of [sockets, sockets.toReversed()]) {
      assertEquals(demux(segment("tcp 127.0.0.1:5000 127.0.0.1:80"), order), {
        by: "refused",
        socket: undefined,
        reason,
        answer: "RST",
      });
    }
  }
  assertEquals(demux(segment("udp [::1]:5000 [::1]:53"), []), {
    by: "refused",
    socket: undefined,
    reason: "no socket",
    answer: "ICMP port unreachable",
  });
});

Deno.test("demux() tells every socket of a group that shares its port", () => {
  const sockets = ["tcp LISTEN 0.0.0.0:80", "tcp LISTEN 0.0.0.0:80", "tcp LISTEN [::]:80"]
    .map(socket);
  const delivery = demux(segment("tcp 127.0.0.1:5000 127.0.0.1:80"), sockets);
  assert(delivery.by !== "refused");
  assertEquals(delivery.group, sockets.slice(0, 2));
  assertStrictEquals(delivery.socket, sockets[0]);
});

Deno.test("demux() refuses a segment of two families and a connected socket without a peer", () => {
  const mixed = segment("tcp 127.0.0.1:5000 [::1]:80");
  assertEquals(refused(() => demux(mixed, []), TypeError).part, "IPv6 and IPv4");
  const noPeer = [socket("tcp ESTABLISHED 127.0.0.1:80")];
  const error = refused(() => demux(segment("tcp 127.0.0.1:5000 127.0.0.1:80"), noPeer), TypeError);
  assertEquals(error.rule, "a socket in ESTABLISHED has a remote endpoint");
});

Deno.test("demux() gives every connected socket the segments of its four-tuple", () => {
  fc.assert(fc.property(endpoint, endpoint, (local, remote) => {
    fc.pre(local.unmapped().family === remote.unmapped().family);
    const connected: DemuxSocket = { protocol: "tcp", state: "ESTABLISHED", local, remote };
    const listening: DemuxSocket = { protocol: "tcp", state: "LISTEN", local };
    const arriving = { protocol: "tcp", source: remote, destination: local } as const;
    assertStrictEquals(demux(arriving, [listening, connected]).socket, connected);
    assertStrictEquals(demux(arriving, [listening]).socket, listening);
  }));
});

Deno.test({
  name: "demux() and the kernel agree on every set of specific and wildcard sockets",
  ...requires("network namespace"),
  async fn() {
    const choices = await runInNamespace(new URL("./_wildcards.ts", import.meta.url)) as Choice[];
    for (const choice of choices) {
      assertEquals(choice.demux, choice.kernel, JSON.stringify(choice));
    }
    assertEquals(choices.length, 2 * 31 * 4, "two protocols, 31 sets, 4 destinations");
    assertEquals(
      new Set(choices.map(({ kernel }) => kernel)),
      new Set(["127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::", null]),
    );
  },
});

Deno.test("demux() gives each end of a live connection to its own row", async () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    using listener = Deno.listen({ hostname, port: 0 });
    const { port } = listener.addr;
    const dialled = Deno.connect({ hostname, port });
    using accepted = await listener.accept();
    using client = await dialled;
    const rows = connections({ protocol: "tcp", port });
    for (const end of [client, accepted]) {
      const { by, socket } = demux({
        protocol: "tcp",
        source: Endpoint.from(end.remoteAddr),
        destination: Endpoint.from(end.localAddr),
      }, rows);
      assertEquals(by, "four-tuple");
      assert(FourTuple.from(socket!.local, socket!.remote).equals(FourTuple.from(end)));
    }
  }
});
