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
