/** Collects what one cell shows, as a notebook keeps it. */
import type { Shown } from "./engine.ts";
import type { Output } from "../format/notebook.ts";

/** The outputs of one cell. */
export class OutputCollector {
  #outputs: Output[] = [];
  #clearsNext = false;

  /**
   * What has arrived so far. A cell's value and its error are its last outputs, but the kernel sends
   * them by another path than the console's lines, so they may arrive first.
   */
  get outputs(): Output[] {
    return this.#outputs.toSorted((a, b) => rank(a) - rank(b));
  }

  /** Adds an output. */
  take({ type, content }: Pick<Shown, "type" | "content">): void {
    switch (type) {
      case "stream":
        return this.#stream(content.name, content.text);
      case "display_data":
      case "update_display_data":
        return this.#add({
          output_type: "display_data",
          data: content.data,
          metadata: content.metadata ?? {},
        });
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
        else this.#outputs = [];
    }
  }

  /** Consecutive lines of one stream are one output, as in Jupyter. */
  #stream(name: "stdout" | "stderr", text: string): void {
    const last = this.#outputs.at(-1);
    if (!this.#clearsNext && last?.output_type === "stream" && last.name === name) {
      this.#outputs[this.#outputs.length - 1] = { ...last, text: last.text + text };
    } else {
      this.#add({ output_type: "stream", name, text });
    }
  }

  #add(output: Output): void {
    if (this.#clearsNext) this.#outputs = [];
    this.#clearsNext = false;
    this.#outputs.push(output);
  }
}

function rank({ output_type }: Output): number {
  return output_type === "error" ? 2 : output_type === "execute_result" ? 1 : 0;
}
