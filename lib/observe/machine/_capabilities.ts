/** From what was found on a machine to what the course can do there, and what to do about the rest. */
import {
  type CureContext,
  namespaceCure,
  type NamespaceSettings,
  type PackageManager,
  sysctlRemedy,
  type Tool,
  toolCure,
  TOOLS,
} from "./_remedies.ts";
import { isAtLeast } from "./_machine_text.ts";
import type { TableSource } from "../rows/connection.ts";
import type { Capability, MachineCapabilities, MachineFacts } from "./capability.ts";

/** What was found by trying. */
export interface Findings extends Omit<NamespaceSettings, "hasUnshare"> {
  /** Where each tool is that is there. */
  readonly tools: ReadonlyMap<Tool, string>;
  /** The package manager, if it is a known one. */
  readonly manager: PackageManager | undefined;
  /** Why a privileged port could not be bound, if so. */
  readonly privilegedRefusal: Error | undefined;
  /** Why ::1 could not be listened at, if so. */
  readonly ipv6Refusal: Error | undefined;
  /** Whether libc could be loaded. */
  readonly callsLibc: boolean;
  /** From where the kernel's table could be read, if from anywhere. */
  readonly tableSource: TableSource | undefined;
  /** Whether a user and a network namespace could be made. */
  readonly makesNamespaces: boolean;
}

const TABLE_WAYS: Readonly<Record<TableSource, string>> = {
  netlink: "by netlink",
  "/proc": "from /proc/net",
  tool: "from the text of a tool",
};

const TOOL_USES: Readonly<Record<Tool, string>> = {
  ss: "the ss command",
  netstat: "the netstat command",
  lsof: "the lsof command",
  ip: "private networks",
  unshare: "private networks",
  python3: "comparisons with Python",
  jupyter: "deno task jupyter",
  cc: "deno task bench",
};

/** Returns what the course can do on the machine of which these things were found. */
export function capabilities(facts: MachineFacts, found: Findings): MachineCapabilities {
  const isLinux = facts.os === "linux" || facts.os === "android";
  const context: CureContext = { manager: found.manager, needsSudo: facts.uid !== 0 };
  const capability = (
    ok: boolean,
    neededFor: string,
    { here = ok ? "yes" : "no", cure }: { here?: string; cure: string },
  ): Capability => ({ ok, here, neededFor, cure: ok ? undefined : cure });
  const tool = (name: Tool): Capability => {
    const path = found.tools.get(name);
    return capability(path !== undefined, TOOL_USES[name], {
      here: path ?? "missing",
      cure: toolCure(name, context),
    });
  };

  return {
    kernelTable: capability(found.tableSource !== undefined, "seeing what the kernel holds", {
      here: found.tableSource === undefined ? "no way to read it" : TABLE_WAYS[found.tableSource],
      cure: `${toolCure("lsof", context)}; elsewhere "netstat -an" prints the table`,
    }),
    systemCalls: capability(found.callsLibc, "sockets call by call", {
      here: found.callsLibc ? "libc.so.6" : "no libc.so.6",
      cure: "Use Linux with glibc; the cells that use Deno's own API run here too",
    }),
    privilegedPorts: capability(
      found.privilegedRefusal === undefined,
      "servers at ports 80 and 443",
      {
        here: privilegedText(facts, found.privilegedRefusal),
        cure: isLinux
          ? sysctlRemedy("net.ipv4.ip_unprivileged_port_start=0", context)
          : "Run the cell as administrator; the other cells need no privilege",
      },
    ),
    localPortRange: capability(
      isLinux && isAtLeast(facts.release, [6, 3]),
      "an ephemeral range of a socket's own",
      { cure: "Use Linux 6.3 or later; the cell says what it would have shown" },
    ),
    ipv6: capability(found.ipv6Refusal === undefined, "IPv6 on loopback", {
      here: found.ipv6Refusal === undefined ? "::1" : found.ipv6Refusal.message,
      cure: isLinux
        ? sysctlRemedy("net.ipv6.conf.lo.disable_ipv6=0", context)
        : "Switch IPv6 on; the notebooks go on over IPv4",
    }),
    namespaces: capability(found.makesNamespaces, "private networks", {
      cure: isLinux
        ? namespaceCure({ ...found, hasUnshare: found.tools.has("unshare") }, context)
        : "Only Linux has them; the cells say what they would have shown",
    }),
    tools: Object.fromEntries(TOOLS.map((name) => [name, tool(name)])) as Record<Tool, Capability>,
  };
}

function privilegedText(facts: MachineFacts, refusal: Error | undefined): string {
  const { firstUnprivilegedPort: first, holdsNetBindService } = facts;
  if (refusal === undefined) return first === 0 ? "there are none" : `below ${first}: yes`;
  // Only a capability over the user namespace that owns the network counts (user_namespaces(7)).
  const though = holdsNetBindService ? ", though CAP_NET_BIND_SERVICE is held" : "";
  return `below ${first}: ${refusal.message}${though}`;
}
