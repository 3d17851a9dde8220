/**
 * A program of another system: prints this kernel's rows, or its ephemeral range, as that program does.
 * Its arguments are the system, the program's name, and the program's own arguments.
 */
import type { Connection, Connections } from "../../../lib/observe/rows/connection.ts";
import type { SocketOwner } from "../../../lib/observe/rows/socket_owner.ts";
import { readConnections } from "../../../lib/observe/connections.ts";
import { ALL_STATES } from "../../../lib/observe/sources/_diag_request.ts";
import { processes, readable } from "../../../lib/observe/sources/open_sockets.ts";
import { ephemeralRange } from "../../../lib/observe/machine/ephemeral_range.ts";
import type { Endpoint } from "../../../lib/tuples/endpoint.ts";

const PRINTERS: Readonly<Record<string, (args: readonly string[]) => string>> = {
  "darwin netstat -anlv": () => macNetstat(rows()),
  "darwin lsof -nPl -i -Tqs +c15": () => macLsof(rows()),
  "darwin sysctl -n": () => `${ephemeralRange().first}\n${ephemeralRange().last}\n`,
  "darwin ps -A -o pid=,ppid=": () =>
    processes().map((pid) => {
      const stat = readable(() => Deno.readTextFileSync(`/proc/${pid}/stat`));
      const parent = stat?.slice(stat.lastIndexOf(")")).split(" ")[2];
      return parent === undefined ? "" : `${pid}`.padStart(5) + `${parent}`.padStart(6) + "\n";
    }).join(""),
  "windows netstat -ano": () => windowsNetstat(rows()),
  "windows netsh int ipv4 show dynamicport tcp": () => {
    const { first, size } = ephemeralRange();
    const [start, count] = ["Start Port      ", "Number of Ports "];
    const title = "Protocol tcp Dynamic Port Range";
    return `\n${title}\n---------------------------------\n${start}: ${first}\n${count}: ${size}\n\n`
      .replaceAll("\n", "\r\n");
  },
};

function rows(): Connections {
  return readConnections({}, { owners: true }, ALL_STATES);
}

/** A process that has the socket; macOS and Windows print one alone. */
function ownerOf(row: Connection, all: Connections): SocketOwner | undefined {
  return all.ownersOf(row)[0];
}

/** Address and port; a mapped address belongs to an IPv4 connection there, and has its form. */
function end(endpoint: Endpoint, { point, any }: { point: "." | ":"; any: string }): string {
  const { address, zone, port, family, isWildcard } = endpoint.unmapped();
  const host = `${address}${zone === undefined ? "" : `%${zone}`}`;
  const shown = isWildcard && any === "*"
    ? any
    : family === "IPv6" && point === ":"
    ? `[${host}]`
    : host;
  return `${shown}${point}${port === 0 && any === "*" ? "*" : port}`;
}

/** netstat.tproj/inet.c and tcp_fsm.h of network_cmds, macOS 14. */
function macNetstat(all: Connections): string {
  const WORDS: Readonly<Record<string, string>> = {
    SYN_RECV: "SYN_RCVD",
    CLOSE: "CLOSED",
    UNCONNECTED: "",
    CONNECTED: "",
  };
  const lines = all.map((row) => {
    const owner = ownerOf(row, all);
    const isMapped = row.local.unmapped().family !== row.family;
    const suffix = isMapped || row.family === "IPv4" ? "4" : row.local.isWildcard ? "46" : "6";
    const form = { point: ".", any: "*" } as const;
    return [
      `${row.protocol}${suffix}`.padEnd(6),
      `${row.receiveQueue}`.padStart(6),
      `${row.sendQueue}`.padStart(7),
      ` ${end(row.local, form).padEnd(45)}`,
      end(row.remote, form).padEnd(45),
      (WORDS[row.state] ?? row.state).padEnd(11),
      "           0            0  131072  131072",
      `${(owner?.program ?? "").slice(0, 16)}:${owner?.pid ?? 0}`.padStart(22),
      "  00180 00000006 00000000000037c9 00000001 00000800      1      0 000000",
    ].join(" ");
  });
  return [
    "Active Internet connections (including servers)",
    "Proto Recv-Q Send-Q  Local Address                                 Foreign Address" +
    "                               (state)      rxbytes      txbytes  rhiwat  shiwat" +
    "          process:pid    state  options           gencnt    flags   flags1 usecnt rtncnt fltrs",
    ...lines,
    "",
  ].join("\n");
}

/** print.c of lsof 4.91, as macOS has it: sockets without a process are not there. */
function macLsof(all: Connections): string {
  const WORDS: Readonly<Record<string, string>> = { SYN_RECV: "SYN_RCVD", CLOSE: "CLOSED" };
  const lines = all.flatMap((row) =>
    all.ownersOf(row).map(({ program, pid, descriptor }) => {
      const form = { point: ":", any: "*" } as const;
      const hasPeer = row.remote.port !== 0;
      const ends = [row.local, ...hasPeer ? [row.remote] : []].map((each) => end(each, form));
      const state = row.protocol === "tcp" ? ` (${WORDS[row.state] ?? row.state})` : "";
      return [
        (program ?? "").replaceAll(" ", "\\x20").slice(0, 15).padEnd(15),
        `${pid}`.padStart(5),
        `${row.uid}`.padStart(4),
        `${descriptor}u`.padStart(5),
        ` ${row.family}`,
        "0x1aa7cd3f5b2a9b11      0t0 ",
        row.protocol.toUpperCase(),
        `${ends.join("->")}${state}`,
      ].join(" ");
    })
  );
  return [
    "COMMAND           PID USER   FD   TYPE             DEVICE SIZE/OFF NODE NAME",
    ...lines,
    "",
  ]
    .join("\n");
}

/** A Windows in English. Bound sockets are listed with -q alone, and queues never. */
function windowsNetstat(all: Connections): string {
  const WORDS: Readonly<Record<string, string>> = {
    LISTEN: "LISTENING",
    SYN_RECV: "SYN_RECEIVED",
    UNCONNECTED: "",
    CONNECTED: "",
  };
  const lines = all.filter(({ state }) => state !== "CLOSE").map((row) => {
    const form = { point: ":", any: "" } as const;
    const remote = row.protocol === "udp" ? "*:*" : end(row.remote, form);
    const state = (WORDS[row.state] ?? row.state).padEnd(15);
    const pid = ownerOf(row, all)?.pid ?? 0;
    const local = end(row.local, form).padEnd(22);
    return `  ${row.protocol.toUpperCase()}    ${local} ${remote.padEnd(22)} ${state} ${pid}`;
  });
  return [
    "",
    "Active Connections",
    "",
    "  Proto  Local Address          Foreign Address        State           PID",
    ...lines,
    "",
  ].join("\r\n");
}

const [os, tool, ...args] = Deno.args as [string, string, ...string[]];
const command = [os, tool, ...args].join(" ");
const known = Object.keys(PRINTERS).find((each) => command.startsWith(each));
if (known === undefined) {
  console.error(`${tool}: illegal option`);
  Deno.exit(1);
}
await new Blob([PRINTERS[known]!(args)]).stream().pipeTo(Deno.stdout.writable);
