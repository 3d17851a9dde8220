import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  connections,
  IANA_RANGES,
  PALETTE,
  parseEndpoint,
  plotPortMap,
  type PlotPortMapOptions,
  PortRange,
  type PortUser,
  type SocketState,
} from "fourtuple";
import { annotations, assertRefused, axis, filled, trace, traceNames, words } from "../_parts.ts";

const LINUX = PortRange.from(32768, 60999);
const NO_EXTRAS: PlotPortMapOptions = { services: [], ranges: [] };

Deno.test("plotPortMap() draws all ports on one linear axis", () => {
  const { title, range, tickvals } = axis(plotPortMap(), "xaxis");
  assertEquals(title?.text, "port");
  assertEquals(tickvals, [0, 16384, 32768, 49152, 65535]);
  assert(range[0] <= 0 && range[0] > -500 && range[1] >= 65535 && range[1] < 66035);
});

Deno.test("plotPortMap() draws IANA's ranges as one strip without gaps", () => {
  const figure = plotPortMap(NO_EXTRAS);
  const strip = IANA_RANGES.map(({ name }) => filled(figure, PALETTE[name].color)[0]!);
  assertEquals(strip.map(({ x0, x1 }) => [x0, x1]), [[0, 1024], [1024, 49152], [49152, 65536]]);
  assertEquals(new Set(strip.map(({ y0, y1 }) => `${y0} ${y1}`)).size, 1);
  for (const text of ["well-known 0–1023", "registered 1024–49151", "dynamic 49152–65535"]) {
    assert(words(figure).includes(text), text);
  }
});

Deno.test("plotPortMap() draws each system's ephemeral range, and equal ones as one bar", () => {
  const figure = plotPortMap();
  const bars = filled(figure, PALETTE.client.color);
  assertEquals(bars.map(({ x0, x1 }) => [x0, x1]), [
    [32768, 61000],
    [49152, 65536],
    [10000, 65536],
    [1024, 65536],
  ]);
  for (const text of ["Linux 32768–60999", "Windows, macOS 49152–65535", "FreeBSD 10000–65535"]) {
    assert(words(figure).includes(text), text);
  }
});

Deno.test("plotPortMap() names this machine first, or together with the system that it is like", () => {
  const bars = (machine: PortRange) =>
    plotPortMap({ machine }).table.rows.filter(([what]) => what === "ephemeral").map(([, name]) =>
      name
    );
  assertEquals(bars(LINUX)[0], "this machine, Linux");
  assertEquals(bars(LINUX).length, 4);
  assertEquals(bars(PortRange.from(15000, 16000))[0], "this machine");
  assertEquals(bars(PortRange.from(15000, 16000)).length, 5);
});

Deno.test("plotPortMap() leads each service from its label to its exact port, a well-known one on an enlarged strip, in order", () => {
  const services = [[443, "https"], [22, "ssh"], [27017, "mongodb"], [80, "http"]] as const;
  const figure = plotPortMap({
    services: services.map(([port, name]) => ({ port, name })),
    ranges: [],
  });
  const { x, y } = trace(figure, "services");
  const lines = [0, 1, 2, 3].map((line) => x.slice(5 * line, 5 * line + 4));
  const [enlarged, strip] = filled(figure, PALETTE["well-known"].color)
    .toSorted((a, b) => b.x1 - a.x1);
  const scale = enlarged!.x1 / 1024;
  const ends = [22 * scale, 80 * scale, 443 * scale, 27017];
  assertEquals(lines.map((line) => [line[2], line[3]]), ends.map((end) => [end, end]));
  const labels = ["22 ssh", "80 http", "443 https", "27017 mongodb"];
  assertEquals(words(figure).filter((text) => labels.includes(text)), labels);
  for (const [index, text] of labels.entries()) {
    const label = annotations(figure).find((one) => one.text.replace(/<[^>]*>/g, "") === text)!;
    assertEquals(label.x, lines[index]![0], `${text} stands where its line begins`);
  }
  assertEquals([y[3], y[8], y[13]], [enlarged!.y0, enlarged!.y0, enlarged!.y0]);
  assertEquals(y[18], strip!.y0);
  assert(scale > 40, "the first and the last well-known port are far apart");
  assert(lines[3]![0]! > enlarged!.x1, "its line passes the enlarged strip");
});

Deno.test("plotPortMap() marks by default the ports that the texts of the course name", () => {
  const services = plotPortMap().table.rows.filter(([what]) => what === "service");
  assertEquals(services.map(([, name, first]) => `${first} ${name}`), [
    "20 ftp-data",
    "21 ftp",
    "22 ssh",
    "23 telnet",
    "25 smtp",
    "53 dns",
    "67 dhcp",
    "68 dhcp",
    "80 http",
    "110 pop3",
    "143 imap",
    "443 https",
    "465 smtps",
    "587 submission",
    "993 imaps",
    "995 pop3s",
    "3306 mysql",
    "5432 postgresql",
    "6379 redis",
    "27017 mongodb",
  ]);
});

Deno.test("plotPortMap() draws ports in use once each, and says how many there are", () => {
  const figure = plotPortMap({ ...NO_EXTRAS, used: [51234, 80, 80, 0, 65535] });
  assertEquals(trace(figure, "in use").x, [0, 80, 51234, 65535]);
  assert(words(figure).includes("● 4 ports in use"), words(figure).join());
  assertEquals(figure.table.rows.at(-1), ["in use", "", 0, 65535, 4]);
  assertEquals(traceNames(plotPortMap(NO_EXTRAS)), []);
});

Deno.test("plotPortMap() thins points only where no screen tells them apart", () => {
  const points = (used: Iterable<number>) =>
    trace(plotPortMap({ ...NO_EXTRAS, used }), "in use").x as number[];
  assertEquals(points(PortRange.from(1, 2048)).length, 2048);
  const thinned = points(PortRange.from(0, 65535));
  assertEquals(thinned.length, 2048);
  assert(thinned.slice(1).every((port, index) => port - thinned[index]! === 32));
  // Two far neighbours among many others both stay.
  const some = points([3, 60000, ...PortRange.from(20000, 25000)]);
  assert(some.includes(3) && some.includes(60000));
});

Deno.test("plotPortMap() has its numbers in a table", () => {
  const { columns, rows } = plotPortMap({ ...NO_EXTRAS, machine: LINUX }).table;
  assertEquals(columns, ["what", "name", "first port", "last port", "ports"]);
  assertEquals(rows, [
    ["IANA", "well-known", 0, 1023, 1024],
    ["IANA", "registered", 1024, 49151, 48128],
    ["IANA", "dynamic", 49152, 65535, 16384],
    ["ephemeral", "this machine", 32768, 60999, 28232],
  ]);
});

Deno.test("plotPortMap() has the title and the subtitle that it is given", () => {
  const figure = plotPortMap({
    title: "My ports",
    subtitle: "A sentence, and then <another> & more.",
  });
  assertEquals(figure.title, "My ports");
  assertEquals(annotations(figure)[0]!.text, "A sentence, and then &lt;another> &amp; more.");
});

Deno.test("plotPortMap() refuses what is no port, service or range", () => {
  const draw = (options: object) => () => plotPortMap(options);
  const many = Array.from({ length: 21 }, (_, port) => ({ port, name: "s" }));
  assertThrows(draw({ used: [80.5] }), RangeError, "80.5");
  assertThrows(draw({ used: ["80"] }), TypeError, "80");
  assertThrows(draw({ services: [{ port: 65536, name: "http" }] }), RangeError, "65536");
  assertRefused([
    [draw({ services: [{ port: 80, name: " " }] }), TypeError, '" "'],
    [draw({ services: many }), RangeError, "21"],
    [draw({ ranges: [{ name: "", range: LINUX }] }), TypeError, '""'],
    [draw({ ranges: [{ name: "a", range: { first: 1, last: 2 } }] }), TypeError, "an object"],
  ]);
});

Deno.test("plotPortMap() shortens the name of a service, and has it whole on hover", () => {
  const name = "a-rather-long-name-of-a-service";
  const figure = plotPortMap({ ...NO_EXTRAS, services: [{ port: 80, name }] });
  const [shown] = annotations(figure).filter(({ hovertext }) => hovertext === name);
  assert(shown!.text.includes("…"));
  assert(figure.table.rows.some((row) => row[1] === name));
});

function user(port: number, state: SocketState): PortUser {
  const protocol = state.endsWith("CONNECTED") ? "udp" : "tcp";
  return { protocol, state, local: parseEndpoint(`127.0.0.1:${port}`) };
}

Deno.test("plotPortMap() draws sockets' ports on lanes, by what they do, each port once", () => {
  const figure = plotPortMap({
    ...NO_EXTRAS,
    inUse: [
      user(80, "ESTABLISHED"),
      user(80, "ESTABLISHED"),
      user(80, "LISTEN"),
      user(22, "LISTEN"),
      user(53, "UNCONNECTED"),
      user(54, "CONNECTED"),
      user(50_000, "SYN_SENT"),
      user(50_001, "FIN_WAIT_2"),
      user(50_002, "CLOSE_WAIT"),
      user(50_003, "TIME_WAIT"),
      user(50_004, "CLOSE"),
    ],
  });
  const lanes = [
    ["listening", [22, 80], "LISTEN"],
    ["UDP", [53, 54], "udp"],
    ["being opened", [50_000], "SYN_SENT"],
    ["established", [80], "ESTABLISHED"],
    ["being closed", [50_001, 50_002], "FIN_WAIT_1"],
    ["TIME_WAIT", [50_003], "TIME_WAIT"],
    ["bound only", [50_004], "CLOSE"],
  ] as const;
  assertEquals(traceNames(figure), lanes.map(([name]) => name));
  let above = -Infinity;
  for (const [name, ports, look] of lanes) {
    const { x, y, marker } = trace(figure, name);
    assertEquals([x, marker!.color], [[...ports], PALETTE[look].color]);
    assert(new Set(y).size === 1 && y[0]! > above, `${name} is under the others`);
    above = y[0]!;
    const text = `${name} ${ports.length} port${ports.length > 1 ? "s" : ""}`;
    assert(words(figure).some((word) => word.endsWith(text)), text);
    const row = figure.table.rows.find((row) => row[1] === name);
    assertEquals(row, ["in use", name, ports[0], ports.at(-1), ports.length]);
  }
});

Deno.test("plotPortMap() takes the rows of the kernel's table", () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const figure = plotPortMap({ inUse: connections({ localPort: port, state: "LISTEN" }) });
  assertEquals(trace(figure, "listening").x, [port]);
});

Deno.test("plotPortMap() refuses a row that is no socket", () => {
  const draw = (row: unknown) => () => plotPortMap({ inUse: [row as PortUser] });
  assertRefused([
    [draw({ state: "LISTEN", local: "127.0.0.1:80" }), TypeError, '"127.0.0.1:80"'],
    [draw({ ...user(80, "LISTEN"), state: "ESTAB" }), TypeError, '"ESTAB"'],
  ]);
});
