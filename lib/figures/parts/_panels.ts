/** Panels of points below each other, one for each series, over one horizontal axis. */
import type { Layout } from "../../show/figure.ts";
import {
  atLeft,
  type Block,
  domainOf,
  type Mark,
  muted,
  onHover,
  SMALL_PX,
  space,
  titledAxis,
} from "./_layout.ts";
import { plainText, shorten } from "./_words.ts";

/** The parts from the top to the bottom, in px. */
const HEAD_PX = 24;
const PANEL_PX = 130;
const BETWEEN_PX = 18;
const X_AXIS_PX = 44;
const NAME_LETTERS = 16;
/** The size of a point, in px. */
export const POINT_PX = 6;

/** The panel of one series. */
export interface Panel {
  /** The series' name, in its head. */
  readonly name: string;
  /** What its head says after the name. */
  readonly after: string;
  /** What its points are drawn by; it gets its axes here. */
  readonly traces: readonly Readonly<Record<string, unknown>>[];
  /** Its vertical axis: the title and what plotly's layout says of it. */
  readonly yaxis: readonly [title: string, axis: Layout];
}

/** Returns the height of panels, their axes and their marks, as drawFigure() takes them. */
export function layPanels(
  panels: readonly Panel[],
  xaxis: readonly [title: string, axis: Layout],
): { height: number; axes: Layout; marks: Mark[]; under: Block[] } {
  const height = topOf(panels.length) - BETWEEN_PX;
  const [title, axis] = xaxis;
  return {
    height,
    axes: {
      xaxis: titledAxis(title, {
        ...axis,
        ticks: "outside",
        showgrid: false,
        anchor: axisName(panels.length),
      }),
      ...Object.fromEntries(panels.map(({ yaxis: [title, axis] }, index) => {
        const top = topOf(index) + HEAD_PX;
        const place = { ...domainOf(top, top + PANEL_PX, height), anchor: "x" };
        return [
          axisName(index + 1).replace("y", "yaxis"),
          titledAxis(title, { ...axis, ...place, tickformat: "d" }),
        ];
      })),
    },
    marks: [
      ...panels.map(({ traces }, index) => ({
        traces: traces.map((trace) => ({
          type: "scatter",
          mode: "markers",
          ...trace,
          xaxis: "x",
          yaxis: axisName(index + 1),
          cliponaxis: false,
        })),
      })),
      ...panels.map((panel, index) => head(panel, 1 - topOf(index) / height)),
    ],
    under: [space(X_AXIS_PX)],
  };
}

function head({ name, after }: Panel, y: number): Mark {
  const text = `<b>${plainText(shorten(name, NAME_LETTERS))}</b> ${muted(after)}`;
  const place = { yref: "paper", y, yanchor: "top" };
  return {
    annotations: [
      atLeft(text, { ...place, font: { size: SMALL_PX }, ...onHover(name, NAME_LETTERS) }),
    ],
  };
}

function topOf(index: number): number {
  return index * (HEAD_PX + PANEL_PX + BETWEEN_PX);
}

function axisName(number: number): string {
  return number === 1 ? "y" : `y${number}`;
}
