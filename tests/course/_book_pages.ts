/** Pages of the book in a real browser: what is cut off, what a screen reader cannot use. */
import type { Browser, Page } from "playwright-core";
import axe from "axe-core" with { type: "text" };
import { drawingsIn, faultsOf } from "../figures/_drawn.ts";

/** How a page is looked at. */
export interface View {
  readonly width: number;
  readonly colorScheme: "light" | "dark";
}

/** A desktop and a phone, by day and by night. */
export const VIEWS: readonly View[] = [1280, 360].flatMap((width) =>
  (["light", "dark"] as const).map((colorScheme) => ({ width, colorScheme }))
);

const PATIENCE_MS = 30_000;
const HEIGHT = 800;

/** Opens a page with everything on it unfolded and drawn. */
export async function openPage(
  browser: Browser,
  { address, width, colorScheme }: View & { readonly address: string },
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: HEIGHT }, colorScheme });
  page.setDefaultTimeout(PATIENCE_MS);
  await visit(page, address);
  return page;
}

/** Goes to another page in the same view; a new page of the browser costs it half a second more. */
export async function visit(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.evaluate(
    `for (const details of document.querySelectorAll("details:not(.fourtuple-numbers)")) details.open = true`,
  );
  await page.waitForFunction(FITS);
}

/** Shows the page in another view. */
export async function show(page: Page, { width, colorScheme }: View): Promise<void> {
  await page.setViewportSize({ width, height: HEIGHT });
  await page.emulateMedia({ colorScheme });
  await page.waitForFunction(FITS);
}

/** Runs in the page: whether each figure is drawn, in the width of its place. */
const FITS = `[...document.querySelectorAll(".fourtuple-figure > [role=img]")].every((place) =>
  place.querySelector(".gtitle") &&
  Math.abs(place.querySelector(".main-svg").getBoundingClientRect().width - place.clientWidth) < 1)`;

/** Returns what is cut off on a page, a line for each fault. */
export async function cutParts(page: Page): Promise<string[]> {
  const faults = await page.evaluate(CUT) as string[];
  for (const [index, drawing] of (await drawingsIn(page, ".fourtuple-figure")).entries()) {
    faults.push(...faultsOf(drawing).map((fault) => `figure ${index + 1}: ${fault}`));
  }
  return faults;
}

/** Runs in the page: the page itself, and text in lines, unless the keyboard can scroll it. */
const CUT = `(() => {
  const { scrollWidth } = document.documentElement;
  const isWide = (pre) => pre.scrollWidth > pre.clientWidth;
  const canScroll = (pre) => getComputedStyle(pre).overflowX === "auto" && pre.tabIndex === 0;
  const wide = [...document.querySelectorAll("pre")].filter((pre) => isWide(pre) && !canScroll(pre));
  return [
    ...(scrollWidth > innerWidth ? ["the page scrolls sideways, to " + scrollWidth + " px"] : []),
    ...wide.map((pre) => "a line is cut: " + pre.textContent.slice(0, 60)),
  ];
})()`;

/**
 * Returns what axe-core finds that is serious or critical, with the first element of each; by all of
 * its rules, or by those that are named.
 */
export async function barriers(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!await page.evaluate("'axe' in globalThis")) await page.evaluate(axe);
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  return await page.evaluate(`axe.run(${JSON.stringify(options)}).then(({ violations }) =>
    violations.filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes.length + " × " + nodes[0].html.slice(0, 200)))`) as string[];
}
