/**
 * What the course can do on a machine, as values and as a table.
 *
 * @module
 */
import { Table, type TableCell } from "../../show/table.ts";
import type { PortRange } from "../../ports/port_range.ts";
import { isAtLeast } from "../../system/kernel_release.ts";
import {
  forbiddenNamespaceRemedy,
  type NamespaceLimits,
  sysctlRemedy,
} from "../../system/namespace_limits.ts";
import type { TableSource } from "../rows/connection.ts";
import { loopbackRemedy } from "./loopback.ts";
import { type ProcFiles, procFilesRemedy } from "./proc_files.ts";
import type { ProcessLimits } from "./process_limits.ts";
import {
  type PackageManager,
  type RemedyContext,
  type Tool,
  TOOL_FACTS,
  toolRemedy,
  TOOLS,
} from "./tools.ts";

export type { Tool };

/** Something that the course can do on this machine, or cannot. */
export interface Capability {
  /** Whether it can. */
  readonly ok: boolean;
  /** What was found, in a few words. */
  readonly here: string;
  /** What of the course uses it. */
  readonly neededFor: string;
  /** What to do about it, a command where there is one; `undefined` where nothing is missing. */
  readonly remedy: string | undefined;
}

/** What the machine is. */
export interface MachineFacts {
  /** The operating system, as `Deno.build.os` calls it. */
  readonly os: string;
  /** The kernel's release: "6.18.44". */
  readonly release: string;
  /** The processor: "x86_64" or "aarch64". */
  readonly arch: string;
  /** Deno's version. */
  readonly deno: string;
  /** The range of clients' ports, if the course knows how to read it on this system. */
  readonly ephemeralRange: PortRange | undefined;
  /** The first port that any user may bind; 1024 where the system has no such setting. */
  readonly firstUnprivilegedPort: number;
  /** The user's number; `null` on Windows. */
  readonly uid: number | null;
  /** Whether CAP_NET_BIND_SERVICE is in effect; `false` where there are no capabilities. */
  readonly holdsNetBindService: boolean;
}

/** What the course can do on a machine. */
export interface MachineCapabilities {
  /** Read the kernel's own table of sockets: `connections()`. */
  readonly kernelTable: Capability;
  /** Read the kernel's files about the network, /proc/net and /proc/sys/net: `counters()`, settings. */
  readonly kernelFiles: Capability;
  /** Make system calls through libc: `Socket`. */
  readonly systemCalls: Capability;
  /** Bind ports below `firstUnprivilegedPort`, which was tried on loopback. */
  readonly privilegedPorts: Capability;
  /** Narrow one socket's own ephemeral range: IP_LOCAL_PORT_RANGE, Linux 6.3. */
  readonly localPortRange: Capability;
  /** Call itself at 127.0.0.1, which was tried. */
  readonly loopback: Capability;
  /** Use ::1, which was tried. */
  readonly ipv6: Capability;
  /** Make a private network, with any address in it: `unshare -Urn`, which was tried. */
  readonly namespaces: Capability;
  /** Have as many files and sockets open as the notebooks need. */
  readonly openFiles: Capability;
  /** Start as many processes and threads as the notebooks need. */
  readonly processes: Capability;
  /** Programs that the course uses where it finds them. */
  readonly tools: Readonly<Record<Tool, Capability>>;
}

/** What was found by trying. */
export interface Findings extends NamespaceLimits {
  /** The path of each tool that the machine has. */
  readonly tools: ReadonlyMap<Tool, string>;
  /** The package manager, if it is a known one. */
  readonly manager: PackageManager | undefined;
  /** Why the kernel refused a privileged port, if it did. */
  readonly privilegedRefusal: Error | undefined;
  /** Why the kernel refused to listen at ::1, if it did. */
  readonly ipv6Refusal: Error | undefined;
  /** Whether libc could be loaded. */
  readonly callsLibc: boolean;
  /** Where the kernel's table could be read, if anywhere. */
  readonly tableSource: TableSource | undefined;
  /** Whether a user and a network namespace could be made. */
  readonly makesNamespaces: boolean;
  /** Why the kernel refused a call to itself at 127.0.0.1, if it did. */
  readonly loopbackRefusal: Error | undefined;
  /** Which of the kernel's files about the network are there. */
  readonly procFiles: ProcFiles;
  /** What limits this process and its user. */
  readonly limits: ProcessLimits;
}

/** What the notebooks need, of files and of processes and threads, with room for other programs. */
const LEAST_LIMIT = 1_024;
const RAISED_LIMIT = 4_096;

const TABLE_WAYS: Readonly<Record<TableSource, string>> = {
  netlink: "by netlink",
  "/proc": "from /proc/net",
  tool: "from the text of a tool",
};

/** Returns what the course can do on a machine, by what was found there. */
export function capabilities(facts: MachineFacts, found: Findings): MachineCapabilities {
  const isLinux = facts.os === "linux" || facts.os === "android";
  const context: RemedyContext = { manager: found.manager, needsSudo: facts.uid !== 0 };
  const capability = (
    ok: boolean,
    neededFor: string,
    { here = ok ? "yes" : "no", remedy }: { here?: string; remedy: string },
  ): Capability => ({ ok, here, neededFor, remedy: ok ? undefined : remedy });
  const tool = (name: Tool): Capability => {
    const path = found.tools.get(name);
    return capability(path !== undefined, TOOL_FACTS[name].neededFor, {
      here: path ?? "missing",
      remedy: toolRemedy(name, context),
    });
  };
  const limited = (name: keyof ProcessLimits, neededFor: string, option: string): Capability => {
    const limit = found.limits[name];
    return capability(limit === undefined || limit >= LEAST_LIMIT, neededFor, {
      here: limitText(limit),
      remedy: limitRemedy(option, { ...context, isLinux, isContainer: found.isContainer }),
    });
  };

  return {
    kernelTable: capability(found.tableSource !== undefined, "seeing what the kernel holds", {
      here: found.tableSource === undefined ? "no way to read it" : TABLE_WAYS[found.tableSource],
      remedy: `${toolRemedy("lsof", context)}; elsewhere "netstat -an" prints the table`,
    }),
    kernelFiles: capability(
      isLinux && found.procFiles.net && found.procFiles.settings,
      "the kernel's counters and settings",
      {
        here: procFilesText(found.procFiles),
        remedy: isLinux
          ? procFilesRemedy(found.procFiles, { ...context, ...found })
          : "Only Linux has them; the other cells need none",
      },
    ),
    systemCalls: capability(found.callsLibc, "sockets call by call", {
      here: found.callsLibc ? "libc.so.6" : "no libc.so.6",
      remedy: "Use Linux with glibc; the cells that use Deno's own API run here too",
    }),
    privilegedPorts: capability(
      found.privilegedRefusal === undefined,
      "servers at ports 80 and 443",
      {
        here: privilegedText(facts, found.privilegedRefusal),
        remedy: isLinux
          ? sysctlRemedy("net.ipv4.ip_unprivileged_port_start=0", context)
          : "Run the cell as administrator; the other cells need no privilege",
      },
    ),
    localPortRange: capability(
      isLinux && isAtLeast(facts.release, [6, 3]),
      "an ephemeral range of a socket's own",
      { remedy: "Use Linux 6.3 or later; the cell says what it would have shown" },
    ),
    loopback: capability(found.loopbackRefusal === undefined, "every notebook", {
      here: found.loopbackRefusal === undefined ? "127.0.0.1" : found.loopbackRefusal.message,
      remedy: loopbackRemedy({ ...context, ...facts }),
    }),
    ipv6: capability(found.ipv6Refusal === undefined, "IPv6 on loopback", {
      here: found.ipv6Refusal === undefined ? "::1" : found.ipv6Refusal.message,
      remedy: found.loopbackRefusal !== undefined
        ? loopbackRemedy({ ...context, ...facts })
        : isLinux
        ? sysctlRemedy("net.ipv6.conf.lo.disable_ipv6=0", context)
        : "Switch IPv6 on; the notebooks go on over IPv4",
    }),
    namespaces: capability(found.makesNamespaces, "private networks", {
      remedy: isLinux
        ? found.tools.has("unshare")
          ? forbiddenNamespaceRemedy(found, context)
          : toolRemedy("unshare", context)
        : "Only Linux has them; the cells say what they would have shown",
    }),
    openFiles: limited("openFiles", "many sockets at once", "nofile"),
    processes: limited("processes", "programs beside a notebook", "nproc"),
    tools: Object.fromEntries(TOOLS.map((name) => [name, tool(name)])) as Record<Tool, Capability>,
  };
}

function procFilesText({ net, settings }: ProcFiles): string {
  const missing = [...net ? [] : ["/proc/net"], ...settings ? [] : ["/proc/sys/net"]];
  return missing.length === 0 ? "/proc/net, /proc/sys/net" : `no ${missing.join(", no ")}`;
}

function limitText(limit: number | undefined): string {
  if (limit === undefined) return "not known";
  return limit === Infinity ? "no limit" : `${limit} at most`;
}

/** Only root may raise the hard limit of a process, and Deno has raised the soft one to it. */
function limitRemedy(
  option: string,
  { needsSudo, isLinux, isContainer }: {
    readonly needsSudo: boolean;
    readonly isLinux: boolean;
    readonly isContainer: boolean;
  },
): string {
  const command = isLinux
    ? `${needsSudo ? "sudo " : ""}prlimit --pid $$ --${option}=${RAISED_LIMIT}`
    : `ulimit ${option === "nofile" ? "-n" : "-u"} ${RAISED_LIMIT}`;
  return `${command}, in the shell that then starts Jupyter or deno` +
    (isContainer ? `; or start the container with --ulimit ${option}=${RAISED_LIMIT}` : "");
}

function privilegedText(facts: MachineFacts, refusal: Error | undefined): string {
  const { firstUnprivilegedPort: first, holdsNetBindService } = facts;
  if (refusal === undefined) return first === 0 ? "there are none" : `below ${first}: yes`;
  // Only a capability over the user namespace that owns the network counts (user_namespaces(7)).
  const though = holdsNetBindService ? ", though CAP_NET_BIND_SERVICE is held" : "";
  return `below ${first}: ${refusal.message}${though}`;
}

/** Returns a machine as a table: what it is, then what it can do, then the tools. */
export function machineTable(facts: MachineFacts, can: MachineCapabilities): Table {
  const named: [what: string, capability: Capability][] = [
    ["kernel's table of sockets", can.kernelTable],
    ["kernel's files", can.kernelFiles],
    ["system calls", can.systemCalls],
    ["privileged ports", can.privilegedPorts],
    ["range per socket", can.localPortRange],
    ["loopback", can.loopback],
    ["IPv6", can.ipv6],
    ["namespaces", can.namespaces],
    ["open files", can.openFiles],
    ["processes and threads", can.processes],
    ...TOOLS.map((tool): [string, Capability] => [
      tool === "cc" ? "C compiler" : tool,
      can.tools[tool],
    ]),
  ];
  const missing = named.filter(([, { ok }]) => !ok).length;
  return new Table({
    columns: ["what", "here", "needed for", "remedy if it is missing"],
    rows: [
      ...factRows(facts),
      ...named.map(([what, { here, neededFor, remedy }]) => [what, here, neededFor, remedy]),
    ],
    caption: missing === 0
      ? "Nothing that the course uses is missing."
      : `${missing} of ${named.length} things that the course uses are missing; it goes on ` +
        "without them.",
  });
}

function factRows(facts: MachineFacts): TableCell[][] {
  const { ephemeralRange: range, uid } = facts;
  return [
    ["system", `${facts.os} ${facts.release}, ${facts.arch}`, "everything", undefined],
    ["Deno", facts.deno, "everything", undefined],
    [
      "user",
      `${uid === null ? "no uid" : `uid ${uid}`}, ${
        facts.holdsNetBindService ? "with" : "without"
      } CAP_NET_BIND_SERVICE`,
      "binding privileged ports",
      undefined,
    ],
    [
      "ephemeral ports",
      range === undefined ? "not known" : `${range} (${range.size})`,
      "a client's own port",
      undefined,
    ],
  ];
}
