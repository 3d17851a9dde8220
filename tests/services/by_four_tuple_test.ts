import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import {
  connections,
  freePort,
  type Service,
  type ServiceOptions,
  SocketError,
  startByFourTuple,
} from "fourtuple";
import { testOnBoth } from "./_addresses.ts";
import { polite, raw, reset } from "./_clients.ts";
import { assertBecomes, assertNothingLeft, openSockets } from "./_leftovers.ts";

function testService(name: string, test: (service: Service) => Promise<void>): void {
  testOnBoth(name, async (anyPort) => {
    const service = startByFourTuple(anyPort, { idleDeadline: 10_000 });
    try {
      await test(service);
    } finally {
      await service.close();
    }
    assertEquals(service.snapshot().holdings, []);
    await assertNothingLeft([service.endpoint.port]);
  });
}

testService("startByFourTuple() tells many clients apart on one port", async (service) => {
  const names = Array.from({ length: 20 }, (_, index) => `client-${index}`);
  const clients = await Promise.all(names.map(() => polite(service.endpoint)));
  await Promise.all(clients.map((client, index) => client.ask(`name ${names[index]}`)));
  for (const line of [1, 2]) {
    const answers = await Promise.all(clients.map((client) => client.ask("hi")));
    assertEquals(answers, names.map((name) => `${name}, line ${line}: hi`));
  }
  for (const [index, client] of clients.entries()) {
    assertEquals(
      await client.ask("who"),
      `you are ${names[index]}, known by ${client.tuple.reversed()}`,
    );
  }
  // The service recognizes them by the same four-tuples as the kernel.
  const { port } = service.endpoint;
  const rows = connections({ protocol: "tcp", localPort: port, state: "ESTABLISHED" });
  assertEquals(
    new Set(rows.map(({ local, remote }) => `${local} -> ${remote}`)),
    new Set(service.snapshot().holdings.map(({ tuple }) => tuple)),
  );
  assertEquals(
    service.snapshot().holdings.map(({ port }) => port).sort(),
    clients.map(({ tuple }) => tuple.local.port).sort(),
  );
  for (const client of clients) client.close();
  await assertBecomes(() => service.snapshot().holdings, []);
  assertEquals(service.history().length, 20);
});

testService("startByFourTuple() forgets a client that leaves", async (service) => {
  // No connection of another test, not even in TIME_WAIT, has a port that freePort() returns.
  const held = freePort({ address: service.endpoint.address });
  held.release();
  const from = held.endpoint;
  const first = await polite(service.endpoint, { from });
  await first.ask("name Ada");
  const again = await assertRejects(() => polite(service.endpoint, { from }), SocketError);
  assertEquals([again.call, again.code], ["connect", "EADDRNOTAVAIL"]);
  assertEquals(await first.ask("hi"), "Ada, line 1: hi");
  await service.close(); // the service closes first, so no TIME_WAIT is left at the client's port
  first.close();
  await using next = startByFourTuple(service.endpoint);
  const second = await polite(next.endpoint, { from });
  assertEquals(await second.ask("hi"), "client 1, line 1: hi");
  second.close();
});

testService(
  "startByFourTuple() frees what it knows of a client, however the client leaves",
  async (service) => {
    for (let time = 0; time < 100; time++) {
      (await raw(service.endpoint)).close();
      reset(await raw(service.endpoint));
      const half = await raw(service.endpoint);
      await half.sendAll("half a li");
      half.close();
    }
    await assertBecomes(() => [service.snapshot().connected, service.snapshot().holdings], [0, []]);
    using client = await polite(service.endpoint);
    assertMatch(await client.ask("hi"), /^client \d+, line 1: hi$/);
  },
);

Deno.test("startByFourTuple() tells three computers apart that use the same port", async () => {
  await using service = startByFourTuple("127.0.0.1:0");
  // A port that bind() picks: no connection in TIME_WAIT has it at another address.
  const held = freePort({ address: "127.0.0.2" });
  const { port } = held;
  held.release();
  using first = await polite(service.endpoint, { from: `127.0.0.2:${port}` });
  using second = await polite(service.endpoint, { from: `127.0.0.3:${port}` });
  using third = await polite(service.endpoint, { from: `127.0.0.4:${port}` });
  const names = ["Ada", "Ben", "Cleo"];
  const clients = [first, second, third];
  for (const [index, client] of clients.entries()) await client.ask(`name ${names[index]}`);
  assertEquals(
    await Promise.all(clients.map((client) => client.ask("hi"))),
    names.map((name) => `${name}, line 1: hi`),
  );
  assertEquals(service.snapshot().holdings.map((holding) => holding.port), [port, port, port]);
  assertEquals(JSON.parse(JSON.stringify(service.snapshot())).connected, 3);
});

Deno.test("startByFourTuple() refuses options that are not its own, and leaves no socket", () => {
  const before = openSockets();
  for (const options of [{ historyLimits: 5 }, { reject: () => "no" }, { quarantine: 5 }]) {
    assertThrows(() => startByFourTuple("127.0.0.1:0", options as ServiceOptions), TypeError);
  }
  assertThrows(() => startByFourTuple("127.0.0.1:0", { historyLimit: 0 }), RangeError);
  assertEquals(openSockets(), before);
});
