/** Words and numbers of a figure: made to fit, counted, and safe from plotly's markup. */

/** Returns a number with its noun: "1 port", "9,000 ports". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Returns a number in at most seven characters: "999,999", then "1M". */
export function shortNumber(value: number): string {
  const whole = value.toLocaleString("en");
  if (whole.length <= 7) return whole;
  return value.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 3 });
}

/** Returns `text` so that plotly, which reads some HTML in labels, shows each of its characters. */
export function plainText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Returns how wide a text is, in letters of usual width; it may be a little more than it is. */
export function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) width += letterWidth(letter);
  return width;
}

/** As in DejaVu Sans, one of the widest fonts that systems have. */
function letterWidth(letter: string): number {
  if (/[.:,;'| ijl]/.test(letter)) return 0.5;
  if (/[-()[\]ftr]/.test(letter)) return 0.7;
  if (/[MW@mw%]/.test(letter)) return 1.6;
  if (letter >= "A" && letter <= "Z") return 1.15;
  // Chinese, Japanese and Korean letters, and pictures
  return letter >= "\u1100" && /[\p{L}\p{So}]/u.test(letter) ? 2 : 1;
}

/**
 * Cuts the middle out of a text that is wider than `letters`: texts that resemble each other mostly
 * differ at an end.
 */
export function shorten(text: string, letters: number): string {
  if (widthOf(text) <= letters) return text;
  const all = [...text];
  for (let kept = Math.min(all.length - 1, Math.floor(2 * letters)); kept > 0; kept--) {
    const end = Math.floor(kept / 2);
    const short = `${all.slice(0, kept - end).join("")}…${
      end === 0 ? "" : all.slice(-end).join("")
    }`;
    if (widthOf(short) <= letters) return short;
  }
  return "…";
}

/** Splits prose at blanks into lines of at most `letters`; a longer word is broken. */
export function wrap(text: string, letters: number): string[] {
  return fill(text.match(/\S+\s*/g) ?? [], letters);
}

/**
 * Splits a name into as few lines as have at most `letters`, of about one length, at blanks, after the
 * points and colons of addresses, and before the zone of one.
 */
export function wrapName(name: string, letters: number): string[] {
  const pieces = name.match(/%?[^ .:%]*(?: +|[.:]+)|%?[^ .:%]+|%/g) ?? [];
  let lines = fill(pieces, letters);
  for (let fewer = letters - 1; fewer > 0; fewer--) {
    const tighter = fill(pieces, fewer);
    if (tighter.length > lines.length) break;
    lines = tighter;
  }
  return lines;
}

/** Puts as many pieces into each line as fit. */
function fill(pieces: readonly string[], letters: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces.flatMap((piece) => broken(piece, letters))) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf((last + piece).trim()) <= letters) {
      lines[lines.length - 1] = last + piece;
    } else {
      lines.push(piece);
    }
  }
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

function broken(piece: string, letters: number): string[] {
  if (widthOf(piece.trim()) <= letters) return [piece];
  const parts: string[] = [];
  for (const letter of piece) {
    const last = parts.at(-1);
    if (last !== undefined && widthOf((last + letter).trim()) <= letters) {
      parts[parts.length - 1] = last + letter;
    } else {
      parts.push(letter);
    }
  }
  return parts;
}
