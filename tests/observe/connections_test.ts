import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Connection, Connections, connections, connectionsWhen } from "fourtuple";
import { listeners, Socket, SocketError } from "fourtuple";
import { isRefusal } from "../../lib/refusal.ts";
import { errnoOf } from "../../lib/system/errno.ts";
import { runInNamespace } from "../_namespace.ts";
import type { Comparison } from "./_live_states.ts";
import type { Outcome } from "./_random_sets.ts";
import { ourLine, ssLines } from "./_ss.ts";
import { requires } from "../requirements.ts";

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test({
    name: `connections() agrees with ss on one's own sockets at ${hostname}`,
    ...requires("ss"),
    async fn() {
      using listener = Deno.listen({ hostname, port: 0 });
      const { port } = listener.addr;
      const dialled = Deno.connect({ hostname, port });
      using server = await listener.accept();
      using client = await dialled;
      await client.write(new Uint8Array(5));
      using waiting = await Deno.connect({ hostname, port });
      const udp = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
      const mine = new Set([port, client.localAddr.port, waiting.localAddr.port, udpPort(udp)]);

      const { ours, theirs } = await agreeing((row) => mine.has(row.local.port));
      udp.close();
      assertEquals(ours, theirs);
      assertEquals(server.remoteAddr, client.localAddr);
      const end = (number: number) =>
        hostname === "::1" ? `[::1]:${number}` : `${hostname}:${number}`;
      for (
        const line of [
          `tcp ESTABLISHED 5 0 ${end(port)} ${end(client.localAddr.port)}`,
          `tcp ESTABLISHED 0 0 ${end(client.localAddr.port)} ${end(port)}`,
          `tcp LISTEN 1 511 ${end(port)} ${hostname === "::1" ? "[::]" : "0.0.0.0"}:0`,
        ]
      ) assert(ours.includes(line), `${line} in\n${ours.join("\n")}`);
    },
  });
}

Deno.test({
  name: "connections() agrees with ss on every socket of a network, through the states",
  ...requires("ss", "network namespace"),
  async fn() {
    const comparison = await runInNamespace(new URL("./_live_states.ts", import.meta.url));
    const { ours, theirs } = comparison as Comparison;
    assertEquals(ours, theirs);
    const seen = new Set(ours.map((line) => line.split(" ").slice(0, 2).join(" ")));
    assertEquals([...seen].sort(), [
      "tcp CLOSE_WAIT",
      "tcp ESTABLISHED",
      "tcp FIN_WAIT_2",
      "tcp LISTEN",
      "tcp SYN_SENT",
      "tcp TIME_WAIT",
      "udp CONNECTED",
      "udp UNCONNECTED",
    ]);
    assertEquals(ours.filter((line) => line.includes("[::ffff:127.0.0.1]:")).length, 1);
  },
});

Deno.test({
  name: "connections() equals ss, /proc and its own filters on 200 random sets of sockets",
  ...requires("ss", "network namespace"),
  async fn() {
    const outcome = await runInNamespace(new URL("./_random_sets.ts", import.meta.url)) as Outcome;
    assertEquals(outcome.difference, undefined, `with seed ${outcome.seed}`);
    assertEquals(outcome.sets, 200);
    const states = ["CLOSE_WAIT", "ESTABLISHED", "FIN_WAIT_2", "LISTEN", "TIME_WAIT"];
    const kinds = ["IPv4", "IPv6"].flatMap((family) => [
      ...states.map((state) => `tcp ${family} ${state}`),
      ...["CONNECTED", "UNCONNECTED"].map((state) => `udp ${family} ${state}`),
    ]);
    // A FIN that the other end has not acknowledged yet: a quick reading sees that, too.
    const isPassing = (kind: string) => /^tcp IPv[46] (FIN_WAIT_1|CLOSING|LAST_ACK)$/.test(kind);
    assertEquals(outcome.kinds.filter((kind) => !isPassing(kind)).sort(), kinds.sort());
  },
});

Deno.test("connections() says from where its rows are, and each source has the same ones", async () => {
  using server = Socket.tcp({ timeout: 5000 });
  server.bind("127.0.0.1:0");
  server.listen(5);
  const { port } = server.localEndpoint();
  using client = Socket.tcp({ timeout: 5000 });
  await client.connect(server.localEndpoint());
  const [byNetlink, byProc] = (["netlink", "/proc"] as const).map((source) =>
    connections({ port, address: "127.0.0.1" }, { source }).filter(isAlive)
  ) as [Connections, Connections];
  assertEquals(connections().reading, { source: "netlink", interruptions: 0 });
  assertEquals(byProc.reading, { source: "/proc", interruptions: 0 });
  assertEquals(byNetlink.map(key), byProc.map(key));
  assertEquals(byNetlink.length, 3);
  assertEquals([byNetlink[0]?.receiveQueue, byNetlink[0]?.sendQueue], [1, 5]);
  assertEquals([byProc[0]?.receiveQueue, byProc[0]?.sendQueue], [1, undefined]);
});

Deno.test("connections() goes on with /proc where a network can have no netlink socket", () => {
  const network = {
    pid: Deno.pid,
    get diagDescriptor(): number {
      throw new SocketError("socket", errnoOf("EAFNOSUPPORT"), { subject: "the table" });
    },
  };
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const rows = connections({ protocol: "tcp", localPort: listener.addr.port }, { network });
  assertEquals([rows.reading?.source, ...rows.map(({ state }) => state)], ["/proc", "LISTEN"]);
});

Deno.test("connections() tells a socket's cookie through its life, and how long TIME_WAIT lasts", async () => {
  using server = Socket.tcp({ timeout: 5000 });
  server.bind("127.0.0.1:0");
  server.listen();
  const { port } = server.localEndpoint();
  const client = Socket.tcp({ timeout: 5000 });
  await client.connect(server.localEndpoint());
  const mine = { localPort: client.localEndpoint().port, remotePort: port };
  const [open] = connections(mine);
  using accepted = await server.accept();
  client.close();
  await accepted.receive();
  accepted.close();
  const [left] = await connectionsWhen(mine, ([row]) => row?.state === "TIME_WAIT");
  assert(open?.cookie !== undefined && open.cookie === left?.cookie);
  assertEquals([open.timer, left.timer?.kind], [undefined, "time-wait"]);
  const { milliseconds = 0 } = left.timer ?? {};
  assert(milliseconds > 55_000 && milliseconds <= 60_000, `${milliseconds} ms`);
  const [again] = connections(mine, { source: "/proc" });
  assertEquals([again?.timer?.kind, again?.cookie], ["time-wait", undefined]);
  assertAlmostEquals(again?.timer?.milliseconds ?? 0, milliseconds, 2000);
});

Deno.test("connections() shows a socket that is only bound if one asks for CLOSE", () => {
  using socket = Socket.tcp();
  socket.bind("127.0.0.1:0");
  using other = Socket.tcp();
  other.bind("127.0.0.1:0");
  const localPort = socket.localEndpoint().port;
  assertEquals(connections({ localPort, protocol: "tcp" }).filter(isAlive).length, 0);
  const rows = connections({ localPort, state: "CLOSE" });
  // Linux 6.8 has a list of them.
  const [major = 0, minor = 0] = Deno.osRelease().split(".").map(Number);
  const isListed = major > 6 || (major === 6 && minor >= 8);
  const key = `CLOSE ${socket.localEndpoint()}`;
  assertEquals(rows.map(({ state, local }) => `${state} ${local}`), isListed ? [key] : []);
  assertEquals(connections({ remotePort: localPort, state: "CLOSE" }).length, 0);
});

Deno.test("connections() is a snapshot in a stable order, listeners first", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const clients = await Promise.all(
    Array.from({ length: 5 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
  );
  const before = connections({ protocol: "tcp", port }).filter(isAlive);
  assert(before instanceof Connections);
  assertEquals(before.map(key), connections({ protocol: "tcp", port }).filter(isAlive).map(key));
  assertEquals(before.map((row) => row.state), ["LISTEN", ...Array(10).fill("ESTABLISHED")]);
  const localPorts = before.slice(1).map((row) => row.local.port);
  assertEquals(localPorts, localPorts.toSorted((one, other) => one - other));
  for (const client of clients) client.close();
  assertEquals(before.filter((row) => row.state === "ESTABLISHED").length, 10);
});

Deno.test("connections() tells whose socket it is, and 0 while nobody has it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  const remotePort = client.localAddr.port;
  const [waiting] = connections({ protocol: "tcp", localPort: port, remotePort });
  assertEquals([waiting?.state, waiting?.inode], ["ESTABLISHED", 0]);
  using _accepted = await listener.accept();
  const [accepted] = connections({ protocol: "tcp", localPort: port, remotePort });
  const open = [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      return [Deno.readLinkSync(`/proc/self/fd/${name}`)];
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  });
  assert(open.includes(`socket:[${accepted?.inode}]`));
  assertEquals(accepted?.uid, Deno.uid());
});

Deno.test("listeners() gives TCP and UDP sockets that wait for anybody, and no others", async () => {
  using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = tcp.addr;
  using _client = await Deno.connect({ hostname: "127.0.0.1", port });
  const udp = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const states = listeners().filter((row) => row.local.port === port && row.protocol === "tcp")
    .map((row) => row.state);
  assertEquals(states, ["LISTEN"]);
  const [row] = listeners({ protocol: "udp", localPort: udpPort(udp) });
  assertEquals([row?.state, String(row?.local)], ["UNCONNECTED", `127.0.0.1:${udpPort(udp)}`]);
  udp.close();
  assertEquals(listeners({ protocol: "udp", localPort: udpPort(udp) }).length, 0);
});

/** Both tables, read again as long as they differ: another program's sockets do not stand still. */
async function agreeing(
  isMine: (row: Connection) => boolean,
): Promise<{ ours: string[]; theirs: string[] }> {
  for (let tries = 1;; tries++) {
    const ours = connections().filter(isMine).map(ourLine).sort();
    const { stdout } = await new Deno.Command("ss", { args: ["-tuanH"] }).output();
    const ports = new Set(ours.map((line) => line.split(" ")[4]));
    const theirs = ssLines(new TextDecoder().decode(stdout))
      .filter((line) => ports.has(line.split(" ")[4])).sort();
    if (tries === 20 || ours.join() === theirs.join()) return { ours, theirs };
  }
}

function key({ protocol, state, local, remote }: Connection): string {
  return `${protocol} ${state} ${local} ${remote}`;
}

/** An earlier socket may have left its port in TIME_WAIT. */
function isAlive(row: Connection): boolean {
  return row.state !== "TIME_WAIT";
}

function udpPort(socket: Deno.DatagramConn): number {
  return (socket.addr as Deno.NetAddr).port;
}

Deno.test({
  name: "connections() asks a tool where it is told to, and finds the same sockets",
  ...requires("ss"),
  fn() {
    using socket = Socket.tcp();
    socket.bind("127.0.0.1:0");
    socket.listen(7);
    const localPort = socket.localEndpoint().port;
    const [byTool, byNetlink] = (["tool", "netlink"] as const).map((source) =>
      connections({ localPort, state: "LISTEN" }, { source, owners: true })
    ) as [Connections, Connections];
    assertEquals(byTool.reading?.source, "tool");
    assertEquals(byTool.map(key), byNetlink.map(key));
    assertEquals(byTool.map((row) => [row.sendQueue, row.inode, byTool.ownersOf(row)]), [
      [7, byNetlink[0]!.inode, byNetlink.ownersOf(byNetlink[0]!)],
    ]);
  },
});

Deno.test("connections() and listeners() refuse options by name that would do nothing", () => {
  const table: [options: unknown, part: string][] = [
    [{ owner: true }, '"owner"'],
    [{ owners: "yes" }, '"yes"'],
    [{ source: "proc" }, '"proc"'],
    [{ network: 5 }, "5"],
    [[], "an array"],
  ];
  for (const [options, part] of table) {
    for (const read of [connections, listeners]) {
      const error = assertThrows(() => read({}, options as never), TypeError);
      assert(isRefusal(error));
      assertEquals(error.part, part);
    }
  }
});
