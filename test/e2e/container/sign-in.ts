// The owner signs in to Ring on the page, through Home Assistant's ingress, in a browser.
import { chromium } from "playwright-core";
import { require } from "../../../scripts/lib/demo/report.ts";
import { findExecutable } from "../../../src/foundation/child-process.ts";
import type { SimulatedHome } from "../../support/simulated-home.ts";

/** Says how it was done. */
export async function signInThrough(url: string, { account }: SimulatedHome): Promise<string> {
  const executablePath = findExecutable("chromium");
  require(executablePath !== undefined, "Chromium is not installed (apt-get install chromium)");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    page.setDefaultTimeout(15_000);
    await page.goto(url);
    const { email, password, two_factor_code } = account.credentials;
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Code", { exact: true }).fill(two_factor_code ?? "");
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByText("Everything works.").waitFor();
    return "password and code; the page says that everything works";
  } finally {
    await browser.close();
  }
}
