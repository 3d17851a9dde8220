/** The strip of all ports, the points on it and the bars under it. */
import type { Trace } from "../../show/figure.ts";
import type { IanaRange } from "../../ports/named_ranges.ts";
import { LAST_REGISTERED_PORT, LAST_WELL_KNOWN_PORT, MAX_PORT } from "../../ports/port.ts";
import { type Annotation, label, MUTED, type Shape, TRACK } from "../parts/_layout.ts";
import { counted, plainText } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";

interface Ports {
  readonly first: number;
  readonly last: number;
}

/** A bar and the line of text over it, in px. */
const BAR_PX = 12;
const OVER_BAR_PX = 18;

/** Not the middle: on a phone the name of the narrow range at the left reaches into this one. */
const REGISTERED_LABEL = 30_000;

/** A figure 2,000 px wide shows no more points side by side. */
const MAX_POINTS = 2048;
const PORTS_A_POINT = (MAX_PORT + 1) / MAX_POINTS;

/** Returns one of IANA's ranges as a part of the strip. */
export function classShape({ name, range }: IanaRange, top: number, height: number): Shape {
  return { ...rect(range, top, PALETTE[name].color), y1: top + height };
}

/** Returns the name of one of IANA's ranges, under its part of the strip. */
export function classLabel({ name, range }: IanaRange, y: number): Annotation {
  const place = range.first === 0
    ? { x: 0, xanchor: "left" }
    : range.last === MAX_PORT
    ? { x: MAX_PORT, xanchor: "right" }
    : { x: REGISTERED_LABEL, xanchor: "center" };
  return label(rangeText(name, range, "<br>"), {
    ...place,
    y,
    yanchor: "top",
    align: place.xanchor,
  });
}

/** Returns a bar: all ports pale, `range` in blue, and gaps where IANA's ranges meet. */
export function rowShapes(range: Ports, y: number): Shape[] {
  const top = y + OVER_BAR_PX;
  return [
    rect({ first: 0, last: MAX_PORT }, top, TRACK),
    rect(range, top, PALETTE.client.color),
    ...[LAST_WELL_KNOWN_PORT + 1, LAST_REGISTERED_PORT + 1].map((port) => ({
      type: "line",
      layer: "below",
      x0: port,
      x1: port,
      y0: top,
      y1: top + BAR_PX,
      line: { color: "#ffffff", width: 1.5 },
    })),
  ];
}

/** Returns the text over a bar. */
export function rowLabel({ name, range }: { name: string; range: Ports }, y: number): Annotation {
  return label(rangeText(name, range, " "), { x: 0, xanchor: "left", y, yanchor: "top" });
}

/** Returns the ports in use as points over a white rim, so that neighbours grow together. */
export function usedPoints(used: readonly number[], y: number): Trace[] {
  const ports = thinned(used);
  const at = { type: "scatter", mode: "markers", x: ports, y: ports.map(() => y) };
  return [
    { ...at, name: "rim", marker: { color: "#ffffff", size: 11 }, hoverinfo: "skip" },
    {
      ...at,
      name: "in use",
      marker: { color: PALETTE.held.color, symbol: PALETTE.held.symbol, size: 8 },
      hovertemplate: "port %{x}<extra>in use</extra>",
    },
  ].map((trace) => ({ ...trace, cliponaxis: false }));
}

/** Returns what the points mean, and how many ports they stand for. */
export function usedLabel(count: number, y: number): Annotation {
  return label(
    `<span style="color:${PALETTE.held.color}">●</span> <b>${counted(count, "port")}</b> in use`,
    {
      x: 0,
      xanchor: "left",
      y,
      yanchor: "top",
    },
  );
}

/** Of many neighbours one is drawn. */
export function thinned(ports: readonly number[]): readonly number[] {
  if (ports.length <= MAX_POINTS) return ports;
  const nearby = Map.groupBy(ports, (port) => Math.floor(port / PORTS_A_POINT));
  return [...nearby.values()].map((group) => group[0]!);
}

function rect(range: Ports, top: number, color: string): Shape {
  return {
    type: "rect",
    layer: "below",
    x0: range.first,
    x1: range.last + 1,
    y0: top,
    y1: top + BAR_PX,
    fillcolor: color,
    line: { width: 0 },
  };
}

function rangeText(name: string, { first, last }: Ports, between: string): string {
  return `<b>${plainText(name)}</b>${between}` +
    `<span style="color:${MUTED}">${first}–${last}</span>`;
}
