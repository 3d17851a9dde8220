import { assertEquals } from "@std/assert";
import {
  checkPortOfUrl,
  checkReadPort,
  checkSameNumberTwice,
  checkWhoGetsIt,
} from "../../lib/exercises/ports.ts";
import { connections, listeners } from "../../lib/observe/connections.ts";
import { assertVerdicts, assertVerdictsInTurn } from "./_verdicts.ts";

const USUAL: Record<string, number> = { "http:": 80, "https:": 443, "ftp:": 21 };

function portOfUrl(text: string): number {
  const { protocol, port } = new URL(text);
  return port === "" ? USUAL[protocol]! : Number(port);
}

Deno.test("checkPortOfUrl() is open, right, or names the first URL that is wrong", async () => {
  const text = (url: string) => new URL(url).port as unknown as number;
  await assertVerdicts([
    [() => checkPortOfUrl(undefined), "open"],
    [() => checkPortOfUrl(portOfUrl), "right"],
    [
      () => checkPortOfUrl((url) => Number(new URL(url).port)),
      "not yet",
      "for http://localhost/ your function returned 0, and the port is 80",
    ],
    [() => checkPortOfUrl(text), "not yet", "Number(text) makes a number of it"],
    [() => checkPortOfUrl(() => undefined as never), "not yet", "`return`"],
    [
      () => checkPortOfUrl((url) => new URL(url.slice(4)).port as never),
      "not yet",
      "for http://127.0.0.1:8080/: your function threw TypeError",
    ],
  ]);
});

Deno.test("checkReadPort() is right with a strict reader, and names what fools another", async () => {
  const strict = (text: string) =>
    /^[0-9]+$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined;
  const half = (text: string) => Number.parseInt(text) <= 65535 ? Number.parseInt(text) : undefined;
  await assertVerdicts([
    [() => checkReadPort(undefined), "open"],
    [() => checkReadPort(strict), "right"],
    [() => checkReadPort(Number), "not yet", 'for "65536" your function returned 65536'],
    [() => checkReadPort(half), "not yet", 'for "-1" your function returned -1'],
    [
      () => checkReadPort((text) => text as never),
      "not yet",
      'for "80" your function returned "80"',
    ],
  ]);
});

Deno.test("checkWhoGetsIt() is right with B alone", async () => {
  const say = (row: unknown) => () => checkWhoGetsIt(row as "A");
  await assertVerdicts([
    [say(undefined), "open"],
    [say("A"), "not yet", "before one at any address"],
    [say("B"), "right"],
    [say("C"), "not yet", "C listens at 127.0.0.1"],
    [say("nobody"), "not yet", "a socket listens at that port"],
    [say("b"), "not yet", 'receiver is "b", and should be "A", "B", "C" or "nobody"'],
  ]);
});

const listen = (port = 0) => Deno.listen({ hostname: "127.0.0.1", port });

Deno.test("checkSameNumberTwice() tells apart two endpoints, two protocols and reusePort", async () => {
  let port = 0;
  await assertVerdictsInTurn([
    [() => checkSameNumberTwice(undefined), "open"],
    [
      () =>
        checkSameNumberTwice(() => {
          const first = listen();
          port = first.addr.port;
          return [first, Deno.listen({ hostname: "127.0.0.2", port })];
        }),
      "right",
      /tcp 127\.0\.0\.\d:(\d+) and tcp 127\.0\.0\.\d:\1: one number, two endpoints/,
    ],
    [
      () =>
        checkSameNumberTwice(() => {
          const first = Deno.listen({ hostname: "127.0.0.1", port: 0, reusePort: true });
          const { port } = first.addr;
          return [first, Deno.listen({ hostname: "127.0.0.1", port, reusePort: true })];
        }),
      "right",
      /tcp (127\.0\.0\.1:\d+) and tcp \1: one endpoint, two sockets: reusePort allows it$/,
    ],
    [
      () =>
        checkSameNumberTwice(() => {
          const first = listen();
          const { port } = first.addr;
          return [first, Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port })];
        }),
      "right",
      /tcp (127\.0\.0\.1:\d+) and udp \1: one number, two protocols$/,
    ],
  ]);
  assertEquals(listeners({ port }).length, 0);
});

Deno.test("checkSameNumberTwice() explains other answers, and closes what they opened", async () => {
  const opened: Deno.TcpListener[] = [];
  const hidden = () => {
    opened.push(listen());
    return opened.at(-1)!;
  };
  using one = listen();
  await assertVerdictsInTurn([
    [() => checkSameNumberTwice(() => [hidden(), hidden()]), "not yet", "no two new sockets"],
    [
      () => checkSameNumberTwice(() => [one, listen(one.addr.port)]),
      "not yet",
      "what does a port belong to, beside its number?",
    ],
    [() => checkSameNumberTwice(() => "both"), "not yet", 'your function returned "both"'],
    [() => checkSameNumberTwice(() => Array(2).fill(hidden())), "not yet", "the same socket twice"],
    [() => checkSameNumberTwice(() => [undefined, undefined]), "not yet", "element 1 of the list"],
    [() => checkSameNumberTwice(hidden), "not yet", "Put it into a list"],
    [() => checkSameNumberTwice(() => [hidden()]), "not yet", "a list of 1, and should return"],
    [
      () => checkSameNumberTwice(async () => [await hidden(), hidden().accept()]),
      "not yet",
      "`await`",
    ],
    [
      () =>
        checkSameNumberTwice(() => {
          const first = hidden();
          const second = Deno.listen({ hostname: "127.0.0.2", port: first.addr.port });
          hidden();
          return [first, second];
        }),
      "not yet",
      /one number|a socket of yours stayed open: tcp 127\.0\.0\.1:\d+/,
    ],
  ]);
  const ports = opened.map(({ addr }) => addr.port);
  const left = connections({ state: "LISTEN" }).filter(({ local }) => ports.includes(local.port));
  assertEquals(left.length, 0);
});
