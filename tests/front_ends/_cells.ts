/** Cells that every front end runs, and what comes out of them. */

/** A cell of imports and one with a figure. */
export const FIGURE: readonly string[] = [
  `import { Figure, Table } from "fourtuple/show";`,
  `new Figure({
  data: [{ type: "bar", x: ["client", "server"], y: [1, 2] }],
  layout: { title: { text: "Two sides" } },
  table: new Table({ columns: ["side", "sockets"], rows: [["client", 1], ["server", 2]] }),
})`,
];

/** What that figure is as plain text. */
export const FIGURE_NUMBERS: readonly string[] = [
  "Two sides",
  "side    sockets",
  "client        1",
  "server        2",
];

/** A drawing of plotly.js; each of its figures has several of these, one above the other. */
export const FIGURE_SELECTOR = ".js-plotly-plot > * > * > svg.main-svg:first-child";

const LOGS = [1, 2, 3, 4];

/** Returns cells of four logs and a value each. */
export function logCells(count: number): string[] {
  return Array.from(
    { length: count },
    (_, cell) =>
      [...LOGS.map((log) => `console.log("cell ${cell} log ${log}");`), `"value ${cell}"`].join(
        "\n",
      ),
  );
}

/** Returns what those cells put out. */
export function logsOf(count: number): string[][] {
  return Array.from(
    { length: count },
    (_, cell) => [...LOGS.map((log) => `cell ${cell} log ${log}`), `"value ${cell}"`],
  );
}
