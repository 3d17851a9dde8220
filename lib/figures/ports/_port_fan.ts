/** The services over the strip: labels side by side, and a line from each to its exact port. */
import type { Trace } from "../../show/figure.ts";
import { MAX_PORT } from "../../ports/port.ts";
import { type Annotation, INK, label, SMALL_PX } from "../parts/_layout.ts";
import { spread } from "../parts/_spread.ts";
import { plainText } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";

interface Service {
  readonly port: number;
  readonly name: string;
}

/** The height of the lines between the labels and the strip, in px. */
export const FAN_PX = 82;

/** The straight ends of a line, at its label and at its port, in px. */
const AT_LABEL = 12;
const AT_PORT = 10;
const LABEL_GAP = 3;

/** Twenty labels of 11 px fill the strip on a phone. */
const LEAST_DISTANCE = Math.floor(MAX_PORT / 19);

/** The width of a character in the widest usual font, 11 px high, in px. */
const CHARACTER_PX = 7.4;

/** Returns the length of the longest label, in px; it may be a little more than is needed. */
export function longestLabel(services: readonly Service[]): number {
  return Math.ceil(
    CHARACTER_PX * Math.max(...services.map(({ port, name }) => `${port} ${name}`.length)),
  );
}

/** Returns the labels, standing on `bottom`; services ascend by port. */
export function fanLabels(services: readonly Service[], bottom: number): Annotation[] {
  const places = placesOf(services);
  return services.map(({ port, name }, index) =>
    label(`<b>${port}</b> ${plainText(name)}`, {
      x: places[index],
      y: bottom,
      yshift: LABEL_GAP,
      textangle: -90,
      xanchor: "center",
      yanchor: "bottom",
      font: { size: SMALL_PX, color: INK },
    })
  );
}

/** Returns the lines from the labels at `top` to the ports at `bottom`. */
export function fan(services: readonly Service[], top: number, bottom: number): Trace {
  const places = placesOf(services);
  return {
    type: "scatter",
    mode: "lines",
    name: "services",
    x: services.flatMap(({ port }, index) => [places[index], places[index], port, port, null]),
    y: services.flatMap(() => [top, top + AT_LABEL, bottom - AT_PORT, bottom, null]),
    line: { color: PALETTE.server.color, width: 1.2 },
    hoverinfo: "skip",
    cliponaxis: false,
  };
}

function placesOf(services: readonly Service[]): number[] {
  return spread(services.map(({ port }) => port), {
    gap: LEAST_DISTANCE,
    first: 0,
    last: MAX_PORT,
  });
}
