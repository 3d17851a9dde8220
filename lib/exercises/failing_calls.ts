/**
 * Checks the exercises of `10_failing_calls`.
 *
 * @module
 */
import { connections } from "../observe/connections.ts";
import { oneOf } from "../refusal.ts";
import { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { isClosable, type Kind, shown } from "./_values.ts";
import { expect, judge } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

/** How long a client waits that is to hear nothing, in milliseconds. */
const SILENCE_MS = 300;

/** How a call can end. */
export type CallEnding = "answered" | "refused" | "silent";

/** Checks the exercise CallEnding: tell how a call ends. */
export function checkCallEnding(
  callEnding: ((endpoint: Endpoint) => Promise<CallEnding>) | undefined,
): Promise<Verdict> {
  return judge({ name: "callEnding", answer: callEnding }, async (callEnding, attempt) => {
    const bound = attempt.tcp();
    bound.bind("127.0.0.1:0");
    const full = attempt.listen(0);
    await attempt.connect(full.localEndpoint());
    const cases = attempt.random.shuffled<readonly [Socket, CallEnding]>([
      [attempt.listen(), "answered"],
      [bound, "refused"],
      [full, "silent"],
    ]);
    for (const [server, wanted] of cases) {
      const about = WHAT[wanted];
      const answer = await attempt.call(() => callEnding(server.localEndpoint()), {
        returns: oneOf("answered", "refused", "silent"),
        about,
        hints: {
          TimeoutError: 'That error is the silence: catch it, and return "silent"',
          ECONNREFUSED: 'That error is the refusal: catch it, and return "refused"',
        },
        late: "Silence has no end of its own: give the call a limit, such as a timeout of 300 ms",
      });
      expect(
        answer === wanted,
        `${about}: your function returned ${shown(answer)}`,
        "A refusal is an answer, and comes at once as ECONNREFUSED; silence only ends by your limit",
      );
      await attempt.expectClosed(`${about}: you know`);
    }
    return "answered, refused and silent: you tell all three apart";
  });
}

const WHAT: Readonly<Record<CallEnding, string>> = {
  answered: "a socket listens",
  refused: "the port is bound, and no socket listens",
  silent: "the accept queue is full, and nothing is answered",
};

/** What a client hears behind a firewall: nothing of it, a reset, or nothing at all. */
export type FirewallAnswer = "passes" | "refused" | "silent";

const ANSWER_OF = {
  "accept": "passes",
  "reject with tcp reset": "refused",
  "drop": "silent",
} as const satisfies Record<string, FirewallAnswer>;

/** Checks the exercise Firewall: read a list of firewall rules as the kernel does. */
export function checkFirewall(
  answerTo: ((rules: readonly string[], port: number) => FirewallAnswer) | undefined,
): Promise<Verdict> {
  return judge({ name: "answerTo", answer: answerTo }, async (answerTo, attempt) => {
    const [one, other] = attempt.random.shuffled([22, 25, 80, 443, 8080]) as [number, number];
    const rule = (port: number, end: keyof typeof ANSWER_OF) => {
      const counter = attempt.random.below(2) === 0 ? "counter " : "";
      return `tcp dport ${port} ${counter}${end}`;
    };
    const cases: readonly (readonly [rules: readonly string[], FirewallAnswer, hint: string])[] = [
      [[], "passes", "What no rule decides is let through"],
      [[rule(other, "drop")], "passes", "A rule for another port says nothing about this one"],
      [
        [rule(Number(`1${one}`), "drop"), rule(one, "reject with tcp reset")],
        "refused",
        "Compare the whole port number, as a number",
      ],
      [[rule(other, "accept"), rule(one, "drop")], "silent", "`drop` throws the SYN away"],
      [[rule(one, "accept"), rule(one, "drop")], "passes", "The first rule that decides counts"],
      [[rule(one, "drop"), rule(one, "accept")], "silent", "The first rule that decides counts"],
      [
        [`tcp dport ${one} counter`, rule(one, "reject with tcp reset")],
        "refused",
        "A rule that only counts decides nothing: go on with the next one",
      ],
      [
        [rule(other, "accept"), "counter drop"],
        "silent",
        "A rule that names no port matches every packet",
      ],
    ];
    for (const [rules, wanted, hint] of attempt.random.shuffled(cases)) {
      const about = `rules ${rules.map((each) => `"${each}"`).join(", ") || "none"}, port ${one}`;
      const answer = await attempt.call(() => answerTo(rules, one), {
        returns: oneOf("passes", "refused", "silent"),
        about,
      });
      expect(answer === wanted, `${about}: your function returned ${shown(answer)}`, hint);
    }
    return "you read rules in the order in which the kernel does";
  });
}

const LISTENER_FIRST: Kind<readonly [Socket, ...{ close(): void }[]]> = {
  rule: "a list with an open listening Socket first",
  allows: (value): value is [Socket, ...{ close(): void }[]] =>
    Array.isArray(value) && value[0] instanceof Socket && !value[0].isClosed &&
    value.every(isClosable),
  problem(value) {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    const wrong = value[0] instanceof Socket && !value[0].isClosed ? value.find(no) : value[0];
    return {
      seen:
        `your list has ${shown(wrong)} in it, and should have an open listening Socket first, ` +
        "and then what else you opened",
    };
  },
};

function no(value: unknown): boolean {
  return !isClosable(value);
}

/** Checks the exercise Deaf: a listener from which the next client hears nothing. */
export function checkDeaf(
  deaf: (() => Promise<[Socket, ...{ close(): void }[]]>) | undefined,
): Promise<Verdict> {
  return judge({ name: "deaf", answer: deaf }, async (deaf, attempt) => {
    const filler = "A client that may never be let in must not be waited for";
    const [listener] = await attempt.call(deaf, {
      returns: LISTENER_FIRST,
      hints: { TimeoutError: filler },
      late: filler,
    });
    const endpoint = listener.localEndpoint();
    expect(endpoint.isLoopback, `${endpoint} is not at 127.0.0.1`);
    const isListening = () =>
      connections({ localPort: endpoint.port, state: "LISTEN" })
        .some((row) => row.local.equals(endpoint));
    expect(
      isListening(),
      `no row of the table is in LISTEN at ${endpoint}`,
      "A socket listens after bind() and listen()",
    );
    const client = attempt.open(Socket.tcp({ timeout: SILENCE_MS }));
    const heard = await client.connect(endpoint).then(() => "connected", shown);
    expect(
      heard !== "connected",
      "the next client was connected",
      "The kernel accepts for the program, until the accept queue is full: how many fit into it?",
    );
    const { port } = client.localEndpoint();
    const isCalling = connections({ localPort: port, remotePort: endpoint.port })
      .some((row) => row.state === "SYN_SENT");
    expect(isCalling, `the next client heard something: ${heard}`);
    expect(isListening(), "the listener is gone when a client calls", "Return it open");
    return `after ${SILENCE_MS} ms the client is still in SYN_SENT`;
  });
}
