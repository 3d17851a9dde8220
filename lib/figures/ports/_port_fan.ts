/**
 * The services over the strip: labels side by side, and a line from each to its exact port. Most
 * services have well-known ports, which are a 64th of the strip, so these have an enlarged strip.
 */
import { refusal } from "../../refusal.ts";
import { LAST_WELL_KNOWN_PORT, MAX_PORT } from "../../ports/port.ts";
import { label, type Mark, onHover, SMALL_PX, TRACK } from "../parts/_layout.ts";
import { plainText, shorten, widthOf } from "../parts/_words.ts";
import { PALETTE } from "../parts/palette.ts";

interface Service {
  readonly port: number;
  readonly name: string;
}

/** The enlarged strip: its place on the axis of all ports, and its height in px. */
const ENLARGED_WIDTH = Math.floor(MAX_PORT * 0.76);
const ENLARGED_PX = 16;
/** The heights of the lines above it and below it, in px. */
const ABOVE_PX = 46;
const BELOW_PX = 44;

/** The height of all that is between the labels and the strip, in px. */
export const FAN_PX = ABOVE_PX + ENLARGED_PX + BELOW_PX;

/** The straight ends of a line, at its label and at its port, in px. */
const AT_LABEL = 12;
const AT_PORT = 10;
const LABEL_GAP = 3;

/** Twenty labels of 11 px fill the strip on a phone. */
const LEAST_DISTANCE = Math.floor(MAX_PORT / 19);

/** The width of a letter in the widest usual font, 11 px high, in px. */
const LETTER_PX = 7.4;
const NAME_LETTERS = 14;

/** Returns the length of the longest label, in px; it may be a little more than is needed. */
export function longestLabel(services: readonly Service[]): number {
  return Math.ceil(
    LETTER_PX *
      Math.max(
        ...services.map(({ port, name }) => widthOf(`${port} ${shorten(name, NAME_LETTERS)}`)),
      ),
  );
}

/** Draws the labels down to `top`, and lines from them to the ports at `bottom`; services ascend by port. */
export function fan(services: readonly Service[], top: number, bottom: number): Mark {
  const places = placesOf(services);
  const enlarged = { top: bottom - BELOW_PX - ENLARGED_PX, bottom: bottom - BELOW_PX };
  return {
    shapes: [{
      type: "rect",
      x0: 0,
      x1: ENLARGED_WIDTH,
      y0: enlarged.top,
      y1: enlarged.bottom,
      fillcolor: PALETTE["well-known"].color,
      line: { width: 0 },
      layer: "below",
    }],
    annotations: [
      ...services.map(({ port, name }, index) =>
        label(`<b>${port}</b> ${plainText(shorten(name, NAME_LETTERS))}`, {
          x: places[index],
          y: top,
          yshift: LABEL_GAP,
          textangle: -90,
          xanchor: "center",
          yanchor: "bottom",
          font: { size: SMALL_PX },
          ...onHover(name, NAME_LETTERS),
        })
      ),
      label(`0–${LAST_WELL_KNOWN_PORT}, enlarged`, {
        x: ENLARGED_WIDTH / 2,
        y: (enlarged.top + enlarged.bottom) / 2,
        xanchor: "center",
        yanchor: "middle",
        font: { size: SMALL_PX, color: "#ffffff" },
      }),
    ],
    traces: [
      {
        type: "scatter",
        mode: "lines",
        name: "enlarged",
        x: [0, ENLARGED_WIDTH, LAST_WELL_KNOWN_PORT + 1, 0, 0],
        y: [enlarged.bottom, enlarged.bottom, bottom, bottom, enlarged.bottom],
        fill: "toself",
        fillcolor: TRACK,
        line: { width: 0 },
        hoverinfo: "skip",
      },
      {
        type: "scatter",
        mode: "lines",
        name: "services",
        x: services.flatMap(({ port }, index) => {
          const end = placeOf(port);
          return [places[index], places[index], end, end, null];
        }),
        y: services.flatMap(({ port }) =>
          port <= LAST_WELL_KNOWN_PORT
            ? [top, top + AT_LABEL, enlarged.top - AT_PORT, enlarged.top, null]
            : [top, enlarged.bottom, bottom - AT_PORT, bottom, null]
        ),
        line: { color: PALETTE.server.color, width: 1.2 },
        hoverinfo: "skip",
        cliponaxis: false,
      },
    ],
  };
}

/** Where a port is on the axis of all ports, a well-known one on the enlarged strip. */
function placeOf(port: number): number {
  return port <= LAST_WELL_KNOWN_PORT ? ENLARGED_WIDTH * port / (LAST_WELL_KNOWN_PORT + 1) : port;
}

function placesOf(services: readonly Service[]): number[] {
  const wanted = services.map(({ port }) =>
    port <= LAST_WELL_KNOWN_PORT ? placeOf(port) : Math.max(port, ENLARGED_WIDTH + LEAST_DISTANCE)
  );
  return spread(wanted, { gap: LEAST_DISTANCE, first: 0, last: MAX_PORT });
}

/** Where labels may be. */
export interface SpreadOptions {
  /** The least distance between two labels. */
  readonly gap: number;
  /** The first place. */
  readonly first: number;
  /** The last place. */
  readonly last: number;
}

/**
 * Returns a place for each of `wanted`, which ascend: as near to it as the gap allows, in the same
 * order, none outside of the bounds. Labels that collide form a group around the middle of the places
 * that its members want, and groups that collide form a larger one (isotonic regression by pooling).
 *
 * @throws {RangeError} If there are too many labels
 */
export function spread(wanted: readonly number[], options: SpreadOptions): number[] {
  const { gap, first, last } = options;
  const room = Math.floor((last - first) / gap) + 1;
  if (wanted.length > room) {
    throw refusal(RangeError, {
      cannot: "Cannot spread labels",
      rule: `${first} to ${last} has room for ${room}`,
      part: `${wanted.length}`,
    });
  }
  // Without its own share of gaps each label wants a place, and these only have to ascend.
  const groups: { sum: number; count: number }[] = [];
  for (const [index, place] of wanted.entries()) {
    groups.push({ sum: place - index * gap, count: 1 });
    while (groups.length > 1 && mean(groups.at(-2)!) > mean(groups.at(-1)!)) {
      const { sum, count } = groups.pop()!;
      const below = groups.at(-1)!;
      below.sum += sum;
      below.count += count;
    }
  }
  const highest = last - (wanted.length - 1) * gap;
  return groups
    .flatMap((group) => Array.from({ length: group.count }, () => mean(group)))
    .map((place, index) => Math.min(Math.max(place, first), highest) + index * gap);
}

function mean(group: { readonly sum: number; readonly count: number }): number {
  return group.sum / group.count;
}
