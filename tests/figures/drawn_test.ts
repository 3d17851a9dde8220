/** Each figure in a real browser, on a desktop and on a phone: what is written can be read. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import * as figures from "fourtuple/figures";
import { Figure, type Layout, Table } from "fourtuple/show";
import { requires } from "../requirements.ts";
import { type Drawing, faultsOf, withBrowser } from "./_drawn.ts";
import { SAMPLES } from "./_samples.ts";

/** A desktop, a phone, and what the page of a book leaves a figure there. */
const WIDTHS = [900, 640, 639, 360, 326];
/** From here on a figure has its wide layout. */
const WIDE_PX = 640;

Deno.test("every function that draws a figure has a sample that this test draws", () => {
  const plots = Object.keys(figures).filter((name) => name.startsWith("plot"));
  assertEquals(Object.keys(SAMPLES).toSorted(), plots.toSorted());
});

Deno.test("figures in a browser", { ...requires("chromium") }, async (t) => {
  const samples = Object.entries(SAMPLES).flatMap(([plot, figures]) =>
    Object.entries(figures).map(([what, figure]) => ({ name: `${plot}(), ${what}`, figure }))
  );
  await withBrowser(async (draw) => {
    for (const width of WIDTHS) {
      const drawings = await draw(samples.map(({ figure }) => figure), width);
      for (const [index, { name, figure }] of samples.entries()) {
        await t.step(`${name} can be read at ${width} px`, () => {
          checkDrawing(drawings[index]!, figure, width);
        });
      }
    }
    await t.step("faultsOf() finds labels that cover another or leave the figure", async () => {
      const drawings = await draw(FAULTS.map(([annotations]) => figureOf(annotations)), 400);
      assertEquals(drawings.map(faultsOf), FAULTS.map(([, faults]) => faults));
    });
  });
});

function checkDrawing(drawing: Drawing, figure: Figure, width: number): void {
  assertEquals(faultsOf(drawing), []);
  assertEquals(drawing.width, width);
  const layout = width >= WIDE_PX ? { ...figure.layout, ...figure.wide } : figure.layout;
  assertEquals(drawing.height, layout.height);
  const words = drawing.labels.map(({ text }) => text).join(" ").replace(/\s+/g, " ");
  for (const word of [...wordsOf(layout.title), ...annotationWords(layout)]) {
    assertStringIncludes(words, word.replace(/\s+/g, " "));
  }
}

/** The annotations' words as a reader sees them. */
function annotationWords(layout: Layout): string[] {
  const { annotations } = layout as unknown as { annotations: readonly { text: string }[] };
  return annotations.flatMap(wordsOf).filter((text) => text !== "");
}

function wordsOf({ text }: { readonly text: string }): string[] {
  return text.split("<br>")
    .map((line) => line.replace(/<[^>]*>/g, "").replaceAll("&lt;", "<").replaceAll("&amp;", "&"));
}

function label(text: string, x: number, size = 12, textangle = 0) {
  const place = { x, y: 0.5, xref: "paper", yref: "paper" };
  return { ...place, text, showarrow: false, textangle, font: { size } };
}

/** Labels, and what is wrong with them. */
const FAULTS: readonly (readonly [labels: readonly unknown[], faults: readonly string[]])[] = [
  [[label("left", 0.2), label("right", 0.8)], []],
  [[label("one", 0.5), label("two", 0.51)], ['"one" covers "two"']],
  [[label("a long label", 0.5), label("one", 0.5, 12, -90)], ['"a long label" covers "one"']],
  [[label("upright", 0.5, 12, -90), label("beside", 0.6, 12, -90)], []],
  [[label("a label too far", 1.35)], ['"a label too far" leaves the figure']],
  [[label("small", 0.5, 9)], ['"small" has 9 px']],
];

function figureOf(annotations: readonly unknown[]): Figure {
  return new Figure({
    data: [],
    layout: {
      ...{ title: { text: "t" }, height: 300, xaxis: { visible: false } },
      yaxis: { visible: false },
      annotations,
    },
    table: new Table({ columns: [], rows: [] }),
  });
}
