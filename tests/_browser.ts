/** A Chromium for tests, which sends nothing to the network by itself. */
import { type Browser, chromium } from "playwright-core";
import { programFor } from "./requirements.ts";

/** Starts a Chromium with a profile of its own; close it. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: programFor("chromium"),
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
      ...["--disable-background-networking", "--disable-component-update"],
    ],
  });
}
