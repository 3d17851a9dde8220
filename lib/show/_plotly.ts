/** A figure as HTML: plotly.js once in a notebook, a short script for each figure, and its numbers as a table. */
import { escapeHtml } from "./display.ts";
import type { Figure } from "./figure.ts";

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
 * The page may have require.js, to which plotly.js would give itself instead of to `window`; so
 * the names by which it would know it are shadowed.
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
