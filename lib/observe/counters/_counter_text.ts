/** The text of /proc/net/snmp, /proc/net/netstat and /proc/net/snmp6, `proc(5)`. */
import { quote, refusal } from "../../refusal.ts";
import { COUNTER_NAMES, type CounterName, COUNTERS } from "./counter_names.ts";

/** The texts of the kernel's files; one that this machine does not have is empty. */
export interface CounterTexts {
  /** /proc/net/snmp. */
  readonly snmp: string;
  /** /proc/net/netstat. */
  readonly netstat: string;
  /** /proc/net/snmp6, where IPv6 is there. */
  readonly snmp6: string;
}

/**
 * Returns the counters in the texts. TCP counts both address families in one; UDP's two
 * numbers are added.
 *
 * @throws {SyntaxError} If a text does not parse
 */
export function parseCounters(texts: CounterTexts): ReadonlyMap<CounterName, number> {
  const found = new Map([
    ...parsePairs(texts.snmp, "/proc/net/snmp"),
    ...parsePairs(texts.netstat, "/proc/net/netstat"),
  ]);
  const ipv6 = parseColumns(texts.snmp6, "/proc/net/snmp6");
  const counters = new Map<CounterName, number>();
  for (const name of COUNTER_NAMES) {
    const { line } = COUNTERS[name];
    const value = found.get(line + name);
    if (value === undefined) continue;
    counters.set(name, value + (line === "Udp" ? ipv6.get(`Udp6${name}`) ?? 0 : 0));
  }
  return counters;
}

/** Reads lines in pairs: "Tcp:" and names, then "Tcp:" and numbers. */
function parsePairs(text: string, file: string): Map<string, number> {
  const values = new Map<string, number>();
  const lines = linesOf(text);
  for (let index = 0; index < lines.length; index += 2) {
    const [group, ...names] = lines[index]!.split(" ");
    const [same, ...numbers] = (lines[index + 1] ?? "").split(" ");
    if (!group!.endsWith(":") || group !== same || names.length !== numbers.length) {
      refuse(file, index, `a line of names, then one of as many numbers, begin alike`, group!);
    }
    for (const [place, name] of names.entries()) {
      const number = numberOf(numbers[place]!, file, index + 1);
      values.set(group!.slice(0, -1) + name, number);
    }
  }
  return values;
}

/** Reads lines with a name and a number each. */
function parseColumns(text: string, file: string): Map<string, number> {
  return new Map(
    linesOf(text).map((line, index): [string, number] => {
      const [name, number, ...more] = line.split(/\s+/);
      if (number === undefined || more.length > 0) {
        refuse(file, index, "a line has a name and a number", line);
      }
      return [name!, numberOf(number!, file, index)];
    }),
  );
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
}

/** TCP's MaxConn, which the course does not use, is -1 for "no limit". */
function numberOf(text: string, file: string, line: number): number {
  if (!/^-?[0-9]+$/.test(text)) {
    refuse(file, line, "a counter is decimal digits", text);
  }
  return Number(text);
}

function refuse(file: string, index: number, rule: string, got: string): never {
  throw refusal(SyntaxError, {
    cannot: `Cannot read the counters of "${file}"`,
    rule,
    part: `${quote(got)} in line ${index + 1}`,
  });
}
