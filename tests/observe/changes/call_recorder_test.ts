import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { connectionsWhen, plotLifeCycle, PrivateNetwork, recordCalls, Socket } from "fourtuple";
import type { CallStep } from "fourtuple";
import { isRefusal } from "../../../lib/refusal.ts";
import { requires } from "../../requirements.ts";

const brief = ({ lane, call, state, to }: CallStep) =>
  [lane, call, state ?? "", to === undefined ? "" : `${to.segment} ${to.state ?? ""}`.trim()]
    .join(" | ");

/** The whole life of a connection, with a wait for each consequence. */
async function live(socket: () => Socket, when: (test: string) => Promise<unknown>) {
  const calls = recordCalls();
  using server = calls.follow(socket());
  server.bind("127.0.0.1:0");
  server.listen();
  using client = calls.follow(socket());
  await client.connect(server.localEndpoint());
  await when("connected");
  await client.send("hello");
  await when("sent");
  using accepted = await server.accept();
  assertEquals((await accepted.receive()).length, 5);
  client.shutdown("write");
  await when("half closed");
  assertEquals((await accepted.receive()).length, 0);
  accepted.close();
  await when("closed");
  client.close();
  return calls;
}

Deno.test("recordCalls() notes each call, the states that it caused, and what arrived", async () => {
  const ends: Socket[] = [];
  const calls = await live(() => {
    const socket = Socket.tcp({ timeout: 5000 });
    ends.push(socket);
    return socket;
  }, async (moment) => {
    const [server, client] = ends as [Socket, Socket];
    const { port } = server.localEndpoint();
    const own = { localPort: client.localEndpoint().port, remotePort: port };
    const theirs = { localPort: port, remotePort: own.localPort };
    if (moment === "sent") {
      await connectionsWhen(theirs, ([row]) => row?.receiveQueue === 5);
    } else if (moment === "half closed") {
      await connectionsWhen(own, ([row]) => row?.state === "FIN_WAIT_2");
    } else if (moment === "closed") {
      await connectionsWhen(own, ([row]) => row?.state === "TIME_WAIT");
    } else await connectionsWhen(theirs, ([row]) => row?.state === "ESTABLISHED");
  });
  const steps = calls.steps();
  assertEquals(
    steps.map(brief),
    [
      "server | socket() |  | ",
      "server | bind() |  | ",
      "server | listen() | LISTEN | ",
      "client | socket() |  | ",
      "client | connect() | ESTABLISHED | connection ESTABLISHED",
      "client | send() |  | 5 bytes",
      "server | accept() |  | ",
      "server | recv() |  | ",
      "client | shutdown() | FIN_WAIT_2 | end CLOSE_WAIT",
      "server | recv() |  | ",
      "server | close() | CLOSE | end TIME_WAIT",
      "client | close() |  | ",
      "server | close() |  | ",
    ].slice(0, steps.length),
  );
  assert(steps.length >= 12);
  assertEquals(steps.map(({ method }) => method).slice(0, 2), ["tcp", "bind"]);
  assertStringIncludes(String(calls.toTable()), "CLOSE_WAIT");
  assertEquals(plotLifeCycle(steps).table.rows.length, steps.length);
});

Deno.test("recordCalls() says which call failed, and notes no consequence of it", async () => {
  const calls = recordCalls();
  using server = calls.follow(Socket.tcp({ timeout: 5000 }));
  server.bind("127.0.0.1:0");
  assertThrows(() => server.bind("127.0.0.1:0"));
  using client = calls.follow(Socket.tcp({ timeout: 5000 }));
  await assertRejects(() => client.connect(server.localEndpoint()));
  server.listen();
  assertEquals(server.tryAccept(), undefined);
  assertEquals(calls.steps().map(brief), [
    "server | socket() |  | ",
    "server | bind() |  | ",
    "server | bind() EINVAL |  | ",
    "client | socket() |  | ",
    "client | connect() ECONNREFUSED |  | ",
    "server | listen() | LISTEN | ",
    "server | accept() EAGAIN |  | ",
  ]);
});

Deno.test("recordCalls() shows a reset, and no arrow for bytes that nobody has", async () => {
  const calls = recordCalls();
  using server = calls.follow(Socket.tcp({ timeout: 5000 }));
  server.bind("127.0.0.1:0");
  server.listen();
  using client = calls.follow(Socket.tcp({ timeout: 5000 }));
  await client.connect(server.localEndpoint());
  using accepted = await server.accept();
  client.setOption("linger", 0);
  client.close();
  await assertRejects(() => accepted.receive());
  const last = calls.steps().find(({ lane, call }) => lane === "client" && call === "close()")!;
  assertEquals(last.to?.segment, "reset");
});

Deno.test({
  name: "recordCalls() reads the table of the sockets' network",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
    const calls = recordCalls({ network });
    const server = calls.follow(Socket.tcp({ network, timeout: 5000 }));
    server.bind("192.168.1.100:80");
    server.listen();
    const client = calls.follow(Socket.tcp({ network, timeout: 5000 }));
    await client.connect("192.168.1.100:80");
    const connect = calls.steps().at(-1)!;
    assertEquals(brief(connect), "client | connect() | ESTABLISHED | connection ESTABLISHED");
  },
});

Deno.test("recordCalls() refuses what is no end of a TCP connection, and a third", () => {
  const calls = recordCalls();
  using udp = Socket.udp();
  using open = Socket.tcp();
  using second = Socket.tcp();
  using third = Socket.tcp();
  const closed = Socket.tcp();
  closed.close();
  assert(isRefusal(assertThrows(() => calls.follow(udp), TypeError)));
  assert(isRefusal(assertThrows(() => calls.follow(7 as never), TypeError)));
  assert(isRefusal(assertThrows(() => calls.follow(closed), RangeError)));
  calls.follow(open);
  calls.follow(second);
  const error = assertThrows(() => calls.follow(third), RangeError);
  assert(isRefusal(error) && error.part === "a third");
  assertEquals(calls.steps(), [], "neither has listened or connected");
  assert(isRefusal(assertThrows(() => recordCalls({ netwrok: 1 } as never), TypeError)));
});
