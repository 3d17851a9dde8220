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

/** How cells are run. */
export interface RunCellsOptions {
  /** Whether the cells that wait behind a failing one are aborted. */
  readonly stopOnError?: boolean;
  /** Called with what a cell prints after its end, and the cell's place from 1. */
  readonly onLate?: (number: number, text: string) => void;
}

/** Runs cells one after another, failing ones too. */
export async function runCells(
  engine: Engine,
  sources: readonly string[],
  { stopOnError, onLate }: RunCellsOptions = {},
): Promise<Ran[]> {
  return await Promise.all(
    sources.map((code, index) =>
      runCell(engine, { code, stopOnError, onLate: (text) => onLate?.(index + 1, text) })
    ),
  );
}

/** Runs one cell. */
export function runCell(
  engine: Engine,
  { code, stopOnError = false, onLate }: {
    readonly code: string;
    readonly stopOnError?: boolean;
    readonly onLate?: (text: string) => void;
  },
): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const shown = { error: "", stdout: "", stderr: "" };
  let hasEnded = false;
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
        if (hasEnded) onLate?.(content.text);
        if (type === "error") shown.error += content.traceback.join("\n");
        if (type === "stream") shown[content.name as "stdout"] += content.text;
      },
      onInput: () => Promise.resolve(null),
      onEnd: (reply, line) => {
        hasEnded = true;
        resolve({ ...shown, reply, line });
      },
    },
  };
  engine.execute(cell);
  return promise;
}
