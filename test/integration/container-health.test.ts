// The health check of the container, run against Belfry as it is set up in many ways.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test as plainTest } from "vitest";
import { freePort } from "../support/free-port.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { runProgram } from "../support/run-program.ts";
import { SimulatedHome } from "../support/simulated-home.ts";
import { repositoryRoot } from "../support/source-files.ts";

const test = plainTest.skipIf(!hasMosquitto);
const patience = { timeoutMs: 30_000 };

async function isHealthy({ dataDirectory }: SimulatedHome): Promise<boolean> {
  const script = join(repositoryRoot, "rootfs/usr/local/bin/belfry-health");
  const { code } = await runProgram("bash", [script, dataDirectory], { timeoutMs: 10_000 });
  return code === 0;
}

test("it finds the page on one address of many, and is content only while Belfry runs", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  expect(await isHealthy(home)).toBe(false);
  // Another port than the one that Belfry has, in a line that is none.
  writeFileSync(join(home.dataDirectory, "belfry.yaml"), "# web_port: 9000\nring_topic: ring\n");
  const belfry = await home.startBelfry({ settings: { web_bind: "127.0.0.3" } });
  await belfry.waitForLine(/set-up code/, patience);
  expect(await isHealthy(home)).toBe(true);
  await belfry.kill9();
  expect(await isHealthy(home)).toBe(false);
  const again = await home.startBelfry({ settings: { web_bind: "0.0.0.0" } });
  await again.waitForLine(/set-up code/, patience);
  expect(await isHealthy(home)).toBe(true);
  await again.stop();
  expect(await isHealthy(home)).toBe(false);
});

test("it finds the page where its port was taken and the page has moved", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  await using taken = createServer((socket) => socket.end("HTTP/1.1 404 Not Found\r\n\r\n"));
  taken.listen(await freePort(), "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const belfry = await home.startBelfry({ settings: { web_port: port } });
  await belfry.waitForLine(new RegExp(`page port ${port} is taken`), patience);
  await belfry.waitForLine(/set-up code/, patience);
  expect(await isHealthy(home)).toBe(true);
});

test("it is let in where Belfry is an app of Home Assistant", async () => {
  await using home = await SimulatedHome.start({ isSignedIn: false });
  const environment = { SUPERVISOR_TOKEN: "a-token-of-the-supervisor" };
  const belfry = await home.startBelfry({ environment });
  await belfry.waitForLine(/stream addresses show our own host name/, patience);
  expect(await isHealthy(home)).toBe(true);
});
