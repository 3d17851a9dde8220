/** Random numbers that a seed decides: for ports in random order, and for questions that vary. */

/**
 * Returns a generator that gives the same numbers for the same seed: each call a whole number from
 * 0 to below `limit`.
 *
 * It is Tommy Ettinger's mulberry32: 32 bits of state, good enough to spread ports, but guessable,
 * so no defence; RFC 6056 says what a kernel must do. With at most 65,536 ports no number is likelier
 * than another by more than one part in 65,536.
 */
export function seededRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return Math.floor(((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32 * limit);
  };
}
