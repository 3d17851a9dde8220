import { format } from "./_message.ts";

/** Beyond this many line pairs the table of the comparison costs more than a shorter diff helps. */
const MAX_PAIRS = 4_000_000;

/** Returns what stands under "Values are not equal.": the lines of both, `-` actual, `+` expected. */
export function diff(actual: unknown, expected: unknown): string {
  const [before, after] = typeof actual === "string" && typeof expected === "string"
    ? [visible(actual), visible(expected)]
    : [format(actual).split("\n"), format(expected).split("\n")];
  return [
    "",
    "",
    "    [Diff] Actual / Expected",
    "",
    "",
    ...diffLines(before, after),
    "",
  ]
    .join("\n");
}

/** Two texts may differ in a blank or a line's end only: both must be seen. */
function visible(text: string): string[] {
  const lines = text.split("\n");
  return lines.map((line, index) =>
    line.replaceAll("\r", "\\r").replaceAll("\t", "\\t") +
    (index < lines.length - 1 ? "\\n" : "")
  );
}

function diffLines(
  before: readonly string[],
  after: readonly string[],
): string[] {
  let head = 0;
  while (
    head < before.length && head < after.length && before[head] === after[head]
  ) head++;
  let tail = 0;
  const room = Math.min(before.length, after.length) - head;
  while (tail < room && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return [
    ...before.slice(0, head).map((line) => `    ${line}`),
    ...middle(
      before.slice(head, before.length - tail),
      after.slice(head, after.length - tail),
    ),
    ...before.slice(before.length - tail).map((line) => `    ${line}`),
  ];
}

/** The longest common subsequence, by the table of the lengths that are left from each pair on. */
function middle(before: readonly string[], after: readonly string[]): string[] {
  const width = after.length + 1;
  if (before.length * after.length > MAX_PAIRS) {
    return [
      ...before.map((line) => `-   ${line}`),
      ...after.map((line) => `+   ${line}`),
    ];
  }
  const left = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      left[i * width + j] = before[i] === after[j]
        ? left[(i + 1) * width + j + 1]! + 1
        : Math.max(left[(i + 1) * width + j]!, left[i * width + j + 1]!);
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(`    ${before[i++]}`);
      j++;
    } else if (
      j === after.length || i < before.length &&
        left[(i + 1) * width + j]! >= left[i * width + j + 1]!
    ) {
      lines.push(`-   ${before[i++]}`);
    } else {
      lines.push(`+   ${after[j++]}`);
    }
  }
  return lines;
}
