// Two on one data directory would rotate each other's Ring token away.
import { expect, test as plainTest } from "vitest";
import { probeStreams } from "../support/media-probe.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { SimulatedHome } from "../support/simulated-home.ts";

const test = plainTest.skipIf(!hasMosquitto);

test("a second Belfry on a directory is refused in one sentence, and the login command too; the first one goes on", async () => {
  await using home = await SimulatedHome.start();
  const first = await home.startBelfry();
  await home.allAvailable();
  const from = home.observer.position;
  const second = await home.startBelfry();
  expect(await second.exited).toEqual({ code: 1, signal: null });
  const sentence = `another Belfry runs on the data directory ${home.dataDirectory}; end it first, or choose another`;
  expect(second.lines.at(-1)).toContain(`belfry: ${sentence}`);
  await expect(home.signIn()).rejects.toThrow(`login: ${sentence}`);
  expect(home.observer.messages.slice(from).filter(({ topic }) => topic === "ring/bridge/status")).toEqual([]);
  expect(home.cloud.journal.entries({ kind: "oauth.refused" })).toEqual([]);
  expect(await probeStreams(first.rtspUrl(home.camera("front-door").record.device_id))).not.toEqual([]);

  await first.kill9();
  const again = home.observer.position;
  await home.startBelfry();
  await home.allAvailable({ from: again });
});
