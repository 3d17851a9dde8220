import { assert, assertEquals } from "@std/assert";
import {
  checkAsk,
  checkOneOfThree,
  checkRefused,
  checkShout,
} from "../../lib/exercises/clients_and_servers.ts";
import { checkWith } from "../../lib/exercises/_frame.ts";
import { connections } from "../../lib/observe/connections.ts";
import { assertVerdict, assertVerdicts, assertVerdictsInTurn } from "./_verdicts.ts";

/** The function that no check sees: a check replaces it while it runs. */
const { connect } = Deno;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function ask(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(encoder.encode(text));
  const bytes = new Uint8Array(1024);
  const count = await connection.read(bytes);
  return decoder.decode(bytes.subarray(0, count ?? 0));
}

Deno.test("checkAsk() is right with a client that asks, answers and closes", async () => {
  let left: Deno.TcpConn | undefined;
  await assertVerdicts([
    [() => checkAsk(undefined), "open", "write the function ask"],
    [() => checkAsk(ask), "right", "asked, answered and closed"],
    [
      () =>
        checkAsk(async (port, text) => {
          left = await Deno.connect({ hostname: "127.0.0.1", port });
          await left.write(encoder.encode(text));
          const bytes = new Uint8Array(1024);
          const count = await left.read(bytes);
          return decoder.decode(bytes.subarray(0, count ?? 0));
        }),
      "not yet",
      "your end of the connection is open",
    ],
    [
      () => checkAsk((port) => ask(port, "something else")),
      "not yet",
      'the server received "something else"',
    ],
    [
      () => checkAsk(async (port, text) => `${await ask(port, text)}!`),
      "not yet",
      "and the server answered",
    ],
    [() => checkAsk(() => Promise.reject(new Error("mine"))), "not yet", "Error: mine"],
    [() => checkAsk(() => Promise.resolve("")), "not yet", "nothing was sent"],
    [() => checkAsk(() => new Promise(() => {})), "not yet", "not come to its end after 800 ms"],
  ], { timeout: 800 });
  const { port } = left!.remoteAddr;
  assertEquals(connections({ remotePort: port, state: "CLOSE_WAIT" }).length, 0);
});

Deno.test("checkAsk() explains the whole buffer, bytes, and a forgotten return or await", async () => {
  const whole = async (port: number, text: string) => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(encoder.encode(text));
    const bytes = new Uint8Array(1024);
    await connection.read(bytes);
    return decoder.decode(bytes);
  };
  await assertVerdicts([
    [() => checkAsk(whole), "not yet", "decode `buffer.subarray(0, count)`"],
    [
      () => checkAsk(async (port, text) => (await ask(port, text)).length as never),
      "not yet",
      "the bytes themselves are in the buffer",
    ],
    [
      () =>
        checkAsk(async (port, text) => {
          using connection = await Deno.connect({ hostname: "127.0.0.1", port });
          await connection.write(text as never);
          return text;
        }),
      "not yet",
      "`new TextEncoder().encode(text)` makes bytes of a text",
    ],
    [
      () => checkAsk(async (port, text) => encoder.encode(await ask(port, text)) as never),
      "not yet",
      "new TextDecoder().decode(bytes)",
    ],
    [
      () => checkAsk(async (port, text) => void await ask(port, text) as never),
      "not yet",
      "`return",
    ],
    [
      () => checkAsk(((port: number, text: string) => `${ask(port, text)}`) as never),
      "not yet",
      /received|nothing was sent/,
    ],
    [() => checkAsk(Promise.resolve("x") as never), "not yet", "Give the function itself"],
  ]);
});

Deno.test("checkAsk() asks another question each time, and the same with a seed", async () => {
  const asked: string[] = [];
  const note = (port: number, text: string) => {
    asked.push(text);
    return ask(port, text);
  };
  const first = await checkAsk(note);
  assert(first.seed !== undefined);
  await checkWith({ seed: first.seed }, () => checkAsk(note));
  await checkAsk(note);
  assertEquals(asked[0], asked[1]);
  assert(asked[1] !== asked[2]);
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
    } catch {
      // The check closes what the server accepted, too.
    } finally {
      try {
        connection.close();
      } catch {
        // Closed by the check.
      }
    }
  }
  (async () => {
    for await (const connection of listener) {
      const one = serve(connection);
      if (!atOnce) await one;
    }
  })();
  return listener;
}

Deno.test("checkShout() wants each client served, whoever else is silent", async () => {
  const listeners: Deno.TcpListener[] = [];
  const kept = (listener: Deno.TcpListener) => {
    listeners.push(listener);
    return listener;
  };
  const say = (answer: unknown) => () => checkShout(answer as () => Deno.TcpListener);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(() => kept(shoutServer(true))), "right"],
    [say(() => kept(shoutServer(false))), "not yet", "gets no answer while client 1 is silent"],
    [say(() => kept(shoutServer(true, (text) => text))), "not yet", 'answered "second"'],
    [say(() => {}), "not yet", "returned nothing (undefined)"],
    [say(async () => kept(await shoutServer(true))), "not yet", "leave out `async`"],
    [say(() => kept(Deno.listen({ hostname: "::1", port: 0 }))), "not yet", "it listens at ::1"],
    [say(() => Deno.listen({ hostname: "no", port: -1 })), "not yet"],
  ], { timeout: 500 });
  const ports = listeners.map(({ addr }) => addr.port);
  const open = connections({ state: "LISTEN" }).filter(({ local }) => ports.includes(local.port));
  assertEquals(open.length, 0);
});

Deno.test("checkOneOfThree() is right with C alone, and says what it takes", async () => {
  const say = (row: unknown) => () => checkOneOfThree(row as "A");
  await assertVerdicts([
    [say(undefined), "open", 'set acceptedRow to "A", "B" or "C"'],
    [say("A"), "not yet", "A has a local port that the kernel picked"],
    [say("B"), "not yet", "B has no remote endpoint"],
    [say("C"), "right"],
    [say("c"), "not yet", 'acceptedRow is "c", and should be "A", "B" or "C"'],
    [say(3), "not yet", "acceptedRow is 3"],
  ]);
});

const here = { hostname: "127.0.0.1", port: 0 };

Deno.test("checkRefused() compares the port that is called, at the moment of the call", async () => {
  const { port } = (() => {
    using gone = Deno.listen(here);
    return gone.addr;
  })();
  const noSocket = `refused at 127.0.0.1:${port}, but no new socket was listening`;
  await assertVerdictsInTurn([
    [() => checkRefused(undefined), "open"],
    [
      () =>
        checkRefused(async () => {
          const mine = Deno.listen(here);
          await Deno.connect({ hostname: "127.0.0.2", port: mine.addr.port });
        }),
      "right",
      /refused at 127\.0\.0\.2:(\d+), while 127\.0\.0\.1:\1 listens$/,
    ],
    [
      () =>
        checkRefused(async () => {
          using mine = Deno.listen(here);
          await Deno.connect({ hostname: "127.0.0.2", port: mine.addr.port });
        }),
      "right",
    ],
    [() => checkRefused(() => Promise.resolve()), "not yet", "no error came out"],
    [() => checkRefused(() => Promise.reject(new TypeError("mine"))), "not yet", "TypeError: mine"],
    [() => checkRefused(() => Deno.connect({ ...here, port })), "not yet", noSocket],
    [
      () =>
        checkRefused(async () => {
          Deno.listen({ hostname: "127.0.0.3", port: 0 });
          await Deno.connect({ ...here, port });
        }),
      "not yet",
      noSocket,
    ],
    [
      () =>
        checkRefused(async () => {
          try {
            await Deno.connect({ ...here, port });
          } finally {
            Deno.listen({ ...here, port });
          }
        }),
      "not yet",
      noSocket,
    ],
    [
      () =>
        checkRefused(async () => {
          const mine = Deno.listen(here);
          await connect({ hostname: "127.0.0.2", port: mine.addr.port });
        }),
      "right",
      "which port was called, the check sees of Deno.connect alone",
    ],
  ]);
  assertVerdict(
    await checkRefused(3 as never),
    "not yet",
    "breakIt is 3, and should be a function",
  );
});
