import { assertEquals } from "@std/assert";
import {
  NotebookOutputs,
  OutputCollector,
} from "../../../../lib/notebooks/kernel/outputs/notebook_outputs.ts";

function collect(...messages: readonly [type: string, content: unknown][]): string[] {
  const collector = new NotebookOutputs().cell();
  for (const [type, content] of messages) collector.take({ type, content });
  return collector.outputs.map((output) =>
    output.output_type === "stream" ? `${output.name} ${output.text}` : output.output_type
  );
}

const line = (text: string, name = "stdout") => ["stream", { name, text }] as [string, unknown];
const value: [string, unknown] = ["execute_result", { data: { "text/plain": "1" }, metadata: {} }];
const display: [string, unknown] = ["display_data", { data: {}, metadata: {} }];

Deno.test("OutputCollector joins lines of one stream that follow each other", () => {
  assertEquals(collect(line("a\n"), line("b\n"), line("c\n", "stderr"), line("d\n")), [
    "stdout a\nb\n",
    "stderr c\n",
    "stdout d\n",
  ]);
});

Deno.test("OutputCollector keeps the order of arrival", () => {
  assertEquals(collect(line("a\n"), display, value, line("late\n")), [
    "stdout a\n",
    "display_data",
    "execute_result",
    "stdout late\n",
  ]);
});

Deno.test("OutputCollector replaces the displays of an id, in whatever cell they are", () => {
  const notebook = new NotebookOutputs();
  const cells = [notebook.cell(), notebook.cell()] as const;
  const shown = (text: string, display_id?: string) => ({
    content: { data: { "text/plain": text }, metadata: {}, transient: { display_id } },
  });
  cells[0].take({ type: "display_data", ...shown("old", "a") });
  cells[0].take({ type: "display_data", ...shown("other", "b") });
  cells[1].take({ type: "display_data", ...shown("old", "a") });
  cells[1].take({ type: "update_display_data", ...shown("new", "a") });
  cells[1].take({ type: "update_display_data", ...shown("nowhere", "c") });
  const texts = cells.map(({ outputs }) =>
    outputs.map((each) => each.output_type === "display_data" && each.data["text/plain"])
  );
  assertEquals(texts, [["new", "other"], ["new"]]);
});

Deno.test("OutputCollector clears at once, or with the next output", () => {
  const clear = (wait: boolean): [string, unknown] => ["clear_output", { wait }];
  assertEquals(collect(line("a\n"), clear(false)), []);
  assertEquals(collect(line("a\n"), clear(true)), ["stdout a\n"]);
  assertEquals(collect(line("a\n"), clear(true), line("b\n"), line("c\n")), ["stdout b\nc\n"]);
});

Deno.test("OutputCollector forgets displays that are cleared", () => {
  const displays: ConstructorParameters<typeof OutputCollector>[0] = new Map();
  const cells = [new OutputCollector(displays), new OutputCollector(displays)] as const;
  const content = { data: {}, metadata: {}, transient: { display_id: "a" } };
  for (const cell of [...cells, ...cells]) cell.take({ type: "display_data", content });
  cells[0].take({ type: "clear_output", content: { wait: false } });
  assertEquals([...displays].map(([id, kept]) => [id, kept.size]), [["a", 2]]);
  cells[1].take({ type: "clear_output", content: { wait: true } });
  cells[1].take({ type: "stream", content: { name: "stdout", text: "b" } });
  assertEquals(displays.size, 0);
});
