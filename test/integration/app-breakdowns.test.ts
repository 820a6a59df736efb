// A bug ends Belfry so that it is started again; what breaks down again and again waits, so that Ring is not asked each second.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test as plainTest } from "vitest";
import type { BelfryProcess } from "../support/belfry-process.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { SimulatedHome } from "../support/simulated-home.ts";

const test = plainTest.skipIf(!hasMosquitto);
const patience = { timeoutMs: 30_000 };

/** Belfry with a bug that shows itself at SIGUSR2. */
function startWithBug(home: SimulatedHome): Promise<BelfryProcess> {
  const file = join(home.dataDirectory, "bug.cjs");
  writeFileSync(file, 'process.on("SIGUSR2", () => { throw new TypeError("nobody thought of this"); });\n');
  const { NODE_OPTIONS } = home.cloud.clientEnvironment();
  return home.startBelfry({ environment: { NODE_OPTIONS: `${NODE_OPTIONS} --require "${file}"` } });
}

async function breakDown(belfry: BelfryProcess): Promise<void> {
  await belfry.waitForLine(/set-up code/, patience);
  process.kill(belfry.pid, "SIGUSR2");
  expect(await belfry.exited).toEqual({ code: 70, signal: null });
  expect(belfry.countLines(/FATAL this is a bug in Belfry/)).toBe(1);
}

test("after a bug the next start comes at once, after two in a row it waits, and an owner's stop ends that", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  await breakDown(await startWithBug(home));
  const second = await startWithBug(home);
  await breakDown(second);
  expect(second.countLines(/broken down/)).toBe(0);
  await home.observer.waitFor("the last will", "ring/bridge/status", { payload: "offline" });

  const third = await startWithBug(home);
  await third.waitForLine(/Belfry has broken down 2 times in a row; it waits 5 s before the next try/, patience);
  expect(await third.stop()).toEqual({ code: 0, signal: null });
  expect(third.countLines(/set-up code/)).toBe(0);

  const fourth = await startWithBug(home);
  await fourth.waitForLine(/set-up code/, patience);
  expect(fourth.countLines(/broken down/)).toBe(0);
});

test("the wait is kept, and then it is tried again", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  writeFileSync(join(home.dataDirectory, "breakdowns.json"), JSON.stringify({ count: 2, at: Date.now() }));
  const belfry = await home.startBelfry();
  const lineAt = async (pattern: RegExp): Promise<number> =>
    Date.parse((await belfry.waitForLine(pattern, patience)).split(" ")[0] ?? "");
  const [waitsAt, opensAt] = [await lineAt(/it waits 5 s/), await lineAt(/set-up code/)];
  expect(opensAt - waitsAt).toBeGreaterThanOrEqual(5_000);
});

test("a wrong setting ends it with a code that nobody restarts for, and is no breakdown", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  const belfry = await home.startBelfry({ settings: { mqtt_ca: "/nowhere/ca.pem" } });
  expect(await belfry.exited).toEqual({ code: 1, signal: null });
  expect(belfry.lines.at(-1)).toMatch(/^belfry: .*\/nowhere\/ca\.pem .*cannot be read/);
  const next = await home.startBelfry();
  await next.waitForLine(/set-up code/, patience);
  expect(next.countLines(/broken down/)).toBe(0);
});
