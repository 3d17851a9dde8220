/**
 * What a language server knows of a name, as Jupyter shows it: a signature and a doc comment.
 *
 * @module
 */
import type { MarkupContent, SignatureHelp } from "vscode-languageserver-protocol";

/** What is known of a name. */
export interface Inspection {
  /** Its signature, as TypeScript. */
  readonly signature: string;
  /** Its doc comment, as Markdown; may be empty. */
  readonly comment: string;
}

/** How much is shown: 1 is what somebody wants who asks twice. */
export type DetailLevel = 0 | 1;

/** What the server says of a name that it does not know. */
const UNKNOWN = /^(?:any|import \S+)$/;

/** Reads the Markdown of a hover; undefined if it says nothing. */
export function inspectionOfHover(hover: string): Inspection | undefined {
  const found = /^```\w*\n([^]*?)\n```\n?([^]*)$/.exec(hover);
  if (found === null) return undefined;
  // That a name comes from another cell is no news.
  const signature = found[1]!.replace(/^\(alias\) /, "").replace(/\nimport [^\n]+$/, "");
  return UNKNOWN.test(signature) ? undefined : { signature, comment: found[2]!.trim() };
}

/** Reads the signatures of a function; undefined if there are none. */
export function inspectionOfSignatures(help: SignatureHelp): Inspection | undefined {
  const active = help.signatures[help.activeSignature ?? 0];
  if (active === undefined) return undefined;
  const others = help.signatures.length - 1;
  const more = others === 0 ? "" : ` (+${others} overload${others === 1 ? "" : "s"})`;
  const parameters = (active.parameters ?? []).flatMap(({ label, documentation }) => {
    const text = markdownOf(documentation);
    if (text === "" || typeof label !== "string") return [];
    return [`*@param* \`${/^[^?:]*/.exec(label)![0]}\` — ${text}`];
  });
  return {
    signature: active.label + more,
    comment: [markdownOf(active.documentation), ...parameters].filter((each) => each !== "")
      .join("\n\n"),
  };
}

function markdownOf(documentation: string | MarkupContent | undefined): string {
  return (typeof documentation === "object" ? documentation.value : documentation ?? "").trim();
}

/** Returns an inspection by MIME types. Examples are long, so they come with the second level only. */
export function mimeBundle(
  { signature, comment }: Inspection,
  level: DetailLevel,
): Readonly<Record<string, string>> {
  const blocks = comment.split(/\n(?=\*@\w+\*)/).map((block) => block.trim());
  const hidden = level === 0 ? /^\*@(?:tags|category|example)\*/ : /^\*@(?:tags|category)\*/;
  const text = blocks.filter((block) => block !== "" && !hidden.test(block)).join("\n\n")
    .replace(/\[([^\]]*)\]\(file:[^)]*\)/g, "$1"); // no front end opens these
  const plain = text.replace(/^\*(@\w+)\*/gm, "$1").replace(/^```\w*(?:\n|$)/gm, "")
    .replace(/^(@\w+) `([^`]*)`/gm, "$1 $2");
  return {
    "text/markdown": ["```typescript\n" + signature + "\n```", text].join("\n\n").trim(),
    "text/plain": [signature, plain].join("\n\n").trim(),
  };
}
