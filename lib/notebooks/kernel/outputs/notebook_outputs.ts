/** Collects what cells show, as a notebook keeps it. */
import type { Output } from "../../format/notebook.ts";
import type { Shown } from "./shown.ts";

/** An output that a later message may change. */
interface Kept {
  output: Output;
  readonly displayId: string | undefined;
}

/** The displays that have an id, by it. */
type Displays = Map<string, Set<Kept>>;

/** The outputs of the cells of one notebook. */
export class NotebookOutputs {
  /** Cells may update each other's. */
  readonly #displays: Displays = new Map();

  /** Returns where the outputs of the next cell go. */
  cell(): OutputCollector {
    return new OutputCollector(this.#displays);
  }
}

/** The outputs of one cell. */
export class OutputCollector {
  readonly #displays: Displays;
  #kept: Kept[] = [];
  #clearsNext = false;

  /** Begins with none. */
  constructor(displays: Displays) {
    this.#displays = displays;
  }

  /** What has arrived so far, in that order. */
  get outputs(): Output[] {
    return this.#kept.map(({ output }) => output);
  }

  /** Adds an output. */
  take({ type, content }: Pick<Shown, "type" | "content">): void {
    switch (type) {
      case "stream":
        return this.#stream(content.name, content.text);
      case "display_data":
        return this.#add({
          output_type: "display_data",
          data: content.data,
          metadata: content.metadata ?? {},
        }, content.transient?.display_id);
      case "update_display_data":
        return this.#update(content);
      case "execute_result":
        return this.#add({
          output_type: "execute_result",
          execution_count: content.execution_count ?? null,
          data: content.data,
          metadata: content.metadata ?? {},
        });
      case "error":
        return this.#add({
          output_type: "error",
          ename: content.ename,
          evalue: content.evalue,
          traceback: content.traceback,
        });
      case "clear_output":
        if (content.wait) this.#clearsNext = true;
        else this.#clear();
    }
  }

  /** A display that is gone cannot be updated. */
  #clear(): void {
    for (const each of this.#kept) {
      if (each.displayId === undefined) continue;
      const displays = this.#displays.get(each.displayId)!;
      displays.delete(each);
      if (displays.size === 0) this.#displays.delete(each.displayId);
    }
    this.#kept = [];
  }

  /** Consecutive lines of one stream are one output, as in Jupyter. */
  #stream(name: "stdout" | "stderr", text: string): void {
    const last = this.#kept.at(-1);
    if (!this.#clearsNext && last?.output.output_type === "stream" && last.output.name === name) {
      last.output = { ...last.output, text: last.output.text + text };
    } else {
      this.#add({ output_type: "stream", name, text });
    }
  }

  #add(output: Output, displayId?: string): void {
    if (this.#clearsNext) this.#clear();
    this.#clearsNext = false;
    const kept = { output, displayId };
    this.#kept.push(kept);
    if (displayId === undefined) return;
    const displays = this.#displays.get(displayId) ?? new Set();
    this.#displays.set(displayId, displays.add(kept));
  }

  /** An update shows nothing where there is no such display. */
  #update({ data, metadata = {}, transient }: Shown["content"]): void {
    for (const kept of this.#displays.get(transient?.display_id) ?? []) {
      kept.output = { ...kept.output, data, metadata } as Output;
    }
  }
}
