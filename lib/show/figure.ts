/**
 * A plotly figure that shows itself in every Jupyter front end, with its numbers as a table where
 * scripts are off.
 *
 * @module
 */
import { checkOptions, instanceOf, list, objectWith, text } from "../refusal.ts";
import { DISPLAY, type Displayable, type MimeBundle } from "./display.ts";
import { figureHtml, PLOTLY_MIME } from "./_plotly.ts";
import { Table } from "./table.ts";

/** One trace of a plotly figure, as plotly.js documents it. */
export type Trace = Readonly<Record<string, unknown>>;

/** A plotly layout, as plotly.js documents it. */
export type Layout = Readonly<Record<string, unknown>>;

/** What a {@linkcode Figure} is made of. */
export interface FigureOptions {
  /** The traces. */
  readonly data: readonly Trace[];
  /** The layout, with the title that is drawn. */
  readonly layout: Layout & { readonly title: { readonly text: string } };
  /** The title as plain text, where the layout has it in several lines; by default the layout's. */
  readonly title?: string;
  /** The figure's numbers, for readers without scripts and for screen readers. */
  readonly table: Table;
}

/**
 * A plotly figure: plain data that shows itself.
 *
 * @example A figure is data
 * ```ts
 * import { Figure, Table } from "fourtuple/show";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = new Figure({
 *   data: [{ type: "bar", x: ["client", "server"], y: [1, 2] }],
 *   layout: { title: { text: "Sockets" } },
 *   table: new Table({ columns: ["side", "sockets"], rows: [["client", 1], ["server", 2]] }),
 * });
 * assertEquals(JSON.parse(JSON.stringify(figure)).layout.title.text, "Sockets");
 * ```
 */
export class Figure implements Displayable {
  /** The traces. */
  readonly data: readonly Trace[];
  /** The layout. */
  readonly layout: FigureOptions["layout"];
  /** The figure's title. */
  readonly title: string;
  /** The figure's numbers. */
  readonly table: Table;

  /**
   * Makes a figure of its parts.
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind
   */
  constructor(options: FigureOptions) {
    checkOptions(options, {
      data: list(),
      layout: objectWith<FigureOptions["layout"]>("title", "a layout with a title"),
      title: text,
      table: instanceOf(Table, "a Table"),
    }, "Cannot make a figure");
    this.data = options.data;
    this.layout = options.layout;
    this.title = options.title ?? options.layout.title.text;
    this.table = options.table;
  }

  /** Returns what `Plotly.newPlot` takes. */
  toJSON(): { data: readonly Trace[]; layout: Layout } {
    return { data: this.data, layout: this.layout };
  }

  /** Returns the figure's title and its numbers. */
  toString(): string {
    return `${this.title}\n${this.table}`;
  }

  /** Returns the figure for front ends that draw plotly, as HTML for the others, and as text. */
  async [DISPLAY](): Promise<MimeBundle> {
    return {
      [PLOTLY_MIME]: this.toJSON(),
      "text/html": await figureHtml(this),
      "text/plain": this.toString(),
    };
  }
}
