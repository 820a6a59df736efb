// The unmodified ring-client-api, in a process of its own, takes the simulated cloud for Ring.
import { expect, test } from "vitest";
import { buildAccount } from "./account-builders.ts";
import { SimulatedRingCloud, type SimulatedRingCloudOptions } from "./cloud.ts";
import { isObject, type JsonObject, objectAt } from "./json.ts";
import { runScript } from "./testing.ts";

const script = new URL("./conformance.script.ts", import.meta.url);

const start = (options: Partial<SimulatedRingCloudOptions> = {}): Promise<SimulatedRingCloud> =>
  SimulatedRingCloud.start({ accounts: [buildAccount()], ...options });

/** Runs one mode of the script; what it printed, by step. */
async function run(cloud: SimulatedRingCloud, mode: string): Promise<(step: string) => JsonObject> {
  const args = [mode, cloud.operations.refreshToken()];
  const outcome = await runScript({ cloud, script, args, environment: { CONTROL_URL: cloud.controlUrl } });
  expect(outcome.errorText).toBe("");
  const lines = outcome.lines.filter(isObject);
  return (step) => lines.find((line) => line["step"] === step) ?? {};
}

test("a client signs in with a code, lists, commands, reads back, and finds its old token dead", async () => {
  await using cloud = await start({ accounts: [buildAccount({ twoFactor: "sms" })] });
  const saw = await run(cloud, "life");

  expect(saw("asked for a code")["prompt"]).toBe("Please enter the code sent to +49xxxxxxxx89 via sms");
  expect(saw("wrong code")["prompt"]).toContain("Invalid 2fa code");
  expect(saw("signed in")["expiresIn"]).toBe(3600);
  expect(saw("wrong password")["error"]).toContain("error: access_denied");
  expect(saw("listed")).toMatchObject({ locations: ["Orchard Lane"], email: "owner@example.com" });
  expect(saw("listed")["cameras"]).toEqual([
    {
      name: "Front Door",
      model: "Battery Doorbell Plus",
      hasLight: false,
      hasSiren: false,
      batteryLevel: 87,
      isDoorbot: true,
    },
    {
      name: "Garden Gate",
      model: "Doorbell Pro 2",
      hasLight: false,
      hasSiren: false,
      batteryLevel: null,
      isDoorbot: true,
    },
    {
      name: "Workshop Door",
      model: "Unknown Model",
      hasLight: false,
      hasSiren: false,
      batteryLevel: 64,
      isDoorbot: true,
    },
    { name: "Driveway", model: "Floodlight Cam", hasLight: true, hasSiren: true, batteryLevel: null, isDoorbot: false },
    {
      name: "Back Garden",
      model: "Spotlight Cam Plus",
      hasLight: true,
      hasSiren: true,
      batteryLevel: 60,
      isDoorbot: false,
    },
    { name: "Living Room", model: "Indoor Cam", hasLight: false, hasSiren: true, batteryLevel: null, isDoorbot: false },
    {
      name: "Side Passage",
      model: "Stick Up Cam",
      hasLight: false,
      hasSiren: true,
      batteryLevel: null,
      isDoorbot: false,
    },
  ]);
  expect(saw("on")).toMatchObject({ light: "on", siren: { seconds_remaining: 30 } });
  expect(saw("off")).toMatchObject({ light: "off", siren: { seconds_remaining: 0 } });
  expect(saw("settings")).toMatchObject({ battery: "87", isDetecting: false });
  expect(saw("settings")["updatedAt"]).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\+00:00$/);
  expect(saw("snapshot")["start"]).toBe("ffd8ff");
  expect(Math.abs(Number(saw("snapshot")["timeMillis"]) - Number(saw("snapshot")["responseTimestamp"]))).toBeLessThan(
    2000,
  );
  expect(saw("video")).toMatchObject({
    isNewest: true,
    kind: "ding",
    status: 206,
    bytes: 1024,
    box: "ftyp",
    found: true,
  });
  expect(saw("mode")).toMatchObject({ first: "disarmed", after: "away" });
  expect(saw("old token")["error"]).toContain("Refresh token is not valid");
  expect(cloud.journal.entries({ kind: "session.created" })).toHaveLength(1);
  expect(cloud.journal.entries({ kind: "oauth.refused" }).map(({ details }) => details["status"])).toEqual([
    400, 401, 401,
  ]);
  expect(cloud.journal.violations).toEqual([]);
  expect(cloud.refusals).toEqual([]);
});

test("one 503 at the refresh grant kills the client, while a new one with the same token lives", async () => {
  await using cloud = await start();
  const saw = await run(cloud, "trap");

  expect(saw("503")["error"]).toContain("Refresh token is not valid");
  expect(saw("again")["error"]).toContain("Refresh token is not valid");
  expect(saw("new client")["error"]).toBe("no failure");
});

test("a lost session is made again, an expired access token renewed", async () => {
  await using cloud = await start();
  const saw = await run(cloud, "recovery");

  expect(saw("first")["lists"]).toBeGreaterThanOrEqual(7);
  expect(saw("session lost")["lists"]).toBeGreaterThanOrEqual(7);
  expect(saw("token expired")["lists"]).toBeGreaterThanOrEqual(7);
  expect(cloud.journal.entries({ kind: "session.created" })).toHaveLength(2);
  expect(cloud.journal.entries({ kind: "oauth.granted" })).toHaveLength(2);
  expect(cloud.journal.violations).toEqual([]);
});

test("an unknown request is a violation, and nothing beyond loopback can be reached or looked up", async () => {
  await using cloud = await start();
  const saw = await run(cloud, "outside");

  expect(saw("unknown path")["error"]).not.toBe("no failure");
  expect(cloud.journal.violations).toMatchObject([{ details: { path: "/clients_api/nonsense" } }]);
  expect(saw("outside")["cause"]).toContain("connect of example.com:443 refused");
  expect(saw("lookup")["error"]).toContain("lookup of example.com refused");
  expect(saw("lookup")["resolve"]).toContain("resolve4 of example.com refused");
  expect(saw("mapped")["address"]).toBe("127.0.0.1");
  expect(cloud.refusals.map(({ what, host }) => [what, host])).toEqual([
    ["connect", "example.com"],
    ["lookup", "example.com"],
    ["resolve4", "example.com"],
  ]);
});

test("a ring and a person reach the client by push, once it subscribed", async () => {
  await using cloud = await start();
  cloud.operations.turnKnobs("front-door", { push: { imageDelayMs: 100 } });
  cloud.operations.turnKnobs("side-passage", { push: { image: "none", duplicate: true } });
  const saw = await run(cloud, "push");

  expect(saw("caused")).toMatchObject({ ring: { receivers: 1 }, person: { receivers: 1 } });
  const ring = saw("Garden Gate: com.ring.pn.live-event.ding");
  expect(ring).toMatchObject({ subtype: "ding", hasImage: true });
  expect(Number(ring["at"]) - Number(objectAt(saw("caused"), "ring")["at"])).toBeLessThan(500);
  expect(saw("Driveway: com.ring.pn.live-event.motion")).toMatchObject({ subtype: "human", detection: "human" });
  expect(saw("Side Passage: com.ring.pn.live-event.motion")).toMatchObject({ subtype: "motion", hasImage: false });
  expect(saw("Front Door: com.ring.pn.live-event.ding")).toMatchObject({ hasImage: false });
  const sent = cloud.journal
    .entries({ kind: "push.sent" })
    .map(({ details }) => [details["deviceId"], details["withImage"]]);
  expect(sent).toEqual([
    [48151102, true],
    [48151103, true],
    [48151106, false],
    [48151106, false],
    [48151101, false],
    [48151101, true],
  ]);
  expect(cloud.journal.violations).toEqual([]);
});
