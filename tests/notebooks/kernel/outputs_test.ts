import { assertEquals } from "@std/assert";
import { OutputCollector } from "../../../lib/notebooks/kernel/_outputs.ts";

function collect(...messages: readonly [type: string, content: unknown][]): string[] {
  const collector = new OutputCollector();
  for (const [type, content] of messages) collector.take({ type, content });
  return collector.outputs.map((output) =>
    output.output_type === "stream" ? `${output.name} ${output.text}` : output.output_type
  );
}

const line = (text: string, name = "stdout") => ["stream", { name, text }] as [string, unknown];
const value: [string, unknown] = ["execute_result", { data: { "text/plain": "1" }, metadata: {} }];
const error: [string, unknown] = ["error", { ename: "Error", evalue: "", traceback: [] }];
const display: [string, unknown] = ["display_data", { data: {}, metadata: {} }];

Deno.test("OutputCollector joins lines of one stream that follow each other", () => {
  assertEquals(collect(line("a\n"), line("b\n"), line("c\n", "stderr"), line("d\n")), [
    "stdout a\nb\n",
    "stderr c\n",
    "stdout d\n",
  ]);
});

Deno.test("OutputCollector puts a value and an error last, whenever they come", () => {
  assertEquals(collect(value, line("a\n"), display), [
    "stdout a\n",
    "display_data",
    "execute_result",
  ]);
  assertEquals(collect(error, line("a\n")), ["stdout a\n", "error"]);
});

Deno.test("OutputCollector clears at once, or with the next output", () => {
  const clear = (wait: boolean): [string, unknown] => ["clear_output", { wait }];
  assertEquals(collect(line("a\n"), clear(false)), []);
  assertEquals(collect(line("a\n"), clear(true)), ["stdout a\n"]);
  assertEquals(collect(line("a\n"), clear(true), line("b\n"), line("c\n")), ["stdout b\nc\n"]);
});
