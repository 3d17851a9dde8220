import { assertEquals } from "@std/assert";
import {
  type Connections,
  connections,
  demux,
  type Endpoint,
  FourTuple,
  parseEndpoint,
  Socket,
} from "fourtuple";
import { checkCount, checkReceiver, checkSameFour } from "../../lib/exercises/four_tuples.ts";
import { inodesOf } from "../../lib/observe/sources/open_sockets.ts";
import { assertVerdicts, assertVerdictsInTurn } from "./_verdicts.ts";

function countConversations(rows: Connections): number {
  return new Set(rows.map(({ protocol, local, remote }) => {
    const tuple = FourTuple.from(local, remote);
    return protocol + [String(tuple), String(tuple.reversed())].sort()[0];
  })).size;
}

function countBySides(rows: Connections): number {
  const names = new Set<string>();
  for (const { protocol, local, remote } of rows) {
    const tuple = FourTuple.from(local, remote);
    if (!names.has(`${protocol} ${tuple.reversed()}`)) names.add(`${protocol} ${tuple}`);
  }
  return names.size;
}

Deno.test("checkCount() is right with each conversation once, and names the list that is not", async () => {
  const say = (count: unknown) => () => checkCount(count as (rows: Connections) => number);
  type Rows = Connections;
  await assertVerdicts([
    [say(undefined), "open"],
    [say(countConversations), "right", "5 lists of the kernel's rows"],
    [say(countBySides), "right"],
    [say((rows: Rows) => rows.length), "not yet", "(6 rows) your function returned 6, not 3"],
    [say((rows: Rows) => rows.length / 2), "not yet", "clients' ends alone (3 rows)"],
    [say((rows: Rows) => Math.min(3, rows.length)), "not yet", "returned 3, not 2"],
    [
      say((rows: Rows) =>
        new Set(rows.map(({ local, remote }) => [String(local), String(remote)].sort().join(" ")))
          .size
      ),
      "not yet",
      "one connection with TCP and one with UDP, which have the same four values (4 rows)",
    ],
    [say((rows: Rows) => countConversations(rows) || 1), "not yet", "no row at all (0 rows)"],
    [say((rows: Rows) => void rows.length), "not yet", "`return"],
    [
      say(() => {
        throw new Error("no idea");
      }),
      "not yet",
      "Error: no idea",
    ],
  ]);
});

type Receiver = (rows: Connections, source: Endpoint, destination: Endpoint) => unknown;

const receiverOf: Receiver = (rows, source, destination) => {
  const here = rows.filter(({ local }) => local.equals(destination));
  return here.find(({ remote }) => remote.equals(source)) ??
    here.find(({ state }) => state === "LISTEN");
};

/** Compares ports only, for the local end, the remote end, or both. */
function byPorts({ local, remote }: { local: boolean; remote: boolean }): Receiver {
  const isAt = (one: Endpoint, other: Endpoint, portsOnly: boolean) =>
    portsOnly ? one.port === other.port : one.equals(other);
  return (rows, source, destination) => {
    const here = rows.filter((row) => isAt(row.local, destination, local));
    return here.find((row) => isAt(row.remote, source, remote)) ??
      here.find(({ state }) => state === "LISTEN");
  };
}

Deno.test("checkReceiver() is right with one that does as the kernel does", async () => {
  const byRule: Receiver = (rows, source, destination) =>
    demux({ protocol: "tcp", source, destination }, rows).socket;
  const open = () =>
    connections({ address: "127.0.0.2" }).filter(({ inode }) => inodesOf().has(inode)).length;
  const before = open();
  await assertVerdicts([
    [() => checkReceiver(undefined), "open"],
    [() => checkReceiver(receiverOf), "right", "11 segments were sent"],
    [() => checkReceiver(byRule), "right"],
  ]);
  assertEquals(open(), before);
});

Deno.test("checkReceiver() finds a function that compares ports and no addresses", async () => {
  await assertVerdicts([
    [
      () => checkReceiver(byPorts({ local: true, remote: true })),
      "not yet",
      /an endpoint is both|all four numbers/,
    ],
    [
      () => checkReceiver(byPorts({ local: true, remote: false })),
      "not yet",
      "an endpoint is both",
    ],
    [
      () => checkReceiver(byPorts({ local: false, remote: true })),
      "not yet",
      "all four numbers decide",
    ],
  ]);
});

Deno.test("checkReceiver() tells which socket got the segment, and which the function names", async () => {
  await assertVerdicts([
    [
      // The port alone: the listener comes first in the table.
      () => checkReceiver((rows, _, { port }) => rows.find(({ local }) => local.port === port)),
      "not yet",
      /from a client, 127\.0\.0\.1:(\d+) to 127\.0\.0\.1:(\d+): the kernel gave it to the socket 127\.0\.0\.1:\2 with 127\.0\.0\.1:\1, and your function says the listener/,
    ],
    [
      () =>
        checkReceiver((rows, source, destination) =>
          rows.find(({ local, remote }) => local.equals(destination) && remote.equals(source))
        ),
      "not yet",
      /from a new client, .* to the listener at 127\.0\.0\.1:\d+, and your function says no socket/,
    ],
    [
      // The two ends mixed up.
      () => checkReceiver((rows, source, destination) => receiverOf(rows, destination, source)),
      "not yet",
      "and its `remote` the source",
    ],
    [
      () =>
        checkReceiver((rows, source, destination) =>
          receiverOf(rows, source, destination) ?? rows.find((row) => row.state === "LISTEN")
        ),
      "not yet",
      /for a port where nobody listens, .*: the kernel gave it to no socket, and your function says/,
    ],
    [
      // Any socket at the destination, which is right as long as the listener is open.
      () =>
        checkReceiver((rows, source, destination) => {
          const here = rows.filter(({ local }) => local.equals(destination));
          return here.find(({ remote }) => remote.equals(source)) ?? here[0];
        }),
      "not yet",
      /for a port where the listener is closed, .*: the kernel gave it to no socket/,
    ],
    [() => checkReceiver(() => "the server"), "not yet", 'your function says "the server"'],
  ]);
});

/** A TCP connection whose ends are this process's, and UDP sockets at the same endpoints. */
async function sameFour(): Promise<Socket[]> {
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
  let forgotten: Socket | undefined;
  await assertVerdictsInTurn([
    [() => checkSameFour(undefined), "open"],
    [
      () => checkSameFour(sameFour),
      "right",
      /127\.0\.0\.1:\d+ with 127\.0\.0\.1:\d+, once with (tcp and once with udp|udp and once with tcp)$/,
    ],
    [
      () =>
        checkSameFour(async () => {
          const sockets = [Socket.udp({ timeout: 1000 }), Socket.udp({ timeout: 1000 })] as const;
          for (const socket of sockets) socket.setOption("reuseAddress", true);
          sockets[0].bind("127.0.0.1:0");
          sockets[1].bind(sockets[0].localEndpoint());
          for (const socket of sockets) await socket.connect(parseEndpoint("127.0.0.1:9"));
          return [...sockets];
        }),
      "right",
      /twice, and both udp: they share by an option$/,
    ],
    [() => checkSameFour(converse), "not yet", "no two new sockets with the same four numbers"],
    [() => checkSameFour(async () => (await converse())[0]), "not yet", "Put it into a list"],
    [() => checkSameFour(() => void sameFour()), "not yet", "`return"],
    [() => checkSameFour(() => Socket.tcp().listen(-1)), "not yet", "backlog"],
    [
      () =>
        checkSameFour(async () => {
          const sockets = await sameFour();
          forgotten = Socket.udp({ timeout: 1000 });
          await forgotten.connect("127.0.0.1:9");
          return sockets;
        }),
      "not yet",
      "a socket of yours stayed open",
    ],
  ]);
  assertEquals(forgotten!.isClosed, true);
});
