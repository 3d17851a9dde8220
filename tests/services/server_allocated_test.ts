import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertThrows,
} from "@std/assert";
import {
  Endpoint,
  grantedPort,
  type LendingOptions,
  type LineConnection,
  listeners,
  plotAllocation,
  PortRange,
  type Service,
  startServerAllocated,
} from "fourtuple";
import { testOnBoth } from "./_addresses.ts";
import { polite, raw, reset, sendForever } from "./_clients.ts";
import { assertBecomes, assertNothingLeft, openSockets } from "./_leftovers.ts";
import { DESCRIPTORS, startShort } from "./_short.ts";
import { freeRange, takeOne } from "./_ports.ts";

/** Tests a service of three numbers: at the end nothing of it may be left. */
function testService(
  name: string,
  options: LendingOptions,
  test: (service: Service, range: PortRange) => Promise<void>,
): void {
  testOnBoth(name, async (anyPort) => {
    const before = openSockets();
    const range = freeRange(anyPort, 3);
    const service = startServerAllocated(anyPort, range, options);
    try {
      await test(service, range);
    } finally {
      await service.close();
    }
    assertEquals(service.snapshot().holdings, []);
    await assertNothingLeft([service.endpoint.port, ...range], before);
  });
}

/** Connects a client that gets a number. */
async function borrow({ endpoint }: Service): Promise<{ control: LineConnection; port: number }> {
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
  "startServerAllocated() lends each client a number and serves it there",
  {},
  async (service, range) => {
    const [first, second] = [await borrow(service), await borrow(service)];
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
  "startServerAllocated() says so when no number is left, and lends what comes back",
  {},
  async (service, range) => {
    const clients = [await borrow(service), await borrow(service), await borrow(service)];
    assertEquals(clients.map(({ port }) => port), [...range]);
    using late = await polite(service.endpoint);
    assertEquals(
      await late.readLine(),
      `refused exhausted: none of ${range} is free: 3 lent, 0 at rest, 0 taken by others`,
    );
    assertEquals(await late.readLine(), undefined);

    clients[1]!.control.close();
    await assertBecomes(() => held(service).length, 2);
    const again = await borrow(service);
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
  "startServerAllocated() passes over a number that another program has",
  {},
  async (service, range) => {
    using taken = takeOne(service.endpoint, range);
    assertEquals(taken.port, range.first);
    const clients = [await borrow(service), await borrow(service)];
    assertEquals(clients.map(({ port }) => port), [range.first + 1, range.first + 2]);
    using late = await polite(service.endpoint);
    assertEquals(
      await late.readLine(),
      `refused exhausted: none of ${range} is free: 2 lent, 0 at rest, 1 taken by others`,
    );
    for (const { control } of clients) control.close();
  },
);

testService(
  "startServerAllocated() keeps what it knows of a client by its number",
  {},
  async (service) => {
    const { control, port } = await borrow(service);
    for (let visit = 1; visit <= 20; visit++) {
      using talk = await polite(at(service, port));
      assertEquals(await talk.ask("hi"), `client 1, line ${visit}: hi`);
    }
    control.close();
    await assertBecomes(() => held(service), []);
    const next = await borrow(service);
    assertEquals(next.port, port);
    using talk = await polite(at(service, port));
    assertEquals(await talk.ask("hi"), "client 2, line 1: hi");
    next.control.close();
  },
);

testService(
  "startServerAllocated() lets a number rest",
  { quarantine: 500 },
  async (service, range) => {
    for (
      const { control } of [await borrow(service), await borrow(service), await borrow(service)]
    ) {
      control.close();
    }
    await assertBecomes(() => held(service), []);
    using early = await polite(service.endpoint);
    assertEquals(
      await early.readLine(),
      `refused exhausted: none of ${range} is free: 0 lent, 3 at rest, 0 taken by others`,
    );
    await new Promise((go) => setTimeout(go, 510));
    (await borrow(service)).control.close();
  },
);

testService(
  "startServerAllocated() frees every number, however its client leaves",
  { idleDeadline: 300, writeDeadline: 300 },
  async (service) => {
    const leavers: ((server: Endpoint) => Promise<unknown>)[] = [
      async (server) => (await raw(server)).close(),
      async (server) => reset(await raw(server)),
      async (server) => { // reads its number, and is reset with it in hand
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
      async (server) => { // leaves first where it has its number, then where it got it
        const client = await polite(server);
        const lent = await raw(Endpoint.from(server.address, grantedPort(await client.readLine())));
        await lent.sendAll("half a li");
        client.close();
        while ((await lent.receive().catch(() => "")).length > 0);
        lent.close();
      },
    ];
    for (const leave of leavers) {
      await leave(service.endpoint);
      await assertBecomes(() => [held(service), service.snapshot().connected], [[], 0]);
    }
    (await borrow(service)).control.close();
  },
);

testService(
  "startServerAllocated() does not call a client idle that talks on its number",
  { idleDeadline: 500 },
  async (service) => {
    const { control, port } = await borrow(service);
    using talk = await polite(at(service, port));
    for (let line = 1; line <= 8; line++) {
      assertEquals(await talk.ask("hi"), `client 1, line ${line}: hi`);
      await new Promise((go) => setTimeout(go, 100));
    }
    assertEquals(held(service), [port]);
    assertEquals(await control.readLine(), "closed idle: a whole line comes within 500 ms");
    control.close();
  },
);

testService(
  "startServerAllocated() lends hundreds of clients one number after another",
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

testOnBoth("startServerAllocated() outlives running out of descriptors", async (anyPort) => {
  const range = freeRange(anyPort, 100);
  await using server = await startShort([`${anyPort}`, `${range}`]);
  const { endpoint } = server;
  const full = "refused server: this server can make no socket now: EMFILE";
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
  const hasRoom = async () => {
    using control = await polite(endpoint);
    return (await control.readLine())?.startsWith("port ");
  };
  for (let time = 0; !await hasRoom(); time++) assertLess(time, 100);
  await server.end();
});

Deno.test("startServerAllocated() turns away who comes to a number from another address", async () => {
  const anyPort = Endpoint.from("127.0.0.1", 0);
  await using service = startServerAllocated(anyPort, freeRange(anyPort, 1));
  const { control, port } = await borrow(service);
  for (let time = 0; time < 20; time++) {
    using stranger = await polite(at(service, port), { from: "127.0.0.2:0" });
    assertEquals(
      await stranger.readLine(),
      `closed stranger: port ${port} is lent to a client of another address`,
    );
  }
  using talk = await polite(at(service, port));
  assertEquals(await talk.ask("hi"), "client 1, line 1: hi");
  control.close();
});

testOnBoth("startServerAllocated() ends everything when it is closed", async (anyPort) => {
  const before = openSockets();
  const range = freeRange(anyPort, 3);
  const service = startServerAllocated(anyPort, range);
  const clients = [await borrow(service), await borrow(service)];
  const talks = await Promise.all(clients.map(({ port }) => polite(at(service, port))));
  for (const talk of talks) await talk.ask("hi");
  await service.close();
  for (const end of [...talks, ...clients.map(({ control }) => control)]) {
    assertEquals(await end.readLine(), undefined);
    end.close();
  }
  assertEquals(service.snapshot().holdings, []);
  await assertNothingLeft([service.endpoint.port, ...range], before);
  // Connections of the old service are in TIME_WAIT; its numbers can be lent again all the same.
  await using again = startServerAllocated(service.endpoint, range);
  const { control, port } = await borrow(again);
  assertEquals(port, range.first);
  control.close();
});

Deno.test("startServerAllocated() refuses what it cannot lend, and leaves no socket", () => {
  const before = openSockets();
  assertThrows(
    () => startServerAllocated("127.0.0.1:0", PortRange.parse("0-10")),
    RangeError,
    'Cannot lend the ports "0-10": port 0 stands for any port, got 0',
  );
  assertThrows(
    () => startServerAllocated("127.0.0.1:0", "6000-6001" as unknown as PortRange),
    TypeError,
    'Cannot allocate ports of "6000-6001": the ports are a PortRange, got a string',
  );
  assertThrows(
    () => startServerAllocated("127.0.0.1:0", PortRange.parse("6000"), { quarantine: -1 }),
    RangeError,
    'Cannot use "-1" as a quarantine: a quarantine is a whole number from 0 to ' +
      "9007199254740991, got -1",
  );
  assertThrows(
    () => startServerAllocated("127.0.0.1:0", PortRange.parse("6000"), { lineLimit: 0 }),
    RangeError,
    'Cannot use "0" as "lineLimit": it is a whole number from 1 to 65536, got 0',
  );
  assertEquals(openSockets(), before);
});
