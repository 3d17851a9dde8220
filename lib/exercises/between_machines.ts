/**
 * Checks the exercises of `15_between_machines`.
 *
 * @module
 */
import { FourTuple, parseFourTuple } from "../tuples/four_tuple.ts";
import { type Kind, shown } from "./_values.ts";
import { expect, judge } from "./_frame.ts";
import type { Verdict } from "./verdict.ts";

const OUTSIDE = "203.0.113.1";
const EXHAUSTED = "The ports 1024 to 65535 are enough for these calls";

/** Calls from inside, in their order, as the computers inside see them. */
const CALLS: readonly (readonly string[])[] = [
  ["192.168.1.10:50000 -> 203.0.113.80:80"],
  ["192.168.1.10:50000 -> 203.0.113.80:80", "192.168.1.11:50001 -> 203.0.113.80:80"],
  ["192.168.1.10:50000 -> 203.0.113.80:80", "192.168.1.11:50000 -> 203.0.113.80:80"],
  ["192.168.1.10:50000 -> 203.0.113.80:80", "192.168.1.11:50000 -> 203.0.113.80:443"],
  ["192.168.1.10:50000 -> 203.0.113.80:80", "192.168.1.11:50000 -> 203.0.113.81:80"],
  [10, 11, 12, 13].map((last) => `192.168.1.${last}:50000 -> 203.0.113.80:80`),
  [10, 11, 12, 13].map((last) => `192.168.1.${last}:65535 -> 203.0.113.80:80`),
];

const FOUR_TUPLES: Kind<readonly FourTuple[]> = {
  rule: "a list of FourTuple",
  allows: (value): value is readonly FourTuple[] =>
    Array.isArray(value) && value.every((each) => each instanceof FourTuple),
};

/** Checks the exercise Translate: what a router that masquerades makes of calls. */
export function checkTranslate(
  translate:
    | ((calls: readonly FourTuple[], outside: string) => readonly FourTuple[])
    | undefined,
): Promise<Verdict> {
  return judge({ name: "translate", answer: translate }, async (translate, attempt) => {
    for (const texts of CALLS) {
      const calls = texts.map(parseFourTuple);
      const about = texts.length === 1 ? texts[0]! : `${texts[0]} and ${texts.length - 1} more`;
      const seen = await attempt.call(() => translate(calls, OUTSIDE), {
        returns: FOUR_TUPLES,
        about,
      });
      expect(
        seen.length === calls.length,
        `${about}: ${calls.length} calls went in, and you returned ${seen.length}`,
        "Each call is passed on, with another source",
      );
      const taken = new Set<string>();
      for (const [index, { local, remote }] of seen.entries()) {
        const call = calls[index]!;
        const what = `${about}: ${call} became ${local} -> ${remote}`;
        expect(
          remote.equals(call.remote),
          what,
          "Masquerading replaces the source: the call still goes to the same server",
        );
        expect(
          local.address === OUTSIDE,
          what,
          `The server has to see the router's address, ${OUTSIDE}`,
        );
        const kept = `${OUTSIDE}:${call.local.port} -> ${remote}`;
        expect(
          taken.has(kept) || local.port === call.local.port,
          what,
          "The port is kept where no earlier call to the same server has it",
        );
        expect(
          !taken.has(`${local} -> ${remote}`),
          `${what}, and an earlier call became the same`,
          "The answers of both would be for the same endpoint: choose another port",
        );
        expect(local.port >= 1024, `${what}: port ${local.port} is a privileged one`, EXHAUSTED);
        taken.add(`${local} -> ${remote}`);
      }
    }
    return "each call has a four-tuple of its own, and a new port only where it needs one";
  });
}

/** An entry of a table of routes, as the exercise Way has it. */
export interface PlannedRoute {
  /** The addresses that it is for: those with the same first bits. */
  readonly prefix: string;
  /** The interface that it leads to. */
  readonly cable: string;
}

const ROUTES: readonly PlannedRoute[] = [
  { prefix: "0.0.0.0/0", cable: "wan" },
  { prefix: "192.168.1.0/24", cable: "lan" },
  { prefix: "10.0.0.0/8", cable: "vpn" },
  { prefix: "10.1.0.0/16", cable: "office" },
  { prefix: "10.1.2.128/25", cable: "lab" },
  { prefix: "10.1.2.200/32", cable: "printer" },
];

const WAYS: readonly (readonly [address: string, cable: string | undefined, hint: string])[] = [
  ["203.0.113.80", "wan", "/0 fits every address"],
  ["192.168.1.77", "lan", "/24 compares the first 24 bits, which are three numbers"],
  ["192.168.2.77", "wan", "The third number differs, so /24 does not fit"],
  ["10.200.0.1", "vpn", "/8 compares the first number only"],
  ["10.1.9.9", "office", "Two routes fit: the one with more bits counts"],
  [
    "10.1.2.127",
    "office",
    "/25 compares one bit of the last number, too: 127 has another one than 128",
  ],
  ["10.1.2.129", "lab", "/25 compares one bit of the last number: 129 and 128 have the same one"],
  ["10.1.2.200", "printer", "/32 is one address, the most specific route that there is"],
];

/** Checks the exercise Way: which route counts for an address. */
export function checkWay(
  way: ((routes: readonly PlannedRoute[], address: string) => string | undefined) | undefined,
): Promise<Verdict> {
  return judge({ name: "way", answer: way }, async (way, attempt) => {
    const ask = async (
      routes: readonly PlannedRoute[],
      [address, cable, hint]: (typeof WAYS)[number],
    ) => {
      const about = `${address} with ${routes.map((each) => each.prefix).join(", ")}`;
      const found = await attempt.call(() => way(routes, address), {
        returns: cable === undefined ? ANY : TEXT,
        about,
      });
      expect(found === cable, `${about}: your function returned ${shown(found)}`, hint);
    };
    for (const each of WAYS) await ask(attempt.random.shuffled(ROUTES), each);
    const none = "No route fits: return undefined, as the kernel answers ENETUNREACH";
    await ask(ROUTES.slice(1), ["203.0.113.80", undefined, none]);
    return "the most specific route counts, in whatever order the table has them";
  });
}

const ANY: Kind<string | undefined> = {
  rule: "the name of a cable, or undefined",
  allows: (value): value is string | undefined => value === undefined || typeof value === "string",
};
const TEXT: Kind<string | undefined> = {
  rule: "the name of a cable",
  allows: (value): value is string => typeof value === "string",
};
