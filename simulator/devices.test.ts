// What changes in the device records: commands, timers, settings in both forms, modes, and the world's own changes.
import { expect, test } from "vitest";
import { buildAccount, recordLike } from "./account-builders.ts";
import { SimulatedRingCloud } from "./cloud.ts";
import { type SignedIn, signIn } from "./cloud-client.fixtures.ts";
import { hosts } from "./hosts.ts";
import { type JsonObject, objectAt, valueAt } from "./json.ts";

const start = (): Promise<SimulatedRingCloud> => SimulatedRingCloud.start({ accounts: [buildAccount()] });
const [frontDoor, driveway, chime] = [48151101, 48151103, 48151201];

async function record(client: SignedIn, id: number): Promise<JsonObject> {
  const { json } = await client.get("/clients_api/ring_devices");
  const found = Object.values(json)
    .flat()
    .find((item) => valueAt(item, "id") === id);
  return objectAt({ found }, "found");
}

test("all lists are arrays of objects with an id, and nothing else is there", async () => {
  await using cloud = await start();
  const { json } = await (await signIn(cloud)).get("/clients_api/ring_devices");

  expect(Object.keys(json).sort()).toEqual([
    "authorized_doorbots",
    "base_stations",
    "beams_bridges",
    "chimes",
    "doorbots",
    "other",
    "stickup_cams",
  ]);
  for (const list of Object.values(json)) expect(Array.isArray(list)).toBe(true);
});

test("the siren counts down and ends by itself", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const reply = await client.send("PUT", `/clients_api/doorbots/${driveway}/siren_on?duration=1`);

  expect(reply.json).toMatchObject({ duration: 1, seconds_remaining: 1 });
  expect(valueAt(await record(client, driveway), "siren_status.seconds_remaining")).toBe(1);
  const end = Date.parse(String(reply.json["ends_at"]));
  await expect
    .poll(async () => valueAt(await record(client, driveway), "siren_status.seconds_remaining"), { timeout: 3000 })
    .toBe(0);
  expect(Date.now()).toBeGreaterThanOrEqual(end);
});

test("the query form of settings (no body) and the JSON form end in the same record", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const query = "doorbot%5Bsettings%5D%5Bdoorbell_volume%5D=3&doorbot%5Bsettings%5D%5Bchime_settings%5D%5Benable%5D=1";

  expect((await client.send("PUT", `/clients_api/doorbots/${frontDoor}?${query}`, "null")).status).toBe(200);
  expect(await record(client, frontDoor)).toMatchObject({
    settings: { doorbell_volume: 3, chime_settings: { enable: true, type: 2 } },
  });
  await client.send("PUT", `/clients_api/doorbots/${frontDoor}/`, {
    doorbot: { settings: { chime_settings: { enable: false } } },
  });
  expect(await record(client, frontDoor)).toMatchObject({
    settings: { doorbell_volume: 3, chime_settings: { enable: false } },
  });
  await client.send("PUT", `/clients_api/chimes/${chime}?chime%5Bsettings%5D%5Bvolume%5D=2`);
  expect(await record(client, chime)).toMatchObject({ settings: { volume: 2 } });
  expect(cloud.journal.violations).toEqual([]);
});

test("devices/v1 settings are written into the record, others are kept and shown again", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const path = `/devices/v1/devices/${frontDoor}/settings`;
  const reply = await client.send("PATCH", path, {
    motion_settings: { motion_detection_enabled: false },
    video_settings: { hevc_enabled: true },
    odd_settings: { level: 4 },
  });

  expect(reply.json).toMatchObject({
    motion_settings: { motion_detection_enabled: false },
    odd_settings: { level: 4 },
  });
  expect((await client.get(path)).json).toMatchObject({
    video_settings: { hevc_enabled: true },
    odd_settings: { level: 4 },
  });
  expect(await record(client, frontDoor)).toMatchObject({
    settings: { motion_detection_enabled: false, video_settings: { hevc_enabled: true, clip_length_max: 60 } },
  });
});

test("a mode applies its actions to the cameras", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const location = cloud.world.accounts[0]?.data.user_locations[0]?.location_id ?? "";
  const at = { host: hosts.app };
  const base = `/api/v1/mode/location/${location}`;
  await client.send(
    "POST",
    `${base}/settings`,
    {
      home: [
        { deviceId: driveway, deviceIdType: "doorbot", actions: ["disableMotionDetection", "blockLiveViewLocally"] },
      ],
    },
    at,
  );

  expect((await client.send("POST", base, { mode: "home" }, at)).json["mode"]).toBe("home");
  expect(await record(client, driveway)).toMatchObject({
    settings: { motion_detection_enabled: false, live_view_disabled: true },
  });
  expect((await client.get(base, { ...at, headers: client.headers })).json["mode"]).toBe("home");
});

test("subscriptions are shown per session", async () => {
  await using cloud = await start();
  const client = await signIn(cloud, "one");
  const other = await signIn(cloud, "two");
  await client.send("POST", `/clients_api/doorbots/${frontDoor}/motions_subscribe`);

  expect(await record(client, frontDoor)).toMatchObject({ subscribed: false, subscribed_motions: true });
  expect(await record(other, frontDoor)).toMatchObject({ subscribed: false, subscribed_motions: false });
});

test("battery, connection and devices come and go", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  cloud.operations.setBattery("back-garden", 15, 2);
  cloud.operations.setOnline("front-door", false);
  cloud.operations.removeDevice("living-room");
  cloud.operations.addDevice(
    undefined,
    "doorbots",
    recordLike("front-door", { id: 7, device_id: "54e019aa0999", description: "Cellar" }),
  );

  expect(await record(client, 48151104)).toMatchObject({
    battery_life: "100",
    battery_life_2: "15",
    health: { second_battery_percentage: 15 },
    alerts: { battery: "low" },
  });
  expect(await record(client, frontDoor)).toMatchObject({ alerts: { connection: "offline" } });
  expect(await record(client, 48151105)).toEqual({});
  expect(await record(client, 7)).toMatchObject({ description: "Cellar" });
  await expect(cloud.pressDoorbell("front-door")).rejects.toThrow("front-door is offline");
});

test("what has no light, no siren or no bell says so", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);

  expect((await client.send("PUT", `/clients_api/doorbots/${frontDoor}/floodlight_light_on`)).status).toBe(404);
  await expect(cloud.pressDoorbell("driveway")).rejects.toThrow("driveway is no doorbell");
  expect(() => cloud.operations.switchLight("front-door", true)).toThrow("front-door has no light");
  expect(() => cloud.operations.turnKnobs("front-door", { live: { nothing: 1 } } as object)).toThrow(
    "there is no knob live.nothing",
  );
  await expect(cloud.causeMotion("attic")).rejects.toThrow('there is no device "attic"; there are front-door');
});
