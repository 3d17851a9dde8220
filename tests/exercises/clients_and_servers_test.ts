import { assertEquals, assertMatch } from "@std/assert";
import {
  checkAsk,
  checkOneOfThree,
  checkRefused,
  checkShout,
} from "../../lib/exercises/clients_and_servers.ts";
import { connections } from "../../lib/observe/connections.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function ask(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(encoder.encode(text));
  const bytes = new Uint8Array(1024);
  const count = await connection.read(bytes);
  return decoder.decode(bytes.subarray(0, count ?? 0));
}

Deno.test("checkAsk() is open without an answer and right with a client that closes", async () => {
  assertEquals((await checkAsk(undefined)).state, "open");
  assertEquals(String(await checkAsk(ask)), "✓ right: asked, answered and closed");
});

Deno.test("checkAsk() finds a client that stays open", async () => {
  let left: Deno.TcpConn | undefined;
  const verdict = await checkAsk(async (port, text) => {
    left = await Deno.connect({ hostname: "127.0.0.1", port });
    await left.write(encoder.encode(text));
    const bytes = new Uint8Array(1024);
    const count = await left.read(bytes);
    return decoder.decode(bytes.subarray(0, count ?? 0));
  });
  left?.close();
  assertMatch(String(verdict), /^✗ not yet: the answer is right, but your end/);
});

Deno.test("checkAsk() finds a wrong question, a wrong answer and an error", async () => {
  const verdicts = [
    await checkAsk(async (port) => await ask(port, "something else")),
    await checkAsk(async (port, text) => `${await ask(port, text)}!`),
    await checkAsk(() => Promise.reject(new Error("mine"))),
  ];
  assertEquals(verdicts.map(({ state }) => state), ["not yet", "not yet", "not yet"]);
  assertMatch(verdicts[0]!.message, /^the server was asked "something else"/);
  assertMatch(verdicts[1]!.message, /^the server's answer was another/);
  assertMatch(verdicts[2]!.message, /^what came out: Error: mine/);
});

/** A server of the exercise: one client at a time, or all at once. */
function shoutServer(atOnce: boolean, change = (text: string) => text.toUpperCase()) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  async function serve(connection: Deno.TcpConn): Promise<void> {
    const bytes = new Uint8Array(1024);
    try {
      for (let count = await connection.read(bytes); count !== null;) {
        await connection.write(encoder.encode(change(decoder.decode(bytes.subarray(0, count)))));
        count = await connection.read(bytes);
      }
    } finally {
      connection.close();
    }
  }
  const done = (async () => {
    const serving: Promise<void>[] = [];
    try {
      while (true) {
        const one = serve(await listener.accept());
        serving.push(one);
        if (!atOnce) await one;
      }
    } catch {
      await Promise.all(serving);
    }
  })();
  return { listener, done };
}

Deno.test("checkShout() is open without an answer and right with a server for many", async () => {
  assertEquals((await checkShout(undefined)).state, "open");
  const { listener, done } = shoutServer(true);
  assertEquals((await checkShout(() => listener)).state, "right");
  await done;
});

Deno.test("checkShout() finds a server that lets others wait, or answers otherwise", async () => {
  const slow = shoutServer(false);
  assertMatch(
    String(await checkShout(() => slow.listener)),
    /^✗ not yet: what came out: TimeoutError: Cannot wait longer for an answer while another client is silent/,
  );
  await slow.done;
  const quiet = shoutServer(true, (text) => text);
  assertEquals(
    (await checkShout(() => quiet.listener)).message,
    'to "second" it answered "second"',
  );
  await quiet.done;
});

Deno.test("checkOneOfThree() is right with C alone", () => {
  assertEquals(
    ([undefined, "A", "B", "C"] as const).map((row) => checkOneOfThree(row).state),
    ["open", "not yet", "not yet", "right"],
  );
});

Deno.test("checkRefused() is right when refused while one listens at that port", async () => {
  assertEquals((await checkRefused(undefined)).state, "open");
  let mine: Deno.TcpListener | undefined;
  const verdict = await checkRefused(async () => {
    mine = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await Deno.connect({ hostname: "127.0.0.2", port: mine.addr.port });
  });
  mine?.close();
  assertMatch(
    String(verdict),
    /^✓ right: refused at 127\.0\.0\.2:(\d+), while 127\.0\.0\.1:\1 listens$/,
  );
});

Deno.test("checkRefused() wants a refusal, and a socket that listens", async () => {
  assertEquals((await checkRefused(() => Promise.resolve())).message, "no error came out");
  const { port } = (() => {
    using gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return gone.addr;
  })();
  const verdict = await checkRefused(() => Deno.connect({ hostname: "127.0.0.1", port }));
  assertMatch(
    verdict.message,
    /^refused at 127\.0\.0\.1:\d+, but no new socket was listening at that port number/,
  );
  const other = await checkRefused(() => Promise.reject(new TypeError("mine")));
  assertEquals(other.message, "another error came out: TypeError: mine");
});

Deno.test("checkRefused() compares the port that is called, at the moment of the call", async () => {
  const connect = Deno.connect;
  using gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = gone.addr;
  gone.close();
  using open = new DisposableStack();
  const other = await checkRefused(async () => {
    open.use(Deno.listen({ hostname: "127.0.0.3", port: 0 }));
    await Deno.connect({ hostname: "127.0.0.1", port });
  });
  assertEquals(
    String(other),
    `✗ not yet: refused at 127.0.0.1:${port}, but no new socket was listening at that port number: ` +
      "open yours in the function",
  );
  const late = await checkRefused(async () => {
    try {
      await Deno.connect({ hostname: "127.0.0.1", port });
    } finally {
      open.use(Deno.listen({ hostname: "127.0.0.1", port }));
    }
  });
  assertEquals(late.state, "not yet");
  const closing = await checkRefused(async () => {
    using mine = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await Deno.connect({ hostname: "127.0.0.2", port: mine.addr.port });
  });
  assertEquals(closing.state, "right");
  assertEquals(Deno.connect, connect);
});

Deno.test("checkRefused() says so when it does not see which port was called", async () => {
  using open = new DisposableStack();
  const { connect } = Deno;
  const unseen = await checkRefused(async () => {
    const mine = open.use(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    await connect({ hostname: "127.0.0.2", port: mine.addr.port });
  });
  assertMatch(
    String(unseen),
    /^✓ right: refused, while 127\.0\.0\.1:\d+ listens; which port was called, the check sees of Deno\.connect alone$/,
  );
});

Deno.test("checkOneOfThree() says what it takes", () => {
  const say = (row: unknown) => checkOneOfThree(row as "A").message;
  assertEquals(say("c"), 'say "A", "B" or "C", got "c"');
  assertEquals(say(3), 'say "A", "B" or "C", got a number');
});

Deno.test("checkShout() wants the listener at once", async () => {
  const message = async (shout: unknown) => (await checkShout(shout as () => never)).message;
  const cannot = "the function was to return its listener at once, and returned";
  assertEquals(await message(() => {}), `${cannot} undefined`);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assertEquals(await message(() => Promise.resolve(listener)), `${cannot} a promise`);
  await Promise.resolve();
  assertEquals(connections({ state: "LISTEN", localPort: listener.addr.port }).length, 0);
});
