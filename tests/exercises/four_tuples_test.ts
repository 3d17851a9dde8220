import { assertEquals, assertMatch } from "@std/assert";
import {
  type Connections,
  demux,
  type Endpoint,
  FourTuple,
  parseEndpoint,
  Socket,
} from "fourtuple";
import { inodesOf } from "../../lib/observe/sources/open_sockets.ts";
import { checkCount, checkReceiver, checkSameFour } from "../../lib/exercises/four_tuples.ts";

function countConversations(rows: Connections): number {
  return new Set(rows.map(({ protocol, local, remote }) => {
    const tuple = FourTuple.from(local, remote);
    return protocol + [String(tuple), String(tuple.reversed())].sort()[0];
  })).size;
}

Deno.test("checkCount() is right with one that counts each conversation once", async () => {
  assertEquals((await checkCount(undefined)).state, "open");
  assertEquals(
    String(await checkCount(countConversations)),
    "✓ right: 5 lists of the kernel's rows, each counted right",
  );
  const bySides = (rows: Connections) => {
    const names = new Set<string>();
    for (const { protocol, local, remote } of rows) {
      const tuple = FourTuple.from(local, remote);
      if (!names.has(`${protocol} ${tuple.reversed()}`)) names.add(`${protocol} ${tuple}`);
    }
    return names.size;
  };
  assertEquals((await checkCount(bySides)).state, "right");
});

Deno.test("checkCount() names the list that is counted wrong", async () => {
  const table: [count: (rows: Connections) => unknown, message: RegExp][] = [
    [(rows) => rows.length, /^of both ends of three conversations \(6 rows\) it makes 6, not 3$/],
    [(rows) => rows.length / 2, /^of their clients' ends alone \(3 rows\) it makes 1\.5, not 3$/],
    [(rows) => Math.min(3, rows.length), /^of one with TCP and one with UDP.* makes 3, not 2$/],
    [
      (rows) =>
        new Set(rows.map(({ local, remote }) => [String(local), String(remote)].sort().join(" ")))
          .size,
      /^of one with TCP and one with UDP, which have the same four numbers \(4 rows\) it makes 1, /,
    ],
    [(rows) => countConversations(rows) || 1, /^of no row at all \(0 rows\) it makes 1, not 0$/],
    [() => {
      throw new Error("no idea");
    }, /it makes an error \(Error: no idea\), not 3$/],
  ];
  for (const [count, message] of table) {
    const verdict = await checkCount(count as (rows: Connections) => number);
    assertEquals(verdict.state, "not yet");
    assertMatch(verdict.message, message);
  }
});

function receiverOf(rows: Connections, source: Endpoint, destination: Endpoint) {
  const here = rows.filter(({ local }) => local.equals(destination));
  return here.find(({ remote }) => remote.equals(source)) ??
    here.find(({ state }) => state === "LISTEN");
}

Deno.test("checkReceiver() is right with one that does as the kernel does", async () => {
  assertEquals((await checkReceiver(undefined)).state, "open");
  assertEquals(
    String(await checkReceiver(receiverOf)),
    "✓ right: 7 segments were sent, and each went where the function said",
  );
  const byRule = (rows: Connections, source: Endpoint, destination: Endpoint) =>
    demux({ protocol: "tcp", source, destination }, rows).socket;
  assertEquals((await checkReceiver(byRule)).state, "right");
});

Deno.test("checkReceiver() tells who got the segment and whom the function names", async () => {
  type Answer = typeof receiverOf;
  const table: [answer: unknown, message: RegExp][] = [
    [
      // The port alone: the listener comes first in the table.
      ((rows, _, { port }) => rows.find(({ local }) => local.port === port)) as Answer,
      /^from a client, port (\d+) to (\d+): the kernel gave it to the socket 127\.0\.0\.1:\2 with 127\.0\.0\.1:\1, and the function says the listener at 127\.0\.0\.1:\2$/,
    ],
    [
      ((rows, source, destination) =>
        rows.find(({ local, remote }) =>
          local.equals(destination) && remote.equals(source)
        )) as Answer,
      /^from somebody new, .* to the listener at 127\.0\.0\.1:\d+, and the function says nobody$/,
    ],
    [
      // The two ends mixed up.
      ((rows, source, destination) => receiverOf(rows, destination, source)) as Answer,
      /^from a client, port (\d+) to (\d+): .* says the socket 127\.0\.0\.1:\1 with 127\.0\.0\.1:\2$/,
    ],
    [
      ((rows, source, destination) =>
        receiverOf(rows, source, destination) ??
          rows.find((row) => row.state === "LISTEN")) as Answer,
      /^for a port where nobody listens, .*: the kernel gave it to nobody, and the function says the listener/,
    ],
    [() => "the server", /the function says "the server"$/],
  ];
  for (const [answer, message] of table) {
    const verdict = await checkReceiver(answer as Answer);
    assertEquals(verdict.state, "not yet");
    assertMatch(verdict.message, message);
  }
});

/** A TCP connection whose ends are this process's, and UDP sockets at the same endpoints. */
async function sameFour(): Promise<unknown[]> {
  const [client, accepted] = await converse();
  accepted.close();
  const udp = Socket.udp({ timeout: 1000 });
  udp.bind(client.localEndpoint());
  await udp.connect(client.remoteEndpoint());
  return [client, udp];
}

async function converse(): Promise<[Socket, Socket]> {
  using server = Socket.tcp({ timeout: 1000 });
  server.bind("127.0.0.1:0");
  server.listen();
  const client = Socket.tcp({ timeout: 1000 });
  await client.connect(server.localEndpoint());
  return [client, await server.accept()];
}

Deno.test("checkSameFour() is right with two protocols, or two UDP sockets that share", async () => {
  assertEquals((await checkSameFour(undefined)).state, "open");
  assertMatch(
    String(await checkSameFour(sameFour)),
    /^✓ right: 127\.0\.0\.1:\d+ with 127\.0\.0\.1:\d+, once with (tcp and once with udp|udp and once with tcp)$/,
  );
  const shared = await checkSameFour(async () => {
    const sockets = [Socket.udp({ timeout: 1000 }), Socket.udp({ timeout: 1000 })] as const;
    for (const socket of sockets) socket.setOption("reuseAddress", true);
    sockets[0].bind("127.0.0.1:0");
    sockets[1].bind(sockets[0].localEndpoint());
    for (const socket of sockets) await socket.connect(parseEndpoint("127.0.0.1:9"));
    return [...sockets];
  });
  assertMatch(String(shared), /^✓ right: .* twice, and both udp: they share by an option$/);
});

Deno.test("checkSameFour() finds different numbers, no list, one left open, and an error", async () => {
  const apart = await checkSameFour(async () => await converse());
  assertEquals(
    apart.message,
    "the kernel's table has no two new sockets with the same four numbers",
  );
  const one = await checkSameFour(async () => (await converse())[0]);
  assertEquals(one.message, "the function was to return both sockets in a list");
  const refused = await checkSameFour(() => Socket.tcp().listen(-1));
  assertMatch(refused.message, /^what came out: /);
  let forgotten: Socket | undefined;
  const left = await checkSameFour(async () => {
    const [client, udp] = await sameFour() as [Socket, Socket];
    forgotten = Socket.udp({ timeout: 1000 });
    await forgotten.connect("127.0.0.1:9");
    return [client, udp];
  });
  assertEquals(
    left.message,
    "the four numbers are the same, but 1 of your sockets stayed open: the check closes only what " +
      "is returned",
  );
  forgotten!.close();
});

Deno.test("the checks of four-tuples leave no socket open", async () => {
  const ours = () => inodesOf().size;
  const before = ours();
  await checkCount(countConversations);
  await checkReceiver(receiverOf);
  await checkReceiver(() => undefined);
  assertEquals(ours(), before);
});
