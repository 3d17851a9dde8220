import { assert, assertEquals } from "@std/assert";
import {
  connections,
  type ConversationRow,
  Endpoint,
  FourTuple,
  PALETTE,
  parseEndpoint,
  parseFourTuple,
  plotConversation,
  type PlotConversationOptions,
  TCP_STATES,
} from "fourtuple";
import { assertRefused, trace, traceNames, words } from "../_parts.ts";

const SERVER = parseEndpoint("192.168.1.100:80");

/** The three conversations that one server port has with two computers. */
const THREE = [
  "10.0.0.50:52431 -> 192.168.1.100:80",
  "10.0.0.50:52432 -> 192.168.1.100:80",
  "10.0.0.99:52431 -> 192.168.1.100:80",
].map(parseFourTuple);

function from(text: string, more: Partial<ConversationRow> = {}): ConversationRow {
  const { local, remote } = parseFourTuple(text);
  return { local, remote, ...more };
}

/** From clients 127.0.0.2 on, in turn, each from a port of its own. */
function many(count: number, clients: number): FourTuple[] {
  return Array.from({ length: count }, (_, index) =>
    FourTuple.from(
      Endpoint.from(`127.0.0.${2 + index % clients}`, 50000 + index),
      Endpoint.from("127.0.0.1", 8080),
    ));
}

Deno.test("plotConversation() has a point for each endpoint and a line for each four-tuple", () => {
  const figure = plotConversation(THREE);
  const clients = trace(figure, "client");
  const server = trace(figure, "server");
  assertEquals(clients.text, ["10.0.0.50:52431", "10.0.0.50:52432", "10.0.0.99:52431"]);
  assertEquals(server.text, ["192.168.1.100:80"]);
  assertEquals([new Set(clients.x), new Set(server.x)], [new Set([0]), new Set([1])]);

  const lines = trace(figure, "state not read");
  assertEquals(lines.x, [0, 1, null, 0, 1, null, 0, 1, null]);
  assertEquals(
    lines.y,
    clients.y.flatMap((y) => [y, server.y[0]!, null]),
    "each line goes from its client's point to the server's",
  );
});

Deno.test("plotConversation() draws no state that nobody has read", () => {
  const [first, second] = THREE.map(({ local, remote }) => ({ local, remote }));
  const figure = plotConversation([first!, { ...second!, state: "TIME_WAIT" }]);
  assertEquals(traceNames(figure), ["state not read", "TIME_WAIT", "client", "server"]);
  assertEquals(figure.table.rows.map((row) => row.at(-1)), ["", "TIME_WAIT"]);
  assert(words(figure).includes("state not read"));
  assert(!words(plotConversation(THREE)).includes("state not read"), "all are of one kind");
});

Deno.test("plotConversation() writes every address and port where it stands", () => {
  const said = words(plotConversation(THREE));
  for (const [text, times] of [["10.0.0.50", 1], ["52431", 2], ["52432", 1], ["80", 1]] as const) {
    assertEquals(said.filter((one) => one === text).length, times, text);
  }
  assert(said.includes("3 conversations"), "the server's port counts its conversations");
  assert(said.includes("clients") && said.includes("server"));
  assert(said.includes("3 conversations with 1 server endpoint."));
});

Deno.test("plotConversation() does not say server of two servers", () => {
  const other = parseFourTuple("10.0.0.50:52431 -> 192.168.1.101:80");
  assertEquals(plotConversation(THREE).title, "Clients and their server");
  assertEquals(plotConversation([...THREE, other]).title, "Clients and their servers");
});

Deno.test("plotConversation() does not say clients of one client", () => {
  const said = words(plotConversation(THREE.slice(0, 2)));
  assert(said.includes("client") && !said.includes("clients"));
});

Deno.test("plotConversation() takes rows of the server", () => {
  const rows = THREE.map((tuple) => tuple.reversed());
  assertEquals(plotConversation(rows, { server: "local" }), plotConversation(THREE));
});

Deno.test("plotConversation() draws rows of both sides once, if it knows the server", () => {
  const both = THREE.flatMap((tuple) => [
    { local: tuple.local, remote: tuple.remote, state: "FIN_WAIT_2" },
    { local: tuple.remote, remote: tuple.local, state: "CLOSE_WAIT" },
  ]);
  const figure = plotConversation(both, { server: SERVER });
  assertEquals(figure.table.rows.map((row) => row.at(-1)), Array(3).fill("FIN_WAIT_2"));
  const turned = plotConversation(both.toReversed(), { server: SERVER });
  assertEquals(turned.table.rows.map((row) => row.at(-1)), Array(3).fill("CLOSE_WAIT"));
});

Deno.test("plotConversation() takes a mapped address for the IPv4 address that it is", () => {
  const rows = [
    from("127.0.0.1:50000 -> 127.0.0.1:8080"),
    from("[::ffff:127.0.0.1]:8080 -> [::ffff:127.0.0.1]:50000"),
  ];
  const figure = plotConversation(rows, { server: parseEndpoint("127.0.0.1:8080") });
  assertEquals(figure.table.rows, [["127.0.0.1", 50000, "127.0.0.1", 8080, ""]]);
});

for (const state of TCP_STATES) {
  Deno.test(`plotConversation() draws ${state} in its colour and dash`, () => {
    const figure = plotConversation([from("10.0.0.5:51234 -> 203.0.113.80:443", { state })]);
    const { line } = trace(figure, state);
    assertEquals([line?.color, line?.dash], [PALETTE[state].color, PALETTE[state].dash]);
    assert(words(figure).includes(state), "the key names it");
  });
}

Deno.test("plotConversation() tells TCP from UDP on the same endpoints", () => {
  const text = "127.0.0.1:5000 -> 127.0.0.1:53";
  const figure = plotConversation([
    from(text, { protocol: "udp", state: "CONNECTED" }),
    from(text, { protocol: "tcp", state: "ESTABLISHED" }),
  ]);
  assertEquals(traceNames(figure), ["UDP", "ESTABLISHED", "client", "server"]);
  assertEquals(figure.table.rows.map((row) => row.at(-1)), ["UDP", "ESTABLISHED"]);
});

Deno.test("plotConversation() has a box for each server, and a point for each of its ports", () => {
  const figure = plotConversation(
    [21, 22, 80].map((port) => parseFourTuple(`10.0.0.1:4000 -> 10.0.0.2:${port}`)),
  );
  assertEquals(trace(figure, "client").text, ["10.0.0.1:4000"]);
  assertEquals(trace(figure, "server").text, ["10.0.0.2:21", "10.0.0.2:22", "10.0.0.2:80"]);
  assert(words(figure).includes("3 conversations"), "one client port, three conversations");
});

Deno.test("plotConversation() draws a socket that is connected to itself at both sides", () => {
  const itself = parseFourTuple("127.0.0.1:5000 -> 127.0.0.1:5000");
  const other = parseFourTuple("127.0.0.2:5000 -> 127.0.0.1:5000");
  for (const server of ["remote", itself.local] as const) {
    const figure = plotConversation([itself, other], { server });
    const { y } = trace(figure, "state not read");
    assertEquals(y[0], trace(figure, "client").y[0]);
    assertEquals([y[1], y[4]], Array(2).fill(trace(figure, "server").y[0]));
    assert(y[0] !== y[1], "the client's point and the server's stand at heights of their own");
  }
});

Deno.test("plotConversation() breaks an IPv6 address after colons and before its zone", () => {
  const figure = plotConversation([
    parseFourTuple("[2001:db8:85a3:1234:5678:8a2e:370:7334]:1 -> [fe80::1%enp0s31f6]:2"),
  ]);
  const said = words(figure);
  for (const line of ["2001:db8:85a3:", "1234:5678:", "8a2e:370:7334", "fe80::1", "%enp0s31f6"]) {
    assert(said.includes(line), `${line} of ${said}`);
  }
});

Deno.test("plotConversation() draws twelve lines and counts the rest, some for each client", () => {
  const figure = plotConversation(many(120, 3));
  assertEquals(figure.table.rows.length, 12);
  assertEquals(figure.table.caption, "12 of 120 conversations");
  assertEquals(Map.groupBy(figure.table.rows, ([client]) => client).size, 3);
  const said = words(figure);
  assertEquals(said.filter((text) => text === "+ 36 more").length, 3);
  assert(said.includes("12 of 120 conversations with 1 server endpoint."));
  assert(said.includes("120 conversations"), "the server's port counts all of them");
});

Deno.test("plotConversation() counts the clients that have no line", () => {
  const figure = plotConversation(many(40, 40), { limit: 5 });
  assertEquals(trace(figure, "client").text?.length, 5);
  assert(words(figure).includes("+ 35 more clients"));
  assert(words(plotConversation(many(6, 6), { limit: 5 })).includes("+ 1 more client"));
});

Deno.test("plotConversation() counts the servers that have no line", () => {
  const figure = plotConversation(
    Array.from(
      { length: 20 },
      (_, index) =>
        FourTuple.from(Endpoint.from("127.0.0.1", 50000), Endpoint.from(`127.0.1.${index}`, 80)),
    ),
  );
  assert(words(figure).includes("+ 8 more servers"));
});

Deno.test("plotConversation() draws exactly its limit without a note", () => {
  const figure = plotConversation(many(12, 4));
  assertEquals(figure.table.rows.length, 12);
  assertEquals(figure.table.caption, undefined);
  assert(!words(figure).some((text) => text.startsWith("+")));
});

Deno.test("plotConversation() of nothing says so", () => {
  const figure = plotConversation([]);
  assertEquals(figure.title, "Clients and their server");
  assertEquals(figure.table.rows, []);
  assertEquals(words(figure), ["Nothing to draw: no conversation"]);
});

Deno.test("plotConversation() refuses what is no conversation with the server", () => {
  const draw = (row: unknown, options: PlotConversationOptions = {}) => () =>
    plotConversation([row as ConversationRow], options);
  const row = "10.0.0.1:5 -> 10.0.0.2:6";
  assertRefused([
    [draw({ local: { hostname: "::1", port: 80 }, remote: SERVER }), TypeError, "an object"],
    [draw({ local: SERVER }), TypeError, "undefined"],
    [draw(from("0.0.0.0:80 -> 0.0.0.0:0", { state: "LISTEN" })), RangeError, "port 0"],
    [draw(from(row, { state: "ESTAB" })), TypeError, '"ESTAB"'],
    [draw(from(row), { server: SERVER }), RangeError, "neither"],
    [draw(from(row), { server: {} as unknown as Endpoint }), TypeError, "an object"],
    [draw(from(row), { limit: 0 }), RangeError, "0"],
    [draw(from(row), { limit: 2.5 }), RangeError, "2.5"],
    [draw(from(row), { limit: "12" as unknown as number }), TypeError, '"12"'],
  ]);
});

Deno.test("plotConversation() draws live connections, from either end and from the kernel's table", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.TcpConn[] = [];
  const clients: Deno.TcpConn[] = [];
  try {
    for (let index = 0; index < 3; index++) {
      clients.push(await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }));
      accepted.push(await listener.accept());
    }
    const server = Endpoint.from(listener.addr);
    const ends = clients.map(({ localAddr }) => String(Endpoint.from(localAddr as Deno.NetAddr)));
    const ofProgram = [...clients, ...accepted].map((connection) => FourTuple.from(connection));
    const ofKernel = connections({ port: server.port }).filter(({ state }) => state !== "LISTEN");
    assertEquals(ofKernel.length, 6, "three connections, two ends each");
    for (
      const [rows, lines] of [[ofProgram, "state not read"], [ofKernel, "ESTABLISHED"]] as const
    ) {
      const figure = plotConversation(rows, { server });
      assertEquals(trace(figure, "client").text?.toSorted(), ends.toSorted());
      assertEquals(trace(figure, "server").text, [String(server)]);
      assertEquals(trace(figure, lines).x.length, 9);
    }
  } finally {
    for (const connection of [...clients, ...accepted]) connection.close();
  }
});
