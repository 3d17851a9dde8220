/**
 * A plotly figure that shows itself in every Jupyter front end, with its numbers as a table where
 * scripts are off.
 *
 * @module
 */
import { checkOptions, instanceOf, list, objectWith, text } from "../refusal.ts";
import { DISPLAY, type Displayable, escapeHtml, type MimeBundle } from "./display.ts";
import { Table } from "./table.ts";

/** One trace of a plotly figure, as plotly.js documents it. */
export type Trace = Readonly<Record<string, unknown>>;

/** A plotly layout, as plotly.js documents it. */
export type Layout = Readonly<Record<string, unknown>>;

/** What a {@linkcode Figure} is made of. */
export interface FigureOptions {
  /** The traces. */
  readonly data: readonly Trace[];
  /** The layout, with the title that is drawn. */
  readonly layout: Layout & { readonly title: { readonly text: string } };
  /** The title as plain text, where the layout has it in several lines; by default the layout's. */
  readonly title?: string;
  /** The figure's numbers, for readers without scripts and for screen readers. */
  readonly table: Table;
}

/**
 * A plotly figure: plain data that shows itself.
 *
 * @example A figure is data
 * ```ts
 * import { Figure, Table } from "fourtuple/show";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = new Figure({
 *   data: [{ type: "bar", x: ["client", "server"], y: [1, 2] }],
 *   layout: { title: { text: "Sockets" } },
 *   table: new Table({ columns: ["side", "sockets"], rows: [["client", 1], ["server", 2]] }),
 * });
 * assertEquals(JSON.parse(JSON.stringify(figure)).layout.title.text, "Sockets");
 * ```
 */
export class Figure implements Displayable {
  /** The traces. */
  readonly data: readonly Trace[];
  /** The layout. */
  readonly layout: FigureOptions["layout"];
  /** The figure's title. */
  readonly title: string;
  /** The figure's numbers. */
  readonly table: Table;

  /**
   * Makes a figure of its parts.
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind
   */
  constructor(options: FigureOptions) {
    checkOptions(options, {
      data: list(),
      layout: objectWith<FigureOptions["layout"]>("title", "a layout with a title"),
      title: text,
      table: instanceOf(Table, "a Table"),
    }, "Cannot make a figure");
    this.data = options.data;
    this.layout = options.layout;
    this.title = options.title ?? options.layout.title.text;
    this.table = options.table;
  }

  /** Returns what `Plotly.newPlot` takes. */
  toJSON(): { data: readonly Trace[]; layout: Layout } {
    return { data: this.data, layout: this.layout };
  }

  /** Returns the figure's title and its numbers. */
  toString(): string {
    return `${this.title}\n${this.table}`;
  }

  /** Returns the figure for front ends that draw plotly, as HTML for the others, and as text. */
  async [DISPLAY](): Promise<MimeBundle> {
    return {
      [PLOTLY_MIME]: this.toJSON(),
      "text/html": await figureHtml(this),
      "text/plain": this.toString(),
    };
  }
}

/** The MIME type that VS Code and JupyterLab's plotly extension draw. */
export const PLOTLY_MIME = "application/vnd.plotly.v1+json";

const DEFAULT_HEIGHT_PX = 420;
const CONFIG = { responsive: true, displaylogo: false, displayModeBar: false };

/** The title of the figure whose HTML includes plotly.js, each time that it is shown. */
let carrier: string | undefined;

/** Returns a figure as HTML; that of a program's first figure includes plotly.js. */
export async function figureHtml(figure: Figure): Promise<string> {
  carrier ??= figure.title;
  const bundle = carrier === figure.title ? await bundleScript() : "";
  const id = `fourtuple-${crypto.randomUUID()}`;
  const { height } = figure.layout as { height?: unknown };
  const pixels = typeof height === "number" ? height : DEFAULT_HEIGHT_PX;
  return `${bundle}<div class="fourtuple-figure" id="${id}" role="img" ` +
    `aria-label="${escapeHtml(figure.title)}" style="min-height:${pixels}px">` +
    `<div class="fourtuple-numbers"><strong>${escapeHtml(figure.title)}</strong>` +
    `${figure.table.toHtml()}</div></div>` +
    `<script>${inScript(drawScript(id, figure))}</script>`;
}

/** In a notebook that is opened again, plotly.js may load after a figure, so each figure waits for it. */
function drawScript(id: string, figure: Figure): string {
  return `(function () {
  var figure = ${JSON.stringify(figure)}, tries = 0;
  function draw() {
    var place = document.getElementById("${id}");
    if (!place || !window.fourtuplePlotly) {
      if (++tries < 100) setTimeout(draw, 100);
      return;
    }
    window.fourtuplePlotly.then(function (Plotly) {
      place.replaceChildren();
      Plotly.newPlot(place, figure.data, figure.layout, ${JSON.stringify(CONFIG)});
    });
  }
  draw();
})();`;
}

/**
 * Where a page has require.js, plotly.js would register with that and not set `window.Plotly`; so the
 * names by which it detects require.js are shadowed.
 */
async function bundleScript(): Promise<string> {
  const { default: plotly } = await import("plotly.js-cartesian-dist-min", {
    with: { type: "text" },
  });
  const gzip = new Blob([plotly]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(gzip).arrayBuffer());
  return `<script>${
    inScript(`window.fourtuplePlotly = window.fourtuplePlotly || (function () {
  var bytes = Uint8Array.from(atob("${bytes.toBase64()}"), function (c) { return c.charCodeAt(0); });
  var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text().then(function (source) {
    var script = document.createElement("script");
    script.textContent = "(function (define, module, exports, require) {" + source +
      "\\n}).call(window);";
    document.head.appendChild(script);
    return window.Plotly;
  });
})();`)
  }</script>`;
}

/** Inside a script element only these two sequences are read by HTML. */
function inScript(source: string): string {
  return source.replaceAll("</", "<\\/").replaceAll("<!--", "<\\!--");
}
