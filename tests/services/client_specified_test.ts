import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
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
    const steps: [request: string, answer: string | RegExp][] = [
      [`${held}`, `refused taken: port ${held} is allocated to another client`],
      [`${other.port}`, `refused taken: port ${other.port} is taken by another program`],
      [`${range.last + 1}`, `refused range: this server grants ${range}, got ${range.last + 1}`],
      ["70000", /^refused range: .*, got 70000$/],
      ["0", `refused range: this server grants ${range}, got 0`],
      ["80", `refused privileged: ${well} 80`],
      ["", /^refused number: /],
      ["http", /^refused number: .*, got "http"$/],
      ["80.5", /^refused number: .*, got "\."$/],
      [`${range.last}`, `port ${range.last}`],
    ];
    for (const [request, answer] of steps) {
      if (typeof answer === "string") assertEquals(await client.ask(request), answer, request);
      else assertMatch(await client.ask(request), answer, request);
    }
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
  const cases: [line: string, reason: string, part: string, port?: number][] = [
    ["", "number", ""],
    ["http", "number", '"http"'],
    ["80abc", "number", '"abc"'],
    [" 6001", "number", '" " (U+0020)'],
    ["+6001", "number", '"+"'],
    ["-1", "number", '"-"'],
    ["6001.0", "number", '"."'],
    ["0x1771", "number", '"x"'],
    ["6e3", "number", '"e"'],
    [": a port is 80", "number", '": a port is "'],
    ["65536", "range", "65536"],
    ["9".repeat(33), "range", `"${"9".repeat(33)}"`],
    ["0", "range", "0", 0],
    ["1", "privileged", "1", 1],
    ["1023", "privileged", "1023", 1023],
    ["1024", "range", "1024", 1024],
    ["5999", "range", "5999", 5999],
    ["6010", "range", "6010", 6010],
    ["65535", "range", "65535", 65535],
  ];
  for (const [line, reason, part, port] of cases) {
    const refused = readRequestedPort(line, RANGE);
    if (typeof refused === "number") throw new Error(`granted ${refused} for "${line}"`);
    assertEquals([refused.reason, refused.port], [reason, port], line);
    assertStringIncludes(refused.sentence, `, got ${part}`, line);
    if (part !== "") assertEquals(refused.sentence.endsWith(`, got ${part}`), true, line);
  }
});
