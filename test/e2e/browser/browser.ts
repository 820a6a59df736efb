// Debian's Chromium for the tests of the page, and what is checked on every picture of it.
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

/** Kept as output of the tests, to be looked at. */
export const pictureDirectory =
  process.env["BELFRY_TEST_PICTURES"] ?? join(import.meta.dirname, "../../../.cache/pictures");

export const desktop = { viewport: { width: 1000, height: 900 } };
export const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

export interface OpenBrowser extends AsyncDisposable {
  open(url: string, options?: BrowserContextOptions): Promise<OpenPage>;
}

export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained about: script errors, refused resources, violated policies. */
  readonly complaints: string[];
}

export async function startBrowser(): Promise<OpenBrowser> {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  return {
    async open(url, options = desktop) {
      const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
      context.setDefaultTimeout(15_000);
      await context.addInitScript({ path: join(import.meta.dirname, "page-access.js") });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        // Answers such as 403 are part of the tests; they are shown on the page.
        const isExpected = /the server responded with a status of (?:401|403|409|422|429)/.test(message.text());
        if (message.type() === "error" && !isExpected) complaints.push(message.text());
      });
      await page.goto(url);
      return { page, context, complaints };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** A picture by day and one by night. */
export async function picture(page: Page, name: string, { isWhole = true } = {}): Promise<void> {
  await mkdir(pictureDirectory, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(pictureDirectory, `${name}-${colorScheme}.png`), fullPage: isWhole });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** As page-access.js finds it in the page. */
interface Room {
  readonly controls: readonly { readonly what: string; readonly width: number; readonly height: number }[];
  readonly scrollsSideways: boolean;
}

/** What a screen reader, a keyboard, tired eyes and a thumb need of every state of the page, by day and by night, also on a phone. */
export async function checkAccess(page: Page): Promise<void> {
  const given = page.viewportSize() ?? desktop.viewport;
  for (const viewport of given.width > phone.viewport.width ? [given, phone.viewport] : [given]) {
    await page.setViewportSize(viewport);
    const { controls, scrollsSideways } = await page.evaluate<Room>("readRoom()");
    expect(controls.length).toBeGreaterThan(0);
    expect(controls.filter(({ height, width }) => height < 40 || width < 40)).toEqual([]);
    expect(scrollsSideways).toBe(false);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      expect(await barriersIn(page), `${viewport.width} pixels wide, ${colorScheme}`).toEqual([]);
    }
  }
  await page.setViewportSize(given);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: null });
}

const axeSource = readFileSync(join(import.meta.dirname, "../../../node_modules/axe-core/axe.min.js"), "utf8");

/** What axe has against the page as it is now, of any weight: its name, and where. */
async function barriersIn(page: Page): Promise<string[]> {
  // By the debugger, which the page's content security policy does not bind; a new document has no axe yet.
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(axeSource);
  const { violations } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })");
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ html }) => `${impact} ${id}: ${help}: ${html.slice(0, 120)}`),
  );
}

/** What the page cost so far. */
export function weightOf(page: Page): Promise<{ bytes: number; requests: number; drawnMs: number }> {
  return page.evaluate("readWeight()");
}

/** The id of what has the keyboard. */
export function focusOf(page: Page): Promise<string> {
  return page.evaluate("document.activeElement?.id ?? ''");
}
