// Debian's Chromium for the tests of the page, and what is checked on every picture of it.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
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
interface Access {
  readonly language: string;
  readonly title: string;
  readonly headingLevels: readonly number[];
  readonly skippedHeadings: readonly number[];
  readonly duplicateIds: readonly string[];
  readonly danglingReferences: readonly string[];
  readonly mains: number;
  readonly controls: readonly {
    readonly what: string;
    readonly name: string;
    readonly width: number;
    readonly height: number;
  }[];
  readonly scrollsSideways: boolean;
}

/** What a screen reader, a keyboard and a thumb need of every picture of the page. */
export async function checkAccess(page: Page): Promise<void> {
  const found = await page.evaluate<Access>("readAccess()");
  expect(found.language).toBe("en");
  expect(found.title).not.toBe("");
  expect(found.headingLevels[0]).toBe(1);
  expect(found.skippedHeadings).toEqual([]);
  expect(found.duplicateIds).toEqual([]);
  expect(found.danglingReferences).toEqual([]);
  expect(found.mains).toBe(1);
  expect(found.controls.filter(({ name }) => name === "")).toEqual([]);
  expect(found.controls.filter(({ height, width }) => height < 40 || width < 40)).toEqual([]);
  expect(found.scrollsSideways).toBe(false);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate<string[]>("readFaintTexts()"), colorScheme).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** What the page cost so far. */
export function weightOf(page: Page): Promise<{ bytes: number; requests: number; drawnMs: number }> {
  return page.evaluate("readWeight()");
}

/** The id of what has the keyboard. */
export function focusOf(page: Page): Promise<string> {
  return page.evaluate("document.activeElement?.id ?? ''");
}
