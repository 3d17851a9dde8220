/** Ports in series, checked and counted. */
import { assertPort } from "../../ports/port.ts";
import { PortRange } from "../../ports/port_range.ts";
import { assertWords } from "../parts/_words.ts";
import { assertMeaning, type Meaning } from "../parts/palette.ts";

/** Ports that were picked in one way. */
export interface PortSeries {
  /** How they were picked, at most 16 characters: "connect". */
  readonly name: string;
  /** The ports, in any order; a port that was picked twice counts twice. */
  readonly ports: Iterable<number>;
  /** Whose ports they are, which gives the colour; client, server, UDP by default, in this order. */
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

interface CheckedSeries {
  readonly name: string;
  readonly meaning: Meaning;
  readonly ports: readonly number[];
}

/** A figure has room for as many series. */
const MEANINGS: readonly Meaning[] = ["client", "server", "udp"];
const MAX_NAME = 16;

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

function checkSeries(series: readonly PortSeries[]): CheckedSeries[] {
  if (series.length > MEANINGS.length) {
    throw new RangeError(
      `Cannot draw "${series.length}" series of ports: there is room for ${MEANINGS.length}, ` +
        `got ${series.length}`,
    );
  }
  const names = new Set<string>();
  return series.map(({ name, ports, meaning = MEANINGS[names.size]! }) => {
    assertWords(name, { as: "name a series of ports", most: MAX_NAME });
    assertMeaning(meaning);
    if (names.has(name)) {
      throw new RangeError(
        `Cannot name a series of ports "${name}": each has a name of its own, got it twice`,
      );
    }
    names.add(name);
    const list = [...ports];
    for (const port of list) assertPort(port);
    return { name, ports: list, meaning };
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
      throw new RangeError(
        `Cannot count port "${port}" of "${name}": the ports are those of ${range}, got ${port}`,
      );
    }
    counts[Math.floor((port - range.first) / size)]! += 1;
  }
  const odd = ports.filter((port) => port % 2 === 1).length;
  return { name, meaning, counts, total: ports.length, even: ports.length - odd, odd };
}
