import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { assertThrows } from "@std/assert";
import { DISPLAY, parseEndpoint, PrivateNetwork, Socket, type SocketLife } from "fourtuple";
import {
  type Connections,
  recordTimeline,
  type SocketState,
  Timeline,
  watch,
  within,
} from "fourtuple";
import { close as closeDiag, openDiag } from "../../../lib/system/calls.ts";
import { isRefusal } from "../../../lib/refusal.ts";
import { connectionsWhen } from "../../../lib/observe/connections_when.ts";
import { requires } from "../../requirements.ts";

const pause = (milliseconds: number) => new Promise((go) => setTimeout(go, milliseconds));

/** What a program did with a socket, by its own clock: how long a state lasted at the least. */
interface Lasted {
  readonly localPort: number;
  readonly state: SocketState;
  readonly atLeast: number;
  readonly atMost: number;
}

/** A connection that stays open and then half-closed for so long, in milliseconds. */
async function live(
  listener: Deno.TcpListener,
  open: number,
  half: number,
): Promise<Lasted[]> {
  const times: [number, number][] = [];
  async function timed<T>(call: () => T | Promise<T>): Promise<T> {
    const begin = performance.now();
    const value = await call();
    times.push([begin, performance.now()]);
    return value;
  }
  const client = await timed(() =>
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port })
  );
  const { port: localPort } = client.localAddr;
  const server = await accepted(listener, localPort);
  await pause(open);
  // Who reads the end has the other's FIN, and has acknowledged it.
  await timed(async () => {
    await client.closeWrite();
    assertEquals(await server.read(new Uint8Array(1)), null);
  });
  await pause(half);
  await timed(async () => {
    server.close();
    assertEquals(await client.read(new Uint8Array(1)), null);
  });
  client.close();
  const between = (one: number) => ({
    atLeast: times[one + 1]![0] - times[one]![1],
    atMost: times[one + 1]![1] - times[one]![0],
  });
  return [
    { localPort, state: "ESTABLISHED", ...between(0) },
    { localPort, state: "FIN_WAIT_2", ...between(1) },
  ];
}

const arrived = new Map<number, Deno.TcpConn>();
/** Connections arrive in any order. */
async function accepted(listener: Deno.TcpListener, port: number): Promise<Deno.TcpConn> {
  const next = await listener.accept();
  arrived.set(next.remoteAddr.port, next);
  while (!arrived.has(port)) await pause(1);
  const mine = arrived.get(port)!;
  arrived.delete(port);
  return mine;
}

for (const source of ["netlink", "/proc"] as const) {
  Deno.test(`recordTimeline() from ${source} loses no state that lasts longer than it says, and errs by no more`, async () => {
    let judged = 0;
    // On a machine that is very busy, its resolution may be coarser than any state lasted;
    // then they last longer.
    for (let tries = 0; tries < 5 && judged < 30; tries++) {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const recorder = recordTimeline({ remotePort: listener.addr.port }, { interval: 10, source });
      const lived = await Promise.all(
        Array.from({ length: 30 }, (_, n) => {
          const [open, half] = [n * 8, 240 - n * 7];
          return live(listener, open * (1 + tries), half * (1 + tries));
        }),
      );
      const { sockets, resolution, samples, duration } = recorder.stop();
      assertGreater(samples, 1);
      assertGreater(duration, 240);
      for (const { localPort, state, atLeast, atMost } of lived.flat()) {
        const spans = lifeAt(sockets, localPort).spans.filter((span) => span.state === state);
        if (atLeast <= resolution) continue;
        judged++;
        assertEquals(spans.length, 1, `${state} of ${atLeast} ms, resolution ${resolution} ms`);
        const { from, to } = spans[0]!;
        assertGreater(to - from, atLeast - resolution, state);
        assertLess(to - from, atMost + resolution, state);
      }
    }
    assertGreater(judged, 29, "states that lasted long enough to be judged");
  });
}

Deno.test("recordTimeline() has each state of a socket, one after the other, up to the last sample", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const recorder = recordTimeline({ port, protocol: "tcp" }, { interval: 5 });
  await live(listener, 100, 100);
  const seen = recorder.stop();
  assertEquals(recorder.stop(), seen, "stopped once");

  const listening = seen.sockets.find(({ spans }) => spans[0]!.state === "LISTEN")!;
  assertEquals([listening.wasThere, listening.isThere, listening.spans.length], [true, true, 1]);
  const client = seen.sockets.findLast(({ remote }) => remote.port === port)!;
  assertEquals([client.wasThere, client.isThere], [false, true]);
  assertEquals(client.spans.at(-1)!.state, "TIME_WAIT");
  for (const { spans } of seen.sockets) {
    for (const [index, span] of spans.entries()) {
      assert(span.from <= span.to);
      if (index > 0) assertEquals(span.from, spans[index - 1]!.to, "no gap");
    }
  }
  assert(client.spans.at(-1)!.to <= seen.duration);
  const only = seen.only(({ socket }) => socket === client.socket);
  assertEquals([only.sockets, only.duration], [[client], seen.duration]);
  assertGreater(only.events.length, 1);
  assert(only.events.every(({ socket }) => socket === client.socket));
  const server = seen.sockets.findLast(({ local, remote }) =>
    local.port === port && remote.port === client.local.port
  )!;
  assertEquals(server.isThere, false);
  const told = seen.events.filter(({ socket }) => socket === server.socket);
  assertEquals([told[0]!.kind, told.at(-1)!.kind], ["appeared", "gone"]);
});

Deno.test("recordTimeline() keeps what its sockets' queues held, when it changed", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const recorder = recordTimeline({ localPort: port, protocol: "tcp" }, { interval: 5 });
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  await client.write(new Uint8Array(700));
  await connectionsWhen(
    { localPort: port },
    (rows) => rows.some((row) => row.receiveQueue === 700),
  );
  await pause(30);
  using server = await listener.accept();
  await server.read(new Uint8Array(700));
  const { sockets } = recorder.stop();
  const at = (remotePort: number) => sockets.findLast(({ remote }) => remote.port === remotePort)!;
  assertEquals(at(0).queues.map((sample) => sample.receiveQueue).slice(0, 2), [0, 1]);
  assertEquals(at(0).queues.at(-1)!.receiveQueue, 0);
  const received = at(client.localAddr.port).queues.map(({ receiveQueue }) => receiveQueue);
  assert(received.includes(700), `${received}`);
  assertEquals(received.at(-1), 0);
});

Deno.test("recordTimeline() has the moments that the program named", async () => {
  using recorder = recordTimeline({ protocol: "udp", localPort: 9 });
  recorder.mark("one");
  await pause(20);
  recorder.mark("two");
  const { marks } = recorder.stop();
  assertEquals(marks.map(({ text }) => text), ["one", "two"]);
  assertGreater(marks[1]!.time - marks[0]!.time, 18);
  const refusals: [text: unknown, kind: ErrorConstructor, part: string][] = [
    ["", RangeError, '""'],
    ["three", RangeError, '"three" after it'],
    [3, TypeError, "3"],
  ];
  for (const [text, kind, part] of refusals) {
    const error = assertThrows(() => recorder.mark(text as string), kind);
    assert(isRefusal(error));
    assertEquals(error.part, part);
  }
});

Deno.test({
  name: "recordTimeline() and watch() see a private network, and nothing else",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({ addresses: ["203.0.113.80"] });
    const recorder = recordTimeline({}, { network, interval: 5 });
    const changes = watch({}, { network, interval: 5 });
    using server = Socket.tcp({ network });
    server.bind("203.0.113.80:443");
    server.listen();
    const { value } = await within(changes.next());
    assertEquals([value.kind, String(value.row.local)], ["appeared", "203.0.113.80:443"]);
    await changes.return?.();
    const { sockets } = recorder.stop();
    assertEquals(sockets.map(({ local }) => String(local)), ["203.0.113.80:443"]);
  },
});

Deno.test("TimelineRecorder.when() waits for a sample that is as expected, and take() for so many", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  using recorder = recordTimeline({ port }, { interval: 5 });
  const isOpen = (rows: Connections) => rows.some(({ state }) => state === "ESTABLISHED");
  const opening = recorder.when(isOpen);
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  const rows = await opening;
  assert(rows.some(({ remote }) => remote.port === client.localAddr.port));
  await recorder.take(3);
  const { samples, sockets } = recorder.stop();
  assert(samples >= 5, `${samples} samples`); // the first, the one that was waited for, 3
  assert(sockets.some(({ local }) => local.port === client.localAddr.port));

  await assertRejects(() => recorder.take(1), RangeError, "until stop()");
  await assertRejects(() => recorder.when(isOpen), RangeError, "until stop()");
});

Deno.test("TimelineRecorder.when() ends after its limit, and looks at new samples only", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  using recorder = recordTimeline({ localPort: port }, { interval: 5 });
  const listens = (rows: Connections) => rows.length === 1;
  await recorder.when(listens);
  listener.close();
  await assertRejects(() => recorder.when(listens, { timeout: 50 }), DOMException, "50 ms");
  await assertRejects(() => recorder.when("soon" as never), TypeError, '"soon"');
  await assertRejects(() => recorder.take(0), RangeError, "got 0");
});

Deno.test("recordTimeline() refuses a bad filter and bad options at once", () => {
  assertThrows(() => recordTimeline({ port: -1 }), RangeError);
  assertThrows(() => recordTimeline({}, { interval: 0 }), RangeError, '"interval"');
  assertThrows(() => recordTimeline({}, { intervall: 5 } as object), TypeError, '"intervall"');
  assertThrows(() => recordTimeline({}, { source: "proc" as "/proc" }), TypeError, '"source"');
});

Deno.test("recordTimeline() says in stop() why a sample failed", () => {
  const network = { diagDescriptor: openDiag(), pid: Deno.pid };
  const recorder = recordTimeline({ port: 0 }, { interval: 1, network, source: "netlink" });
  closeDiag(network.diagDescriptor);
  const error = assertThrows(() => recorder.stop(), Error, "netlink");
  assertEquals(assertThrows(() => recorder.stop()), error);
});

Deno.test("Timeline shows a row a socket, with the time in each state", () => {
  const life: SocketLife = {
    socket: 1,
    protocol: "tcp",
    family: "IPv4",
    local: parseEndpoint("10.0.0.5:51234"),
    remote: parseEndpoint("203.0.113.80:443"),
    spans: [
      { state: "ESTABLISHED", from: 10, to: 249.6 },
      { state: "TIME_WAIT", from: 249.6, to: 60_249.6 },
    ],
    queues: [],
    wasThere: false,
    isThere: true,
  };
  const listening = {
    ...life,
    local: parseEndpoint("203.0.113.80:443"),
    remote: parseEndpoint("0.0.0.0:0"),
    spans: [{ state: "LISTEN" as const, from: 0, to: 999.6 }],
    isThere: false,
  };
  const parts = { events: [], marks: [], duration: 60_300, samples: 6000, resolution: 21.4 };
  const seen = new Timeline({ ...parts, sockets: [life, listening] });
  assertEquals(
    String(seen),
    "2 sockets in 60.3 s; what lasted under 21 ms may be missing.\n" +
      "protocol  local             remote            states                                at the end\n" +
      "tcp       10.0.0.5:51234    203.0.113.80:443  ESTABLISHED 240 ms, TIME_WAIT 60.0 s  there\n" +
      "tcp       203.0.113.80:443  *                 LISTEN 1.0 s                          gone",
  );
  assertEquals(Object.keys(seen[DISPLAY]()), ["text/html", "text/plain"]);
  const one = new Timeline({ ...parts, sockets: [life] }).toTable().caption;
  assertEquals(one, "1 socket in 60.3 s; what lasted under 21 ms may be missing.");
  const many = new Timeline({ ...parts, sockets: Array(41).fill(life) });
  assertEquals(many.toTable().rows.length, 40);
  assertEquals(
    many.toTable().caption,
    "The first 40 of 41 sockets in 60.3 s; what lasted under 21 ms may be missing.",
  );
});

function lifeAt(sockets: readonly SocketLife[], localPort: number): SocketLife {
  const found = sockets.findLast(({ local }) => local.port === localPort);
  assert(found !== undefined, `a socket at ${localPort}`);
  return found;
}
