/**
 * `deno task test [tests/ports …] [--filter NAME] [--jobs 4] [--coverage DIR]`: runs all tests, or
 * those of some folders and files, several processes of `deno test` side by side. The tests of the front
 * ends, tests/front_ends, are run only when they are named.
 *
 * Most tests wait for the kernel, so that one process after the other leaves the machine idle. Each
 * process has a network of its own where that is allowed, so that they do not see each other. Their
 * output becomes one report. A process that dies, and a file that never runs, is a failure.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type TestGroup, testGroups } from "./_test_groups.ts";
import {
  checkTypes,
  type GroupRun,
  type GroupRunOptions,
  ownNetwork,
  runGroup,
} from "./_test_process.ts";
import { closingLine, groupLine, hasFailed, reportText } from "./_test_report.ts";

const USAGE = "Usage: deno task test [tests/ports …] [--filter NAME] [--jobs 4] [--coverage DIR]";
const WRONG_USAGE = 2;
const INTERRUPTED = 130;

const begun = performance.now();
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => ending.abort());
}

const { values, positionals } = readArguments();
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const jobs = Number(values.jobs);
if (!Number.isInteger(jobs) || jobs < 1) {
  console.error(`Cannot run "${values.jobs}" processes side by side: it is 1 or more`);
  Deno.exit(WRONG_USAGE);
}
const root = Deno.cwd();
const groups = findGroups();
const options: GroupRunOptions = {
  root,
  args: [
    ...values.filter === undefined ? [] : [`--filter=${values.filter}`],
    ...values.coverage === undefined ? [] : [`--coverage=${values.coverage}`],
  ],
  prefix: await ownNetwork(),
  signal: ending.signal,
};

// The types are checked once for all, beside the first tests.
// The first group takes longest, mostly by waiting, so that the others give way to it.
const waiting = groups.map((group, index) => () =>
  runGroup(group, { ...options, givesWay: index > 0 })
);
waiting.splice(jobs - 1, 0, () => checkTypes(positionals, options));
const runs: GroupRun[] = [];
async function work(): Promise<void> {
  for (let next; !ending.signal.aborted && (next = waiting.shift()) !== undefined;) {
    const run = await next();
    if (ending.signal.aborted) return;
    runs.push(run);
    console.log(groupLine(run));
  }
}
await Promise.all(Array.from({ length: jobs }, work));
if (ending.signal.aborted) {
  console.error("\nInterrupted: the tests have ended");
  Deno.exit(INTERRUPTED);
}
console.log(reportText(runs));
console.log(closingLine(runs, performance.now() - begun));
Deno.exit(hasFailed(runs) ? 1 : 0);

function readArguments() {
  try {
    return parseArgs({
      args: Deno.args,
      options: {
        help: { type: "boolean", short: "h" },
        filter: { type: "string" },
        jobs: { type: "string", default: "4" },
        coverage: { type: "string" },
      },
      allowPositionals: true,
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n${USAGE}`);
    Deno.exit(WRONG_USAGE);
  }
}

function findGroups(): TestGroup[] {
  try {
    return testGroups(root, positionals.length > 0 ? positionals : undefined);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(`Cannot find the tests "${positionals.join(" ")}": ${error.message}`);
    Deno.exit(WRONG_USAGE);
  }
}
