import { assertEquals } from "@std/assert";
import type { Endpoint } from "fourtuple";
import {
  type CallEnding,
  checkCallEnding,
  checkDeaf,
  checkFirewall,
  type FirewallAnswer,
} from "../../lib/exercises/failing_calls.ts";
import { SocketError } from "../../lib/system/errno.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { assertVerdicts } from "./_verdicts.ts";

async function callEnding(endpoint: Endpoint): Promise<CallEnding> {
  using socket = Socket.tcp({ timeout: 100 });
  try {
    await socket.connect(endpoint);
    return "answered";
  } catch (error) {
    return error instanceof SocketError && error.code === "ECONNREFUSED" ? "refused" : "silent";
  }
}

async function byDeno({ address, port }: Endpoint): Promise<CallEnding> {
  try {
    const signal = AbortSignal.timeout(100);
    (await Deno.connect({ hostname: address, port, signal })).close();
    return "answered";
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused ? "refused" : "silent";
  }
}

Deno.test("checkCallEnding() wants all three endings told apart, and the socket closed", async () => {
  const left: Socket[] = [];
  const leaving = async (endpoint: Endpoint): Promise<CallEnding> => {
    const socket = Socket.tcp({ timeout: 100 });
    left.push(socket);
    try {
      await socket.connect(endpoint);
      return "answered";
    } catch (error) {
      return error instanceof SocketError ? "refused" : "silent";
    }
  };
  const say = (answer: unknown) => () =>
    checkCallEnding(answer as (endpoint: Endpoint) => Promise<CallEnding>);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(callEnding), "right", "you tell all three apart"],
    [say(byDeno), "right"],
    [
      say(async (endpoint: Endpoint) => {
        const ending = await callEnding(endpoint);
        return ending === "silent" ? "refused" : ending;
      }),
      "not yet",
      'the accept queue is full, and nothing is answered: your function returned "refused"',
    ],
    [say(() => Promise.resolve("answered")), "not yet"],
    [say(leaving), "not yet", "you know, but a socket of yours stayed open"],
    [
      say(async ({ address, port }: Endpoint) => {
        await Deno.connect({ hostname: address, port, signal: AbortSignal.timeout(100) });
        return "answered";
      }),
      "not yet",
      /stayed open|catch it, and return/,
    ],
    [say(async (endpoint: Endpoint) => void await callEnding(endpoint)), "not yet", "`return"],
    [say(() => Promise.resolve("Silent")), "not yet", '"answered", "refused" or "silent"'],
  ]);
  assertEquals(left.every(({ isClosed }) => isClosed), true);
});

Deno.test("checkCallEnding() finds a call that never ends", async () => {
  const patient = async (endpoint: Endpoint): Promise<CallEnding> => {
    using socket = Socket.tcp();
    try {
      await socket.connect(endpoint);
      return "answered";
    } catch (error) {
      return error instanceof SocketError ? "refused" : "silent";
    }
  };
  await assertVerdicts([
    [() => checkCallEnding(patient), "not yet", "Silence has no end of its own"],
  ], { timeout: 400 });
});

/** The end of each kind of rule, and what a client hears. */
const ANSWERS: readonly (readonly [end: RegExp, answer: FirewallAnswer])[] = [
  [/accept$/, "passes"],
  [/reject with tcp reset$/, "refused"],
  [/drop$/, "silent"],
];

function matches(rule: string, port: number): boolean {
  const named = rule.match(/dport (\d+)/)?.[1];
  return named === undefined || Number(named) === port;
}

function answersTo(rules: readonly string[], port: number): FirewallAnswer[] {
  return rules.filter((rule) => matches(rule, port)).flatMap((rule) =>
    ANSWERS.filter(([end]) => end.test(rule)).map(([, answer]) => answer)
  );
}

Deno.test("checkFirewall() wants the first rule that decides, for this port", async () => {
  type Answer = (rules: readonly string[], port: number) => FirewallAnswer;
  const say = (answer: unknown) => () => checkFirewall(answer as Answer);
  const right: Answer = (rules, port) => answersTo(rules, port)[0] ?? "passes";
  const last: Answer = (rules, port) => answersTo(rules, port).at(-1) ?? "passes";
  const closed: Answer = (rules, port) => answersTo(rules, port)[0] ?? "silent";
  const asText: Answer = (rules, port) =>
    right(rules.map((rule) => rule.includes(`${port}`) ? `tcp dport ${port} ${rule}` : rule), port);
  const onlyNamed: Answer = (rules, port) =>
    right(rules.filter((rule) => rule.includes("dport")), port);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(right), "right", "in the order in which the kernel does"],
    [say(last), "not yet", "The first rule that decides counts"],
    [say(closed), "not yet", /let through|another port/],
    [say(asText), "not yet", "the whole port number"],
    [say(onlyNamed), "not yet", "matches every packet"],
    [say(() => "dropped"), "not yet", '"passes", "refused" or "silent"'],
    [say(() => {}), "not yet", "nothing (undefined)"],
  ]);
});

Deno.test("checkDeaf() wants a listener that says nothing", async () => {
  const listening = (backlog: number) => {
    const socket = Socket.tcp({ timeout: 5000 });
    socket.bind("127.0.0.1:0");
    socket.listen(backlog);
    return socket;
  };
  const clientOf = async (server: Socket) => {
    const client = Socket.tcp({ timeout: 5000 });
    await client.connect(server.localEndpoint());
    return client;
  };
  const bound = () => {
    const socket = Socket.tcp();
    socket.bind("127.0.0.1:0");
    return socket;
  };
  const say = (answer: unknown) => () => checkDeaf(answer as () => Promise<[Socket]>);
  await assertVerdicts([
    [say(undefined), "open"],
    [
      say(async () => {
        const server = listening(0);
        return [server, await clientOf(server)];
      }),
      "right",
      "SYN_SENT",
    ],
    [say(() => [listening(5)]), "not yet", "the next client was connected"],
    // One may wait, and none does.
    [say(() => [listening(0)]), "not yet", "the next client was connected"],
    [say(() => [bound()]), "not yet", "no row of the table is in LISTEN"],
    [say(() => []), "not yet", "returned []"],
    [say(() => listening(0)), "not yet", "Put it into a list"],
    [say(() => ["x", listening(0)]), "not yet", 'your list has "x" in it'],
    [
      say(() => {
        using server = listening(0);
        return [server];
      }),
      "not yet",
      "your list has a closed TCP socket in it",
    ],
    [
      say(async () => {
        const server = listening(0);
        return [server, await clientOf(server), await clientOf(server)];
      }),
      "not yet",
      "must not be waited for",
    ],
    [say(() => Promise.reject(new Error("no idea"))), "not yet", "Error: no idea"],
  ], { timeout: 600 });
});
