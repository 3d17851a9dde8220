import { Table, type TableCell } from "../../show/table.ts";
import { TOOLS } from "./_remedies.ts";
import type { Capability, MachineCapabilities, MachineFacts } from "./capability.ts";

/** Returns a machine as a table: what it is, then what it can do, then the tools. */
export function machineTable(facts: MachineFacts, can: MachineCapabilities): Table {
  const named: [what: string, capability: Capability][] = [
    ["kernel's table of sockets", can.kernelTable],
    ["system calls", can.systemCalls],
    ["privileged ports", can.privilegedPorts],
    ["range per socket", can.localPortRange],
    ["IPv6", can.ipv6],
    ["namespaces", can.namespaces],
    ...TOOLS.map((tool): [string, Capability] => [
      tool === "cc" ? "C compiler" : tool,
      can.tools[tool],
    ]),
  ];
  const missing = named.filter(([, { ok }]) => !ok).length;
  return new Table({
    columns: ["what", "here", "needed for", "cure where it is missing"],
    rows: [
      ...factRows(facts),
      ...named.map(([what, { here, neededFor, cure }]) => [what, here, neededFor, cure]),
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
