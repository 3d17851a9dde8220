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
  /**
   * What is laid out otherwise where there is room, 640 px or more: fields that replace the layout's;
   * none by default.
   */
  readonly wide?: Layout;
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
  /** What is laid out otherwise where there is room. */
  readonly wide: Layout | undefined;
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
      wide: objectWith<Layout>("height", "a layout with a height"),
      table: instanceOf(Table, "a Table"),
    }, "Cannot make a figure");
    this.data = options.data;
    this.layout = options.layout;
    this.title = options.title ?? options.layout.title.text;
    this.wide = options.wide;
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
/** A figure that has this much room is drawn in its wide layout. */
const WIDE_PX = 640;
const CONFIG = { displaylogo: false, displayModeBar: false };

/** Names the figure whose HTML includes plotly.js, each time that it is shown. */
let carrier: string | undefined;

/** Returns a figure as HTML; that of a program's first figure includes plotly.js. */
export async function figureHtml(figure: Figure): Promise<string> {
  // A cell that is run again makes another figure, with the same title and columns of its table.
  const name = JSON.stringify([figure.title, ...figure.table.columns]);
  carrier ??= name;
  const bundle = carrier === name ? await bundleScript() : "";
  const id = `fourtuple-${crypto.randomUUID()}`;
  const { height } = figure.layout as { height?: unknown };
  const pixels = typeof height === "number" ? height : DEFAULT_HEIGHT_PX;
  const title = escapeHtml(figure.title);
  // Without scripts the numbers are all there is, so they are open until the figure is drawn.
  return `${bundle}<div class="fourtuple-figure">` +
    `<div id="${id}" role="img" aria-label="${title}" style="min-height:${pixels}px"></div>` +
    `<details class="fourtuple-numbers" open><summary style="display:list-item;cursor:pointer">Numbers of this figure</summary>` +
    `<strong>${title}</strong>${figure.table.toHtml()}</details>` +
    `<script>${inScript(drawScript(id, figure))}</script></div>`;
}

/**
 * In a notebook that is opened again, plotly.js may load after a figure, so each figure waits for it.
 * It is drawn again whenever its place gets another width, as when a phone is turned or a folded
 * output opened.
 */
function drawScript(id: string, figure: Figure): string {
  const { data, layout, wide = {} } = figure;
  return `(function () {
  var figure = ${JSON.stringify({ data, layout, wide })}, tries = 0, drawn = 0;
  function draw() {
    var place = document.getElementById("${id}");
    if (!place || !window.fourtuplePlotly) {
      if (++tries < 100) setTimeout(draw, 100);
      return;
    }
    window.fourtuplePlotly.then(function (Plotly) {
      function fit(width) {
        if (!width || width === drawn) return;
        drawn = width;
        var layout = Object.assign({}, figure.layout, width >= ${WIDE_PX} ? figure.wide : {});
        layout = JSON.parse(JSON.stringify(Object.assign(layout, { width: width, autosize: false })));
        place.style.minHeight = "0";
        Plotly.react(place, figure.data, layout, ${JSON.stringify(CONFIG)});
      }
      place.fourtupleFit = fit;
      place.parentNode.querySelector(".fourtuple-numbers").open = false;
      fit(place.clientWidth);
      new ResizeObserver(function () { fit(place.clientWidth); }).observe(place);
    });
  }
  draw();
})();`;
}

/** By this a page that has plotly.js itself finds the script that brings it along. */
const BUNDLE_TAG = '<script data-fourtuple="plotly.js">';

/** Returns HTML of a figure without plotly.js, for a page that has it: {@linkcode plotlyScript}. */
export function withoutPlotly(html: string): string {
  const begin = html.indexOf(BUNDLE_TAG);
  if (begin < 0) return html;
  const end = html.indexOf("</script>", begin) + "</script>".length;
  return html.slice(0, begin) + html.slice(end);
}

/** Returns a script, as a file of its own, that gives plotly.js to all figures of a page. */
export async function plotlyScript(): Promise<string> {
  return `${await plotlySource()}\nwindow.fourtuplePlotly = Promise.resolve(window.Plotly);\n`;
}

async function plotlySource(): Promise<string> {
  const { default: source } = await import("plotly.js-cartesian-dist-min", {
    with: { type: "text" },
  });
  return source;
}

/**
 * Where a page has require.js, plotly.js would register with that and not set `window.Plotly`; so the
 * names by which it detects require.js are shadowed.
 */
async function bundleScript(): Promise<string> {
  const gzip = new Blob([await plotlySource()]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(gzip).arrayBuffer());
  return `${BUNDLE_TAG}${
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
