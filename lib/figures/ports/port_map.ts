/**
 * The 65,536 ports as one strip.
 *
 * @module
 */
import { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { EPHEMERAL_DEFAULTS } from "../../ports/named_ranges.ts";
import { IANA_RANGES } from "../../ports/named_ranges.ts";
import { assertPort, MAX_PORT } from "../../ports/port.ts";
import { PortRange } from "../../ports/port_range.ts";
import { serviceName } from "../../ports/service_names.ts";
import { layoutOf, pixelAxis, titledAxis } from "../parts/_layout.ts";
import { fan, FAN_PX, fanLabels, longestLabel } from "./_port_fan.ts";
import {
  type PortUse,
  type PortUser,
  portUses,
  USE_PX,
  useLabel,
  usePoints,
  useShape,
} from "./_ports_in_use.ts";
import {
  classLabel,
  classShape,
  rowLabel,
  rowShapes,
  usedLabel,
  usedPoints,
} from "./_port_strip.ts";
import { assertWords } from "../parts/_words.ts";

export type { PortUser };

/** A named range of ports. */
export interface NamedRange {
  /** Its name. */
  readonly name: string;
  /** The ports. */
  readonly range: PortRange;
}

/** A service and its port. */
export interface MarkedService {
  /** The port. */
  readonly port: number;
  /** The service's name, at most 14 characters. */
  readonly name: string;
}

/** What {@linkcode plotPortMap} draws. */
export interface PlotPortMapOptions {
  /** The services marked on the strip, at most 20; those that a beginner meets by default. */
  readonly services?: readonly MarkedService[];
  /** The ranges drawn as bars under the strip; each system's ephemeral range by default. */
  readonly ranges?: readonly NamedRange[];
  /** This machine's ephemeral range, drawn first; none by default. */
  readonly machine?: PortRange;
  /** The ports in use, drawn as points on the strip; none by default. */
  readonly used?: Iterable<number>;
  /**
   * Sockets, such as the rows of the kernel's table: their local ports are drawn under the strip, a
   * lane for each thing that sockets do (listening, established, TIME_WAIT …); none by default.
   */
  readonly inUse?: Iterable<PortUser>;
  /** The title, at most 36 characters; "The 65,536 ports" by default. */
  readonly title?: string;
  /** The text under the title, at most 240 characters; by default it names the parts. */
  readonly subtitle?: string;
}

/** The ports that a beginner meets; each has a name over TCP. */
const SERVICE_PORTS = [
  ...[20, 21, 22, 23, 25, 53, 67, 68, 80, 110, 143, 443, 465, 587, 993, 995],
  ...[3306, 5432, 6379, 27017],
];

/** So much more than the ports is drawn at either end, lest the outermost lines be cut in half. */
const EDGE = 150;

const MAX_SERVICES = 20;
const MAX_SERVICE_NAME = 14;
/** With the ports beside it, this fills the line over a bar on a phone. */
const MAX_RANGE_NAME = 28;

const SUBTITLE = "Grey: IANA's three ranges, with some services. Blue: the numbers that systems " +
  "give to clients.";

/** The parts of the figure from the top to the bottom, in px. */
const STRIP_PX = 26;
const CLASS_PX = 42;
const USED_PX = 28;
const ROW_PX = 40;
const USES_GAP_PX = 10;

/**
 * Draws the ports from 0 to 65535 on a linear axis: IANA's three ranges as one strip, services
 * above it, each with a line to its exact port, and ephemeral ranges as bars below it.
 *
 * Sockets that are given as `inUse` have their ports on lanes, by what they do.
 *
 * Ranges with the same ports share a bar. Ports in use are points on the strip; of more than 2,048
 * of them one of 32 neighbours is drawn, which a figure 2,000 px wide does not tell apart.
 *
 * @throws {TypeError} If a port is not a number, or a socket has no local endpoint
 * @throws {RangeError} If a port is no port, a state none of the kernel's, a name or the title is
 * empty or too long for a phone, or there are more than 20 services
 *
 * @example This machine beside the others
 * ```ts
 * import { ephemeralRange } from "fourtuple/observe";
 * import { plotPortMap } from "fourtuple/figures";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = plotPortMap({ machine: ephemeralRange(), used: [22, 80, 51234] });
 * assertEquals(figure.title, "The 65,536 ports");
 * assertEquals(figure.table.columns, ["what", "name", "first port", "last port", "ports"]);
 * ```
 */
export function plotPortMap(options: PlotPortMapOptions = {}): Figure {
  const services = checkedServices(options.services ?? commonServices());
  const rows = rowsOf(options);
  const used = checkedUsed(options.used ?? []);
  const uses = portUses(options.inUse ?? []);

  const fanTop = services.length > 0 ? longestLabel(services) : 0;
  const stripTop = fanTop + (services.length > 0 ? FAN_PX : 0);
  const classTop = stripTop + STRIP_PX + 5;
  const usedTop = classTop + CLASS_PX;
  const usesTop = usedTop + (used.length > 0 ? USED_PX : 0);
  const rowsTop = usesTop + uses.length * USE_PX + (uses.length > 0 ? USES_GAP_PX : 0);
  const plotHeight = rowsTop + rows.length * ROW_PX;

  return new Figure({
    data: [
      ...(services.length > 0 ? [fan(services, fanTop, stripTop)] : []),
      ...(used.length > 0 ? usedPoints(used, stripTop + STRIP_PX / 2) : []),
      ...uses.map((use, lane) => usePoints(use, usesTop + lane * USE_PX)),
    ],
    layout: layoutOf({
      heading: {
        title: options.title ?? "The 65,536 ports",
        subtitle: options.subtitle ?? SUBTITLE,
      },
      plotHeight,
      margin: { l: 16, r: 20, b: 48 },
      parts: {
        xaxis: titledAxis("port", {
          range: [-EDGE, MAX_PORT + EDGE],
          tickvals: [0, 16384, 32768, 49152, MAX_PORT],
          tickformat: "d",
          ticks: "outside",
          showline: true,
          showgrid: false,
        }),
        yaxis: pixelAxis(plotHeight),
        shapes: [
          ...IANA_RANGES.map((named) => classShape(named, stripTop, STRIP_PX)),
          ...uses.map((_, lane) => useShape(usesTop + lane * USE_PX)),
          ...rows.flatMap(({ range }, row) => rowShapes(range, rowsTop + row * ROW_PX)),
        ],
      },
      annotations: [
        ...fanLabels(services, fanTop),
        ...IANA_RANGES.map((named) => classLabel(named, classTop)),
        ...(used.length > 0 ? [usedLabel(used.length, usedTop)] : []),
        ...uses.map((use, lane) => useLabel(use, usesTop + lane * USE_PX)),
        ...rows.map((named, row) => rowLabel(named, rowsTop + row * ROW_PX)),
      ],
    }),
    table: tableOf({ services, rows, used, uses }),
  });
}

function commonServices(): MarkedService[] {
  return SERVICE_PORTS.map((port) => ({ port, name: serviceName(port, "tcp")! }));
}

function checkedServices(services: readonly MarkedService[]): MarkedService[] {
  if (services.length > MAX_SERVICES) {
    throw new RangeError(
      `Cannot mark "${services.length}" services on the port map: there is room for ` +
        `${MAX_SERVICES}, got ${services.length}`,
    );
  }
  for (const { port, name } of services) {
    assertPort(port);
    assertWords(name, { as: "name a service", most: MAX_SERVICE_NAME });
  }
  return services.toSorted((one, other) => one.port - other.port);
}

function checkedUsed(used: Iterable<number>): number[] {
  const ports = new Set(used);
  for (const port of ports) assertPort(port);
  return [...ports].sort((one, other) => one - other);
}

/** Names that stand for the same ports are joined: "Windows, macOS". */
function rowsOf({ machine, ranges }: PlotPortMapOptions): NamedRange[] {
  const given = [
    ...(machine === undefined ? [] : [{ name: "this machine", range: machine }]),
    ...ranges ??
      Object.values(EPHEMERAL_DEFAULTS).map(({ system, range }) => ({ name: system, range })),
  ];
  const groups = Map.groupBy(
    given,
    ({ range: { first, last } }) => `${PortRange.from(first, last)}`,
  );
  return [...groups.values()].map((group) => {
    const name = group.map((named) => named.name).join(", ");
    assertWords(name, { as: "name a range of ports", most: MAX_RANGE_NAME });
    return { name, range: group[0]!.range };
  });
}

function tableOf({ services, rows, used, uses }: {
  services: readonly MarkedService[];
  rows: readonly NamedRange[];
  used: readonly number[];
  uses: readonly PortUse[];
}): Table {
  const line = (what: string, { name, range }: NamedRange) => [
    what,
    name,
    range.first,
    range.last,
    range.last - range.first + 1,
  ];
  return new Table({
    columns: ["what", "name", "first port", "last port", "ports"],
    rows: [
      ...IANA_RANGES.map((named) => line("IANA", named)),
      ...rows.map((named) => line("ephemeral", named)),
      ...services.map(({ port, name }) => ["service", name, port, port, 1]),
      ...(used.length > 0 ? [["in use", "", used[0], used.at(-1), used.length]] : []),
      ...uses.map(({ name, ports }) => ["in use", name, ports[0], ports.at(-1), ports.length]),
    ],
  });
}
