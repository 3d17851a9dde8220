/**
 * The thread that takes SIGINT while the cells' thread is busy. To end the code of cells it sets a flag. If
 * the cells' thread is busy with code that does not ask for it, this thread tells by its name.
 *
 * @module
 */
import { FLAG, THREAD_NAME } from "./stop_flag.ts";

/** When the cells' thread is first judged, how often it is looked at, in milliseconds, and how often. */
const FIRST_MS = 350;
const LOOK_MS = 50;
const LOOKS = 200;
/** A thread that has computed for so long has had the time to notice; in ticks of 10 ms (proc(5)). */
const BUSY_TICKS = 15;
/** As many looks at which it slept and did nothing: it is in a call that blocks. */
const ASLEEP_LOOKS = 7;

const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<Int32Array>) => void;
  postMessage(message: "signal"): void;
};

thread.onmessage = ({ data: flag }) => {
  Deno.addSignalListener("SIGINT", () => {
    const asked = Atomics.add(flag, FLAG.asked, 1) + 1;
    Atomics.store(flag, FLAG.isSet, 1);
    Atomics.notify(flag, FLAG.asked);
    thread.postMessage("signal");
    if (Atomics.load(flag, FLAG.thread) > 0) watch(flag, asked);
  });
  nameThread(0);
};

function nameThread(busy: number): void {
  if (Deno.build.os !== "linux") return;
  Deno.writeTextFileSync("/proc/thread-self/comm", `${THREAD_NAME}${busy}`);
}

/** Finds out whether the cells' thread is busy, and not only waiting for a processor. */
async function watch(flag: Int32Array, asked: number): Promise<void> {
  const isOver = () =>
    Atomics.load(flag, FLAG.heard) >= asked || Atomics.load(flag, FLAG.asked) > asked;
  const first = look(flag);
  const started = performance.now();
  let last = first;
  let asleep = 0;
  for (let looks = 0; looks < LOOKS; looks++) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    if (isOver()) return;
    const now = look(flag);
    asleep = now.isAsleep && now.ticks === last.ticks ? asleep + 1 : 0;
    last = now;
    if (Atomics.load(flag, FLAG.inTimer) || performance.now() - started < FIRST_MS) continue;
    if (asleep >= ASLEEP_LOOKS || now.ticks - first.ticks >= BUSY_TICKS) {
      Atomics.store(flag, FLAG.busy, asked);
      return nameThread(asked);
    }
  }
}

function look(flag: Int32Array): { readonly isAsleep: boolean; readonly ticks: number } {
  const path = `/proc/self/task/${Atomics.load(flag, FLAG.thread)}/stat`;
  const text = Deno.readTextFileSync(path);
  // The name before the state may have spaces and parentheses.
  const [state, ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { isAsleep: state === "S", ticks: Number(fields[10]) + Number(fields[11]) };
}
