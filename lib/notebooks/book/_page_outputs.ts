/** The outputs of a cell as HTML. */
import { escapeHtml } from "../../show/display.ts";
import { withoutPlotly } from "../../show/figure.ts";
import type { ErrorOutput, MimeData, Output, StreamOutput } from "../format/notebook.ts";

/** Returns the outputs as HTML, in their order; `renderMarkdown` renders those that are markdown. */
export function outputsHtml(
  outputs: readonly Output[],
  renderMarkdown: (markdown: string) => string,
): string {
  return joinStreams(outputs).map((output) => {
    switch (output.output_type) {
      case "stream":
        return `<pre class="output${output.name === "stderr" ? " stderr" : ""}">` +
          `${ansiToHtml(output.text.trimEnd())}</pre>`;
      case "error":
        return errorHtml(output);
      default:
        return `<div class="output">${richestHtml(output.data, renderMarkdown)}</div>`;
    }
  }).join("\n");
}

/** Joins consecutive pieces of a stream, since a kernel may send a cell's lines in several. */
function joinStreams(outputs: readonly Output[]): Output[] {
  const joined: Output[] = [];
  for (const output of outputs) {
    const last = joined.at(-1);
    if (isStream(output) && last !== undefined && isStream(last) && last.name === output.name) {
      joined[joined.length - 1] = { ...last, text: last.text + output.text };
    } else {
      joined.push(output);
    }
  }
  return joined;
}

function isStream(output: Output): output is StreamOutput {
  return output.output_type === "stream";
}

/** A stack begins with the error's name and message, unless the program changed it. */
function errorHtml({ ename, evalue, traceback }: ErrorOutput): string {
  const title = `${ename}: ${evalue}`;
  const stack = traceback.join("\n");
  const frames = stack.startsWith(title) ? stack.slice(title.length) : stack && `\n${stack}`;
  return `<pre class="output error"><strong>${ansiToHtml(title)}</strong>${
    ansiToHtml(frames)
  }</pre>`;
}

function richestHtml(data: MimeData, renderMarkdown: (markdown: string) => string): string {
  const text = (mime: string) => typeof data[mime] === "string" ? data[mime] : undefined;
  const html = text("text/html");
  if (html !== undefined) return withoutPlotly(html);
  const markdown = text("text/markdown");
  if (markdown !== undefined) return renderMarkdown(markdown);
  const plain = text("text/plain") ?? "";
  const svg = text("image/svg+xml");
  if (svg !== undefined) return imageHtml(`data:image/svg+xml,${encodeURIComponent(svg)}`, plain);
  for (const mime of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    const base64 = text(mime);
    if (base64 !== undefined) {
      return imageHtml(`data:${mime};base64,${base64.replaceAll(/\s/g, "")}`, plain);
    }
  }
  if (plain === "" && "application/json" in data) {
    return `<pre>${escapeHtml(JSON.stringify(data["application/json"], null, 2))}</pre>`;
  }
  return `<pre>${ansiToHtml(plain)}</pre>`;
}

function imageHtml(source: string, description: string): string {
  return `<img src="${escapeHtml(source)}" alt="${escapeHtml(description)}">`;
}

/** @see {@link https://www.ecma-international.org/publications-and-standards/standards/ecma-48/} */
const CONTROL =
  // deno-lint-ignore no-control-regex
  /\x1b\[([\d;:]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]|[\x00-\x08\x0b-\x1f]/g;

const COLORS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

/** What SGR 1 to 4 turn on, by the number that turns it off. */
const ATTRIBUTES: Readonly<Record<number, readonly string[]>> = {
  22: ["bold", "faint"],
  23: ["italic"],
  24: ["underline"],
};
const ON: Readonly<Record<number, string>> = { 1: "bold", 2: "faint", 3: "italic", 4: "underline" };

/**
 * Returns `text` as HTML. Backgrounds and colours beyond the terminal's sixteen are dropped, since
 * they could not be kept legible on both a light and a dark page.
 */
export function ansiToHtml(text: string): string {
  const lines = text.replaceAll("\r\n", "\n");
  const style = new Set<string>();
  let html = "";
  let from = 0;
  for (const match of lines.matchAll(CONTROL)) {
    html += span(lines.slice(from, match.index), style);
    from = match.index + match[0].length;
    if (match[2] === "m") applySgr(style, (match[1] ?? "").split(/[;:]/).map(Number));
  }
  return html + span(lines.slice(from), style);
}

function span(text: string, style: ReadonlySet<string>): string {
  if (text === "" || style.size === 0) return escapeHtml(text);
  const classes = [...style].map((name) => `ansi-${name}`).join(" ");
  return `<span class="${classes}">${escapeHtml(text)}</span>`;
}

/** Select Graphic Rendition, ECMA-48 section 8.3.117; 90 to 97 are xterm's bright colours. */
function applySgr(style: Set<string>, codes: readonly number[]): void {
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index]!;
    if (code === 0) style.clear();
    else if (code in ON) style.add(ON[code]!);
    else if (code in ATTRIBUTES) ATTRIBUTES[code]!.forEach((name) => style.delete(name));
    else if (isColor(code)) setColor(style, COLORS[code % 10]);
    else if (code === 38 || code === 39) setColor(style, undefined);
    // 38 and 48 are followed by 5 and a number, or by 2 and red, green and blue
    if (code === 38 || code === 48) index += codes[index + 1] === 5 ? 2 : 4;
  }
}

function isColor(code: number): boolean {
  return (code >= 30 && code <= 37) || (code >= 90 && code <= 97);
}

function setColor(style: Set<string>, color: string | undefined): void {
  COLORS.forEach((name) => style.delete(name));
  if (color !== undefined) style.add(color);
}
