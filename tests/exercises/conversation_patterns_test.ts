import { checkFirstWord, checkStandstill } from "../../lib/exercises/conversation_patterns.ts";
import { assertVerdicts } from "./_verdicts.ts";

const encoder = new TextEncoder();

const linux = { ignore: Deno.build.os !== "linux" };

/** A server that does something with each client, all at once. */
function server(
  attend: (connection: Deno.TcpConn) => Promise<unknown>,
  hostname = "127.0.0.1",
): Deno.TcpListener {
  const listener = Deno.listen({ hostname, port: 0 });
  (async () => {
    for await (const connection of listener) attend(connection).catch(() => {});
  })();
  return listener;
}

async function drain(connection: Deno.TcpConn): Promise<void> {
  await connection.readable.pipeTo(new WritableStream()).catch(() => {});
}

const say = (connection: Deno.TcpConn, text: string) => connection.write(encoder.encode(text));

Deno.test("checkFirstWord() wants a server that greets and stays", linux, async () => {
  const greeting = (attend: (connection: Deno.TcpConn) => Promise<unknown>) => () =>
    checkFirstWord(() => server(attend));
  const other = (greet: unknown) => () => checkFirstWord(greet as () => Deno.TcpListener);
  await assertVerdicts([
    [other(undefined), "open"],
    [
      greeting(async (connection) => {
        await say(connection, "wel");
        await say(connection, "come\n");
        await drain(connection);
      }),
      "right",
      "two clients said nothing",
    ],
    [
      greeting(async (connection) => {
        await connection.read(new Uint8Array(10));
        await say(connection, "welcome\n");
      }),
      "not yet",
      /the first client says nothing, and hears nothing for \d+ ms/,
    ],
    [
      greeting(async (connection) => {
        await say(connection, "welcome");
        await drain(connection);
      }),
      "not yet",
      'the first client received "welcome", and no line end',
    ],
    [
      greeting(async (connection) => {
        await say(connection, "welcome\n");
        connection.close();
      }),
      "not yet",
      "the connection does not stay",
    ],
    [
      greeting(async (connection) => {
        await say(connection, "hello\n");
        await drain(connection);
      }),
      "not yet",
      'received "hello\\n" first',
    ],
    [
      other(() => {
        const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        listener.accept().then((connection) => say(connection, "welcome\n"));
        return listener; // and the second is never accepted
      }),
      "not yet",
      "the second client (the first is still there) says nothing, and hears nothing",
    ],
    [other(() => server(drain, "127.0.0.2")), "not yet", "it listens at 127.0.0.2"],
    [other(() => undefined), "not yet", "returned nothing (undefined)"],
    [
      other(() => {
        throw new Error("mine");
      }),
      "not yet",
      "Error: mine",
    ],
  ], { timeout: 400 });
});

async function connectAnd(
  port: number,
  act: (connection: Deno.TcpConn) => Promise<unknown>,
): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await act(connection);
  return connection;
}

Deno.test(
  "checkStandstill() is right when both wait, and explains what is no standstill",
  linux,
  async () => {
    using elsewhere = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const standing = (act: (connection: Deno.TcpConn) => Promise<unknown>) => () =>
      checkStandstill((port) => connectAnd(port, act));
    const other = (answer: unknown) => () => checkStandstill(answer as () => Promise<Deno.TcpConn>);
    await assertVerdicts([
      [other(undefined), "open"],
      [standing((each) => say(each, "hello")), "right", 'the server has "hello" and waits'],
      [
        standing(async (each) => {
          await say(each, "hello\n");
          await each.read(new Uint8Array(100));
          await say(each, "and");
        }),
        "right",
      ],
      [
        standing(async (each) => {
          await say(each, "hello");
          await each.read(new Uint8Array(10));
        }),
        "not yet",
        "do not read in it",
      ],
      [standing((each) => say(each, "hello\n")), "not yet", "You would only have to read"],
      [standing(() => Promise.resolve()), "not yet", "Say something"],
      [
        standing(async (each) => {
          await say(each, "hello");
          await each.closeWrite();
        }),
        "not yet",
        "received an end",
      ],
      [standing((each) => say(each, "hello\nand")), "not yet", "Read what has come already"],
      [
        standing((each) => {
          (async () => {
            while (true) {
              await say(each, "x");
              await new Promise((resolve) => setTimeout(resolve, 20));
            }
          })().catch(() => {});
          return Promise.resolve();
        }),
        "not yet",
        "still talking",
      ],
      [
        other(() => connectAnd(elsewhere.addr.port, (each) => say(each, "hello"))),
        "not yet",
        "your connection goes to port",
      ],
      [other(() => Promise.resolve("done")), "not yet", "a connection that Deno.connect made"],
      [
        other(async (port: number) => void await connectAnd(port, (each) => say(each, "hello"))),
        "not yet",
        "`return",
      ],
      [other(() => Promise.reject(new Error("mine"))), "not yet", "Error: mine"],
    ], { timeout: 600 });
  },
);
