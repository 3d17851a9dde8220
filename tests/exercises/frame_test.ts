import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { A_NUMBER, openSocket, shortened, shown } from "../../lib/exercises/_values.ts";
import { checkWith, expect, judge, Random } from "../../lib/exercises/_frame.ts";
import * as exercises from "../../lib/exercises/mod.ts";
import type { Verdict } from "../../lib/exercises/verdict.ts";
import { connections } from "../../lib/observe/connections.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { until } from "../../lib/time_limit.ts";
import { assertVerdict, assertVerdicts } from "./_verdicts.ts";

type Check = (answer: unknown) => Promise<Verdict>;

const CHECKS = Object.entries(exercises)
  .filter(([name, value]) => name.startsWith("check") && typeof value === "function")
  .filter(([name]) => name !== "checkWith") as [string, Check][];

/** What a learner may write by mistake, whatever the exercise. */
const MISTAKES: Readonly<Record<string, unknown>> = {
  "null": null,
  "a promise": Promise.resolve(() => {}),
  "a symbol": Symbol("x"),
  "an object without a prototype": Object.create(null),
  "a function that returns nothing": () => {},
  "an async one": async () => await Promise.resolve(),
  "a function that returns a function": () => () => {},
  "a function that returns a list with a promise": () => [Promise.resolve(1), Promise.resolve(2)],
  "a function that returns a closed socket": () => {
    using socket = Socket.tcp();
    return socket;
  },
  "a function that returns a socket of Deno's": () =>
    Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  "a function that leaves a socket open": () => void Socket.tcp().bind("127.0.0.1:0"),
  "a function that throws a text": () => {
    throw "oops";
  },
  "a function that calls what is none": () => (undefined as unknown as () => void)(),
  "a function that returns a very long text": () => "\0".repeat(10_000),
};

Deno.test("the course has 55 exercises, and each is open without an answer", async () => {
  assertEquals(CHECKS.length, 55);
  for (const [name, check] of CHECKS) {
    assertEquals((await check(undefined)).state, "open", name);
  }
});

for (const [mistake, answer] of Object.entries(MISTAKES)) {
  Deno.test(`each check has a short verdict for ${mistake}`, async () => {
    await checkWith({ timeout: 300 }, () =>
      Promise.all(CHECKS.map(async ([name, check]) => {
        const verdict = await check(answer);
        const text = String(verdict);
        const isJudged = verdict.state === "not yet" || /private network/.test(text);
        assert(isJudged, `${name}: ${text}`);
        assert(text.length < 600, `${name}: ${text}`);
        // deno-lint-ignore no-control-regex
        assertEquals(/[\0-\x09\x0b-\x1f]/.test(text), false, `${name}: ${text}`);
        const isOwn = mistake === "a function that calls what is none";
        assertEquals(!isOwn && /TypeError|reading '/.test(text), false, `${name}: ${text}`);
      })));
  });
}

const ask = (
  recipe: Parameters<typeof judge<() => unknown>>[1],
  answer: () => unknown = () => 42,
) => judge({ name: "answer", answer }, recipe);

Deno.test("judge() makes a verdict of what the recipe returns, expects and throws", async () => {
  await assertVerdicts([
    [() => ask(() => "seen"), "right", "✓ right: seen"],
    [
      () =>
        ask(() => {
          expect(false, "seen", "Look");
          return "";
        }),
      "not yet",
      "✗ not yet: seen. Look.",
    ],
    // An error of the check's own is not the learner's fault.
    [
      () => ask(() => Promise.reject(new Error("mine"))),
      "open",
      "the check itself ended with Error",
    ],
  ]);
});

Deno.test("judge() prints the seed if the recipe draws, and checkWith() gives the same again", async () => {
  const draw = () => ask((_, { random }) => `${random.word()} ${random.some(2, [1, 2, 3, 4])}`);
  assertEquals((await ask(() => "no draw")).seed, undefined);
  const first = await draw();
  const again = await checkWith({ seed: first.seed! }, draw);
  assertEquals(String(first), String(again));
  assertMatch(String(first), / \(seed \d+\)$/);
  assert((await draw()).message !== first.message);
});

Deno.test("checkWith() refuses settings that are misspelt or out of bounds", () => {
  assertThrows(() => checkWith({ sed: 1 } as never, draw), TypeError);
  assertThrows(() => checkWith({ seed: -1 }, draw), RangeError);
  assertThrows(() => checkWith({ timeout: 0 }, draw), RangeError);
  function draw() {}
});

Deno.test("Attempt closes what the check opened, and what the learner returned or left open", async () => {
  const listen = () => Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const sockets: Socket[] = [];
  const listeners: Deno.Listener[] = [];
  let accepted: Deno.Conn | undefined;
  const learner = async () => {
    const returned = Socket.tcp();
    sockets.push(returned, Socket.udp());
    const server = listen();
    listeners.push(server, listen());
    const accepting = server.accept();
    await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
    accepted = await accepting;
    return returned;
  };
  const verdict = await ask(async (answer, attempt) => {
    sockets.push(attempt.listen());
    const returned = await attempt.call(answer, { returns: openSocket("tcp") });
    assertEquals(sockets.map(({ isClosed }) => isClosed), [false, false, false]);
    assertEquals(attempt.isOpen(accepted), true);
    await attempt.expectClosed("all is well", undefined, [returned]);
    return "";
  }, learner);
  assertVerdict(verdict, "not yet", "all is well, but 5 sockets of yours stayed open: udp");
  assertEquals(sockets.map(({ isClosed }) => isClosed), [true, true, true]);
  for (const { addr } of listeners) {
    const { port } = addr as Deno.NetAddr;
    assertEquals(connections({ localPort: port }).filter(({ inode }) => inode !== 0).length, 0);
  }
});

Deno.test("Attempt leaves alone what is opened beside the learner's function", async () => {
  const called = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const checking = ask(async (answer, attempt) => {
    await attempt.call(answer);
    return "";
  }, async () => {
    called.resolve();
    await goOn.promise;
  });
  await called.promise;
  using beside = Socket.tcp();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  goOn.resolve();
  assertVerdict(await checking, "right");
  assertEquals(beside.isClosed, false);
  assertEquals(connections({ state: "LISTEN", localPort: listener.addr.port }).length, 1);
});

Deno.test("Attempt ends a function that takes too long, and closes what that opens later", async () => {
  const late = Promise.withResolvers<Socket[]>();
  const opening = Promise.withResolvers<void>();
  const { tcp } = Socket;
  const slow = async () => {
    await opening.promise;
    late.resolve([Socket.tcp(), Socket.udp()]);
  };
  const verdict = await checkWith({ timeout: 50 }, () =>
    ask(async (answer, attempt) => {
      await attempt.call(answer, { late: "Hurry" });
      return "";
    }, slow));
  assertVerdict(verdict, "not yet", "not come to its end after 50 ms. Hurry.");
  opening.resolve();
  assertEquals((await late.promise).map(({ isClosed }) => isClosed), [true, true]);
  await until(() => Socket.tcp === tcp);
});

Deno.test("Attempt tells an error that nothing awaits, which would end the notebook's process", async () => {
  const forgetful = () => {
    Promise.reject(new Error("nobody waits"));
    return new Promise((resolve) => setTimeout(() => resolve(42), 20));
  };
  const verdict = await ask(async (answer, attempt) => {
    const value = await attempt.call(answer, { returns: A_NUMBER });
    expect(value === 41, `your function returned ${value}`);
    return "";
  }, forgetful);
  assertVerdict(verdict, "not yet", "that nothing awaits: Error: nobody waits. Put `await`");
});

Deno.test("shown() is one line of about 120 characters, with control characters written out", () => {
  const table: [value: unknown, text: string | RegExp][] = [
    ["a\n\0\u001b", String.raw`"a\n\0\u{1B}"`],
    ['say "hi"', String.raw`"say \"hi\""`],
    ["\0".repeat(5000), /^"(\\0){60}…"$/],
    ["x".repeat(5000), /^"x{120}…"$/],
    [undefined, "nothing (undefined)"],
    [Promise.resolve(1), "a promise"],
    [() => {}, "a function"],
    [[1, "two", undefined], '[ 1, "two", undefined ]'],
    [new Error("no\nway"), "Error: no\\nway"],
    [Array.from({ length: 5000 }, (_, index) => index), /^.{1,130}$/],
  ];
  for (const [value, text] of table) {
    if (typeof text === "string") assertEquals(shown(value), text);
    else assertMatch(shown(value), text);
  }
  using socket = Socket.udp();
  assertEquals(shown(socket), "a UDP socket");
  socket.close();
  assertEquals(shown(socket), "a closed UDP socket");
  assertEquals(shortened("two\r\nlines"), "two\\r\\nlines");
});

Deno.test("Random gives the same for the same seed, and every choice its turn", () => {
  const one = new Random(1), other = new Random(1);
  assertEquals(one.shuffled([1, 2, 3, 4, 5]), other.shuffled([1, 2, 3, 4, 5]));
  assertMatch(one.word(), /^[0-9a-z]{8}$/);
  const random = new Random(7);
  const first = new Set(
    Array.from({ length: 100 }, () => random.shuffled(["a", "b", "c"]).join("")),
  );
  assertEquals(first.size, 6);
  for (let round = 0; round < 50; round++) {
    const some = random.some(3, [1, 2, 3, 4, 5, 6]);
    assertEquals([...some].sort(), some);
    assertEquals(new Set(some).size, 3);
  }
});
