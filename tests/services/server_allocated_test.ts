import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertThrows,
} from "@std/assert";
import {
  type AllocationOptions,
  Endpoint,
  grantedPort,
  type LineConnection,
  listeners,
  plotAllocation,
  PortRange,
  type Service,
  startServerAllocated,
} from "fourtuple";
import { isRefusal } from "../../lib/refusal.ts";
import { freeRange, groupOnBoth, takeOne, testOnBoth } from "./_addresses.ts";
import { PATIENCE, polite, raw, reset, sendForever } from "./_clients.ts";
import { assertBecomes, assertNothingLeft, openSockets } from "./_leftovers.ts";
import { DESCRIPTORS, startShort } from "./_short.ts";

/** Each of these waits for a time limit, so they wait together. */
const timeLimits = groupOnBoth("startServerAllocated() keeps its time limits");

/** Tests a service with three ports; at the end nothing of it may remain. */
function testService(
  name: string,
  options: AllocationOptions,
  test: (service: Service, range: PortRange) => Promise<void>,
  on = testOnBoth,
): void {
  on(name, async (anyPort) => {
    const range = freeRange(anyPort, 3);
    const service = startServerAllocated(anyPort, range, options);
    try {
      await test(service, range);
    } finally {
      await service.close();
    }
    assertEquals(service.snapshot().holdings, []);
    await assertNothingLeft([service.endpoint.port, ...range]);
  });
}

/** Connects a client that gets a port. */
async function allocate({ endpoint }: Service): Promise<{ control: LineConnection; port: number }> {
  const control = await polite(endpoint);
  return { control, port: grantedPort(await control.readLine()) };
}

function at({ endpoint }: Service, port: number): Endpoint {
  return Endpoint.from(endpoint.address, port);
}

function held(service: Service): number[] {
  return service.snapshot().holdings.map(({ port }) => port);
}

testService(
  "startServerAllocated() allocates a port to each client and serves it there",
  {},
  async (service, range) => {
    const [first, second] = [await allocate(service), await allocate(service)];
    assertEquals([first.port, second.port], [range.first, range.first + 1]);
    for (const { port } of [first, second]) {
      assertEquals(listeners({ protocol: "tcp", localPort: port }).length, 1);
    }
    const ada = await polite(at(service, first.port));
    const ben = await polite(at(service, second.port));
    assertEquals(await ada.ask("name Ada"), "hello Ada");
    assertEquals(await ben.ask("hi"), "client 2, line 1: hi");
    assertEquals(await ada.ask("hi"), "Ada, line 1: hi");
    assertEquals(await ada.ask("who"), `you are Ada, known by port ${first.port}`);
    assertEquals(
      await first.control.ask("another, please"),
      `refused holding: you hold port ${first.port}: talk there`,
    );
    assertEquals(
      service.snapshot().holdings.map(({ client, port, tuple, until }) => [
        ...[client, port, tuple, until],
      ]),
      [
        ["Ada", first.port, `${first.control.tuple.reversed()}`, undefined],
        ["client 2", second.port, `${second.control.tuple.reversed()}`, undefined],
      ],
    );
    for (const end of [ada, ben, first.control, second.control]) end.close();
    await assertBecomes(() => held(service), []);
    assertEquals(listeners({ protocol: "tcp", localPort: first.port }).length, 0);
  },
);

testService(
  "startServerAllocated() says when no port is left, and allocates a released one again",
  {},
  async (service, range) => {
    const clients = [await allocate(service), await allocate(service), await allocate(service)];
    assertEquals(clients.map(({ port }) => port), [...range]);
    using late = await polite(service.endpoint);
    assertEquals(
      await late.readLine(),
      `refused exhausted: none of ${range} is free: 3 allocated, 0 in quarantine, 0 taken by other programs`,
    );
    assertEquals(await late.readLine(), undefined);

    clients[1]!.control.close();
    await assertBecomes(() => held(service).length, 2);
    const again = await allocate(service);
    assertEquals(again.port, clients[1]!.port);
    using talk = await polite(at(service, again.port));
    assertEquals(await talk.ask("hi"), "client 5, line 1: hi");
    assertEquals(
      service.events().map(({ client, what, port, reason }) => [client, what, port, reason]),
      [
        ["client 1", "allocated", range.first, undefined],
        ["client 2", "allocated", range.first + 1, undefined],
        ["client 3", "allocated", range.first + 2, undefined],
        ["client 4", "refused", undefined, "exhausted"],
        ["client 2", "released", range.first + 1, undefined],
        ["client 5", "allocated", range.first + 1, undefined],
      ],
    );
    const figure = plotAllocation(service.events(), { capacity: range.size });
    assertEquals(figure.table.rows.map((row) => row.at(-1)), [1, 2, 3, 3, 2, 3]);
    const times = service.events().map(({ at }) => at);
    assertEquals(times, times.toSorted((one, other) => one - other));
    for (const { control } of [...clients, again]) control.close();
    await assertBecomes(() => held(service), []);
    for (const { from, until } of service.history()) assert(until !== undefined && until > from);
  },
);

testService(
  "startServerAllocated() passes over a port that another program has",
  {},
  async (service, range) => {
    using taken = takeOne(service.endpoint, range);
    assertEquals(taken.port, range.first);
    const clients = [await allocate(service), await allocate(service)];
    assertEquals(clients.map(({ port }) => port), [range.first + 1, range.first + 2]);
    using late = await polite(service.endpoint);
    assertEquals(
      await late.readLine(),
      `refused exhausted: none of ${range} is free: 2 allocated, 0 in quarantine, 1 taken by other programs`,
    );
    for (const { control } of clients) control.close();
  },
);

testService(
  "startServerAllocated() keeps what it knows of a client by its port",
  {},
  async (service) => {
    const { control, port } = await allocate(service);
    for (let visit = 1; visit <= 20; visit++) {
      using talk = await polite(at(service, port));
      assertEquals(await talk.ask("hi"), `client 1, line ${visit}: hi`);
    }
    control.close();
    await assertBecomes(() => held(service), []);
    const next = await allocate(service);
    assertEquals(next.port, port);
    using talk = await polite(at(service, port));
    assertEquals(await talk.ask("hi"), "client 2, line 1: hi");
    next.control.close();
  },
);

testService(
  "startServerAllocated() keeps a released port in quarantine",
  { quarantine: 1000 },
  async (service, range) => {
    const clients = [await allocate(service), await allocate(service), await allocate(service)];
    const begun = performance.now();
    for (const { control } of clients) control.close();
    await assertBecomes(() => held(service), []);
    using early = await polite(service.endpoint);
    assertEquals(
      await early.readLine(),
      `refused exhausted: none of ${range} is free: 0 allocated, 3 in quarantine, ` +
        "0 taken by other programs",
    );
    for (;;) {
      using control = await polite(service.endpoint);
      if ((await control.readLine())?.startsWith("port ")) break;
      assertLess(performance.now() - begun, PATIENCE);
      await new Promise((go) => setTimeout(go, 20));
    }
    assertGreater(performance.now() - begun, 999);
  },
  timeLimits,
);

testService(
  "startServerAllocated() frees every port, however its client leaves",
  { idleDeadline: 300, writeDeadline: 300 },
  async (service) => {
    const leavers: ((server: Endpoint) => Promise<unknown>)[] = [
      async (server) => (await raw(server)).close(),
      async (server) => reset(await raw(server)),
      async (server) => { // reads its port, and resets the connection
        const client = await raw(server);
        await client.receive();
        reset(client);
      },
      async (server) => { // ends its side only
        const client = await raw(server);
        client.shutdown("write");
        while ((await client.receive()).length > 0);
        client.close();
      },
      async (server) => { // says nothing for too long
        const client = await polite(server);
        await client.readLine();
        assertEquals(await client.readLine(), "closed idle: a whole line comes within 300 ms");
        client.close();
      },
      async (server) => { // garbage
        const client = await raw(server);
        await client.sendAll(new Uint8Array([0xff, 0x0a]));
        while ((await client.receive()).length > 0);
        client.close();
      },
      async (server) => { // asks on and on, and never reads the answers
        const client = await raw(server);
        await sendForever(client, new TextEncoder().encode("x\n".repeat(50_000)));
        client.close();
      },
      async (server) => { // leaves the connection to the service first, then the one to its port
        const client = await polite(server);
        const talk = await raw(Endpoint.from(server.address, grantedPort(await client.readLine())));
        await talk.sendAll("half a li");
        client.close();
        while ((await talk.receive().catch(() => "")).length > 0);
        talk.close();
      },
    ];
    for (const leave of leavers) {
      await leave(service.endpoint);
      await assertBecomes(() => [held(service), service.snapshot().connected], [[], 0]);
    }
    (await allocate(service)).control.close();
  },
  timeLimits,
);

testService(
  "startServerAllocated() does not call a client idle that talks on its port",
  { idleDeadline: 1000 },
  async (service) => {
    const { control, port } = await allocate(service);
    using talk = await polite(at(service, port));
    const begun = performance.now();
    for (let line = 1; performance.now() - begun < 1300; line++) {
      assertEquals(await talk.ask("hi"), `client 1, line ${line}: hi`);
      await new Promise((go) => setTimeout(go, 50));
    }
    assertEquals(held(service), [port]);
    assertEquals(await control.readLine(), "closed idle: a whole line comes within 1000 ms");
    control.close();
  },
  timeLimits,
);

testService(
  "startServerAllocated() serves hundreds of clients with few ports",
  { historyLimit: 100 },
  async (service, range) => {
    let [granted, refused] = [0, 0];
    const visit = async () => {
      using control = await polite(service.endpoint);
      const answer = await control.readLine();
      if (answer?.startsWith("refused exhausted")) return refused++;
      using talk = await polite(at(service, grantedPort(answer)));
      assertMatch(await talk.ask("hi"), /^client \d+, line 1: hi$/);
      granted++;
    };
    await Promise.all(Array.from({ length: 10 }, async () => {
      for (let time = 0; time < 30; time++) await visit();
    }));
    assertEquals(granted + refused, 300);
    assert(granted > 3 && refused > 0, `${granted} granted, ${refused} refused`);
    await assertBecomes(() => held(service), []);
    let now = 0;
    for (const { what } of service.events()) {
      now += { allocated: 1, released: -1, refused: 0 }[what];
      assert(now >= 0 && now <= range.size, `${now} held`);
    }
    assertLess(service.history().length, 201);
  },
);

testOnBoth("startServerAllocated() goes on after it runs out of descriptors", async (anyPort) => {
  const range = freeRange(anyPort, 100);
  await using server = await startShort([`${anyPort}`, `${range}`]);
  const { endpoint } = server;
  const full = "refused server: this server cannot make a socket now: EMFILE";
  const first = await polite(endpoint);
  const port = grantedPort(await first.readLine());
  const crowd: LineConnection[] = [];
  let answer: string | undefined;
  while (answer !== full && crowd.length < DESCRIPTORS) {
    const control = await polite(endpoint, { idleDeadline: 300 });
    answer = await control.readLine().catch(() => undefined);
    if (answer !== undefined) {
      crowd.push(control);
      continue;
    }
    // A client takes two descriptors, so there may be none or one too few. None: make it one.
    control.close();
    crowd.pop()!.close();
    crowd.push(await polite(Endpoint.from(endpoint.address, port)));
    assertMatch(await crowd.at(-1)!.ask("hi"), /^client 1, line \d+: hi$/);
  }
  assertEquals(answer, full);
  assertGreater(crowd.length, 5);

  for (const control of [first, ...crowd]) control.close();
  const hasPort = async () => {
    using control = await polite(endpoint);
    return (await control.readLine())?.startsWith("port ");
  };
  const begun = performance.now();
  while (!await hasPort()) {
    assertLess(performance.now() - begun, PATIENCE);
    await new Promise((go) => setTimeout(go, 20));
  }
  await server.end();
});

Deno.test("startServerAllocated() rejects a client from another address on an allocated port", async () => {
  const anyPort = Endpoint.from("127.0.0.1", 0);
  await using service = startServerAllocated(anyPort, freeRange(anyPort, 1));
  const { control, port } = await allocate(service);
  for (let time = 0; time < 20; time++) {
    using stranger = await polite(at(service, port), { from: "127.0.0.2:0" });
    assertEquals(
      await stranger.readLine(),
      `closed stranger: port ${port} is allocated to a client at another address`,
    );
  }
  using talk = await polite(at(service, port));
  assertEquals(await talk.ask("hi"), "client 1, line 1: hi");
  control.close();
});

testOnBoth("startServerAllocated() ends everything when it is closed", async (anyPort) => {
  const range = freeRange(anyPort, 3);
  const service = startServerAllocated(anyPort, range);
  const clients = [await allocate(service), await allocate(service)];
  const talks = await Promise.all(clients.map(({ port }) => polite(at(service, port))));
  for (const talk of talks) await talk.ask("hi");
  await service.close();
  for (const end of [...talks, ...clients.map(({ control }) => control)]) {
    assertEquals(await end.readLine(), undefined);
    end.close();
  }
  assertEquals(service.snapshot().holdings, []);
  await assertNothingLeft([service.endpoint.port, ...range]);
  // Connections of the old service are in TIME_WAIT; its ports can be allocated again all the same.
  await using again = startServerAllocated(service.endpoint, range);
  const { control, port } = await allocate(again);
  assertEquals(port, range.first);
  control.close();
});

Deno.test("startServerAllocated() refuses what it cannot allocate, and leaves no socket", () => {
  const before = openSockets();
  const start = (range: unknown, options?: Record<string, unknown>) => () =>
    startServerAllocated("127.0.0.1:0", range as PortRange, options);
  const range = PortRange.parse("6000");
  const cases: [start: () => Service, Class: typeof TypeError, part: string][] = [
    [start(PortRange.parse("0-10")), RangeError, "0"],
    [start("6000-6001"), TypeError, '"6000-6001"'],
    [start(range, { quarantine: -1 }), RangeError, "-1"],
    [start(range, { order: "highest" }), TypeError, '"highest"'],
    [start(range, { historyLimit: 0 }), RangeError, "0"],
    [start(range, { lineLimit: 0 }), RangeError, "0"],
    [start(range, { quarantines: 5 }), TypeError, '"quarantines"'],
  ];
  for (const [start, Class, part] of cases) {
    const error = assertThrows(start, Class);
    assert(isRefusal(error));
    assertEquals(error.part, part);
  }
  assertEquals(openSockets(), before);
});

Deno.test("startServerAllocated() keeps ports for other addresses, with maxPerAddress", async () => {
  const anyPort = Endpoint.from("127.0.0.1", 0);
  const range = freeRange(anyPort, 3);
  await using service = startServerAllocated(anyPort, range, { maxPerAddress: 2 });
  using first = (await allocate(service)).control;
  using second = (await allocate(service)).control;
  using third = await polite(service.endpoint);
  const rule = "this server takes 2 clients at a time from one address";
  assertEquals(await third.readLine(), `closed full: ${rule}`);
  using other = await polite(service.endpoint, { from: "127.0.0.2:0" });
  assertEquals(grantedPort(await other.readLine()), range.last);
  assertEquals(service.snapshot().rejectedPerAddress, 1);
  for (const control of [first, second, other]) control.close();
  await assertBecomes(() => held(service), []);
});
