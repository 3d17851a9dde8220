/** Collects what cells show, as a notebook keeps it. */
import type { Output } from "../../format/notebook.ts";
import type { Shown } from "./shown.ts";

/** An output that a later message may change. */
interface Kept {
  output: Output;
}

/** The outputs of the cells of one notebook. */
export class NotebookOutputs {
  /** The displays that have an id, by it: cells may update each other's. */
  readonly #displays = new Map<string, Kept[]>();

  /** Returns where the outputs of the next cell go. */
  cell(): OutputCollector {
    return new OutputCollector(this.#displays);
  }
}

/** The outputs of one cell. */
export class OutputCollector {
  readonly #displays: Map<string, Kept[]>;
  #kept: Kept[] = [];
  #clearsNext = false;

  /** Begins with none. */
  constructor(displays: Map<string, Kept[]>) {
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
        else this.#kept = [];
    }
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
    if (this.#clearsNext) this.#kept = [];
    this.#clearsNext = false;
    const kept = { output };
    this.#kept.push(kept);
    if (displayId === undefined) return;
    this.#displays.set(displayId, [...this.#displays.get(displayId) ?? [], kept]);
  }

  /** An update shows nothing where there is no such display. */
  #update({ data, metadata = {}, transient }: Shown["content"]): void {
    for (const kept of this.#displays.get(transient?.display_id) ?? []) {
      kept.output = { ...kept.output, data, metadata } as Output;
    }
  }
}
