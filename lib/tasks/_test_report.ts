/** The report of several processes of tests as one text. */
import type { GroupRun } from "./_test_process.ts";

/** Returns the line of a group that has ended, "tests/ports     ok      120 passed (3s)". */
export function groupLine(run: GroupRun): string {
  const { path, milliseconds, log } = run;
  const failed = failedIn(run);
  const counts = [
    log.counts && `${log.counts.passed} passed`,
    failed > 0 && `${failed} failed`,
    log.counts && log.counts.ignored > 0 && `${log.counts.ignored} ignored`,
  ].filter(Boolean).join(", ");
  const outcome = failed > 0 ? "FAILED" : "ok";
  return `${path.padEnd(20)} ${outcome.padEnd(6)} ${counts} (${timeText(milliseconds)})`
    .replace(/ +\(/, " (");
}

/** Returns what a person needs who has to mend something: outputs, errors, names, ignored tests. */
export function reportText(runs: readonly GroupRun[]): string {
  const parts: string[] = [];
  const failed = runs.filter((run) => failedIn(run) > 0);
  for (const run of failed) {
    parts.push(`==== ${run.path}`);
    if (run.log.details !== "") parts.push(run.log.details);
    if (run.problems.length > 0) parts.push(lastLines(run.output));
  }
  if (failed.length > 0) {
    const names = failed.flatMap(({ log, problems }) => [...log.failures, ...problems]);
    parts.push(["Failed:", ...names.map((name) => `  ${name}`)].join("\n"));
  }
  const ignored = runs.flatMap(({ log }) => log.ignored);
  if (ignored.length > 0) {
    parts.push(["Ignored:", ...ignored.map((name) => `  ${name}`)].join("\n"));
    const reasons = new Set(runs.flatMap(({ log }) => log.reasons));
    if (reasons.size > 0) parts.push([...reasons].join("\n"));
  }
  return parts.map((part) => `\n${part}`).join("\n");
}

/** Returns the last line, in the form of Deno's own: "ok | 12 passed | 0 failed | 0 ignored (2s)". */
export function closingLine(runs: readonly GroupRun[], milliseconds: number): string {
  const sum = (count: (run: GroupRun) => number) =>
    runs.reduce((total, run) => total + count(run), 0);
  return [
    hasFailed(runs) ? "FAILED" : "ok",
    `${sum(({ log }) => log.counts?.passed ?? 0)} passed`,
    `${sum(failedIn)} failed`,
    `${sum(({ log }) => log.counts?.ignored ?? 0)} ignored (${timeText(milliseconds)})`,
  ].join(" | ");
}

/** Whether anything failed, or no test was run at all. */
export function hasFailed(runs: readonly GroupRun[]): boolean {
  const tried = runs.some(({ log }) => (log.counts?.passed ?? 0) + (log.counts?.ignored ?? 0) > 0);
  return !tried || runs.some((run) => failedIn(run) > 0);
}

/** A problem of the process counts as a failed test. */
function failedIn({ log, problems }: GroupRun): number {
  return (log.counts?.failed ?? 0) + problems.length;
}

/** How much of a dead process's output is shown. */
const SHOWN_LINES = 60;

function lastLines(output: string): string {
  return output.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n");
}

function timeText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
