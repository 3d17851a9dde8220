import { Engine } from "../../../lib/notebooks/kernel/engine.ts";
import type { CellReply } from "../../../lib/notebooks/kernel/engine.ts";

const cwd = new URL("../../../notebooks/", import.meta.url);

/** A cell that has ended. */
export interface Ended {
  /** Its reply. */
  readonly reply: CellReply;
  /** What it printed, and the text of its value. */
  readonly shown: string;
}

/** A cell that runs. */
export interface Running {
  /** Fulfilled when it has printed something. */
  readonly printed: Promise<void>;
  /** Fulfilled when it has asked for a line of input. */
  readonly asked: Promise<void>;
  /** Fulfilled when it has ended. */
  readonly ended: Promise<Ended>;
}

/** Starts an engine. */
export function startEngine(): Promise<Engine> {
  return Engine.start({ cwd });
}

/** Runs a cell in an engine; nobody answers what it asks. */
export function run(engine: Engine, code: string): Running {
  const printed = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<Ended>();
  let shown = "";
  engine.execute({
    code,
    silent: false,
    storeHistory: true,
    allowInput: true,
    stopOnError: false,
    userExpressions: {},
    metadata: {},
    audience: {
      onStart: () => {},
      onShow: ({ type, content }) => {
        if (type === "error") return;
        shown += type === "stream" ? content.text : content.data["text/plain"];
        printed.resolve();
      },
      onInput: () => {
        asked.resolve();
        return new Promise(() => {});
      },
      onEnd: (reply) => ended.resolve({ reply, shown }),
    },
  });
  return { printed: printed.promise, asked: asked.promise, ended: ended.promise };
}
