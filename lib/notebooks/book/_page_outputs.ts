/** The outputs of a cell as HTML. */
import { ansiToHtml } from "./_ansi.ts";
import { escapeHtml } from "../../show/display.ts";
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

/** A kernel may send one cell's lines in any number of pieces. */
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

/** A stack begins with the error's name and message, save for one that was made by hand. */
function errorHtml({ ename, evalue, traceback }: ErrorOutput): string {
  const title = `${ename}: ${evalue}`;
  const stack = traceback.join("\n");
  const rest = stack.startsWith(title) ? stack.slice(title.length) : stack && `\n${stack}`;
  return `<pre class="output error"><strong>${ansiToHtml(title)}</strong>${ansiToHtml(rest)}</pre>`;
}

function richestHtml(data: MimeData, renderMarkdown: (markdown: string) => string): string {
  const text = (mime: string) => typeof data[mime] === "string" ? data[mime] : undefined;
  const html = text("text/html");
  if (html !== undefined) return html;
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
