/** The limits of conversations and accept loops: read once, refused where they make no sense. */
import { kindOf, quoteValue } from "../refusal.ts";
import type { LineConnectionOptions } from "./line_limits.ts";

/** The longest wait of a timer, in milliseconds: about 24 days. */
export const MAX_WAIT = 2 ** 31 - 1;

/** The longest line that may be allowed, in bytes; each client costs that much memory. */
const MAX_LINE = 65_536;

/** Returns a limit, or its default; whole numbers only, so that no text and no NaN means "none". */
export function readLimit(
  name: string,
  value: unknown,
  { preset, most, least = 1 }: {
    readonly preset: number;
    readonly most: number;
    readonly least?: number;
  },
): number {
  if (value === undefined) return preset;
  const cannot = `Cannot use ${quoteValue(value)} as "${name}"`;
  const rule = `it is a whole number from ${least} to ${most}`;
  if (typeof value !== "number") throw new TypeError(`${cannot}: ${rule}, got ${kindOf(value)}`);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${cannot}: ${rule}, got ${value}`);
}

/** Returns the limits of a conversation, defaults filled in. */
export function readLimits(options: LineConnectionOptions): Required<LineConnectionOptions> {
  const { idleDeadline, totalDeadline, writeDeadline, lineLimit } = options;
  const time = { most: MAX_WAIT };
  return {
    idleDeadline: readLimit("idleDeadline", idleDeadline, { preset: 30_000, ...time }),
    totalDeadline: readLimit("totalDeadline", totalDeadline, { preset: 600_000, ...time }),
    writeDeadline: readLimit("writeDeadline", writeDeadline, { preset: 5000, ...time }),
    lineLimit: readLimit("lineLimit", lineLimit, { preset: 2048, most: MAX_LINE }),
  };
}
