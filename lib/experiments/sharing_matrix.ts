/**
 * Whether two sockets may share a port, for every pair of addresses or of options.
 *
 * @module
 */
import type { LabNetwork } from "../networks/lab_network.ts";
import { type ListeningAddress, nameOf } from "./reaching.ts";
import { type PortSharer, type SharingOutcome, type SharingStage, tryToShare } from "./sharing.ts";

/** Two sockets that asked for one port number, and what came of it. */
export interface ShareTrial {
  /** The address of the first socket, such as "::, v6Only", or the options of both. */
  readonly row: string;
  /** The address of the second, or what the first one has done. */
  readonly column: string;
  /** The result. */
  readonly outcome: SharingOutcome;
}

/**
 * Tries every pair of addresses, one pair after the other: the first socket listens at one of them,
 * and the second asks for the same number at the other. `plotTrialMap()` draws what it returns.
 *
 * @throws As {@linkcode tryToShare} does
 *
 * @example Two addresses
 * ```ts
 * import { tryEveryShare } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * const trials = await tryEveryShare([{ address: "127.0.0.1" }, { address: "127.0.0.2" }]);
 * const outcomes = trials.map(({ outcome }) => outcome);
 * assertEquals(outcomes, ["bind refused", "shared", "shared", "bind refused"]);
 * ```
 */
export async function tryEveryShare(
  addresses: readonly ListeningAddress[],
  options: { readonly network?: LabNetwork | undefined } = {},
): Promise<ShareTrial[]> {
  const trials: ShareTrial[] = [];
  for (const first of addresses) {
    for (const second of addresses) {
      const outcome = await tryToShare(first, second, { ...options, stage: "listening" });
      trials.push({ row: nameOf(first), column: nameOf(second), outcome });
    }
  }
  return trials;
}

/** What the first socket does, and what the second wants: a column of {@linkcode tryEveryOption}. */
export interface SharingCase {
  /** What the first one has done with the port; "bound" by default. */
  readonly stage?: SharingStage;
  /** The first one's address and protocol, as in `tryToShare`. */
  readonly first?: PortSharer;
  /** The second one's. */
  readonly second?: PortSharer;
}

const CHOICES: readonly (readonly [name: string, options: PortSharer])[] = [
  ["none", {}],
  ["reuseAddress", { reuseAddress: true }],
  ["reusePort", { reusePort: true }],
];

/**
 * Tries nine pairs of options for each case, one after the other: each of the two sockets has
 * SO_REUSEADDR, SO_REUSEPORT or neither. `plotTrialMap()` draws what it returns.
 *
 * @param cases The columns, by name
 * @throws As {@linkcode tryToShare} does
 *
 * @example Both have to agree
 * ```ts
 * import { tryEveryOption } from "fourtuple/experiments";
 * import { assertEquals } from "@std/assert";
 *
 * const trials = await tryEveryOption({ listening: { stage: "listening" } });
 * const shared = trials.filter(({ outcome }) => outcome === "shared");
 * assertEquals(shared.map(({ row }) => row), ["reusePort + reusePort"]);
 * ```
 */
export async function tryEveryOption(
  cases: Readonly<Record<string, SharingCase>>,
  options: { readonly network?: LabNetwork | undefined } = {},
): Promise<ShareTrial[]> {
  const trials: ShareTrial[] = [];
  for (const [one, ones] of CHOICES) {
    for (const [other, others] of CHOICES) {
      for (const [column, { stage, first, second }] of Object.entries(cases)) {
        const outcome = await tryToShare({ ...first, ...ones }, { ...second, ...others }, {
          ...options,
          ...stage === undefined ? {} : { stage },
        });
        trials.push({ row: `${one} + ${other}`, column, outcome });
      }
    }
  }
  return trials;
}
