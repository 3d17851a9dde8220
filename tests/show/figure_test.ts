import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  Figure,
  figureHtml,
  type FigureOptions,
  plotlyScript,
  withoutPlotly,
} from "../../lib/show/figure.ts";
import { Table } from "../../lib/show/table.ts";
import { refused } from "../_refused.ts";

function figureOf(text: string, column = "n"): Figure {
  const table = new Table({ columns: [column], rows: [[1]] });
  return new Figure({ data: [], layout: { title: { text } }, table });
}

Deno.test("Figure refuses options that are unknown or of the wrong kind", () => {
  const { data, layout, table } = figureOf("a");
  const cases: [unknown, part: string][] = [
    [{ data: {}, layout, table }, "an object"],
    [{ data, layout: {}, table }, "an object"],
    [{ data, layout, table: [["n"]] }, "an array"],
    [{ data, layout, table, title: 5 }, "5"],
    [{ data, layout, table, wide: {} }, "an object"],
    [{ data, layout, table, caption: "a" }, '"caption"'],
  ];
  for (const [options, part] of cases) {
    assertEquals(refused(() => new Figure(options as FigureOptions), TypeError).part, part);
  }
});

Deno.test("figureHtml() brings plotly.js along with the first figure, each time it is shown", async () => {
  const carries = async (title: string, column?: string) => {
    const html = await figureHtml(figureOf(title, column));
    // The script of a figure is some hundred characters, plotly.js some hundred thousand
    assert(html.length < 5_000 || html.length > 200_000, `${html.length} characters`);
    return html.includes("new DecompressionStream") && html.length > 200_000;
  };
  assert(await carries("first"), "the first figure");
  assertFalse(await carries("second"), "a figure with another title");
  assertFalse(await carries("first", "m"), "a figure of other things with the same title");
  assert(await carries("first"), "the first one, as its cell is run again");
  assertFalse(await carries("second"), "the second, again");
});

Deno.test("plotlyScript() is what withoutPlotly() takes out of a figure", async () => {
  const figure = figureOf("first");
  const html = await figureHtml(figure);
  const rest = withoutPlotly(html);
  assert(html.length - rest.length > 200_000);
  assert(rest.startsWith('<div class="fourtuple-figure">'), rest.slice(0, 60));
  assertEquals(withoutPlotly(rest), rest);
  assert(
    (await plotlyScript()).endsWith("window.fourtuplePlotly = Promise.resolve(window.Plotly);\n"),
  );
});
