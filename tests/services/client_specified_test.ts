import { assertEquals } from "@std/assert";
import {
  type AllocationOptions,
  Endpoint,
  freePort,
  grantedPort,
  listeners,
  PortRange,
  type Service,
  startClientSpecified,
} from "fourtuple";
import { readRequestedPort } from "../../lib/services/_allocated_ports.ts";
import { freeRange, testOnBoth } from "./_addresses.ts";
import { polite, raw, reset } from "./_clients.ts";
import { assertBecomes, assertNothingLeft } from "./_leftovers.ts";

function testService(
  name: string,
  options: AllocationOptions,
  test: (service: Service, range: PortRange) => Promise<void>,
): void {
  testOnBoth(name, async (anyPort) => {
    const range = freeRange(anyPort, 10);
    const service = startClientSpecified(anyPort, range, options);
    try {
      await test(service, range);
    } finally {
      await service.close();
    }
    assertEquals(service.snapshot().holdings, []);
    await assertNothingLeft([service.endpoint.port, ...range]);
  });
}

testService(
  "startClientSpecified() grants the requested port",
  {},
  async (service, range) => {
    const requested = range.first + 7;
    using client = await polite(service.endpoint);
    assertEquals(await client.ask(`${requested}`), `port ${requested}`);
    assertEquals(listeners({ protocol: "tcp", localPort: requested }).length, 1);
    using talk = await polite(Endpoint.from(service.endpoint.address, requested));
    assertEquals(await talk.ask("who"), `you are client 1, known by port ${requested}`);
    assertEquals(
      await client.ask(`${requested + 1}`),
      `refused holding: you hold port ${requested}: talk there`,
    );
    client.close();
    await assertBecomes(() => service.snapshot().holdings, []);
    assertEquals(listeners({ protocol: "tcp", localPort: requested }).length, 0);
    using next = await polite(service.endpoint);
    assertEquals(await next.ask(`${requested}`), `port ${requested}`);
  },
);

testService(
  "startClientSpecified() says in one line why it refuses a port, and goes on",
  {},
  async (service, range) => {
    using holder = await polite(service.endpoint);
    const held = grantedPort(await holder.ask(`${range.first}`));
    const { address } = service.endpoint;
    using other = freePort({ address, range });
    using client = await polite(service.endpoint);
    const well = "ports up to 1023 belong to the system's services, got";
    const steps: [request: string, answer: string][] = [
      [`${held}`, `refused taken: port ${held} is allocated to another client`],
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
    for (const [request, answer] of steps) assertEquals(await client.ask(request), answer, request);
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
  "startClientSpecified() grants a port to one of many clients that request it",
  {},
  async (service, range) => {
    const clients = await Promise.all(Array.from({ length: 50 }, () => polite(service.endpoint)));
    const answers = await Promise.all(clients.map((client) => client.ask(`${range.first}`)));
    assertEquals(answers.filter((answer) => answer === `port ${range.first}`).length, 1);
    assertEquals(
      answers.filter((answer) =>
        answer === `refused taken: port ${range.first} is allocated to another client`
      ).length,
      49,
    );
    for (const client of clients) client.close();
  },
);

testService(
  "startClientSpecified() goes on after clients that leave or stay silent",
  { idleDeadline: 1000 },
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
      "closed idle: a whole line comes within 1000 ms\n",
    );
    silent.close();
  },
);

const RANGE = PortRange.parse("6000-6009");

Deno.test("readRequestedPort() reads the port of the range that a line requests", () => {
  assertEquals(["6000", "6009", "06001"].map((line) => readRequestedPort(line, RANGE)), [
    6000,
    6009,
    6001,
  ]);
  assertEquals(readRequestedPort("80", PortRange.parse("80-90")), 80); // the server's own decision
});

Deno.test("readRequestedPort() says why a line requests no port of the range", () => {
  const digits = "a port is decimal digits and nothing else, got";
  const well = "ports up to 1023 belong to the system's services, got";
  const cases: [line: string, refusal: string, port?: number][] = [
    ["", "number: a port is one or more decimal digits, got none"],
    ["http", `number: ${digits} "http"`],
    ["80abc", `number: ${digits} "abc"`],
    [" 6001", `number: ${digits} " " (U+0020)`],
    ["+6001", `number: ${digits} "+"`],
    ["-1", `number: ${digits} "-"`],
    ["6001.0", `number: ${digits} "."`],
    ["0x1771", `number: ${digits} "x"`],
    ["6e3", `number: ${digits} "e"`],
    [": a port is 80", `number: ${digits} ": a port is "`],
    ["65536", "range: a port is at most 65535, got 65536"],
    [
      "9".repeat(33),
      `range: a port is at most 65535, got "${"9".repeat(33)}"`,
    ],
    ["0", "range: this server grants 6000-6009, got 0", 0],
    ["1", `privileged: ${well} 1`, 1],
    ["1023", `privileged: ${well} 1023`, 1023],
    ["1024", "range: this server grants 6000-6009, got 1024", 1024],
    ["5999", "range: this server grants 6000-6009, got 5999", 5999],
    ["6010", "range: this server grants 6000-6009, got 6010", 6010],
    ["65535", "range: this server grants 6000-6009, got 65535", 65535],
  ];
  for (const [line, refusal, port] of cases) {
    const refused = readRequestedPort(line, RANGE);
    if (typeof refused === "number") throw new Error(`granted ${refused} for "${line}"`);
    assertEquals(`${refused.reason}: ${refused.sentence}`, refusal, line);
    assertEquals(refused.port, port, line);
  }
});
