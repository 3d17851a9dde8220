/**
 * A language server's completions as Jupyter's.
 *
 * @module
 */
import type { CompletionItem, CompletionItemKind, Position } from "vscode-languageserver-protocol";

/** A text to be written, and what it replaces. */
export interface Proposal {
  /** The text. */
  readonly text: string;
  /** Where what it replaces begins, in the module that is being written. */
  readonly start: number;
  /** What the language server calls it. */
  readonly item: CompletionItem;
}

/** What was asked. */
export interface AskedText {
  /** The module's text. */
  readonly text: string;
  /** Where its author writes, in UTF-16 units. */
  readonly cursor: number;
  /** Returns the place of a line and column. */
  offsetAt(position: Position): number;
}

/**
 * The names of the kinds, by their numbers. Jupyter has no list of them: a front end shows the name, or a
 * symbol for those that it knows.
 * Source: CompletionItemKind of the Language Server Protocol
 */
const KINDS: Readonly<Partial<Record<CompletionItemKind, string>>> = {
  1: "text",
  2: "method",
  3: "function",
  4: "constructor",
  5: "property",
  6: "variable",
  7: "class",
  8: "interface",
  9: "module",
  10: "property",
  12: "value",
  13: "enum",
  14: "keyword",
  17: "file",
  19: "folder",
  20: "constant",
  21: "constant",
  25: "type",
};

const WORD_BEFORE = /[\p{ID_Continue}$\u200c\u200d]*$/u;

/** Returns where the word that ends at a place begins; the place itself if there is none. */
export function wordStart(text: string, offset: number): number {
  return offset - WORD_BEFORE.exec(text.slice(0, offset))![0].length;
}

/**
 * Returns the proposals that begin with what is written already, the best first. Jupyter knows one
 * replaced range for all: they have the same start.
 */
export function proposals(
  items: readonly CompletionItem[],
  { text, cursor, offsetAt }: AskedText,
): readonly Proposal[] {
  const word = wordStart(text, cursor);
  const written = text.slice(word, cursor);
  const all = items.filter(({ label, kind }) => begins(label, written, kind))
    .map((item): Proposal => {
      const edit = item.textEdit;
      const range = edit === undefined ? undefined : "insert" in edit ? edit.insert : edit.range;
      return {
        text: edit?.newText ?? item.insertText ?? item.label,
        start: range === undefined ? word : offsetAt(range.start),
        item,
      };
    });
  const starts = Map.groupBy(all, ({ start }) => start);
  const most = [...starts.values()].sort((a, b) => b.length - a.length)[0] ?? [];
  const exact = most.filter(({ item: { label } }) => label.startsWith(written));
  const key = ({ item: { sortText, label } }: Proposal) => sortText ?? label;
  const sorted = (exact.length > 0 ? exact : most).sort((a, b) =>
    key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.text < b.text ? -1 : a.text > b.text ? 1 : 0
  );
  return [...new Map(sorted.map((each) => [each.text, each])).values()];
}

/** Within quotes, a proposal may have signs that no word has. */
function begins(label: string, written: string, kind: CompletionItemKind | undefined): boolean {
  return kind === 17 || kind === 19 || kind === 9 ||
    label.toLowerCase().startsWith(written.toLowerCase());
}

/** Returns the name of a proposal's kind, and its signature where the server has looked that up. */
export function typeOf(
  item: CompletionItem,
): { readonly type: string; readonly signature?: string } {
  const type = (item.kind && KINDS[item.kind]) ?? "";
  if (item.detail === undefined) return { type };
  // As in "(method) Console.log(…): void" and "(alias) class Socket\nexport Socket".
  const signature = item.detail.replace(/^\([\w ]+\) /, "").replace(/\n(?:im|ex)port [^\n]*$/, "");
  // Of a name that was imported, the server says that it is a variable.
  const declared = DECLARED[/^\w+(?= )/.exec(signature)?.[0] ?? ""];
  return { type: declared ?? type, signature };
}

/** The kinds of what is declared by a keyword. */
const DECLARED: Readonly<Record<string, string>> = {
  class: "class",
  enum: "enum",
  function: "function",
  interface: "interface",
  namespace: "module",
  type: "type",
};
