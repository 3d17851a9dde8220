/** Parts of a figure, by the names that plotly gives them. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Figure } from "fourtuple/show";
import { isRefusal } from "../../lib/refusal.ts";

/** A trace with the fields that tests look at. */
export interface TraceParts {
  readonly name: string;
  readonly x: readonly (number | null)[];
  readonly y: readonly (number | null)[];
  readonly text?: readonly string[];
  readonly line?: { readonly color: string; readonly dash?: string };
  readonly marker?: { readonly color: string; readonly symbol: string };
}

/** A shape with the fields that tests look at. */
export interface ShapeParts {
  readonly type: string;
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly xanchor?: number;
  readonly fillcolor?: string;
}

/** An annotation with the fields that tests look at. */
export interface AnnotationParts {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly showarrow: boolean;
  readonly yshift?: number;
  readonly hovertext?: string;
  readonly ax?: number;
  readonly ay?: number;
}

/** Returns the trace called `name`. */
export function trace(figure: Figure, name: string): TraceParts {
  const found = figure.data.find((trace) => trace.name === name);
  if (found === undefined) {
    throw new Error(`No trace "${name}" among ${figure.data.map((trace) => trace.name)}`);
  }
  return found as unknown as TraceParts;
}

/** Returns the names of the traces. */
export function traceNames(figure: Figure): unknown[] {
  return figure.data.map((trace) => trace.name);
}

/** Returns the shapes that are filled with `color`. */
export function filled(figure: Figure, color: string): ShapeParts[] {
  const { shapes } = figure.layout as unknown as { shapes: readonly ShapeParts[] };
  return shapes.filter((shape) => shape.fillcolor === color);
}

/** Returns the annotations. */
export function annotations(figure: Figure): readonly AnnotationParts[] {
  return (figure.layout as unknown as { annotations: readonly AnnotationParts[] }).annotations;
}

/** Returns what the annotations say, without markup. */
export function words(figure: Figure): string[] {
  return annotations(figure).map(({ text }) => text.replace(/<br>/g, " ").replace(/<[^>]*>/g, ""))
    .filter((text) => text !== "");
}

/** Returns an axis. */
export function axis(figure: Figure, name: string) {
  return figure.layout[name] as {
    readonly title?: { readonly text: string };
    readonly range: readonly [number, number];
    readonly domain?: readonly [number, number];
    readonly tickvals?: readonly number[];
    readonly visible?: boolean;
  };
}

/** A call that is refused: the class of the error, and the part that breaks its rule. */
export type Refused = readonly [call: () => unknown, error: ErrorConstructor, part: string];

/** Asserts that each call is refused, for the part that breaks its rule. */
export function assertRefused(calls: readonly Refused[]): void {
  for (const [call, Class, part] of calls) {
    const error = assertThrows(call, Class);
    assert(isRefusal(error), error.message);
    assertEquals(error.part, part, error.message);
  }
}
