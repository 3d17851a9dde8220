import { assert, assertFalse } from "@std/assert";
import { Figure } from "../../lib/show/figure.ts";
import { Table } from "../../lib/show/table.ts";
import { figureHtml } from "../../lib/show/_plotly.ts";

function figureOf(text: string): Figure {
  const table = new Table({ columns: ["n"], rows: [[1]] });
  return new Figure({ data: [], layout: { title: { text } }, table });
}

Deno.test("figureHtml() brings plotly.js along with the first figure, each time it is shown", async () => {
  const carries = async (title: string) => {
    const html = await figureHtml(figureOf(title));
    // The script of a figure is some hundred characters, plotly.js some hundred thousand
    assert(html.length < 5_000 || html.length > 200_000, `${html.length} characters`);
    return html.includes("new DecompressionStream") && html.length > 200_000;
  };
  assert(await carries("first"), "the first figure");
  assertFalse(await carries("second"), "a figure with another title");
  assert(await carries("first"), "the first one, as its cell is run again");
  assertFalse(await carries("second"), "the second, again");
});
