/** Keeps labels apart that belong to places close together. */

/** Where labels may stand. */
export interface SpreadOptions {
  /** The least distance between two labels. */
  readonly gap: number;
  /** The first place. */
  readonly first: number;
  /** The last place. */
  readonly last: number;
}

/**
 * Returns a place for each of `wanted`, which ascend: as near to it as the gap lets, in the same
 * order, none outside of the bounds. Labels that collide form a group around the middle of what
 * its members want, and groups that collide form a larger one (isotonic regression by pooling).
 *
 * @throws {RangeError} If the labels need more room than there is
 */
export function spread(wanted: readonly number[], options: SpreadOptions): number[] {
  const { gap, first, last } = options;
  const room = Math.floor((last - first) / gap) + 1;
  if (wanted.length > room) {
    throw new RangeError(
      `Cannot spread labels: ${first} to ${last} has room for ${room}, got ${wanted.length}`,
    );
  }
  // Without its own share of gaps each label wants a place, and these only have to ascend.
  const groups: { sum: number; count: number }[] = [];
  for (const [index, place] of wanted.entries()) {
    groups.push({ sum: place - index * gap, count: 1 });
    while (groups.length > 1 && mean(groups.at(-2)!) > mean(groups.at(-1)!)) {
      const { sum, count } = groups.pop()!;
      const below = groups.at(-1)!;
      below.sum += sum;
      below.count += count;
    }
  }
  const highest = last - (wanted.length - 1) * gap;
  return groups
    .flatMap((group) => Array.from({ length: group.count }, () => mean(group)))
    .map((place, index) => Math.min(Math.max(place, first), highest) + index * gap);
}

function mean(group: { readonly sum: number; readonly count: number }): number {
  return group.sum / group.count;
}
