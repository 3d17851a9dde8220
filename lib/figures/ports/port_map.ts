/**
 * The 65,536 ports as one strip.
 *
 * @module
 */
import type { Figure } from "../../show/figure.ts";
import { Table } from "../../show/table.ts";
import { check, checkOptions, instanceOf, type OptionChecks } from "../../refusal.ts";
import { EPHEMERAL_DEFAULTS, IANA_RANGES, type IanaRange } from "../../ports/named_ranges.ts";
import {
  assertPort,
  LAST_REGISTERED_PORT,
  LAST_WELL_KNOWN_PORT,
  MAX_PORT,
} from "../../ports/port.ts";
import { PortRange } from "../../ports/port_range.ts";
import { serviceName } from "../../ports/service_names.ts";
import { HEADING, itemsOf, list, words } from "../parts/_checks.ts";
import {
  drawFigure,
  label,
  type Mark,
  muted,
  pixelAxis,
  type Shape,
  space,
  titledAxis,
  TRACK,
} from "../parts/_layout.ts";
import { placeRows, rowLabels, type Rows } from "../parts/_rows.ts";
import { counted } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";
import { fan, FAN_PX, longestLabel } from "./_port_fan.ts";
import { LANE, lanes, type PortUse, type PortUser, portUses, usedPoints } from "./_ports_in_use.ts";

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
  /** The service's name. */
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
  /** The title; "The 65,536 ports" by default. */
  readonly title?: string;
  /** The text under the title; by default it names the parts. */
  readonly subtitle?: string;
}

/** The ports that a beginner meets; each has a name over TCP. */
const SERVICE_PORTS = [
  ...[20, 21, 22, 23, 25, 53, 67, 68, 80, 110, 143, 443, 465, 587, 993, 995],
  ...[3306, 5432, 6379, 27017],
];

/** How many more than the ports the axis has at either end, so that no line is cut in half. */
const EDGE = 150;

const CANNOT = "Cannot draw the port map";
const RANGE = instanceOf(PortRange, "a PortRange");
const OPTIONS: OptionChecks<PlotPortMapOptions> = {
  ...HEADING,
  services: list(),
  ranges: list(),
  machine: RANGE,
  used: list(),
  inUse: list(),
};
const SERVICES = { cannot: CANNOT, one: "service", most: 20 };

const SUBTITLE = "Grey: IANA's three ranges, with some services. Blue: the ports that systems " +
  "give to clients.";

/** The parts of the figure from the top to the bottom, in px. */
const STRIP_PX = 26;
const CLASS_PX = 42;
const USED_PX = 28;
const LANES_GAP_PX = 10;
const RANGE_ROW = { words: 20, body: 12, gap: 8 };
const AXIS_PX = 42;

/** Not the middle: on a phone the name of the narrow range at the left reaches into this one. */
const REGISTERED_LABEL = 30_000;

/**
 * Draws the ports from 0 to 65535 on a linear axis: IANA's three ranges as one strip, services
 * above it, each with a line to its exact port, and ephemeral ranges as bars below it. Well-known
 * ports, where most services are, have an enlarged strip between.
 *
 * Sockets that are given as `inUse` have their ports on lanes, by what they do.
 *
 * Ranges with the same ports share a bar. Ports in use are points on the strip; of more than 2,048
 * of them one of 32 neighbours is drawn, which a figure 2,000 px wide does not tell apart.
 *
 * @throws {TypeError} If a port is not a number, a name is not a text, a socket has no local endpoint or
 * no state of the kernel's, or an option is not known or of the wrong kind
 * @throws {RangeError} If a port is out of bounds, or there are more than 20 services
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
  checkOptions(options, OPTIONS, CANNOT);
  const { title = "The 65,536 ports", subtitle = SUBTITLE } = options;
  const services = checkedServices(options.services ?? commonServices());
  const ranges = rangesOf(options);
  const used = checkedUsed(options.used ?? []);
  const uses = portUses(options.inUse ?? []);

  const fanTop = services.length > 0 ? longestLabel(services) : 0;
  const stripTop = fanTop + (services.length > 0 ? FAN_PX : 0);
  const classTop = stripTop + STRIP_PX + 5;
  const usedTop = classTop + CLASS_PX;
  const laneRows = placeRows(uses, { ...LANE, top: usedTop + (used.length > 0 ? USED_PX : 0) });
  const rangeRows = placeRows(ranges, {
    ...RANGE_ROW,
    top: laneRows.end + (uses.length > 0 ? LANES_GAP_PX : 0),
  });
  return drawFigure({
    heading: { title, subtitle },
    height: rangeRows.end,
    margin: { l: 16, r: 20 },
    axes: {
      xaxis: titledAxis("port", {
        range: [-EDGE, MAX_PORT + EDGE],
        tickvals: [0, 16384, 32768, 49152, MAX_PORT],
        tickformat: "d",
        ticks: "outside",
        showline: true,
        showgrid: false,
      }),
      yaxis: pixelAxis(rangeRows.end),
    },
    marks: [
      strip(stripTop, classTop),
      services.length > 0 ? fan(services, fanTop, stripTop) : {},
      ...(used.length > 0
        ? [usedPoints(used, stripTop + STRIP_PX / 2), usedLabel(used.length, usedTop)]
        : []),
      ...lanes(laneRows),
      ...rangeBars(rangeRows),
    ],
    under: [space(AXIS_PX)],
    table: tableOf({ services, ranges, used, uses }),
  });
}

function commonServices(): MarkedService[] {
  return SERVICE_PORTS.map((port) => ({ port, name: serviceName(port, "tcp")! }));
}

function checkedServices(given: readonly MarkedService[]): MarkedService[] {
  const services = itemsOf(given, SERVICES);
  for (const { port, name } of services) {
    assertPort(port);
    check(name, words, { cannot: CANNOT, what: "the name of a service" });
  }
  return services.sort((one, other) => one.port - other.port);
}

function checkedUsed(used: Iterable<number>): number[] {
  const ports = new Set(used);
  for (const port of ports) assertPort(port);
  return [...ports].sort((one, other) => one - other);
}

/** Ranges of the same ports are joined: "Windows, macOS". */
function rangesOf({ machine, ranges }: PlotPortMapOptions): NamedRange[] {
  const given = [
    ...(machine === undefined ? [] : [{ name: "this machine", range: machine }]),
    ...ranges === undefined
      ? Object.values(EPHEMERAL_DEFAULTS).map(({ system, range }) => ({ name: system, range }))
      : itemsOf(ranges, { cannot: CANNOT, one: "range" }),
  ];
  for (const { name, range } of given) {
    check(name, words, { cannot: CANNOT, what: "the name of a range" });
    check(range, RANGE, { cannot: CANNOT, what: "a range" });
  }
  return [...Map.groupBy(given, ({ range }) => String(range)).values()].map((group) => ({
    name: group.map(({ name }) => name).join(", "),
    range: group[0]!.range,
  }));
}

/** IANA's ranges, and their names under them. */
function strip(top: number, namesTop: number): Mark {
  return {
    shapes: IANA_RANGES.map(({ name, range }) =>
      portsShape(range, { y0: top, y1: top + STRIP_PX, color: PALETTE[name].color })
    ),
    annotations: IANA_RANGES.map((named) => {
      const place = placeOf(named);
      const text = `<b>${named.name}</b><br>${muted(rangeText(named.range))}`;
      return label(text, { ...place, y: namesTop, yanchor: "top", align: place.xanchor });
    }),
  };
}

function placeOf({ range }: IanaRange): { x: number; xanchor: "left" | "center" | "right" } {
  if (range.first === 0) return { x: 0, xanchor: "left" };
  if (range.last === MAX_PORT) return { x: MAX_PORT, xanchor: "right" };
  return { x: REGISTERED_LABEL, xanchor: "center" };
}

/** What the points on the strip mean, and how many ports they are. */
function usedLabel(count: number, y: number): Mark {
  const point = `<span style="color:${PALETTE.held.color}">●</span>`;
  const text = `${point} <b>${counted(count, "port")}</b> in use`;
  return { annotations: [label(text, { x: 0, xanchor: "left", y, yanchor: "top" })] };
}

/** A bar for each range: all ports pale, the range in colour, and gaps where IANA's ranges meet. */
function rangeBars(rows: Rows<NamedRange>): Mark[] {
  const gaps = [LAST_WELL_KNOWN_PORT + 1, LAST_REGISTERED_PORT + 1];
  return [
    {
      shapes: rows.flatMap(({ item: { range }, body, bottom }) => {
        const place = { y0: body, y1: bottom };
        return [
          portsShape({ first: 0, last: MAX_PORT }, { ...place, color: TRACK }),
          portsShape(range, { ...place, color: PALETTE.client.color }),
          ...gaps.map((port) => ({
            type: "line",
            layer: "below",
            ...place,
            x0: port,
            x1: port,
            line: { color: "#ffffff", width: 1.5 },
          })),
        ];
      }),
    },
    rowLabels(rows, ({ name, range }) => ({ name, after: rangeText(range) })),
  ];
}

function portsShape(
  { first, last }: { readonly first: number; readonly last: number },
  { y0, y1, color }: { readonly y0: number; readonly y1: number; readonly color: string },
): Shape {
  const fill = { fillcolor: color, line: { width: 0 }, layer: "below" };
  return { type: "rect", x0: first, x1: last + 1, y0, y1, ...fill };
}

function rangeText({ first, last }: PortRange): string {
  return `${first}–${last}`;
}

function tableOf({ services, ranges, used, uses }: {
  services: readonly MarkedService[];
  ranges: readonly NamedRange[];
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
      ...ranges.map((named) => line("ephemeral", named)),
      ...services.map(({ port, name }) => ["service", name, port, port, 1]),
      ...(used.length > 0 ? [["in use", "", used[0], used.at(-1), used.length]] : []),
      ...uses.map(({ name, ports }) => ["in use", name, ports[0], ports.at(-1), ports.length]),
    ],
  });
}
