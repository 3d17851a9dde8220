/** Ports in series, checked and counted. */
import { check, quote, refusal } from "../../refusal.ts";
import { assertPort } from "../../ports/port.ts";
import { PortRange } from "../../ports/port_range.ts";
import { checkNames, itemsOf, list } from "../parts/_checks.ts";
import { type Meaning, meaning } from "../parts/palette.ts";

/** Ports that were picked in one way. */
export interface PortSeries {
  /** How they were picked: "connect". */
  readonly name: string;
  /** The ports, in any order; a port that was picked twice counts twice. */
  readonly ports: Iterable<number>;
  /** What they stand for, which gives the colour; client, server, UDP by default, in this order. */
  readonly meaning?: Meaning;
}

/** A series, counted. */
export interface CountedSeries {
  readonly name: string;
  readonly meaning: Meaning;
  /** How many ports it has. */
  readonly total: number;
  /** How many of them lie in each bin. */
  readonly counts: readonly number[];
  /** How many of them are even. */
  readonly even: number;
  /** How many of them are odd. */
  readonly odd: number;
}

/** Ports in bins, which are of one size but for the last. */
export interface CountedPorts {
  readonly range: PortRange;
  readonly bins: readonly PortRange[];
  readonly series: readonly CountedSeries[];
}

/** How ports are counted. */
export interface CountPortsOptions {
  /** What the bins cover; from the lowest port to the highest by default. */
  readonly range: PortRange | undefined;
  /** How many bins there are at most. */
  readonly bars: number;
}

/** A series whose ports are ports, in their order. */
export interface CheckedSeries {
  readonly name: string;
  readonly meaning: Meaning;
  readonly ports: readonly number[];
}

/** One for each series. */
const MEANINGS: readonly Meaning[] = ["client", "server", "udp"];
const SERIES = { cannot: "Cannot draw series of ports", one: "series", most: MEANINGS.length };

/** Counts ports; where there is neither a port nor a range, there is nothing to count. */
export function countPorts(
  series: readonly PortSeries[],
  options: CountPortsOptions,
): CountedPorts | undefined {
  const checked = checkSeries(series);
  const range = options.range ?? spanOf(checked.flatMap(({ ports }) => ports));
  if (range === undefined || checked.length === 0) return undefined;
  const bins = binsOf(range, options.bars);
  return { range, bins, series: checked.map((one) => countSeries(one, { range, bins })) };
}

/** Returns the series with their meanings, if they can be drawn. */
export function checkSeries(given: readonly PortSeries[]): CheckedSeries[] {
  const { cannot } = SERIES;
  const series = itemsOf(given, SERIES);
  checkNames(series, SERIES);
  return series.map(({ name, ports, meaning: of }, index) => {
    const meant = of ?? MEANINGS[index]!;
    check(meant, meaning, { cannot, what: `the meaning of ${quote(name)}` });
    check(ports, list<Iterable<number>>(), { cannot, what: `the ports of ${quote(name)}` });
    const all = [...ports];
    for (const port of all) assertPort(port);
    return { name, ports: all, meaning: meant };
  });
}

function spanOf(ports: readonly number[]): PortRange | undefined {
  const [start] = ports;
  if (start === undefined) return undefined;
  return PortRange.from(
    ports.reduce((low, port) => Math.min(low, port), start),
    ports.reduce((high, port) => Math.max(high, port), start),
  );
}

function binsOf(range: PortRange, bars: number): PortRange[] {
  const size = Math.ceil(range.size / bars);
  return Array.from({ length: Math.ceil(range.size / size) }, (_, index) => {
    const first = range.first + index * size;
    return PortRange.from(first, Math.min(first + size - 1, range.last));
  });
}

function countSeries(
  { name, ports, meaning }: CheckedSeries,
  { range, bins }: { range: PortRange; bins: readonly PortRange[] },
): CountedSeries {
  const counts = bins.map(() => 0);
  const size = bins[0]!.size;
  for (const port of ports) {
    if (!range.has(port)) {
      throw refusal(RangeError, {
        cannot: `Cannot count the ports of ${quote(name)}`,
        rule: `they are those of ${range}`,
        part: `${port}`,
      });
    }
    counts[Math.floor((port - range.first) / size)]! += 1;
  }
  const odd = ports.filter((port) => port % 2 === 1).length;
  return { name, meaning, counts, total: ports.length, even: ports.length - odd, odd };
}
