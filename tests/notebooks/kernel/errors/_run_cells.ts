/** Runs cells in an engine, all sent at once, so that no cell waits for the type checker. */
import type { Cell, CellReply, Engine } from "../../../../lib/notebooks/kernel/engine.ts";

/** What a cell has shown. */
export interface Ran {
  readonly reply: CellReply;
  /** The lines of its errors. */
  readonly error: string;
  /** What it printed. */
  readonly stdout: string;
  readonly stderr: string;
  /** The line that failed. */
  readonly line: number | undefined;
}

/** The folder of the notebooks, in which the cells run. */
export const notebooks = new URL("../../../../notebooks/", import.meta.url);

/** Runs cells one after another, failing ones too. */
export async function runCells(
  engine: Engine,
  sources: readonly string[],
  stopOnError = false,
): Promise<Ran[]> {
  return await Promise.all(sources.map((code) => runCell(engine, { code, stopOnError })));
}

/** Runs one cell. */
export function runCell(
  engine: Engine,
  { code, stopOnError = false }: { readonly code: string; readonly stopOnError?: boolean },
): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const shown = { error: "", stdout: "", stderr: "" };
  const cell: Cell = {
    code,
    silent: false,
    storeHistory: true,
    allowInput: false,
    stopOnError,
    userExpressions: {},
    metadata: {},
    audience: {
      onStart: () => {},
      onShow: ({ type, content }) => {
        if (type === "error") shown.error += content.traceback.join("\n");
        if (type === "stream") shown[content.name as "stdout"] += content.text;
      },
      onInput: () => Promise.resolve(null),
      onEnd: (reply, line) => resolve({ ...shown, reply, line }),
    },
  };
  engine.execute(cell);
  return promise;
}
