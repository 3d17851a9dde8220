/**
 * How many segments and datagrams a network has sent, from the kernel's own counters.
 *
 * @module
 */

/** Where these counters stand. */
export interface PacketCounts {
  /** Connections that somebody in this network has opened: Tcp ActiveOpens, RFC 4022. */
  readonly opened: number;
  /** TCP segments that were sent, those that were sent again left out: Tcp OutSegs, RFC 4022. */
  readonly segments: number;
  /** UDP datagrams that were sent: Udp OutDatagrams, RFC 4113. */
  readonly datagrams: number;
}

/** Reads the counters of the network of a process; `proc_pid_net(5)`. */
export function packetCounts(pid: number | "self"): PacketCounts {
  return parsePacketCounts(
    Deno.readTextFileSync(`/proc/${pid}/net/snmp`),
    readIfThere(`/proc/${pid}/net/snmp6`),
  );
}

/**
 * Parses /proc/net/snmp, a line of names and a line of numbers for each protocol, and /proc/net/snmp6,
 * a line for each number. TCP's numbers are those of IPv4 and IPv6 together, UDP's are not.
 *
 * @throws {SyntaxError} If a counter is missing
 */
export function parsePacketCounts(snmp: string, snmp6: string): PacketCounts {
  const lines = snmp.split("\n").map((line) => line.split(" "));
  const read = (protocol: string, name: string) => {
    const [names = [], numbers = []] = lines.filter(([first]) => first === `${protocol}:`);
    const value = numbers[names.indexOf(name)];
    if (value === undefined || !/^[0-9]+$/.test(value)) {
      throw new SyntaxError(
        `Cannot read the counter "${protocol} ${name}": the kernel gives it a number, got ` +
          (value === undefined ? "nothing" : JSON.stringify(value)),
      );
    }
    return Number(value);
  };
  const six = /^Udp6OutDatagrams\s+([0-9]+)$/m.exec(snmp6)?.[1] ?? 0; // there may be no IPv6
  return {
    opened: read("Tcp", "ActiveOpens"),
    segments: read("Tcp", "OutSegs"),
    datagrams: read("Udp", "OutDatagrams") + Number(six),
  };
}

function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
