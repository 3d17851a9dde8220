/** How the tests of exercises look at verdicts: the state, and the part of the text that matters. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
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

/** Runs checks side by side, and compares their verdicts. */
export async function assertVerdicts(cases: readonly Case[]): Promise<void> {
  const verdicts = await Promise.all(cases.map(([check]) => check()));
  for (const [index, [, state, part]] of cases.entries()) {
    assertVerdict(verdicts[index]!, state, part);
  }
}

/** Runs checks one after the other: those that compare this whole process before and after. */
export async function assertVerdictsInTurn(cases: readonly Case[]): Promise<void> {
  for (const [check, state, part] of cases) assertVerdict(await check(), state, part);
}
