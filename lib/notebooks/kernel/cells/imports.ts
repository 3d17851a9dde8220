/**
 * Makes a cell's imports say which names they want, so that a name that a module does not export can be
 * an error. The Deno kernel turns an import into a dynamic one, and then the name is silently undefined.
 *
 * `import { a, b as c } from "m";` becomes, on the same lines,
 * `const { a, b: c } = await ….imported(import(("m")), "m", "a", "b");`, and the `import("m")` in
 * `const { a } = await import("m")` is wrapped in the same way.
 *
 * The module's name is in parentheses so that the Deno kernel does not look for npm packages before it runs
 * the cell: one that does not exist would end the cell without a reason.
 *
 * @module
 */
import { parse } from "@babel/parser";
import MagicString from "magic-string";
import { type EditedText, editedText, unedited } from "./edited_text.ts";
import { isNode, type Node, TS_VALUES } from "./nodes.ts";

type Program = ReturnType<typeof parse>["program"];
type Statement = Program["body"][number];
type Import = Extract<Statement, { type: "ImportDeclaration" }>;

/** How a cell uses the names that it imports. */
interface Uses {
  /** Names that stand where a type stands. */
  readonly types: Set<string>;
  /** Names that stand anywhere else. */
  readonly values: Set<string>;
  /** The fields that are read of each name, as in `net.connect`. */
  readonly fields: Map<string, Set<string>>;
  /** The dynamic imports of a module that is named, and the names that are taken from it at once. */
  readonly dynamic: Map<Node, string[]>;
}

/** What is changed, and by what. */
interface Rewriting {
  readonly edit: MagicString;
  readonly slot: string;
}

/**
 * Rewrites the imports of a cell; a cell that does not parse, or has none, stays as it is.
 *
 * @param slot The object that has the function `imported`, as code
 */
export function rewriteImports(source: string, slot: string): EditedText {
  if (!source.includes("import")) return unedited(source);
  let program: Program;
  try {
    program = parse(source, { sourceType: "module", plugins: ["typescript"] }).program;
  } catch {
    return unedited(source); // whoever runs the cell says what is wrong
  }
  const uses: Uses = { types: new Set(), values: new Set(), fields: new Map(), dynamic: new Map() };
  for (const statement of program.body) {
    if (statement.type !== "ImportDeclaration") collect(statement as unknown as Node, uses, false);
  }
  const edit = new MagicString(source);
  for (const statement of program.body) {
    if (statement.type === "ImportDeclaration") {
      rewriteStatic(statement, uses, { edit, source, slot });
    }
  }
  for (const [node, names] of uses.dynamic) rewriteDynamic(node, names, { edit, slot });
  return editedText(edit);
}

function rewriteStatic(
  node: Import,
  uses: Uses,
  { edit, source, slot }: Rewriting & { readonly source: string },
): void {
  if (node.importKind === "type" || node.phase) return;
  const from = node.source.value;
  const fields: string[] = [];
  const names: string[] = [];
  let namespace: string | undefined;
  for (const specifier of node.specifiers) {
    const { name } = specifier.local;
    if (specifier.type === "ImportNamespaceSpecifier") {
      namespace = name;
      names.push(...uses.fields.get(name) ?? []);
      continue;
    }
    if (specifier.type === "ImportSpecifier" && specifier.importKind === "type") continue;
    const wanted = specifier.type === "ImportDefaultSpecifier"
      ? "default"
      : specifier.imported.type === "Identifier"
      ? specifier.imported.name
      : specifier.imported.value;
    const key = /^[\w$]+$/.test(wanted) ? wanted : JSON.stringify(wanted);
    fields.push(key === name ? name : `${key}: ${name}`);
    if (!uses.values.has(name) && uses.types.has(name)) continue;
    names.push(wanted === "default" ? `default as ${name}` : wanted);
  }
  // An import whose names are all types is not run.
  if (node.specifiers.length > 0 && namespace === undefined && fields.length === 0) return;
  const { start, end } = node as unknown as Node;
  const attributes = node.attributes?.length ? optionsText(node.attributes, source) : "";
  const call = `await ${slot}.imported(${
    argumentsText(`import((${node.source.extra!.raw})${attributes})`, from, names)
  })`;
  const pattern = `{ ${fields.join(", ")} }`;
  const statement = namespace !== undefined
    ? `const ${namespace} = ${call}${fields.length > 0 ? `, ${pattern} = ${namespace}` : ""};`
    : fields.length > 0
    ? `const ${pattern} = ${call};`
    : `void ${call};`;
  // Lines stay: what follows is where it was.
  const lines = source.slice(start, end).split("\n").length - 1;
  edit.overwrite(start, end, statement + "\n".repeat(lines));
}

function rewriteDynamic(node: Node, names: readonly string[], { edit, slot }: Rewriting): void {
  const source = node.source as Node & { readonly value: string };
  edit.appendLeft(source.start, "(").appendRight(source.end, ")");
  edit.appendRight(node.start, `${slot}.imported(`);
  edit.appendLeft(node.end, `${argumentsText("", source.value, names)})`);
}

function argumentsText(loading: string, from: string, names: readonly string[]): string {
  return [loading, ...[from, ...names].map((text) => JSON.stringify(text))].join(", ");
}

function optionsText(attributes: NonNullable<Import["attributes"]>, source: string): string {
  const { start } = attributes[0] as unknown as Node;
  const { end } = attributes.at(-1) as unknown as Node;
  return `, { with: { ${source.slice(start, end).replaceAll("\n", " ")} } }`;
}

/** Collects how names are used within a node. */
function collect(node: Node, uses: Uses, isType: boolean): void {
  switch (node.type) {
    case "Identifier":
      (isType ? uses.types : uses.values).add(node.name as string);
      break;
    case "MemberExpression":
      collectField(node, uses);
      break;
    case "VariableDeclarator": {
      const loading = awaitedImport(node.init);
      if (loading) uses.dynamic.set(loading, patternNames(node.id as Node));
      break;
    }
    case "ImportExpression":
      if (isNamed(node) && !uses.dynamic.has(node)) uses.dynamic.set(node, []);
      break;
  }
  const within = isType || node.type.startsWith("TS") && !TS_VALUES.has(node.type);
  for (const value of Object.values(node)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (isNode(each)) collect(each, uses, within);
    }
  }
}

function collectField({ object, property, computed }: Node, uses: Uses): void {
  if (computed || !isNode(object) || !isNode(property)) return;
  const field = property.name as string;
  const loading = awaitedImport(object);
  if (loading) uses.dynamic.set(loading, [field]);
  if (object.type !== "Identifier") return;
  const name = object.name as string;
  if (!uses.fields.has(name)) uses.fields.set(name, new Set());
  uses.fields.get(name)!.add(field);
}

/** Returns the import in `await import("m")`. */
function awaitedImport(node: unknown): Node | undefined {
  if (!isNode(node) || node.type !== "AwaitExpression" || !isNode(node.argument)) return undefined;
  return isNamed(node.argument) ? node.argument : undefined;
}

function isNamed(node: Node): boolean {
  return node.type === "ImportExpression" && (node.source as Node).type === "StringLiteral";
}

/** Returns the names that `{ a, b: c }` takes; one with a default value may be missing. */
function patternNames(pattern: Node): string[] {
  if (pattern.type !== "ObjectPattern") return [];
  return (pattern.properties as Node[]).flatMap(({ type, computed, key, value }) => {
    if (type !== "ObjectProperty" || computed || (value as Node).type === "AssignmentPattern") {
      return [];
    }
    const { name, value: text } = key as { readonly name?: string; readonly value?: string };
    return [name ?? `${text}`];
  });
}
