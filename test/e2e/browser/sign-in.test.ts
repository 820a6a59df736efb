import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BelfryProcess } from "../../support/belfry-process.ts";
import { SimulatedHome } from "../../support/simulated-home.ts";
import { VideoReader } from "../../support/video-reader.ts";
import { checkAccess, desktop, focusOf, type OpenBrowser, phone, picture, startBrowser, weightOf } from "./browser.ts";

const pagePassword = "the page's own password";
let browser: OpenBrowser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser[Symbol.asyncDispose]());

/** Where its page is, once it is there. */
async function addressOf(belfry: BelfryProcess): Promise<string> {
  await setUpCode(belfry);
  return `http://127.0.0.1:${belfry.webPort}/`;
}

async function setUpCode(belfry: BelfryProcess): Promise<string> {
  const line = await belfry.waitForLine(/set-up code [A-Z0-9]{4}-[A-Z0-9]{4}/, { timeoutMs: 45_000 });
  return /set-up code ([A-Z0-9]{4}-[A-Z0-9]{4})/.exec(line)?.[1] ?? "";
}

async function choosePassword(page: Page, belfry: BelfryProcess): Promise<void> {
  await page.getByLabel("Set-up code").fill(await setUpCode(belfry));
  await page.getByLabel("New password", { exact: true }).fill(pagePassword);
  await page.getByRole("button", { name: "Set password" }).click();
}

/** Presses Tab until this has the keyboard. */
async function tabTo(target: Locator): Promise<void> {
  const page = target.page();
  for (let presses = 0; presses < 30; presses++) {
    if ((await target.and(page.locator(":focus")).count()) === 1) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${target} cannot be reached by Tab`);
}

/** Into the field that has the keyboard, in place of what stands there. */
async function typeAnew(page: Page, text: string): Promise<void> {
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
}

test("from the first start to signed in, by keyboard alone, with every mistake on the way", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  const belfry = await home.startBelfry();
  const code = await setUpCode(belfry);
  const { page, complaints } = await browser.open(await addressOf(belfry));
  const alert = page.getByRole("alert");

  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await checkAccess(page);
  await picture(page, "1-welcome");
  expect(await focusOf(page)).toBe("code");
  await page.keyboard.type("AAAA-AAAA");
  await page.keyboard.press("Tab");
  await page.keyboard.type(pagePassword);
  await page.keyboard.press("Enter");
  await alert.getByText("not the set-up code").waitFor();
  expect(await focusOf(page)).toBe("code");
  await typeAnew(page, code);
  await page.keyboard.press("Enter");

  await page.getByRole("heading", { name: "Sign in to Ring" }).waitFor();
  await page.getByText("One step is left: sign in to Ring.").waitFor();
  await page.getByText("After the sign-in", { exact: true }).waitFor();
  await page.locator("dd").getByText("mqtt://").waitFor();
  await checkAccess(page);
  await picture(page, "2-signed-out");
  const { email, password, two_factor_code } = home.account.credentials;
  await tabTo(page.getByLabel("E-mail address"));
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type("not the password");
  await page.keyboard.press("Enter");
  await alert.getByText("Ring does not know this e-mail address with this password").waitFor();
  expect(await focusOf(page)).toBe("ring-password");
  await checkAccess(page);
  await picture(page, "3-wrong-password");

  // What was typed can be looked at.
  await tabTo(page.getByRole("button", { name: "Show password" }));
  await page.keyboard.press("Space");
  expect(await page.getByLabel("Password", { exact: true }).getAttribute("type")).toBe("text");
  await page.keyboard.press("Shift+Tab");
  expect(await focusOf(page)).toBe("ring-password");
  await typeAnew(page, password);
  await page.keyboard.press("Enter");
  await page.getByText(/Enter the code that Ring sent to .* by text message/).waitFor();
  expect(await focusOf(page)).toBe("ring-code");
  expect(await page.getByLabel("Code", { exact: true }).getAttribute("autocomplete")).toBe("one-time-code");
  await checkAccess(page);
  await picture(page, "4-code");
  await page.keyboard.type("000000");
  await page.keyboard.press("Enter");
  await alert.getByText("This code is wrong or too old").waitFor();
  expect(await focusOf(page)).toBe("ring-code");
  await checkAccess(page);
  await picture(page, "5-wrong-code");
  await typeAnew(page, two_factor_code);
  await page.keyboard.press("Enter");

  await page.getByRole("heading", { name: "Ring account" }).waitFor();
  await page.getByRole("heading", { name: home.camera("front-door").record.description }).waitFor();
  await home.allAvailable();
  await page.locator("dl").getByText("None since the start").waitFor();
  expect(await focusOf(page)).toBe("ring-heading");

  // Live: an event, a viewer.
  await home.cloud.operations.pressDoorbell("front-door");
  await page.getByText("Doorbell pressed").waitFor();
  await home.cloud.operations.causeMotion("driveway", "human");
  {
    await using reader = new VideoReader(belfry.rtspUrl(home.camera("front-door").record.device_id));
    await reader.frame(3);
    await page.getByText("Live, 1 viewer").waitFor();
    await checkAccess(page);
    await picture(page, "6-signed-in");
  }

  const signOut = page.getByRole("button", { name: "Sign out" });
  await tabTo(signOut);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await checkAccess(page);
  await picture(page, "7-sign-out", { isWhole: false });
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await tabTo(signOut);
  await page.keyboard.press("Space");
  await tabTo(page.getByRole("dialog").getByRole("button", { name: "Sign out" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Sign in to Ring" }).waitFor();

  // And in again, in the same life of the process.
  await tabTo(page.getByLabel("E-mail address"));
  await typeAnew(page, email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await tabTo(page.getByRole("button", { name: "Sign in" }));
  await page.keyboard.press("Enter");
  await page.getByLabel("Code", { exact: true }).waitFor();
  await tabTo(page.getByLabel("Code", { exact: true }));
  await page.keyboard.type(two_factor_code);
  await page.keyboard.press("Enter");
  await page.locator("ring-account").getByText("Signed in", { exact: true }).waitFor();
  expect(complaints).toEqual([]);
  expect(home.cloud.journal.violations).toEqual([]);
});

test("on a phone, with trouble of every kind: Ring blocks, the broker is gone, cameras are off", async () => {
  await using home = await SimulatedHome.start();
  const belfry = await home.startBelfry({ settings: { mqtt_url: "mqtt://127.0.0.1:9" } });
  const { page, complaints } = await browser.open(await addressOf(belfry), phone);
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await checkAccess(page);
  await picture(page, "phone-1-welcome");
  await choosePassword(page, belfry);
  await page.getByRole("heading", { name: "Cameras" }).waitFor();
  await page.getByRole("heading", { name: home.camera("driveway").record.description }).waitFor();
  await page.getByText("Home Assistant sees nothing until the broker is back").waitFor();
  home.cloud.operations.setOnline("front-door", false);
  home.cloud.operations.setBattery("workshop-door", 4);
  await page.getByText(`${home.camera("front-door").record.description} is offline.`).waitFor({ timeout: 30_000 });
  await checkAccess(page);
  await picture(page, "phone-2-problems");

  await page.getByRole("button", { name: "Sign in again" }).click();
  expect(await focusOf(page)).toBe("ring-email");
  const { email, password } = home.account.credentials;
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  const fault = { path: "oauth", times: 1, status: 429, headers: { "retry-after": "1200" }, body: "" };
  home.cloud.operations.failNextRequests(fault);
  await page.getByRole("button", { name: "Sign in" }).click();
  const words = await page.getByText(/Ring has blocked sign-ins .* Try again after \d\d:\d\d;/).textContent();
  const at = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit" });
  const near = [1_190_000, 1_200_000].map((ms) => at.format(Date.now() + ms));
  expect(
    near.some((time) => words?.includes(`after ${time};`)),
    words ?? "",
  ).toBe(true);
  await checkAccess(page);
  await picture(page, "phone-3-blocked");
  await page.getByRole("button", { name: "Cancel" }).click();

  home.cloud.operations.revokeRefreshTokens();
  home.cloud.operations.expireAccessTokens();
  await page.getByRole("heading", { name: "Sign in to Ring" }).waitFor({ timeout: 45_000 });
  await page.getByText("Ring no longer accepts the sign-in that Belfry has.").waitFor();
  await checkAccess(page);
  await picture(page, "phone-4-session-over");
  expect(complaints).toEqual([]);
});

test("the page's own login: wrong, right, changed, logged out; and Belfry going away and coming back", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  const belfry = await home.startBelfry();
  const { page, context } = await browser.open(await addressOf(belfry));
  await choosePassword(page, belfry);
  await page.getByRole("heading", { name: "Sign in to Ring" }).waitFor();
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
  await page.getByText("Change the password of this page").click();
  await page.getByLabel("Present password", { exact: true }).fill(pagePassword);
  await page.getByLabel("New password", { exact: true }).fill("another good password");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("The password is changed.").waitFor();
  await checkAccess(page);
  await picture(page, "8-password-changed");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await page.getByLabel("Password", { exact: true }).fill(pagePassword);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("This is not the password of this page.").waitFor();
  await checkAccess(page);
  await picture(page, "9-log-in");
  await page.getByLabel("Password", { exact: true }).fill("another good password");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Sign in to Ring" }).waitFor();

  await belfry.stop();
  await page.getByText("The connection to Belfry is lost. Trying again.").waitFor();
  await checkAccess(page);
  await picture(page, "10-connection-lost");
  await home.startBelfry({ settings: { web_port: belfry.webPort } });
  // As long as Belfry needs to start, and the browser to ask again.
  await page.getByText("The connection to Belfry is lost").waitFor({ state: "detached", timeout: 60_000 });
  await page.getByRole("heading", { name: "Connections" }).waitFor();
});

test("the page is small and quick", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  const belfry = await home.startBelfry();
  const { page } = await browser.open(await addressOf(belfry), desktop);
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  const { bytes, requests, drawnMs } = await weightOf(page);
  console.log(`the page: ${bytes} bytes in ${requests} requests, first drawn after ${Math.round(drawnMs)} ms`);
  expect(bytes).toBeLessThan(40_000);
  expect(requests).toBeLessThan(10);
});
