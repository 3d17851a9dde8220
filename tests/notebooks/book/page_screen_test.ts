import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { writeAssets } from "../../../lib/notebooks/book/assets.ts";
import { indexPage } from "../../../lib/notebooks/book/index_page.ts";
import { notebookPage } from "../../../lib/notebooks/book/page.ts";
import { searchSections } from "../../../lib/notebooks/book/search_index.ts";
import { requires } from "../../requirements.ts";
import { openBrowser } from "../../_browser.ts";
import { barriers, cutParts, openPage, show, VIEWS } from "../../course/_book_pages.ts";
import { fixtureNotebook } from "./_fixture.ts";

const options = requires("chromium");

/** One browser and one folder, with a notebook's page and an index, serve all tests of this file. */
let browser: Browser;
let folder: string;

Deno.test.beforeAll(async () => {
  if (options.ignore) return;
  folder = await Deno.makeTempDir({ prefix: "pages-" });
  const index = { href: "index.html", title: "Ports and sockets" };
  const next = { href: "03_sockets.html", title: "Sockets and system calls" };
  const notebook = await fixtureNotebook();
  const page = notebookPage(notebook, { index, next, notebook: "02_ports.ipynb" });
  const course = [{ name: "02_ports", notebook }];
  const sections = searchSections(course, { pages: new Set(["02_ports.html"]), terms: [] });
  await writeAssets(pathToFileURL(`${folder}/`), sections);
  await Deno.writeTextFile(join(folder, "02_ports.html"), page);
  await Deno.writeTextFile(
    join(folder, "index.html"),
    indexPage([
      { href: "02_ports.html", title: "Ports", summary: "Text", minutes: 9, outcome: "passed" },
      { href: "no.html", title: "No", outcome: "failed", problem: "x".repeat(300) },
    ], { title: "Ports and sockets" }),
  );
  browser = await openBrowser();
});

Deno.test.afterAll(async () => {
  if (options.ignore) return;
  await browser.close();
  await Deno.remove(folder, { recursive: true });
});

/** The browser's own operations go on between tests. */
const shared = { ...options, sanitizeOps: false, sanitizeResources: false };

/** Opens a page from the file system and collects what it reports and whom it asks. */
async function open(page: Page, ...path: readonly [string, string]): Promise<string[]> {
  const problems: string[] = [];
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) problems.push(`asks ${request.url()}`);
  });
  await page.goto(pathToFileURL(join(...path)).href);
  return problems;
}

const width = "document.documentElement.scrollWidth";
for (const viewport of [{ width: 1280, height: 800 }, { width: 360, height: 740 }]) {
  for (const colorScheme of ["light", "dark"] as const) {
    Deno.test({
      name: `notebookPage() is good to read at ${viewport.width} px, ${colorScheme}`,
      ...shared,
      async fn() {
        const page = await browser.newPage({ viewport, colorScheme });
        const problems = await open(page, folder, "02_ports.html");
        await page.waitForFunction("document.querySelectorAll('.js-plotly-plot').length === 2");
        assertEquals(await page.locator("svg.main-svg").first().isVisible(), true);
        for (const figure of await page.locator(".js-plotly-plot").all()) {
          const drawn = (await figure.locator("svg.main-svg").first().boundingBox())!;
          const place = (await figure.boundingBox())!;
          assertGreater(drawn.height, 200);
          assert(drawn.width <= place.width, `${drawn.width} px drawn in ${place.width} px`);
        }
        assertEquals(await page.evaluate(width), viewport.width, "the page scrolls sideways");
        assertEquals(await page.evaluate(PALE), []);
        await page.goto(pathToFileURL(join(folder, "index.html")).href);
        assertEquals(await page.evaluate(width), viewport.width, "the index scrolls sideways");
        assertEquals(await page.evaluate(PALE), []);
        assertEquals(problems, []);
        await page.close();
      },
    });
  }
}

Deno.test({
  name: "notebookPage() follows a phone that is turned",
  ...shared,
  async fn() {
    const page = await browser.newPage({ viewport: { width: 740, height: 360 } });
    await open(page, folder, "02_ports.html");
    await page.waitForFunction("document.querySelectorAll('.js-plotly-plot').length === 2");
    await page.setViewportSize({ width: 360, height: 740 });
    await page.waitForFunction(`${width} === 360`, undefined, { timeout: 5_000 });
    await page.close();
  },
});

Deno.test({
  name: "notebookPage() tells the numbers of its figures where scripts are off",
  ...shared,
  async fn() {
    const page = await browser.newPage({ javaScriptEnabled: false, colorScheme: "dark" });
    await open(page, folder, "02_ports.html");
    const [bars, strip] = await page.locator(".fourtuple-figure").all();
    assertEquals((await bars!.innerText()).split(/\s+/), [
      ...["Numbers", "of", "this", "figure"],
      ...["Sockets", "on", "each", "side", "side", "sockets"],
      ...["client", "1", "server", "2"],
    ]);
    assertEquals(await strip!.getByText("27017").isVisible(), true);
    assertEquals(await page.evaluate(PALE), []);
    await page.close();
  },
});

Deno.test({
  name: "notebookPage() can be used with a keyboard",
  ...shared,
  async fn() {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    await open(page, folder, "02_ports.html");
    await page.keyboard.press("Tab");
    const skip = page.getByText("Skip to the text");
    assertEquals(await skip.evaluate((link) => link.matches(":focus")), true);
    assertGreater((await skip.boundingBox())!.y, 0);
    await page.keyboard.press("Enter");
    assertEquals(new URL(page.url()).hash, "#text");
    await page.getByRole("link", { name: "Services" }).click();
    assertEquals(new URL(page.url()).hash, "#Services");
    const hint = page.getByText("A hint");
    await hint.focus();
    await page.keyboard.press("Enter");
    assertEquals(await page.getByText("at the second call").isVisible(), true);
    const answer = page.locator("details.answer > summary");
    assertEquals(await answer.innerText(), "Show the output");
    assertEquals(await page.getByText("65536").isVisible(), false);
    await answer.focus();
    await page.keyboard.press("Enter");
    assertEquals(await page.getByText("65536", { exact: true }).isVisible(), true);
    assertEquals(await answer.innerText(), "Hide the output");
    await page.close();
  },
});

Deno.test({
  name: "notebookPage() is searched from the file system, by keyboard alone",
  ...shared,
  async fn() {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    const problems = await open(page, folder, "02_ports.html");
    await page.keyboard.press("/");
    await page.keyboard.type("listner");
    await page.getByText("1 section found").waitFor();
    const [link] = await page.locator(".found a").all();
    assertEquals(await link!.locator("strong").innerText(), "Services");
    assertEquals(await page.evaluate(width), 360, "what was found is in the page");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assertEquals(new URL(page.url()).hash, "#Services");
    assertEquals(await page.locator(".found").isVisible(), false);
    const field = page.getByRole("searchbox");
    await field.fill("<b>nothing</b> of the kind");
    await page.getByText("Nothing found for “<b>nothing</b> of the kind”").waitFor();
    await page.keyboard.press("Escape");
    assertEquals([await field.inputValue(), await page.locator(".found").isVisible()], ["", false]);
    assertEquals(problems, []);
    await page.close();
  },
});

Deno.test({
  name: "notebookPage() keeps the numbers of a figure that is drawn, for those who ask",
  ...shared,
  async fn() {
    const page = await browser.newPage();
    await open(page, folder, "02_ports.html");
    await page.waitForFunction("document.querySelectorAll('.js-plotly-plot').length === 2");
    const number = page.locator(".fourtuple-numbers").first().getByRole("cell", { name: "server" });
    assertEquals(await number.isVisible(), false);
    await page.getByText("Numbers of this figure").first().click();
    assertEquals(await number.isVisible(), true);
    await page.close();
  },
});

Deno.test({
  name: "notebookPage() draws a figure of a folded output in its own width, on screen and on paper",
  ...shared,
  async fn() {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await open(page, folder, "02_ports.html");
    await page.waitForFunction("document.querySelectorAll('.js-plotly-plot').length === 2");
    const widths = () =>
      page.evaluate(
        "[...document.querySelectorAll('svg.main-svg:first-child')]" +
          ".map((svg) => Math.round(svg.getBoundingClientRect().width))",
      );
    const [wide] = await widths() as number[];
    assertGreater(wide!, 700);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    assertEquals(await widths(), [640, 640]);
    assertEquals(await page.locator("details.answer").first().getAttribute("open"), "");
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    assertEquals(await widths(), [wide, wide]);
    assertEquals(await page.locator("details.answer").first().getAttribute("open"), null);
    await page.close();
  },
});

Deno.test({
  name: "notebookPage() and indexPage() have nothing that axe-core calls serious",
  ...shared,
  async fn() {
    for (const name of ["02_ports.html", "index.html"]) {
      const address = pathToFileURL(join(folder, name)).href;
      const page = await openPage(browser, { address, ...VIEWS[0]! });
      for (const view of VIEWS) {
        await show(page, view);
        assertEquals(await barriers(page), [], `${name}, ${view.width} px, ${view.colorScheme}`);
      }
      await page.close();
    }
  },
});

Deno.test({
  name: "barriers() and cutParts() find what is wrong with a page",
  ...shared,
  async fn() {
    const path = join(folder, "faults.html");
    await Deno.writeTextFile(
      path,
      `<!doctype html><html lang="en"><title>t</title><main><h1>h</h1>` +
        `<img src="data:,"><p style="color:#aaa">pale</p><pre style="overflow:hidden">${
          "x".repeat(400)
        }</pre>` +
        `<div style="width:2000px">wide</div></main>`,
    );
    const page = await openPage(browser, {
      address: pathToFileURL(path).href,
      width: 1280,
      colorScheme: "light",
    });
    const found = (await barriers(page)).map((fault) => fault.split(":")[0]);
    assertEquals(found.toSorted(), ["color-contrast", "image-alt"]);
    const [scrolls, line] = await cutParts(page);
    assertStringIncludes(scrolls!, "the page scrolls sideways");
    assertStringIncludes(line!, "a line is cut: xxx");
    await page.close();
  },
});

Deno.test({
  name: "notebookPage() prints without what only a screen needs, nothing cut off",
  ...shared,
  async fn() {
    const page = await browser.newPage({ viewport: { width: 700, height: 1000 } });
    await open(page, folder, "02_ports.html");
    await page.waitForFunction("document.querySelectorAll('.js-plotly-plot').length === 2");
    await page.emulateMedia({ media: "print" });
    for (const hidden of [".bar", ".contents", "footer"]) {
      assertEquals(await page.locator(hidden).isVisible(), false, hidden);
    }
    assertEquals(await page.getByText("at the second call").isVisible(), true);
    const cut = await page.evaluate(
      "[...document.querySelectorAll('pre')].filter((pre) => pre.scrollWidth > pre.clientWidth).length",
    );
    assertEquals(cut, 0);
    await page.close();
  },
});

/** Finds text that has less than 4.5 : 1 against what is behind it, as WCAG 2.2 (1.4.3) asks. */
const PALE = `(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((byte) => byte / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = parse(getComputedStyle(element).backgroundColor);
    return (color[3] ?? 1) === 1 ? color : behind(element.parentElement);
  };
  const pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const element = text.parentElement;
    if (text.data.trim() === "" || element.closest("svg, script, style")) continue;
    const [low, high] = [parse(getComputedStyle(element).color), behind(element)]
      .map(luminance).sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) pale.push(text.data.trim() + " " + contrast.toFixed(2));
  }
  return pale;
})()`;
