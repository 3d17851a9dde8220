/** Terminal text as HTML: colours become classes, all other control sequences go. */
import { escapeHtml } from "../../show/display.ts";

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
 * Returns `text` as HTML. A background is dropped, and so is a colour beyond the terminal's sixteen,
 * for neither could be kept legible on a light and on a dark page.
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
