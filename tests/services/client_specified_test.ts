import { assertEquals } from "@std/assert";
import {
  Endpoint,
  freePort,
  grantedPort,
  type LendingOptions,
  listeners,
  type PortRange,
  type Service,
  startClientSpecified,
} from "fourtuple";
import { testOnBoth } from "./_addresses.ts";
import { polite, raw, reset } from "./_clients.ts";
import { assertBecomes, assertNothingLeft, openSockets } from "./_leftovers.ts";
import { freeRange } from "./_ports.ts";

function testService(
  name: string,
  options: LendingOptions,
  test: (service: Service, range: PortRange) => Promise<void>,
): void {
  testOnBoth(name, async (anyPort) => {
    const before = openSockets();
    const range = freeRange(anyPort, 10);
    const service = startClientSpecified(anyPort, range, options);
    try {
      await test(service, range);
    } finally {
      await service.close();
    }
    assertEquals(service.snapshot().holdings, []);
    await assertNothingLeft([service.endpoint.port, ...range], before);
  });
}

testService(
  "startClientSpecified() grants the number that is asked for",
  {},
  async (service, range) => {
    const wish = range.first + 7;
    using client = await polite(service.endpoint);
    assertEquals(await client.ask(`${wish}`), `port ${wish}`);
    assertEquals(listeners({ protocol: "tcp", localPort: wish }).length, 1);
    using talk = await polite(Endpoint.from(service.endpoint.address, wish));
    assertEquals(await talk.ask("who"), `you are client 1, known by port ${wish}`);
    assertEquals(
      await client.ask(`${wish + 1}`),
      `refused holding: you hold port ${wish}: talk there`,
    );
    client.close();
    await assertBecomes(() => service.snapshot().holdings, []);
    assertEquals(listeners({ protocol: "tcp", localPort: wish }).length, 0);
    using next = await polite(service.endpoint);
    assertEquals(await next.ask(`${wish}`), `port ${wish}`);
  },
);

testService(
  "startClientSpecified() says in one line why not, and goes on",
  {},
  async (service, range) => {
    using holder = await polite(service.endpoint);
    const held = grantedPort(await holder.ask(`${range.first}`));
    const { address } = service.endpoint;
    using other = freePort({ address, range });
    using client = await polite(service.endpoint);
    const well = "ports up to 1023 belong to the system's services, got";
    const steps: [wish: string, answer: string][] = [
      [`${held}`, `refused taken: port ${held} is lent to another client`],
      [`${other.port}`, `refused taken: port ${other.port} is taken by another program`],
      [`${range.last + 1}`, `refused range: this server grants ${range}, got ${range.last + 1}`],
      ["70000", "refused range: a port is at most 65535, got 70000"],
      ["0", `refused range: this server grants ${range}, got 0`],
      ["80", `refused privileged: ${well} 80`],
      ["", "refused number: a port is one or more decimal digits, got none"],
      ["http", 'refused number: a port is decimal digits and nothing else, got "http"'],
      ["80.5", 'refused number: a port is decimal digits and nothing else, got "."'],
      [`${range.last}`, `port ${range.last}`],
    ];
    for (const [wish, answer] of steps) assertEquals(await client.ask(wish), answer, wish);
    assertEquals(
      service.events().map(({ client, what, port, reason }) => [client, what, port, reason]),
      [
        ["client 1", "allocated", held, undefined],
        ["client 2", "refused", held, "taken"],
        ["client 2", "refused", other.port, "taken"],
        ["client 2", "refused", range.last + 1, "range"],
        ["client 2", "refused", undefined, "range"],
        ["client 2", "refused", 0, "range"],
        ["client 2", "refused", 80, "privileged"],
        ["client 2", "refused", undefined, "number"],
        ["client 2", "refused", undefined, "number"],
        ["client 2", "refused", undefined, "number"],
        ["client 2", "allocated", range.last, undefined],
      ],
    );
  },
);

testService(
  "startClientSpecified() grants one of many who want the same",
  {},
  async (service, range) => {
    const clients = await Promise.all(Array.from({ length: 50 }, () => polite(service.endpoint)));
    const answers = await Promise.all(clients.map((client) => client.ask(`${range.first}`)));
    assertEquals(answers.filter((answer) => answer === `port ${range.first}`).length, 1);
    assertEquals(
      answers.filter((answer) =>
        answer === `refused taken: port ${range.first} is lent to another client`
      ).length,
      49,
    );
    for (const client of clients) client.close();
  },
);

testService(
  "startClientSpecified() outlives who leaves without a word",
  { idleDeadline: 400 },
  async (service, range) => {
    const silent = await raw(service.endpoint);
    for (let time = 0; time < 50; time++) {
      (await raw(service.endpoint)).close();
      reset(await raw(service.endpoint));
      const asks = await raw(service.endpoint);
      await asks.sendAll(`${range.first}\n`);
      reset(asks);
    }
    using client = await polite(service.endpoint);
    await assertBecomes(() => service.snapshot().holdings, []);
    assertEquals(await client.ask(`${range.first}`), `port ${range.first}`);
    assertEquals(
      new TextDecoder().decode(await silent.receive()),
      "closed idle: a whole line comes within 400 ms\n",
    );
    silent.close();
  },
);
