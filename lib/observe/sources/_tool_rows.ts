/**
 * The table of sockets in the words of the first tool that is there: for systems without netlink
 * and /proc, and for a kernel that forbids both.
 */
import { runChildSync } from "../../program/child_process.ts";
import type { TableTool } from "../texts/_text_lines.ts";
import { parseLsof } from "../texts/parse_lsof.ts";
import { readNetstat } from "../texts/parse_netstat.ts";
import { parseSs } from "../texts/parse_ss.ts";
import type { Connection, LeftOutLine, SocketOwners } from "../rows/connection.ts";
import type { SocketOwner } from "../rows/socket_owner.ts";
import type { ToolRow, ToolRows } from "../texts/tool_row.ts";

/** The rows, and where they come from. */
export interface ToolReading {
  /** Which tool was asked. lsof sees no socket without a process: none in TIME_WAIT. */
  readonly tool: TableTool;
  readonly rows: readonly Connection[];
  /** The owners that the tool has printed. */
  readonly owners: SocketOwners;
  /** Lines that the tool printed and that could not become rows. */
  readonly leftOut: readonly LeftOutLine[];
}

/** How the tools are asked. */
export interface ToolReadingOptions {
  /** As `Deno.build.os` has it, which is the default. */
  readonly os?: string;
  /** Which tools, the best first; by default those that the system has and that tell most. */
  readonly tools?: readonly TableTool[];
  /** A command before the tool's own, such as one that enters a network; nothing by default. */
  readonly prefix?: readonly string[];
}

interface Call {
  readonly tool: TableTool;
  /** Numbers for names, all states, processes, and no address cut off. */
  readonly args: readonly string[];
}

const LSOF: Call = { tool: "lsof", args: ["-nPl", "-i", "-Tqs", "+c15"] };

/** Those of Linux were tried; the others are after the manuals. */
const CALLS: Readonly<Record<string, readonly Call[]>> = {
  linux: [
    { tool: "ss", args: ["-tuanpe"] },
    { tool: "netstat", args: ["-tuanpeW"] },
    LSOF,
  ],
  darwin: [{ tool: "netstat", args: ["-anlv"] }, LSOF],
  windows: [{ tool: "netstat", args: ["-ano"] }],
};
/** lsof waits for a network file system that does not answer. */
const LIMIT_MS = 10_000;
const OTHER_CALLS: readonly Call[] = [{ tool: "netstat", args: ["-anW"] }, LSOF];

/** The command says what netstat does not cut off. */
const PARSERS: Readonly<Record<TableTool, (text: string, command: string) => ToolRows>> = {
  ss: (text) => parseSs(text),
  netstat: readNetstat,
  lsof: (text) => parseLsof(text),
};

/**
 * Runs the first tool that is there, waits for it, and returns what it says of TCP and UDP.
 *
 * @throws {Deno.errors.NotSupported} If there is none that prints the table
 * @throws {Deno.errors.NotCapable} If Deno may not run programs or read the environment
 * @throws {SyntaxError} If a tool prints something else than its manual says
 */
export function connectionsFromTools(options: ToolReadingOptions = {}): ToolReading {
  const { os = Deno.build.os, prefix = [] } = options;
  const calls = (CALLS[os === "android" ? "linux" : os] ?? OTHER_CALLS)
    .filter(({ tool }) => options.tools?.includes(tool) ?? true);
  const refusals: string[] = [];
  for (const call of calls) {
    const answer = run([...prefix, call.tool, ...call.args], call.tool);
    if ("refusal" in answer) {
      refusals.push(answer.refusal);
      continue;
    }
    const rows = PARSERS[call.tool](answer.output, [call.tool, ...call.args].join(" "));
    return { tool: call.tool, ...connectionsOf(rows, call.tool, os), leftOut: rows.leftOut };
  }
  throw new Deno.errors.NotSupported(
    `Cannot list the kernel's sockets on "${os}": ${
      calls.map(({ tool }) => tool).join(", ") || "ss, netstat or lsof"
    } would print them, got ${refusals.join("; ") || "no tool to ask"}`,
  );
}

function run(
  words: readonly string[],
  tool: TableTool,
): { output: string } | { refusal: string } {
  const [program] = words;
  let output;
  try {
    // In the language of the manuals.
    output = runChildSync(words, { env: { LC_ALL: "C" }, timeout: LIMIT_MS });
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied;
    if (isMissing) return { refusal: `no ${program}` };
    if (error instanceof DOMException && error.name === "TimeoutError") {
      return { refusal: `${program} took longer than ${LIMIT_MS} ms` };
    }
    throw error;
  }
  const complaint = output.stderr.trim().split("\n")[0]!;
  // lsof ends with 1 where it finds nothing, without a word.
  if (output.success || (tool === "lsof" && output.code === 1 && complaint === "")) {
    return { output: output.stdout };
  }
  return { refusal: `${program} ended with ${output.code}, "${complaint}"` };
}

function connectionsOf(
  printed: ToolRows,
  tool: TableTool,
  os: string,
): Pick<ToolReading, "rows" | "owners"> {
  const isLinux = os === "linux" || os === "android";
  const owners = new Map<Connection, readonly SocketOwner[]>();
  const rows = (tool === "lsof" && isLinux ? joined(printed) : [...printed]).map((row) => {
    const isListening = row.state === "LISTEN";
    const connection: Connection = {
      protocol: row.protocol,
      family: row.family,
      state: row.state,
      local: row.local,
      remote: row.remote,
      receiveQueue: isListening && !isLinux ? undefined : row.receiveQueue,
      sendQueue: isListening && tool !== "ss" ? undefined : row.sendQueue,
      uid: /^[0-9]+$/.test(row.user ?? "") ? Number(row.user) : undefined,
      inode: row.inode ?? 0,
    };
    if (row.owners !== undefined && row.owners.length > 0) owners.set(connection, row.owners);
    return connection;
  });
  return { rows, owners };
}

/** lsof has a row for each process that has a socket, and Linux a number for each socket. */
function joined(rows: Iterable<ToolRow>): ToolRow[] {
  const sockets = new Map<number, ToolRow>();
  const others: ToolRow[] = [];
  for (const row of rows) {
    if (row.inode === undefined) {
      others.push(row);
      continue;
    }
    const known = sockets.get(row.inode);
    const owners = [...known?.owners ?? [], ...row.owners ?? []];
    sockets.set(row.inode, { ...known ?? row, owners });
  }
  return [...sockets.values(), ...others];
}
