import { assertEquals } from "@std/assert";
import {
  inspectionOfHover,
  inspectionOfSignatures,
  mimeBundle,
} from "../../../../lib/notebooks/kernel/help/_inspection.ts";

// As `deno lsp` 2.9.6 says it.
const HOVER = `\`\`\`tsx
(alias) function addOne(n: number): number
import addOne
\`\`\`
Adds one to a [\`Port\`](file:///course/port.ts#1,2-3,4).

*@param* \`n\` — What is
added to

*@example*
\`\`\`ts
addOne(1);
\`\`\`

*@category* — Ports
`;

Deno.test("inspectionOfHover() reads the signature and the doc comment", () => {
  const { signature } = inspectionOfHover(HOVER)!;
  assertEquals(signature, "function addOne(n: number): number");
  for (const unknown of ["any", "import nope"]) {
    assertEquals(inspectionOfHover(`\`\`\`tsx\n${unknown}\n\`\`\`\n`), undefined);
  }
  assertEquals(inspectionOfHover("**Resolved Dependency**"), undefined);
});

Deno.test("mimeBundle() shows examples to those who ask for more", () => {
  const inspection = inspectionOfHover(HOVER)!;
  assertEquals(mimeBundle(inspection, 0), {
    "text/markdown": "```typescript\nfunction addOne(n: number): number\n```\n\n" +
      "Adds one to a `Port`.\n\n*@param* `n` — What is\nadded to",
    "text/plain": "function addOne(n: number): number\n\n" +
      "Adds one to a `Port`.\n\n@param n — What is\nadded to",
  });
  const more = mimeBundle(inspection, 1);
  assertEquals(more["text/plain"]!.endsWith("@example\naddOne(1);"), true);
  assertEquals(more["text/markdown"]!.endsWith("*@example*\n```ts\naddOne(1);\n```"), true);
});

Deno.test("inspectionOfSignatures() reads the signature that fits, with its parameters", () => {
  const parameters = [{ label: "a: number", documentation: { kind: "markdown", value: "One\n" } }, {
    label: "b?: string",
    documentation: { kind: "markdown", value: "\n" },
  }];
  const signatures = [{ label: "f(): void" }, {
    label: "f(a: number, b?: string): void",
    documentation: { kind: "markdown", value: "Does it.\n" },
    parameters,
  }] as Parameters<typeof inspectionOfSignatures>[0]["signatures"];
  assertEquals(inspectionOfSignatures({ signatures, activeSignature: 1 }), {
    signature: "f(a: number, b?: string): void (+1 overload)",
    comment: "Does it.\n\n*@param* `a` — One",
  });
  assertEquals(inspectionOfSignatures({ signatures: [] }), undefined);
});
