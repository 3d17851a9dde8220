/**
 * Makes a cell one that can be stopped: its loops and functions ask whether it is to stop, and its awaits
 * can be ended. What the calls do is in inside/stop.ts.
 *
 * - `while (x)` becomes `while (stop[0] && stop.loop(…), x)`, and a function begins with the same question.
 *   It is an expression, or a `let`, so that the value of a cell that ends with a loop stays what it was.
 * - `await x` becomes `await stop.wait(x, …)`, and what awaits without the word is treated alike: `for await`,
 *   `await using` (its disposal), `yield` and `return` in async generators.
 *
 * All is inserted within lines, which keep their numbers.
 *
 * @module
 */
import { parse, type ParserOptions } from "@babel/parser";
import MagicString from "magic-string";
import { type EditedText, editedText, unedited } from "./edited_text.ts";
import { isNode, type Node, TS_VALUES } from "./nodes.ts";

/** Which cell is made stoppable, and by what. */
export interface StoppableOptions {
  /** The cell's id, which the calls get with the line: a function may run for another cell. */
  readonly cell: number;
  /** The object that has the flag and the functions, as code. */
  readonly stop: string;
}

/** What kind of code a node is in. */
interface Scope {
  /** Whether it is in no function. */
  readonly isTop: boolean;
  /** Whether it is in an async generator. */
  readonly isAsyncGenerator: boolean;
}

const MAX_TEXT_CHARACTERS = 60;

const FUNCTIONS: ReadonlySet<string> = new Set([
  "ArrowFunctionExpression",
  "ClassMethod",
  "ClassPrivateMethod",
  "FunctionDeclaration",
  "FunctionExpression",
  "ObjectMethod",
]);

/** The text of a declaration inserted for what is awaited at the end of a scope. */
const HIDDEN = "__fourtupleUsed";

/** Makes a cell stoppable; one that does not parse stays as it is. */
export function makeStoppable(source: string, options: StoppableOptions): EditedText {
  const program = parsed(source);
  if (program === undefined) return unedited(source); // whoever runs the cell says what is wrong
  const rewriter = new Rewriter(source, options);
  for (const statement of program.body as Node[]) {
    rewriter.visit(statement, { isTop: true, isAsyncGenerator: false }, program);
  }
  return editedText(rewriter.edit);
}

/** The Deno kernel reads a cell as TSX first, and as TypeScript where that fails. */
function parsed(source: string): Node | undefined {
  for (const jsx of [[], ["jsx"]] as const) {
    try {
      const options: ParserOptions = {
        sourceType: "module",
        allowReturnOutsideFunction: true,
        createParenthesizedExpressions: true,
        errorRecovery: true, // what is wrong but parses, V8 says in its own words
        plugins: [...jsx, "typescript", "decorators"],
      };
      return parse(source, options).program as unknown as Node;
    } catch {
      continue;
    }
  }
  return undefined;
}

class Rewriter {
  readonly edit: MagicString;
  readonly #source: string;
  readonly #cell: number;
  readonly #stop: string;
  #hidden = 0;

  constructor(source: string, { cell, stop }: StoppableOptions) {
    this.edit = new MagicString(source);
    this.#source = source;
    this.#cell = cell;
    this.#stop = stop;
  }

  /** Inserts before it visits the parts, and after: at one place, outer texts enclose inner ones. */
  visit(node: Node, scope: Scope, parent: Node): void {
    if (node.type.startsWith("TS") && isOnlyType(node)) return;
    const inner = FUNCTIONS.has(node.type)
      ? {
        isTop: false,
        isAsyncGenerator: node.async === true && node.generator === true,
      }
      : scope;
    const after = this.#before(node, inner, parent);
    for (const child of childrenOf(node)) this.visit(child, inner, node);
    after?.();
  }

  /** Inserts what comes before a node's parts, and returns what inserts the rest. */
  #before(node: Node, scope: Scope, parent: Node): (() => void) | undefined {
    if (FUNCTIONS.has(node.type)) return this.#function(node);
    switch (node.type) {
      case "WhileStatement":
      case "DoWhileStatement":
        return this.#condition(node, node.test as Node);
      case "ForStatement":
        if (node.test) return this.#condition(node, node.test as Node);
        return this.#body(node, "");
      case "ForInStatement":
        return this.#body(node, "");
      case "ForOfStatement":
        return this.#forOf(node, scope);
      case "AwaitExpression":
        return this.#call("wait", node.argument as Node, node, scope);
      case "YieldExpression":
        if (!scope.isAsyncGenerator || !node.argument) return;
        return this.#call(node.delegate ? "each" : "wait", node.argument as Node, node, scope);
      case "ReturnStatement":
        if (!scope.isAsyncGenerator || !node.argument) return;
        return this.#call("wait", node.argument as Node, node, scope);
      case "VariableDeclaration":
        if (node.kind !== "await using" || isHead(parent) || parent.type === "Program") return;
        return this.#awaitUsing(node, scope);
    }
  }

  #question({ loc }: Node): string {
    return `${this.#stop}[0]&&${this.#stop}.loop(${this.#cell},${loc.start.line})`;
  }

  #condition(loop: Node, test: Node): undefined {
    this.edit.appendLeft(test.start, `${this.#question(loop)},`);
  }

  /** A `let` has no value that could become the cell's; `first` comes after it. */
  #body(loop: Node, first: string): (() => void) | undefined {
    const body = loop.body as Node;
    const text = `let __fourtupleTick=${this.#question(loop)};${first}`;
    if (body.type === "BlockStatement" && first === "") {
      this.edit.appendRight(body.start + 1, text);
      return;
    }
    this.edit.appendLeft(body.start, `{${text}`);
    return () => this.edit.appendLeft(body.end, "}");
  }

  #function(node: Node): (() => void) | undefined {
    const body = node.body as Node | undefined;
    if (!body) return; // an overload
    if (body.type === "BlockStatement") {
      const directives = body.directives as Node[];
      const last = directives.at(-1);
      const isOpen = last && this.#source[last.end - 1] !== ";";
      const text = `${isOpen ? ";" : ""}${this.#question(node)};`;
      this.edit.appendRight(last?.end ?? body.start + 1, text);
      return;
    }
    this.edit.appendLeft(body.start, `(${this.#question(node)},`);
    return () => this.edit.appendLeft(body.end, ")");
  }

  #call(name: "wait" | "each", argument: Node, whole: Node, scope: Scope): () => void {
    // A `return` may have several expressions, of which the last is the value.
    const [open, close] = argument.type === "SequenceExpression" ? ["(", ")"] : ["", ""];
    this.edit.appendLeft(argument.start, `${this.#stop}.${name}(${open}`);
    const place = this.#place(whole, this.#described(argument), scope);
    return () => this.edit.appendLeft(argument.end, `${close},${place})`);
  }

  #place({ loc }: Node, text: string, { isTop }: Scope): string {
    return `${this.#cell},${loc.start.line},${JSON.stringify(text)}${isTop ? ",true" : ""}`;
  }

  #forOf(node: Node, scope: Scope): (() => void) | undefined {
    const left = node.left as Node;
    let first = "";
    if (left.type === "VariableDeclaration" && left.kind === "await using") {
      const [declarator] = left.declarations as [Node];
      this.edit.overwrite(left.start, declarator.start, "const ");
      first = this.#closing(declarator, scope);
    }
    const body = this.#body(node, first);
    const each = node.await ? this.#call("each", node.right as Node, node, scope) : undefined;
    return () => {
      each?.();
      body?.();
    };
  }

  /** `await using x = y` becomes a constant, and a hidden value that is disposed of in its place. */
  #awaitUsing(node: Node, scope: Scope): () => void {
    const declarators = node.declarations as Node[];
    this.edit.overwrite(node.start, declarators[0]!.start, "const ");
    return () => {
      for (const [index, declarator] of declarators.entries()) {
        const next = declarators[index + 1];
        const text = `;${this.#closing(declarator, scope)}`;
        this.edit.appendLeft(declarator.end, next ? text : text.slice(0, -1));
        if (!next) continue;
        const between = this.#source.slice(declarator.end, next.start);
        const comma = declarator.end + between.indexOf(",");
        this.edit.overwrite(comma, comma + 1, "const ");
      }
    };
  }

  #closing(declarator: Node, scope: Scope): string {
    const { name } = declarator.id as Node;
    const place = this.#place(declarator, `the end of "await using ${name}"`, scope);
    return `await using ${HIDDEN}${++this.#hidden}=${this.#stop}.closing(${name},${place});`;
  }

  /** Returns what is awaited, as a message names it. */
  #described(node: Node): string {
    const text = importedModule(node) ?? this.#source.slice(node.start, node.end);
    const line = text.replace(/\s+/g, " ");
    return line.length <= MAX_TEXT_CHARACTERS ? line : `${line.slice(0, MAX_TEXT_CHARACTERS - 1)}…`;
  }
}

/** An import is a call by now, which imports.ts made of it. */
function importedModule(node: Node): string | undefined {
  if (node.type !== "CallExpression") return undefined;
  const [loading, from] = node.arguments as Node[];
  const isImport = loading?.type === "ImportExpression" && from?.type === "StringLiteral" &&
    (node.callee as Node).type === "MemberExpression";
  return isImport ? `import ${JSON.stringify(from.value)}` : undefined;
}

/** Whether a declaration in this node may be the head of a loop, which is treated with the loop. */
function isHead({ type }: Node): boolean {
  return type === "ForOfStatement" || type === "ForStatement" || type === "ForInStatement";
}

function isOnlyType({ type, declare }: Node): boolean {
  return declare === true || type === "TSDeclareFunction" || !TS_VALUES.has(type);
}

/** Returns the nodes in a node, in the order of the text. */
function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (const [field, value] of Object.entries(node)) {
    if (field === "leadingComments" || field === "trailingComments" || field === "innerComments") {
      continue;
    }
    for (const each of Array.isArray(value) ? value : [value]) {
      if (isNode(each)) children.push(each);
    }
  }
  return children.sort((a, b) => a.start - b.start);
}
