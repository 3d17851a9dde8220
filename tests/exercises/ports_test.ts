import { assertEquals, assertMatch } from "@std/assert";
import {
  checkPortOfUrl,
  checkReadPort,
  checkSameNumberTwice,
  checkWhoGetsIt,
} from "../../lib/exercises/ports.ts";
import { listeners } from "../../lib/observe/connections.ts";

const USUAL: Record<string, number> = { "http:": 80, "https:": 443, "ftp:": 21 };

function portOfUrl(text: string): number {
  const { protocol, port } = new URL(text);
  return port === "" ? USUAL[protocol]! : Number(port);
}

Deno.test("checkPortOfUrl() is open, right, or names the first URL that is wrong", () => {
  assertEquals(checkPortOfUrl(undefined).state, "open");
  assertEquals(checkPortOfUrl(portOfUrl).state, "right");
  assertEquals(
    checkPortOfUrl((url) => Number(new URL(url).port)).message,
    "of http://localhost/ it makes 0, and it is 80",
  );
});

Deno.test("checkReadPort() is right with a strict reader, and names what fools another", () => {
  assertEquals(checkReadPort(undefined).state, "open");
  const strict = (text: string) =>
    /^[0-9]+$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined;
  assertEquals(checkReadPort(strict).state, "right");
  assertEquals(
    checkReadPort(Number).message,
    'of "65536" it makes 65536, and it was to be undefined',
  );
  const half = (text: string) => Number.parseInt(text) <= 65535 ? Number.parseInt(text) : undefined;
  assertEquals(checkReadPort(half).message, 'of "-1" it makes -1, and it was to be undefined');
});

Deno.test("checkWhoGetsIt() is right with B alone", () => {
  assertEquals(
    ([undefined, "A", "B", "C", "nobody"] as const).map((row) => checkWhoGetsIt(row).state),
    ["open", "not yet", "right", "not yet", "not yet"],
  );
});

Deno.test("checkSameNumberTwice() is right with one number at two endpoints, and closes both", async () => {
  assertEquals((await checkSameNumberTwice(undefined)).state, "open");
  let port = 0;
  const verdict = await checkSameNumberTwice(() => {
    const first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    port = first.addr.port;
    return [first, Deno.listen({ hostname: "127.0.0.2", port })];
  });
  assertMatch(String(verdict), /^✓ right: tcp 127\.0\.0\.\d:(\d+) and tcp 127\.0\.0\.\d:\1:/);
  assertEquals(listeners({ port }).length, 0);
});

Deno.test("checkSameNumberTwice() finds two numbers, one socket, and a refusal", async () => {
  const listen = (port = 0) => Deno.listen({ hostname: "127.0.0.1", port });
  assertMatch(
    (await checkSameNumberTwice(() => [listen(), listen()])).message,
    /^the kernel's table has no two new sockets at one port number/,
  );
  using one = listen();
  assertMatch(
    (await checkSameNumberTwice(() => [one, listen(one.addr.port)])).message,
    /^the kernel refused: AddrInUse/,
  );
  assertEquals(
    (await checkSameNumberTwice(() => "both")).message,
    "the function was to return both sockets in a list",
  );
});

Deno.test("checkPortOfUrl() and checkReadPort() tell a text from a number", () => {
  assertEquals(
    checkPortOfUrl((url) => new URL(url).port as unknown as number).message,
    'of http://127.0.0.1:8080/ it makes "8080", and it is 8080',
  );
  assertEquals(
    checkReadPort((text) => text as unknown as number).message,
    'of "80" it makes "80", and it was to be 80',
  );
});

Deno.test("checkSameNumberTwice() wants two sockets, and closes what it is given", async () => {
  const listen = () => Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const one = listen();
  const [two, three] = [listen(), listen()];
  const answers = [[one, one], [undefined, undefined], two, [three]];
  const verdicts: string[] = [];
  for (const answer of answers) {
    verdicts.push(String(await checkSameNumberTwice(() => answer)));
  }
  assertEquals(verdicts, [
    "✗ not yet: the list has the same socket twice",
    "✗ not yet: the list was to hold two sockets, got undefined and undefined",
    "✗ not yet: the function was to return both sockets in a list",
    "✗ not yet: the function was to return both sockets in a list",
  ]);
  for (const { addr } of [one, two, three]) assertEquals(listeners({ port: addr.port }).length, 0);
});

Deno.test("checkSameNumberTwice() names what stays open", async () => {
  using open = new DisposableStack();
  const hidden = () => open.use(Deno.listen({ hostname: "127.0.0.1", port: 0 })).addr.port;
  assertMatch(
    (await checkSameNumberTwice(hidden)).message,
    /in a list; tcp 127\.0\.0\.1:\d+ stayed open: the check closes only what is returned$/,
  );
  const refused = await checkSameNumberTwice(() =>
    Deno.listen({ hostname: "127.0.0.1", port: hidden() })
  );
  assertMatch(
    refused.message,
    /^the kernel refused: AddrInUse.*; tcp 127\.0\.0\.1:\d+ stayed open/,
  );
});

Deno.test("checkSameNumberTwice() tells apart two endpoints, two protocols and reusePort", async () => {
  const shared = await checkSameNumberTwice(() => {
    const first = Deno.listen({ hostname: "127.0.0.1", port: 0, reusePort: true });
    const { port } = first.addr;
    return [first, Deno.listen({ hostname: "127.0.0.1", port, reusePort: true })];
  });
  assertMatch(
    String(shared),
    /^✓ right: tcp (127\.0\.0\.1:\d+) and tcp \1: one endpoint, two sockets: reusePort allows it$/,
  );
  const mixed = await checkSameNumberTwice(() => {
    const first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = first.addr;
    return [first, Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port })];
  });
  assertMatch(
    String(mixed),
    /^✓ right: tcp (127\.0\.0\.1:\d+) and udp \1: one number, two protocols$/,
  );
});
