import { afterAll, beforeAll, expect, test } from "vitest";
import { checkAccess, type OpenBrowser, startBrowser } from "./browser.ts";

let browser: OpenBrowser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser[Symbol.asyncDispose]());

const style = "body { background: white; color: black } button { min-width: 40px; min-height: 40px }";
const nightStyle = "@media (prefers-color-scheme: dark) { p { color: #333; background: #222 } }";
const good = `<!doctype html><html lang="en">
<head><meta name="viewport" content="width=device-width"><title>Page</title><style>${style}</style></head>
<body><main><h1>Page</h1><p>Words</p><button type="button">Press</button></main></body></html>`;

test.each([
  ["a button without a name", good.replace("Press", ""), "critical button-name"],
  ["faint text", good.replace("<p>", '<p style="color: #ccc">'), "serious color-contrast"],
  ["text that is faint by night alone", good.replace(style, `${style} ${nightStyle}`), "serious color-contrast"],
  ["a heading left out", good.replace("<p>", "<h3>More</h3><p>"), "moderate heading-order"],
  ["no language", good.replace(' lang="en"', ""), "serious html-has-lang"],
  ["a button for no thumb", good.replace("min-height: 40px", "height: 20px"), '"height": 20'],
  ["more than a phone is wide", good.replace("<p>", '<p style="width: 500px">'), "expected true to be false"],
])("%s is found", async (_what, html, complaint) => {
  const { page, context } = await browser.open("about:blank");
  await page.setContent(html);
  await expect(checkAccess(page)).rejects.toSatisfy((error) => inWords(error).includes(complaint), complaint);
  await page.setContent(good);
  await checkAccess(page);
  await context.close();
});

/** With what was found. */
const inWords = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${JSON.stringify(error, null, 1)}` : "";
