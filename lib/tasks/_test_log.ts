/**
 * Reads what `deno test` has printed: which files ran, what failed and with what output, and the
 * closing line with the counts.
 */

/** What a process of `deno test` says in its closing line, "ok | 12 passed | 0 failed (2s)". */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

/** What `deno test` has printed, in parts. */
export interface TestLog {
  /** The counts; undefined if there is no closing line, since the process died before it. */
  readonly counts: TestCounts | undefined;
  /** The files that were started, doc examples among them, in order. */
  readonly started: readonly string[];
  /** The failed tests, each with its place: "a name => ./tests/a_test.ts:4:6". */
  readonly failures: readonly string[];
  /** What the files with a failed test printed, and the errors with their stacks. */
  readonly details: string;
  /** The ignored tests, each with its file. */
  readonly ignored: readonly string[];
  /** Why tests were ignored, as `requires()` of tests/requirements.ts says it. */
  readonly reasons: readonly string[];
}

const CLOSING =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(.*?\))? \| (\d+) failed(?: \(.*?\))?(?: \| (\d+) ignored)?.* \(.*\)$/gm;
const FILE_START = /(?:running \d+ tests? from|^Uncaught error from) (?:\.\/)?(.+?)(?: FAILED)?$/;
const PASSED = / \.\.\. ok \([^()]*\)$/;
const IGNORED = /^\s*(.*) \.\.\. ignored \([^()]*\)$/;
const REASON = /^Tests are not tried here: /;

/** Takes the output of `NO_COLOR=1 deno test` apart. */
export function readTestLog(output: string): TestLog {
  const text = output.replaceAll("\r\n", "\n");
  const closing = [...text.matchAll(CLOSING)].at(-1);
  const [listing = "", errors = ""] = text.split(/^ ERRORS $/m);
  const [error = "", failures = ""] = errors.split(/^ FAILURES $/m);
  const sections = splitByFile(listing);
  const failed = sections.filter(({ lines }) => lines.some((line) => / FAILED( |$)/.test(line)))
    .map(({ lines }) => lines.filter((line) => !PASSED.test(line)).join("\n").trimEnd());
  return {
    counts: closing && {
      passed: Number(closing[1]),
      failed: Number(closing[2]),
      ignored: Number(closing[3] ?? 0),
    },
    started: sections.map(({ file }) => file).filter((file) => file !== ""),
    failures: failures.split("\n\n")[1]?.split("\n").filter((line) => line !== "") ?? [],
    details: [...failed, error.trim()].filter((part) => part !== "").join("\n\n"),
    ignored: sections.flatMap(({ file, lines }) =>
      lines.flatMap((line) => IGNORED.exec(line)?.[1] ?? []).map((name) => `${name} => ${file}`)
    ),
    reasons: [...new Set(text.split("\n").filter((line) => REASON.test(line)))],
  };
}

function splitByFile(listing: string): { file: string; lines: string[] }[] {
  const sections = [{ file: "", lines: [] as string[] }];
  for (const line of listing.split("\n")) {
    const file = FILE_START.exec(line)?.[1];
    if (file !== undefined) sections.push({ file, lines: [] });
    sections.at(-1)!.lines.push(line);
  }
  return sections;
}
