/** The services over the strip: labels side by side, and a line from each to its exact port. */
import { refusal } from "../../refusal.ts";
import { MAX_PORT } from "../../ports/port.ts";
import { label, type Mark, onHover, SMALL_PX } from "../parts/_layout.ts";
import { plainText, shorten, widthOf } from "../parts/_words.ts";
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
  return {
    annotations: services.map(({ port, name }, index) =>
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
    traces: [{
      type: "scatter",
      mode: "lines",
      name: "services",
      x: services.flatMap(({ port }, index) => [places[index], places[index], port, port, null]),
      y: services.flatMap(() => [top, top + AT_LABEL, bottom - AT_PORT, bottom, null]),
      line: { color: PALETTE.server.color, width: 1.2 },
      hoverinfo: "skip",
      cliponaxis: false,
    }],
  };
}

function placesOf(services: readonly Service[]): number[] {
  return spread(services.map(({ port }) => port), {
    gap: LEAST_DISTANCE,
    first: 0,
    last: MAX_PORT,
  });
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
