/**
 * Checks the exercises of `10_failing_calls`.
 *
 * @module
 */
import { oneOf } from "../refusal.ts";
import type { Socket } from "../sockets/socket.ts";
import type { Endpoint } from "../tuples/endpoint.ts";
import { shown } from "./_values.ts";
import { expect, judge } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

/** How a call can end. */
export type CallEnding = "answered" | "refused" | "silent";

/** Checks an exercise: tell how a call ends. */
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
