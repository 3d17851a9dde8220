/**
 * How each netstat prints the two ends of a row, and what it cuts off.
 *
 * | tool | source | form | what it cuts |
 * | --- | --- | --- | --- |
 * | net-tools | `netstat.c`: `addr_do_one()`, `tcp_do_one()` | `address:port`, `%-23s` | of the address, what is more than 22 characters with the port's name; of a name, what is more than 18. A cut end has 23 characters. Not with `-W` |
 * | net-tools 1.60 | `netstat.c`: `tcp_do_one()` | the same; `tcp` for IPv6, too | the same |
 * | BusyBox to 1.9 | `networking/netstat.c`: `snprint_ip_port()` | `address:port`, `%-23s`; `tcp` for IPv6, too | as net-tools, but no name |
 * | BusyBox later | `networking/netstat.c`: `ip_port_str()` | the same | nothing: a long end moves the columns |
 * | FreeBSD, macOS | `inet.c`: `inetprint()`, `inet6.c`: `inet6print()` | `address.port `, `%-22.22s` | of the address, what is more than 16 characters; of a name, more than 15; then of all with the blank, more than 22, ports too. Not with `-W`, and not IPv6 with macOS's `-l` |
 * | the same with `-A` | the same | a control block in front, `%-18.18s` | of all, more than 18, ports too; without `-n` of the address, more than 12 |
 * | Windows | has no source; columns decide | `address:port`, `[address]:port` | nothing: a long end moves the columns |
 * | ss | iproute2's `misc/ss.c`: `inet_addr_print()` | `address:port`; `[address]:port`, before 2018 without brackets | nothing |
 * | lsof | `print.c`: `printinaddr()` | `near->far (STATE)` | nothing of an end; of a program, more than 9 characters or what `+c` says |
 *
 * An end of exactly the limit may have been cut, or may have that length. What is left of a cut end is
 * often valid, so the row would be wrong: it is left out, unless other rows of the same output have longer
 * ends, or no digit could go on with an IPv4 address: Linux cuts that, and hardly ever a port.
 */
import type { End } from "./_tool_endpoint.ts";

/** How a row is written: with queues and colons, with queues and points, without queues. */
export type RowForm = "linux" | "dotted" | "windows";

/** Both ends of a row of one output, as printed. */
export interface PrintedRow {
  readonly form: RowForm;
  /** Whether a control block stands in front: -A of the BSDs. */
  readonly hasControlBlock: boolean;
  readonly ends: readonly string[];
}

/** What is known of an output as a whole. */
export interface Widths {
  /** Whether it is one whose ends of this form were not cut. */
  isWhole(end: string, row: Pick<PrintedRow, "form" | "hasControlBlock">): boolean;
  /** Whether -A of the BSDs was asked for numbers. */
  readonly isNumeric: boolean;
}

const LINUX_END = 23;
const DOTTED_END = 22;
const CONTROL_BLOCK_END = 18;
/** OpenBSD cuts a host at 18. */
const DOTTED_HOSTS: readonly number[] = [16, 18];
const CONTROL_BLOCK_HOST = 12;

function limitOf({ form, hasControlBlock }: Pick<PrintedRow, "form" | "hasControlBlock">): number {
  if (form === "linux") return LINUX_END;
  return hasControlBlock ? CONTROL_BLOCK_END : DOTTED_END;
}

function isIpv6(end: string): boolean {
  return end.indexOf(":") !== end.lastIndexOf(":");
}

/** Whether the address before a colon is IPv4 and no digit could go on with it: 10.1.2.99, 10.1.2.0. */
function isCompleteIpv4(end: string): boolean {
  const last = /^[0-9]+\.[0-9]+\.[0-9]+\.([0-9]+):/.exec(end)?.[1];
  return last !== undefined && (last === "0" || last.length === 3 || Number(last) > 25);
}

function hostOf(end: string): string {
  return end.slice(0, end.lastIndexOf("."));
}

/** Returns what the options of a command and the rows of its output say. */
export function widthsOf(rows: readonly PrintedRow[], command: string): Widths {
  const letters = command.match(/\s-[A-Za-z]+/g)?.join("") ?? "";
  const isWide = /W|--wide/.test(`${letters} ${command.match(/\s--wide\b/)?.[0] ?? ""}`);
  // One row with a long end may be a slip of the person who pasted it.
  const isEvidence = (rows: readonly PrintedRow[], isMeant: (end: string) => boolean) =>
    rows.filter((row) => row.ends.some((end) => end.length > limitOf(row) && isMeant(end)))
      .length > 1;
  const whole = new Map<string, boolean>();
  return {
    isWhole: (end, row) => {
      if (isWide) return true;
      const isDotted = row.form === "dotted";
      if (isDotted && !row.hasControlBlock && isIpv6(end) && letters.includes("l")) return true;
      const key = `${row.form} ${row.hasControlBlock} ${isDotted && isIpv6(end)}`;
      const known = whole.get(key) ?? isEvidence(
        rows.filter(({ form, hasControlBlock }) =>
          form === row.form && hasControlBlock === row.hasControlBlock
        ),
        (each) => !isDotted || isIpv6(each) === isIpv6(end),
      );
      whole.set(key, known);
      return known;
    },
    isNumeric: letters.includes("n") ||
      rows.filter(({ hasControlBlock, ends }) =>
          hasControlBlock && ends.every((end) => hostOf(end).length > CONTROL_BLOCK_HOST)
        ).length > 1,
  };
}

/** Returns why a row with this end cannot be trusted, if so. */
export function cutReason(
  end: Pick<End, "text">,
  row: Pick<PrintedRow, "form" | "hasControlBlock">,
  widths: Widths,
): string | undefined {
  const { text } = end;
  if (!isDoubtful(text, row, widths)) return undefined;
  const option = row.form === "dotted" && isIpv6(text) && !row.hasControlBlock ? "-l" : "-W";
  return `netstat may have cut off the end of ${text}, and ${option} prints all of it`;
}

function isDoubtful(
  end: string,
  row: Pick<PrintedRow, "form" | "hasControlBlock">,
  widths: Widths,
): boolean {
  if (row.form === "windows" || widths.isWhole(end, row)) return false;
  if (row.form === "linux") return end.length === LINUX_END && !isCompleteIpv4(end);
  if (end.length === limitOf(row)) return true;
  const { length } = hostOf(end);
  return (isIpv6(end) && DOTTED_HOSTS.includes(length)) ||
    (row.hasControlBlock && !widths.isNumeric && length === CONTROL_BLOCK_HOST);
}
