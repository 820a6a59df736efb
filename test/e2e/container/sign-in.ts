// The owner signs in to Ring on the page, through Home Assistant's ingress: in a browser where there is one, else as the page's
// own script does it.
import { chromium } from "playwright-core";
import { require } from "../../../scripts/lib/demo/report.ts";
import { findExecutable } from "../../../src/foundation/child-process.ts";
import type { SimulatedHome } from "../../support/simulated-home.ts";

/** Says how it was done. */
export async function signInThrough(url: string, home: SimulatedHome): Promise<string> {
  const browser = findExecutable("chromium");
  return browser ? await signInWith(browser, url, home) : await signInByScript(url, home);
}

async function signInWith(executablePath: string, url: string, { account }: SimulatedHome): Promise<string> {
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
    return "Chromium, password and code; the page says that everything works";
  } finally {
    await browser.close();
  }
}

async function signInByScript(url: string, { account }: SimulatedHome): Promise<string> {
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(new URL(path, url), {
      method: "POST",
      headers: { "content-type": "application/json", "x-belfry-request": "1" },
      body: JSON.stringify(body),
    });
    require(answer.ok, `${path} answers ${answer.status}`);
    return JSON.parse(await answer.text());
  };
  const { email, password, two_factor_code } = account.credentials;
  const { attempt } = await post("api/ring/sign-in", { email, password });
  const { kind } = await post("api/ring/code", { attempt, code: two_factor_code });
  require(kind === "signed-in", `the code led to ${String(kind)}`);
  return "by requests, as Chromium is not installed (apt-get install chromium)";
}
