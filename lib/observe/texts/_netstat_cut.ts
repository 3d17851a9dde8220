/** Which addresses netstat may have cut off. */
import type { End } from "./_tool_endpoint.ts";
import type { Line } from "./_text_lines.ts";

/** addr_do_one() in net-tools' netstat.c: a long address loses its end until 23 characters are left. */
const CUT_ENDPOINT = 23;
/** inet6print() in the BSDs' inet6.c: an address has 16 characters at most. */
const CUT_HOST = 16;

/** Whether the text shows that nothing was cut, on Linux and on macOS: it has longer addresses. */
export interface Wide {
  readonly linux: boolean;
  readonly dotted: boolean;
}

/** Looks for endpoints that are longer than those that were cut. */
export function isWide(lines: readonly Line[]): Wide {
  const words = lines.flatMap(({ words }) => words.slice(1, 6).map(({ text }) => text))
    .filter((text) => /^[0-9a-f]{0,4}:[0-9a-f.:]+(?:%\w+)?[.:](?:[\w-]+|\*)$/i.test(text));
  const isDotted = (text: string) => text.lastIndexOf(".") > text.lastIndexOf(":");
  return {
    linux: words.some((text) => !isDotted(text) && text.length > CUT_ENDPOINT),
    dotted: words.some((text) => isDotted(text) && text.lastIndexOf(".") > CUT_HOST),
  };
}

/** Returns why a row with these ends cannot be trusted, if so. */
export function cutReason(ends: readonly CutCandidate[], wide: Wide): string | undefined {
  const isDoubtful = (end: CutCandidate) => {
    if (!end.text.includes(":") || end.text.startsWith("[")) return false;
    const port = end.text.lastIndexOf(".");
    return port > end.text.lastIndexOf(":")
      ? !wide.dotted && port === CUT_HOST
      : !wide.linux && end.text.length === CUT_ENDPOINT && end.text.split(":").length > 2;
  };
  const doubtful = ends.find(isDoubtful);
  if (doubtful === undefined) return undefined;
  const option = doubtful.text.lastIndexOf(".") > doubtful.text.lastIndexOf(":") ? "-l" : "-W";
  return `netstat may have cut off the end of ${doubtful.text}, and ${option} prints all of it`;
}

/** Both ends, as printed. */
export type CutCandidate = Pick<End, "text">;
