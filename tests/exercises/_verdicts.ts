/** How the tests of exercises look at verdicts: the state, and the part of the text that matters. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type CheckSettings, checkWith } from "../../lib/exercises/_frame.ts";
import type { Verdict, VerdictState } from "../../lib/exercises/verdict.ts";

/** What a check is to say of an answer: the part that matters is in the text of the verdict. */
export type Case = readonly [
  check: () => Promise<Verdict>,
  state: VerdictState,
  part?: string | RegExp,
];

/** Longer than any verdict that fits under a cell. */
const MAX_LENGTH = 600;

export function assertVerdict(verdict: Verdict, state: VerdictState, part?: string | RegExp): void {
  const text = String(verdict);
  assertEquals(verdict.state, state, text);
  if (typeof part === "string") assertStringIncludes(text, part);
  if (part instanceof RegExp) assertMatch(text, part);
  assert(text.length < MAX_LENGTH, `${text.length} characters: ${text}`);
}

/** The same function with its `return` forgotten. */
export function forgetting<Given extends unknown[]>(answer: (...given: Given) => unknown) {
  return async (...given: Given): Promise<void> => void await answer(...given);
}

/** How long a check may take that was too slow for its case, in milliseconds. */
const BUSY_MS = 8_000;

/**
 * Runs checks side by side, with the time limit of the case, and compares their verdicts. On a busy
 * machine a right answer may take longer than that: a check whose verdict is another runs again, by
 * itself and with a wide limit, before the test fails.
 */
export async function assertVerdicts(
  cases: readonly Case[],
  settings: Pick<CheckSettings, "timeout"> = {},
): Promise<void> {
  const verdicts = await Promise.all(cases.map(([check]) => checkWith(settings, check)));
  for (const [index, [check, state, part]] of cases.entries()) {
    try {
      assertVerdict(verdicts[index]!, state, part);
    } catch {
      assertVerdict(await checkWith({ timeout: BUSY_MS }, check), state, part);
    }
  }
}

/** Runs checks one after the other: those that compare this whole process before and after. */
export async function assertVerdictsInTurn(cases: readonly Case[]): Promise<void> {
  for (const [check, state, part] of cases) assertVerdict(await check(), state, part);
}
