// A broker that is away for long, first frozen and then gone: nothing is lost but what is old. Shortened to a minute here;
// `npm run drills` runs the hour in full.
import { setTimeout as pause } from "node:timers/promises";
import { expect, test as plainTest } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import { hasMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { CameraHome } from "./camera-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);
const isFull = process.env["BELFRY_DRILLS"] === "full";
const outageMs = isFull ? 3_600_000 : 20_000;
/** Longer than it takes to notice that a broker does not answer. */
const frozenMs = 60_000;

test(
  "a broker that freezes, dies and comes back empty: every state is true again, and no event is old",
  async () => {
    await using broker = await Mosquitto.start();
    const accounts = [buildAccount({ devices: ["front-door", "driveway"] })];
    await using home = await CameraHome.start({ accounts, broker, settings: { snapshot_mode: "Disabled" } });
    const { belfry, cloud } = home;
    const { observer } = home.home;
    const retained = (from: number): string[] =>
      [...new Set(observer.messages.slice(from).map(({ topic }) => topic))]
        .filter((topic) => /^(?:ring|homeassistant\/device)\//.test(topic))
        .filter((topic) => !/_event\/state$|\/echo/.test(topic))
        .sort();
    await home.waitFor("driveway", "light", "state", { payload: "OFF" });
    const before = retained(0);

    broker.freeze();
    await cloud.pressDoorbell("front-door");
    cloud.operations.switchLight("driveway", true);
    await belfry.waitForLine(/MQTT: .* stopped answering/, { timeoutMs: frozenMs });
    await broker.kill();
    await pause(outageMs / 2);
    const press = await cloud.pressDoorbell("front-door");
    await pause(outageMs / 2);

    const from = home.position;
    await broker.run();
    await home.home.allAvailable({ from, timeoutMs: 60_000 });
    await home.waitFor("driveway", "light", "state", { from, payload: "ON" });
    await home.waitForAttributes("front-door", "ding", ({ eventId }) => eventId === press.eventId, { from });
    await home.waitFor("front-door", "last_activity", "state", { from, payload: new Date(press.at).toISOString() });
    await expect.poll(() => before.filter((topic) => !retained(from).includes(topic))).toEqual([]);

    const next = await cloud.pressDoorbell("front-door");
    const rings = (): unknown[] => home.events("front-door", "doorbell_event", from).map(({ eventId }) => eventId);
    await expect.poll(() => rings()).toContain(next.eventId);
    // What happened within a minute is still news.
    expect(rings()).toEqual(isFull ? [next.eventId] : [press.eventId, next.eventId]);
    expect(belfry.lines.filter((line) => /MQTT|MQTT broker/.test(line)).slice(1)).toEqual([
      expect.stringMatching(/stopped answering \[mqtt\.silent\]; trying again until it works/),
      expect.stringMatching(/nothing listens at .* \[mqtt\.unreachable\]$/),
      expect.stringMatching(/the MQTT broker .* is back/),
    ]);
    expect(cloud.journal.violations).toEqual([]);
  },
  outageMs + frozenMs + 120_000,
);
