/**
 * An oracle for the parsers: sockets, and how each tool prints them, with what it cuts off.
 *
 * Written after the sources that the table in lib/observe/texts/_cut_ends.ts names, and without the
 * parsers' code: what is read of a printed table has to be among the sockets.
 */
import fc from "fast-check";
import { parseEndpoint, type Protocol, type SocketState, type TcpState } from "fourtuple";

/** A socket as a kernel has it. */
export interface OracleSocket {
  readonly protocol: Protocol;
  readonly family: "IPv4" | "IPv6";
  readonly state: SocketState;
  readonly local: readonly [address: string, port: number];
  readonly remote: readonly [address: string, port: number];
  readonly pid: number;
  readonly program: string;
}

/** "tcp ESTABLISHED 127.0.0.1:80 127.0.0.1:5000", with canonical addresses. */
export function oracleLine({ protocol, state, local, remote }: OracleSocket): string {
  const [near, far] = [endpoint(local), endpoint(remote)];
  return `${protocol} ${state} ${near} ${state === "LISTEN" || remote[1] === 0 ? "*" : far}`;
}

function endpoint([address, port]: readonly [string, number]): string {
  return String(
    parseEndpoint(address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`),
  );
}

const TCP: readonly TcpState[] = [
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT_1",
  "FIN_WAIT_2",
  "CLOSE_WAIT",
  "CLOSING",
  "LAST_ACK",
  "TIME_WAIT",
];

const octet = fc.oneof(fc.nat(255), fc.constantFrom(1, 10, 100, 127, 168, 192, 200, 255));
const ipv4 = fc.tuple(fc.constantFrom(10, 127, 192, 203), octet, octet, octet).map((parts) =>
  parts.join(".")
);
/** Canonical already: no group is 0 but those that "::" stands for. */
const group = fc.integer({ min: 1, max: 0xffff }).map((number) => number.toString(16));
const ipv6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) =>
    ["2001", ...groups.slice(1)].join(":")
  ),
  fc.tuple(
    fc.array(group, { minLength: 1, maxLength: 4 }),
    fc.array(group, { minLength: 1, maxLength: 2 }),
  ).map(([head, tail]) => `2001:${head.join(":")}::${tail.join(":")}`),
  fc.constantFrom("::1", "fe80::1", "2001:db8::1"),
);
const mapped = ipv4.map((address) => `::ffff:${address}`);
/** Ports with and without names, of one to five digits. */
const port = fc.oneof(
  fc.constantFrom(22, 25, 80, 443, 631, 3306, 5432, 8080, 6667, 10000),
  fc.integer({ min: 1, max: 65535 }),
);
const program = fc.constantFrom("deno", "nginx: worker p", "python3", "Web Content", "(sd-pam)");

/** Sockets in each state, of both families, some of them with long addresses. */
export const sockets: fc.Arbitrary<OracleSocket[]> = fc.array(
  fc.tuple(
    fc.constantFrom("IPv4", "IPv6", "mapped"),
    fc.constantFrom("listen", "connected", "udp", "udp connected"),
    fc.constantFrom(...TCP),
    fc.record({ v4: ipv4, v6: ipv6, map: mapped }),
    fc.record({ v4: ipv4, v6: ipv6, map: mapped }),
    fc.record({ near: port, far: port, pid: fc.integer({ min: 1, max: 99999 }), program }),
    fc.boolean(),
  ).map(([kind, use, state, one, other, { near, far, pid, program }, isAny]) => {
    const [key, zero] = kind === "IPv4"
      ? ["v4", "0.0.0.0"] as const
      : kind === "IPv6"
      ? ["v6", "::"] as const
      : ["map", "::"] as const;
    const isWaiting = use === "listen" || use === "udp";
    const local = isWaiting && isAny ? zero : one[key];
    return {
      protocol: use.startsWith("udp") ? "udp" as const : "tcp" as const,
      family: kind === "IPv4" ? "IPv4" as const : "IPv6" as const,
      state: use === "listen"
        ? "LISTEN" as const
        : use === "udp"
        ? "UNCONNECTED" as const
        : use === "udp connected"
        ? "CONNECTED" as const
        : state,
      local: [local, near] as const,
      remote: (isWaiting ? [zero, 0] : [other[key], far]) as readonly [string, number],
      pid,
      program,
    };
  }),
  { minLength: 1, maxLength: 12 },
);

/** Which names a port has in the files of Debian and of macOS, of those that the oracle uses. */
const NAMES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  linux: {
    22: "ssh",
    25: "smtp",
    80: "http",
    443: "https",
    631: "ipp",
    3306: "mysql",
    5432: "postgresql",
    6667: "ircd",
    8080: "http-alt",
    10000: "webmin",
  },
  bsd: {
    22: "ssh",
    25: "smtp",
    80: "http",
    443: "https",
    631: "ipp",
    3000: "hbci",
    5432: "postgresql",
    591: "http-alt",
    8008: "http-alt",
    8080: "http-alt",
    2222: "rockwell-csp2",
    2223: "rockwell-csp3",
  },
};

function portName(port: number, system: "linux" | "bsd", isNumeric: boolean): string {
  if (port === 0) return "*";
  return (isNumeric ? undefined : NAMES[system]![port]) ?? String(port);
}

const NET_TOOLS: Readonly<Record<string, string>> = {
  FIN_WAIT_1: "FIN_WAIT1",
  FIN_WAIT_2: "FIN_WAIT2",
  CONNECTED: "ESTABLISHED",
  UNCONNECTED: "",
};

/** Options of a printer. */
export interface Printing {
  readonly isNumeric: boolean;
  /** Whether nothing is to be cut: -W. */
  readonly isWide: boolean;
  /** -A of the BSDs, -e -p -o of Linux. */
  readonly isLong: boolean;
}

/** A table as a tool prints it, a line for each socket, and which of them it has printed whole. */
export interface PrintedTable {
  readonly head: string[];
  readonly rows: { readonly text: string; readonly isWhole: boolean }[];
}

type Printer = (sockets: readonly OracleSocket[], printing: Printing) => PrintedTable;

/** net-tools' addr_do_one(): what is longer than 22 characters loses the end of its address. */
function netToolsEnd(address: string, port: string, isWide: boolean): string {
  const shown = address.replace(/^::ffff:(?=\d+\.)/, "");
  if (isWide || shown.length + port.length <= 22) return `${shown}:${port}`;
  const portLength = Math.min(port.length, 18);
  return `${shown.slice(0, 22 - portLength)}:${port.slice(0, portLength)}`;
}

export const netTools: Printer = (sockets, { isNumeric, isWide, isLong }) => ({
  head: [
    "Active Internet connections (servers and established)",
    "Proto Recv-Q Send-Q Local Address           Foreign Address         State      ",
  ],
  rows: sockets.map(({ protocol, family, state, local, remote, pid, program }) => {
    const end = ([address, port]: readonly [string, number]) => {
      const name = portName(port, "linux", isNumeric);
      const text = netToolsEnd(address, name, isWide);
      const whole = netToolsEnd(address, name, true);
      return { text, isWhole: text === whole };
    };
    const [near, far] = [end(local), end(remote)];
    const proto = `${protocol}${family === "IPv6" ? "6" : ""}`.padEnd(4);
    const word = (NET_TOOLS[state] ?? state).padEnd(11);
    const more = isLong
      ? ` ${"1000".padEnd(10)} ${"21190".padEnd(10)} ${
        `${pid}/${program}`.slice(0, 19).padEnd(20)
      } off (0.00/0/0)`
      : "";
    const text = `${proto}       0      0 ${near.text.padEnd(23)} ${far.text.padEnd(23)} ${word}`;
    return { text: text + more, isWhole: near.isWhole && far.isWhole };
  }),
});

/** BusyBox to 1.9, snprint_ip_port(); it has no wide form. */
export const oldBusyBox: Printer = (sockets, { isNumeric }) => ({
  head: [
    "Active Internet connections (servers and established)",
    "Proto Recv-Q Send-Q Local Address           Foreign Address         State       ",
  ],
  rows: sockets.map(({ protocol, state, local, remote }) => {
    const end = ([address, port]: readonly [string, number]) => {
      const name = portName(port, "linux", isNumeric);
      const isWhole = address.length + name.length <= 22;
      return { text: `${isWhole ? address : address.slice(0, 22 - name.length)}:${name}`, isWhole };
    };
    const [near, far] = [end(local), end(remote)];
    const word = (NET_TOOLS[state] ?? state).padEnd(12);
    return {
      text: `${protocol}        0      0 ${near.text.padEnd(23)} ${far.text.padEnd(23)} ${word}`,
      isWhole: near.isWhole && far.isWhole,
    };
  }),
});

const BSD_WORDS: Readonly<Record<string, string>> = {
  SYN_RECV: "SYN_RCVD",
  CONNECTED: "",
  UNCONNECTED: "",
};

/** inetprint() and inet6print() of FreeBSD and macOS. */
export const bsd: Printer = (sockets, { isNumeric, isWide, isLong }) => ({
  head: [
    "Active Internet connections (including servers)",
    `${
      isLong ? "Tcpcb            " : ""
    }Proto Recv-Q Send-Q Local Address          Foreign Address        (state)`,
  ],
  rows: sockets.map(({ protocol, family, state, local, remote }, index) => {
    const width = isWide ? 45 : isLong ? 18 : 22;
    const end = ([address, port]: readonly [string, number]) => {
      const host = ["0.0.0.0", "::"].includes(address)
        ? "*"
        : address.replace(/^::ffff:(?=\d+\.)/, "");
      const cut = isWide ? host : host.slice(0, isLong && !isNumeric ? 12 : 16);
      const whole = `${host}.${portName(port, "bsd", isNumeric)} `;
      const text = `${cut}.${portName(port, "bsd", isNumeric).slice(0, 15)} `;
      const printed = (isWide ? text : text.slice(0, width)).padEnd(width);
      return { text: printed, isWhole: printed.trimEnd() === whole.trimEnd() };
    };
    const [near, far] = [end(local), end(remote)];
    const isMapped = local[0].startsWith("::ffff:") || remote[0].startsWith("::ffff:");
    // A mapped connection is shown as one of IPv4.
    const suffix = family === "IPv4" || isMapped ? "4 " : "6 ";
    const block = isLong ? `fffff8000${(0x3df43d0 + index).toString(16)} ` : "";
    return {
      text: `${block}${protocol}${suffix}      0      0 ${near.text} ${far.text} ${
        BSD_WORDS[state] ?? state
      }`,
      isWhole: near.isWhole && far.isWhole && !isMapped,
    };
  }),
});

const WINDOWS_WORDS: Readonly<Record<string, string>> = {
  LISTEN: "LISTENING",
  SYN_RECV: "SYN_RECEIVED",
  CONNECTED: "",
  UNCONNECTED: "",
};

export const windows: Printer = (sockets) => ({
  head: [
    "",
    "Active Connections",
    "",
    "  Proto  Local Address          Foreign Address        State           PID",
  ],
  rows: sockets.map(({ protocol, state, local, remote, pid }) => {
    const end = ([address, port]: readonly [string, number]) =>
      `${address.includes(":") ? `[${address}]` : address}:${port}`;
    const far = protocol === "udp" ? "*:*" : end(remote);
    const word = (WINDOWS_WORDS[state] ?? state).padEnd(15);
    return {
      text: `  ${protocol.toUpperCase().padEnd(6)} ${end(local).padEnd(22)} ${
        far.padEnd(22)
      } ${word} ${pid}`,
      // Windows has no connected UDP sockets.
      isWhole: state !== "CONNECTED",
    };
  }),
});

const SS_WORDS: Readonly<Record<string, string>> = {
  ESTABLISHED: "ESTAB",
  CONNECTED: "ESTAB",
  UNCONNECTED: "UNCONN",
};

/** misc/ss.c since 2018. */
export const ss: Printer = (sockets, { isNumeric, isLong }) => ({
  head: ["Netid State      Recv-Q Send-Q    Local Address:Port     Peer Address:Port Process"],
  rows: sockets.map(({ protocol, family, state, local, remote, pid, program }) => {
    const end = ([address, port]: readonly [string, number]) => {
      const host = family === "IPv4" ? address : address === "::" ? "*" : `[${address}]`;
      return `${host}:${portName(port, "linux", isNumeric)}`;
    };
    const word = SS_WORDS[state] ?? state.replaceAll("_", "-");
    const more = isLong ? ` users:(("${program}",pid=${pid},fd=6)) uid:1000 ino:21190 sk:1` : "";
    return {
      text: `${protocol}   ${word.padEnd(10)} 0      0      ${end(local)}      ${
        end(remote)
      }${more}`,
      isWhole: true,
    };
  }),
});

/** print.c of lsof, on Linux. */
export const lsof: Printer = (sockets, { isNumeric }) => ({
  head: ["COMMAND     PID USER   FD   TYPE   DEVICE SIZE/OFF NODE NAME"],
  rows: sockets.map(({ protocol, family, state, local, remote, pid, program }, index) => {
    const end = ([address, port]: readonly [string, number]) => {
      const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
      const host = ["0.0.0.0", "::"].includes(plain)
        ? "*"
        : plain.includes(":")
        ? `[${plain}]`
        : plain;
      return `${host}:${portName(port, "linux", isNumeric)}`;
    };
    const name = remote[1] === 0 ? end(local) : `${end(local)}->${end(remote)}`;
    const word = protocol === "udp"
      ? ""
      : ` (${SS_WORDS[state] === "ESTAB" ? "ESTABLISHED" : NET_TOOLS[state] ?? state})`;
    const command = program.slice(0, 9).replaceAll(" ", "\\x20");
    return {
      text: `${command} ${pid} ada ${index + 3}u ${family} ${
        21190 + index
      } 0t0 ${protocol.toUpperCase()} ${name}${word}`,
      isWhole: true,
    };
  }),
});
