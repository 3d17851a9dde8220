/** Figures of every function that draws one, with the shortest and the longest of everything. */
import {
  type AllocationStep,
  CounterDifference,
  type CounterName,
  COUNTERS,
  type Figure,
  FourTuple,
  parseEndpoint,
  parseFourTuple,
  plotAllocation,
  plotArrivals,
  plotConversation,
  plotConversationCosts,
  plotCounterChange,
  plotCrowd,
  plotFourTuples,
  plotLatencies,
  plotLifeCycle,
  plotPortFill,
  plotPortMap,
  plotPortOrder,
  plotQueues,
  plotShares,
  plotStateDiagram,
  plotStateTimeline,
  plotTrialMap,
  type PlotTrialMapOptions,
  PortRange,
  TCP_STATES,
  type TcpState,
  type Trial,
  UDP_STATES,
} from "fourtuple";
import { ONE_CONNECTION, seen } from "./_lives.ts";
import { WHOLE_LIFE } from "./_whole_life.ts";

const LINUX = PortRange.from(32768, 60999);
/** Words for which no place is wide enough, in blanks, markup and wide letters. */
const LONG = "a name that goes on & on <and on> for a-much-longer-time-than-there-is-room-for-it";
const WIDE = "WWWWWWWWWWMMMMMMMMMM網路埠號網路埠號網路埠號網路埠號網路埠號網路埠號";
const LONG_HEADING = {
  title: `A title with ${LONG}`,
  subtitle: `${LONG}, ${LONG}, ${WIDE}, ${LONG}`,
};

const LONGEST_TITLE = "A title of thirty-six characters: 36";

/** From clients 127.0.0.2 on, in turn, to one server. */
function tuples(count: number, clients: number): FourTuple[] {
  return Array.from({ length: count }, (_, index) =>
    FourTuple.from(
      parseEndpoint(`127.0.0.${2 + index % clients}:${60999 - index}`),
      parseEndpoint("127.0.0.1:65535"),
    ));
}

function lending(clients: number, capacity: number): AllocationStep[] {
  const steps: AllocationStep[] = [];
  for (let step = 0; step < 3 * capacity; step++) {
    const client = `255.255.255.255:${60000 + step % clients}`;
    const what = step < capacity ? "allocated" : step < 2 * capacity ? "refused" : "released";
    steps.push({
      at: step / 10,
      client: what === "released" ? steps[step - 2 * capacity]!.client : client,
      what,
    });
  }
  return steps;
}

const WHOLE_CONNECTION: readonly (readonly [TcpState, TcpState])[] = [
  ["CLOSE", "LISTEN"],
  ["CLOSE", "SYN_SENT"],
  ["LISTEN", "SYN_RECV"],
  ["SYN_SENT", "ESTABLISHED"],
  ["SYN_RECV", "ESTABLISHED"],
  ["ESTABLISHED", "FIN_WAIT_1"],
  ["FIN_WAIT_1", "FIN_WAIT_2"],
  ["FIN_WAIT_2", "TIME_WAIT"],
  ["TIME_WAIT", "CLOSE"],
  ["ESTABLISHED", "CLOSE_WAIT"],
  ["CLOSE_WAIT", "LAST_ACK"],
  ["LAST_ACK", "CLOSE"],
];

const TRIALS = {
  rows: "fourteen rows:",
  columns: "forty characters that stand over columns",
  outcomes: [
    { name: "accepted", mark: "✓", meaning: "ESTABLISHED" },
    { name: "refused", mark: "✗", meaning: "refused" },
  ],
} as const satisfies PlotTrialMapOptions;

function grid(rows: readonly string[], columns: readonly string[]): Trial[] {
  return rows.flatMap((row, index) =>
    columns.slice(0, columns.length - index).map((column, place) => ({
      row,
      column,
      outcome: TRIALS.outcomes[(index + place) % 2]!.name,
    }))
  );
}

/** Samples by the name of the function that draws them, and by what they show. */
export const SAMPLES: Readonly<Record<string, Readonly<Record<string, Figure>>>> = {
  plotAllocation: {
    "long words": plotAllocation(
      [LONG, `${LONG} 2`].map((client, at) => ({ at, client, what: "allocated" })),
      { capacity: 2, ...LONG_HEADING },
    ),
    "four clients": plotAllocation(lending(4, 4), { capacity: 4, title: LONGEST_TITLE }),
    "forty clients": plotAllocation(lending(40, 60), { capacity: 60 }),
    "one of many": plotAllocation([{ at: 0, client: "A", what: "allocated" }], {
      capacity: 65536,
    }),
  },
  plotArrivals: {
    "long words": plotArrivals(
      [LONG, WIDE, `${LONG} 2`].map((name) => ({
        ...{ name, sent: 100, arrivals: [{ message: 50, milliseconds: 123_456 }] },
      })),
      LONG_HEADING,
    ),
    "one": plotArrivals([{
      ...{ name: "UDP", sent: 1, arrivals: [{ message: 1, milliseconds: 0 }] },
    }], { title: LONGEST_TITLE }),
    "two": plotArrivals(["TCP", "UDP"].map((name) => ({
      name,
      sent: 30,
      arrivals: Array.from({ length: 20 }, (_, index) => ({
        ...{ message: index + 1, milliseconds: 7 * index },
      })),
    }))),
  },
  plotConversation: {
    "long words": plotConversation(tuples(3, 3), LONG_HEADING),
    "one": plotConversation(tuples(1, 1)),
    "four services": plotConversation([
      parseFourTuple("192.168.100.101:60998 -> 192.168.100.200:21"),
      parseFourTuple("192.168.100.101:60999 -> 192.168.100.200:22"),
      parseFourTuple("192.168.100.102:60998 -> 192.168.100.200:80"),
      parseFourTuple("192.168.100.102:60998 -> 192.168.100.201:80"),
    ]),
    "a dozen computers": plotConversation(tuples(12, 12)),
    "a dozen ports": plotConversation(tuples(12, 1), { title: LONGEST_TITLE }),
    "thinned": plotConversation(tuples(12_000, 200)),
    "IPv6 and states": plotConversation(
      ["ESTABLISHED", "TIME_WAIT", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "LAST_ACK", "SYN_RECV"]
        .map((state, index) => ({
          local: parseEndpoint(`[2001:db8:85a3:1234:5678:8a2e:3700:733${index}]:60999`),
          remote: parseEndpoint("[fe80::8a2e:370:7334%enp0s31f6]:65535"),
          state,
        })),
    ),
    "more servers than lines": plotConversation(
      tuples(40, 20).map((tuple) => tuple.reversed()),
    ),
    "none": plotConversation([]),
  },
  plotConversationCosts: {
    "long words": plotConversationCosts(
      [LONG, WIDE].map((name) => ({
        name,
        connections: 7,
        ports: 65_536,
        packets: Number.MAX_SAFE_INTEGER,
      })),
      LONG_HEADING,
    ),
    "twelve ways": plotConversationCosts(
      Array.from({ length: 12 }, (_, way) => ({
        name: `a name of 28 characters:  ${10 + way}`,
        connections: way,
        ports: 999_999 - way,
        packets: 999_999,
      })),
      { title: LONGEST_TITLE },
    ),
    "nothing at all": plotConversationCosts([
      { name: "silence", connections: 0, ports: 0, packets: 0 },
    ]),
    "none": plotConversationCosts([]),
  },
  plotCounterChange: {
    "long words": plotCounterChange(
      new CounterDifference(new Map([["InSegs", Number.MAX_SAFE_INTEGER]])),
      LONG_HEADING,
    ),
    "every counter": plotCounterChange(
      new CounterDifference(
        new Map(
          (Object.keys(COUNTERS) as CounterName[]).map((name, place) => [name, 10 ** (place % 10)]),
        ),
      ),
      { title: LONGEST_TITLE },
    ),
    "one that fell": plotCounterChange(
      new CounterDifference(new Map([["EstabResets", 2], ["CurrEstab", -2], ["OutDatagrams", 1]])),
    ),
    "none": plotCounterChange(new CounterDifference(new Map([["InSegs", 0]]))),
  },
  plotCrowd: {
    "long words": plotCrowd(
      [{ connections: 50_000, memory: 9e9, descriptors: 50_028, tableTime: 12_345.678 }],
      LONG_HEADING,
    ),
    "a thousand": plotCrowd(
      Array.from({ length: 11 }, (_, step) => ({
        connections: 100 * step,
        memory: 51e6 + 7e5 * step,
        descriptors: 28 + 100 * step,
        tableTime: 2.5 + 0.09 * step,
      })),
      { title: LONGEST_TITLE },
    ),
    "nothing at all": plotCrowd([{ connections: 0, memory: 0, descriptors: 0, tableTime: 0 }]),
    "none": plotCrowd([]),
  },
  plotFourTuples: {
    "long words": plotFourTuples(tuples(3, 3), LONG_HEADING),
    "a dozen and more": plotFourTuples(
      tuples(40, 7).map((tuple) => tuple.reversed()),
      { title: LONGEST_TITLE },
    ),
    "long addresses and both protocols": plotFourTuples([
      {
        local: parseEndpoint("[2001:db8:85a3:1234:5678:8a2e:3700:7331]:65535"),
        remote: parseEndpoint("[fe80::8a2e:370:7334%enp0s31f6]:60999"),
      },
      ...[60998, 60999].map((port) => ({
        protocol: "udp",
        local: parseEndpoint("255.255.255.254:65535"),
        remote: parseEndpoint(`255.255.255.255:${port}`),
      })),
    ]),
    "none": plotFourTuples([]),
  },
  plotLatencies: {
    "long words": plotLatencies(
      [LONG, WIDE].map((name) => ({ name, milliseconds: [1, 2, 3_600_000] })),
      LONG_HEADING,
    ),
    "six ways": plotLatencies(
      Array.from({ length: 6 }, (_, way) => ({
        name: `a name of 28 characters:  ${10 + way}`,
        milliseconds: Array.from({ length: 200 }, (_, n) => 0.01 * 4 ** way * (1 + n * n / 9000)),
        meaning: way === 5 ? "udp" as const : "client" as const,
      })),
      { title: LONGEST_TITLE },
    ),
    "linear": plotLatencies([
      { name: "kept open", milliseconds: [0.211, 0.23, 0.304, 0.29] },
      { name: "opened each time", milliseconds: [1.1, 1.2, 0.9] },
    ]),
    "a little over one step": plotLatencies(
      [{ name: "a", milliseconds: [0.8, 19, 2.5] }],
      {
        logarithmic: true,
      },
    ),
    "one and zero": plotLatencies([{ name: "a", milliseconds: [0] }]),
    "none": plotLatencies([]),
  },
  plotLifeCycle: {
    "words that do not fit": plotLifeCycle([
      { lane: "client", call: LONG, state: "SYN_SENT", to: { segment: LONG, state: "SYN_RECV" } },
      { lane: "server", call: WIDE, to: { segment: WIDE, state: "ESTABLISHED" } },
    ], LONG_HEADING),
    "a whole life": plotLifeCycle(WHOLE_LIFE, { title: LONGEST_TITLE }),
    "long words": plotLifeCycle([
      { lane: "client", call: "getsockname() setsockopt()", state: "SYN_SENT" },
      {
        lane: "server",
        call: "getsockname() setsockopt()",
        state: "ESTABLISHED",
        to: { segment: "SYN, ACKED", state: "ESTABLISHED" },
      },
      { lane: "client", call: "getsockname() setsockopt()", state: "ESTABLISHED" },
    ]),
  },
  plotPortFill: {
    "long words": plotPortFill(
      [LONG, WIDE].map((name) => ({ name, samples: [{ seconds: 1, connections: 9 }] })),
      LONG_HEADING,
    ),
    "a whole range": plotPortFill([
      {
        name: "connect picks it",
        samples: [{ seconds: 2.1, connections: 14_116 }, { seconds: 3.6, connections: 14_616 }],
      },
      { name: "bind has a try", samples: [{ seconds: 1.7, connections: 13_616 }] },
    ], { ports: 28_232, title: LONGEST_TITLE }),
    "four runs at once": plotPortFill(
      ["the first of all", "the second of it", "the third of them", "fourth"].map((name) => ({
        name: name.slice(0, 16),
        samples: [{ seconds: 0, connections: 1 }],
      })),
      { ports: 65_536 },
    ),
    "none": plotPortFill([], { ports: 4 }),
  },
  plotPortOrder: {
    "long words": plotPortOrder([{ name: LONG, ports: [32768, 60999] }], LONG_HEADING),
    "two series": plotPortOrder([
      { name: "connect", ports: Array.from({ length: 60 }, (_, call) => 40000 + 2 * call) },
      { name: "bind to 0", ports: Array.from({ length: 60 }, (_, call) => 32769 + call * 470) },
    ]),
    "three long names": plotPortOrder(
      [WIDE, `2 ${WIDE}`, `3 ${WIDE}`].map((name) => ({ name, ports: [0, 65535] })),
    ),
    "one port": plotPortOrder([{ name: "connect", ports: [65535] }]),
  },
  plotPortMap: {
    "long words": plotPortMap({
      services: [{ port: 80, name: LONG }, { port: 443, name: WIDE }],
      ranges: [LONG, WIDE].map((name, index) => ({ name, range: PortRange.from(index, 65535) })),
      ...LONG_HEADING,
    }),
    "all of it": plotPortMap({
      machine: LINUX,
      used: [0, 22, 80, 443, 5432, 33100, 34567, 51234, 65535],
      title: LONGEST_TITLE,
    }),
    "every port in use": plotPortMap({ used: PortRange.from(0, 65535) }),
    "sockets of every kind": plotPortMap({
      inUse: [...TCP_STATES, ...UDP_STATES].map((state, index) => ({
        protocol: "tcp",
        state,
        local: parseEndpoint(`127.0.0.1:${index * 5461}`),
      })),
      used: [80],
      machine: LINUX,
    }),
    "long names": plotPortMap({
      services: Array.from({ length: 20 }, (_, index) => ({
        port: 65516 + index,
        name: "a-service-name",
      })),
      ranges: [{ name: "a range of 28 characters: 28", range: PortRange.from(10000, 20000) }],
    }),
    "the strip alone": plotPortMap({ services: [], ranges: [] }),
  },
  plotQueues: {
    "long words": plotQueues(
      [{ time: 0, state: "ESTABLISHED", receiveQueue: 7, sendQueue: 0 }],
      { marks: [{ time: 0, text: LONG }, { time: 1, text: WIDE }], ...LONG_HEADING },
    ),
    "a listener": plotQueues(
      [0, 1, 6, 0].map((receiveQueue, index) => ({
        ...{ time: index * 50, state: "LISTEN", receiveQueue, sendQueue: 5 },
      })),
      {
        title: LONGEST_TITLE,
        marks: [99, 100, 101].map((time) => ({
          time,
          text: "a text of forty characters: that's forty",
        })),
      },
    ),
    "gigabytes": plotQueues(
      [{ time: 0, state: "CLOSE_WAIT", receiveQueue: 2 ** 31, sendQueue: 1 }],
    ),
    "none": plotQueues([]),
  },
  plotShares: {
    "long words": plotShares([{ name: LONG, count: 7 }, {
      name: WIDE,
      count: Number.MAX_SAFE_INTEGER,
    }], { unit: LONG, ...LONG_HEADING }),
    "long words, none": plotShares([], { unit: LONG }),
    "four": plotShares(
      [87, 109, 101, 103].map((count, index) => ({ name: `listener ${index + 1}`, count })),
      { unit: "connections", title: LONGEST_TITLE },
    ),
    "twenty with long names": plotShares(
      Array.from({ length: 20 }, (_, index) => ({
        name: `a name of 28 characters:  ${10 + index}`,
        count: 10 ** (index % 10),
      })),
      { unit: "a unit of 28 characters:  28" },
    ),
    "none": plotShares([], { unit: "datagrams" }),
  },
  plotStateDiagram: {
    "long words, every pair": plotStateDiagram(
      TCP_STATES.flatMap((from) => TCP_STATES.slice(0, 3).map((to) => [from, to] as const)),
      LONG_HEADING,
    ),
    "a whole connection": plotStateDiagram(WHOLE_CONNECTION, { title: LONGEST_TITLE }),
    "none": plotStateDiagram([]),
  },
  plotStateTimeline: {
    "long words": plotStateTimeline({
      ...seen(ONE_CONNECTION),
      marks: [{ time: 400, text: LONG }, { time: 700, text: WIDE }],
    }, LONG_HEADING),
    "one connection": plotStateTimeline({
      ...seen(ONE_CONNECTION),
      marks: [{ time: 400, text: "client.shutdown()" }, { time: 700, text: "server.close()" }],
    }, { title: LONGEST_TITLE }),
    "long names": plotStateTimeline(
      seen([
        "[2001:db8:85a3:1234:5678:8a2e:3700:7331%enp0s31f6]:60999 > * | LISTEN 0-61000",
        "[2001:db8:85a3::7331]:60999 > [2001:db8:85a3::7332]:1 | ESTABLISHED 0-500, TIME_WAIT 500-60500",
        "255.255.255.254:60999 > 255.255.255.255:65535 | FIN_WAIT_1 0-20000, CLOSING 20000-61000",
      ], 61_000),
    ),
    "every state, twenty moments, more": plotStateTimeline({
      ...seen(
        [...TCP_STATES, ...UDP_STATES].map((state, index) =>
          `127.0.0.1:${50000 + index} > 127.0.0.1:80 | ${state} ${index * 40}-${index * 40 + 200}`
        ),
      ),
      marks: Array.from({ length: 20 }, (_, index) => ({
        time: 990 + index / 2,
        text: "a text of forty characters: that's forty",
      })),
    }),
  },
  plotTrialMap: {
    "words that do not fit": plotTrialMap(
      [LONG, WIDE, "c", "d", "e", "f"].map((column, index) => ({
        row: index % 2 === 0 ? LONG : WIDE,
        column,
        outcome: index % 2 === 0 ? LONG : WIDE,
      })),
      {
        rows: LONG,
        columns: LONG,
        outcomes: [{ name: LONG, meaning: "client" }, {
          name: WIDE,
          mark: `${WIDE} mark`,
          meaning: "server",
        }],
        ...LONG_HEADING,
      },
    ),
    "six columns": plotTrialMap(
      grid(
        ["0.0.0.0", "192.168.100.200", "::", "::, IPv6 only"],
        ["127.0.0.1", "127.0.0.255", "192.168.100.200", "10.200.200.250", "::1", "2001:db8::7334"],
      ),
      { ...TRIALS, title: LONGEST_TITLE, subtitle: "Who reaches whom." },
    ),
    "words in the cells": plotTrialMap(
      grid(
        ["a name of 28 characters: 28"],
        ["bound, and no more", "listening", "connected"],
      ),
      { ...TRIALS, outcomes: TRIALS.outcomes.map(({ mark: _, ...outcome }) => outcome) },
    ),
    "five columns of words": plotTrialMap(
      grid(Array.from({ length: 20 }, (_, row) => `row ${row}`), [1, 2, 3, 4, 5].map(String)),
      { ...TRIALS, outcomes: TRIALS.outcomes.map((each) => ({ ...each, mark: "EREUSED" })) },
    ),
    "one cell": plotTrialMap(grid(["a"], ["b"]), TRIALS),
    "none": plotTrialMap([], TRIALS),
  },
};
