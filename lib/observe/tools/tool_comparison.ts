/**
 * One socket, four tools: who shows it, and under which name of its state.
 *
 * @module
 */
import { Table } from "../../show/table.ts";
import { wordState } from "../texts/_tool_state.ts";
import type { ToolAnswer } from "./ask_tool.ts";
import { type Connection, type Connections, isWaiting } from "../rows/connection.ts";
import { ownersText } from "../rows/socket_owner.ts";

/** In a cell of a tool that was not to be had. */
const MISSING = "(no such tool)";
const NOT_LISTED = "not listed";

/**
 * Puts the kernel's rows beside what tools say of the same sockets: a row for each socket, a column
 * for each tool, and in it the word that the tool has for the state.
 *
 * @param rows Rows of `connections()`; with owners, they have a column
 * @param answers Answers of `askTool()`
 *
 * @example A listener, by two names
 * ```ts
 * import { askTool, connections, toolComparison } from "fourtuple/observe";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const answers = [await askTool("ss -tln"), await askTool("netstat -tln")];
 * const table = toolComparison(connections({ port: listener.addr.port }), answers);
 * assertEquals(table.columns.slice(0, 3), ["local", "remote", "connections()"]);
 * assertEquals(table.rows[0]![2], "LISTEN");
 * ```
 */
export function toolComparison(
  rows: Connections,
  answers: readonly ToolAnswer[],
): Table {
  const words = answers.map(stateWords);
  return new Table({
    columns: [
      "local",
      "remote",
      "connections()",
      ...answers.map(({ tool }) => tool),
      ...rows.hasOwners ? ["owner"] : [],
    ],
    rows: rows.map((row) => [
      String(row.local),
      isWaiting(row) ? "*" : String(row.remote),
      row.state,
      ...answers.map(({ missing }, index) =>
        missing === undefined ? words[index]!.get(key(row)) ?? NOT_LISTED : MISSING
      ),
      ...rows.hasOwners
        ? [ownersText(rows.ownersOf(row), { isHidden: rows.isOwnerHidden(row) })]
        : [],
    ]),
  });
}

/** The tool's own word for the state of each of its rows. */
function stateWords({ text, rows }: ToolAnswer): Map<string, string> {
  const lines = text.split(/\r\n|\n|\r/);
  return new Map(rows.map((row) => {
    const words = lines[row.line - 1]!.split(/[\s()]+/);
    return [key(row), words.find((word) => wordState(word) !== undefined) ?? "listed"];
  }));
}

/** Which socket it is: what each tool tells of it. */
function key({ protocol, local, remote }: Pick<Connection, "protocol" | "local" | "remote">) {
  return `${protocol} ${local} ${remote}`;
}
