/** The nodes of a cell's syntax tree, as `@babel/parser` makes them. */

/** A node. */
export interface Node {
  /** Its kind, such as "AwaitExpression". */
  readonly type: string;
  /** Where it begins in the text. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
  /** The line at which it begins. */
  readonly loc: { readonly start: { readonly line: number } };
  /** What its kind has. */
  readonly [field: string]: unknown;
}

/** Whether a field of a node is a node itself. */
export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value &&
    typeof value.type === "string" && "start" in value;
}

/** The TypeScript nodes that have values in them; what is in any other is a type. */
export const TS_VALUES: ReadonlySet<string> = new Set([
  "TSAsExpression",
  "TSDeclareFunction",
  "TSEnumBody",
  "TSEnumDeclaration",
  "TSEnumMember",
  "TSExportAssignment",
  "TSInstantiationExpression",
  "TSModuleBlock",
  "TSModuleDeclaration",
  "TSNonNullExpression",
  "TSParameterProperty",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);
