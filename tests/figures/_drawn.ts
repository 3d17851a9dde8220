/** Figures in a real browser: where each label is, measured. */
import type { Page } from "playwright-core";
import { DISPLAY, Figure, Table } from "fourtuple/show";
import { PANEL } from "../../lib/figures/parts/_layout.ts";
import { openBrowser } from "../_browser.ts";

/** A place on the page, in px. */
export type Point = readonly [x: number, y: number];

/** A label as the browser shows it. */
export interface DrawnLabel {
  readonly text: string;
  /** The corners of its box, which turns with the text. */
  readonly corners: readonly Point[];
  /** The height of its font, in px. */
  readonly fontSize: number;
}

/** A figure as the browser shows it. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly labels: readonly DrawnLabel[];
  /** The boxes of hosts, as left, top, right and bottom. */
  readonly boxes: readonly (readonly [number, number, number, number])[];
  /** Whether it is wider than the window. */
  readonly scrolls: boolean;
  /** Whether a box around it cuts it off. */
  readonly isCut: boolean;
}

/** Draws figures one under the other in a window of `width` px. */
export type Draw = (figures: readonly Figure[], width: number) => Promise<Drawing[]>;

const PATIENCE_MS = 20_000;

/** Opens a browser, and closes it when `use` is done. */
export async function withBrowser(use: (draw: Draw) => Promise<void>): Promise<void> {
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.setContent(
      `<!doctype html><meta charset="utf-8"><body style="margin:0">${await plotlyScript()}<main></main>`,
    );
    await use((figures, width) => draw(page, figures, width));
  } finally {
    await browser.close();
  }
}

/** The first figure of a program brings plotly.js along, as in a notebook; the others need it. */
async function plotlyScript(): Promise<string> {
  const carrier = new Figure({
    data: [],
    layout: { title: { text: "carrier" } },
    table: new Table({ columns: [], rows: [] }),
  });
  const html = await htmlOf(carrier);
  return html.slice(0, html.indexOf('<div class="fourtuple-figure"'));
}

async function htmlOf(figure: Figure): Promise<string> {
  const { "text/html": html } = await figure[DISPLAY]();
  return html as string;
}

async function draw(page: Page, figures: readonly Figure[], width: number): Promise<Drawing[]> {
  await page.setViewportSize({ width, height: 700 });
  const html = await Promise.all(figures.map(htmlOf));
  await page.evaluate(`(${show})(${JSON.stringify(html)})`);
  await page.waitForFunction(`document.querySelectorAll(".gtitle").length === ${figures.length}`);
  return await drawingsIn(page, "section");
}

/** Measures the figures of a page that are drawn, one in each element that the selector finds. */
export async function drawingsIn(page: Page, selector: string): Promise<Drawing[]> {
  const values = [PANEL, selector].map((value) => JSON.stringify(value));
  return await page.evaluate(`(${measure})(${values})`) as Drawing[];
}

/** Runs in the page: puts HTML there as a notebook does, so that its scripts run. */
const show = `function (figures) {
  const range = document.createRange();
  document.querySelector("main").replaceChildren(...figures.map((html) => {
    const place = document.createElement("section");
    place.append(range.createContextualFragment(html));
    return place;
  }));
}`;

/** Runs in the page. */
const measure = `function (panel, selector) {
  const probe = document.createElement("i");
  probe.style.color = panel;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  const isSeen = (text) =>
    text.textContent.trim() !== "" && getComputedStyle(text).visibility !== "hidden" &&
    getComputedStyle(text).display !== "none";
  const isCut = (element, { left, right }) => {
    for (let around = element; around !== document.body; around = around.parentElement) {
      const box = around.getBoundingClientRect();
      const isClipped = getComputedStyle(around).overflowX !== "visible";
      if (isClipped && (left < box.left - 1 || right > box.left + around.clientWidth + 1)) return true;
    }
    return false;
  };
  return [...document.querySelectorAll(selector)].map((section) => {
    const svg = section.querySelector(".main-svg").getBoundingClientRect();
    const place = (text) => {
      const box = text.getBBox(), to = text.getScreenCTM();
      return [[0, 0], [1, 0], [1, 1], [0, 1]].map(([right, down]) => {
        const x = box.x + right * box.width, y = box.y + down * box.height;
        return [to.a * x + to.c * y + to.e - svg.left, to.b * x + to.d * y + to.f - svg.top];
      });
    };
    return {
      width: svg.width,
      height: svg.height,
      scrolls: section.scrollWidth > innerWidth || svg.right > innerWidth + 1,
      isCut: isCut(section, svg),
      labels: [...section.querySelectorAll(".main-svg text")].filter(isSeen).map((text) => ({
        text: [...text.childNodes].map((node) => node.textContent).join(" ").trim(),
        corners: place(text),
        fontSize: parseFloat(getComputedStyle(text).fontSize),
      })),
      boxes: [...section.querySelectorAll(".shapelayer path")]
        .filter((path) => getComputedStyle(path).fill === color)
        .map((path) => path.getBoundingClientRect())
        .map((box) =>
          [box.left - svg.left, box.top - svg.top, box.right - svg.left, box.bottom - svg.top]),
    };
  });
}`;

/** Returns what is wrong with a drawing, a line for each fault. */
export function faultsOf({ width, height, labels, boxes, scrolls, isCut }: Drawing): string[] {
  const outside = labels.filter(({ corners }) => !isWithin(corners, [0, 0, width, height]));
  const pairs = labels.flatMap((one, index) =>
    labels.slice(index + 1).filter((other) => overlap(one.corners, other.corners))
      .map((other) => `"${one.text}" covers "${other.text}"`)
  );
  const crossing = boxes.flatMap((box) =>
    labels.filter(({ corners }) => isWithin([centreOf(corners)], box) && !isWithin(corners, box))
      .map(({ text }) => `"${text}" leaves its box`)
  );
  return [
    ...(isCut ? ["a box around it cuts it off"] : []),
    ...(scrolls ? ["it is wider than the window"] : []),
    ...outside.map(({ text }) => `"${text}" leaves the figure`),
    ...pairs,
    ...crossing,
    ...labels.filter(({ fontSize }) => fontSize < LEAST_FONT_PX)
      .map(({ text, fontSize }) => `"${text}" has ${fontSize} px`),
  ];
}

const LEAST_FONT_PX = 11;
/** Boxes that touch do not overlap; a browser rounds where it places text. */
const SLACK_PX = 0.5;

function isWithin(
  corners: readonly Point[],
  [left, top, right, bottom]: readonly [number, number, number, number],
): boolean {
  return corners.every(([x, y]) =>
    x > left - SLACK_PX && x < right + SLACK_PX && y > top - SLACK_PX && y < bottom + SLACK_PX
  );
}

/** Two rectangles are apart if a line along one of their sides has one on each side. */
function overlap(one: readonly Point[], other: readonly Point[]): boolean {
  return [one, other].every((corners) =>
    [[0, 1], [1, 2]].every(([from, to]) => {
      const [[x1, y1], [x2, y2]] = [corners[from!]!, corners[to!]!];
      const length = Math.hypot(x2 - x1, y2 - y1) || 1;
      const along = (points: readonly Point[]) =>
        points.map(([x, y]) => (x * (x2 - x1) + y * (y2 - y1)) / length);
      const [a, b] = [along(one), along(other)];
      return Math.min(...a) < Math.max(...b) - SLACK_PX &&
        Math.min(...b) < Math.max(...a) - SLACK_PX;
    })
  );
}

function centreOf(corners: readonly Point[]): Point {
  const mean = (pick: 0 | 1) => corners.reduce((sum, corner) => sum + corner[pick], 0) / 4;
  return [mean(0), mean(1)];
}
