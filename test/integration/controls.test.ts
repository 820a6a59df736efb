// Every control of a camera: the command reaches Ring, and the state on MQTT is what Ring shows then.
import { afterAll, beforeAll, expect, test } from "vitest";
import { deviceSettings } from "../../simulator/device-settings.ts";
import { valueAt } from "../../simulator/json.ts";
import { ControlHome, controlCameras } from "./control-home.fixtures.ts";

const { doorbell, light, battery, shared } = controlCameras;
let controls: ControlHome;

beforeAll(async () => {
  controls = await ControlHome.start();
});

afterAll(async () => {
  expect(controls.home.cloud.journal.violations).toEqual([]);
  await controls[Symbol.asyncDispose]();
});

const settings = [
  // camera, key, at first, command, on the settings page then
  [doorbell, "motion_detection", "ON", "OFF", ["motion_settings.motion_detection_enabled", false]],
  [doorbell, "chime", "ON", "OFF", ["chime_settings.enable", false]],
  [doorbell, "chime_duration", "5", "9", ["chime_settings.duration", 9]],
  [doorbell, "chime_type", "digital", "mechanical", ["chime_settings.type", 0]],
  [doorbell, "doorbell_volume", "8", "3", ["volume_settings.doorbell_volume", 3]],
  [doorbell, "mic_volume", "6", "11", ["volume_settings.mic_volume", 11]],
  [doorbell, "voice_volume", "7", "0", ["volume_settings.voice_volume", 0]],
  [doorbell, "color_night_vision", "OFF", "ON", ["video_settings.night_color_enable", true]],
  [doorbell, "hdr", "OFF", "ON", ["video_settings.hdr_enable", true]],
  [doorbell, "hevc", "OFF", "ON", ["video_settings.hevc_enabled", true]],
  [doorbell, "infrared_light", "ON", "OFF", ["motion_settings.enable_ir_led", false]],
  [doorbell, "infrared_brightness", "40", "55", ["video_settings.ir_led_brightness", 55]],
  [doorbell, "audio_recording", "ON", "OFF", ["general_settings.enable_audio_recording", false]],
  [doorbell, "recording_length", "60", "30", ["video_settings.clip_length_max", 30]],
  [doorbell, "capture_interval", "180", "600", ["snapshot_settings.frequency_secs", 600]],
  [doorbell, "person_detection", "ON", "OFF", ["cv_settings.detection_types.human.enabled", false]],
  [doorbell, "package_detection", "ON", "OFF", ["cv_settings.detection_types.package_delivery.enabled", false]],
  [doorbell, "animal_detection", "OFF", "ON", ["cv_settings.detection_types.animal.enabled", true]],
  [battery, "power_mode", "battery", "wired", ["general_settings.power_mode", "wired"]],
  [light, "light_brightness", "60", "80", ["floodlight_settings.brightness", 80]],
  [light, "light_duration", "30", "90", ["floodlight_settings.duration", "90s"]],
] as const;

test.each(settings)("%s %s: %s, %s", async (slug, key, before, command, [path, value]) => {
  await controls.shows(slug, key, before);
  const from = controls.home.observer.position;
  await controls.command(slug, key, command);
  await controls.shows(slug, key, command, { from });
  expect(valueAt(deviceSettings(controls.home.camera(slug)), path)).toEqual(value);
  expect(JSON.parse(controls.now(slug, key, "attributes") ?? "{}")).toEqual({});
});

test("motion warning, light and siren", async () => {
  const { home } = controls;
  await controls.shows(doorbell, "motion_warning", "OFF");
  await controls.command(doorbell, "motion_warning", "ON");
  await controls.shows(doorbell, "motion_warning", "ON");
  await controls.command(light, "light", "ON", "light.switched");
  await controls.shows(light, "light", "ON");
  const { details } = await controls.command(light, "siren", '{"state":"ON","duration":40}', "siren.switched");
  expect(details).toMatchObject({ state: "on", seconds: 40 });
  await controls.shows(light, "siren", "ON");
  const from = home.observer.position;
  await controls.command(light, "siren", "OFF", "siren.switched");
  await controls.shows(light, "siren", "OFF", { from });
});

test("what is changed in Ring's app shows without being asked for", async () => {
  const { home } = controls;
  const from = home.observer.position;
  home.cloud.operations.changeRecord(light, { settings: { motion_detection_enabled: false } });
  await home.observer.waitFor("motion detection", controls.topic(light, "motion_detection", "state"), {
    payload: "OFF",
    from,
    timeoutMs: 25_000,
  });
});

test.each([
  ["doorbell_volume", "12", "a whole number from 0 to 11"],
  ["doorbell_volume", "loud", "a whole number from 0 to 11"],
  ["chime_type", "gong", "one of mechanical, digital, no chime"],
  ["hevc", "maybe", "ON or OFF"],
])("a wrong command for %s is refused before Ring hears of it: %s", async (key, payload, advice) => {
  const { observer, cloud } = controls.home;
  const [from, after] = [observer.position, controls.sequence];
  await observer.publish(controls.topic(doorbell, key, "command"), payload);
  await controls.shows(doorbell, key, new RegExp(advice), { from, what: "attributes" });
  await controls.shows(doorbell, key, /.*/, { from });
  expect(cloud.journal.entries({ after, kind: "settings.changed" })).toEqual([]);
});

test("a guest hears why nothing changes, and the entity goes back", async () => {
  const { observer } = controls.home;
  const from = observer.position;
  await observer.publish(controls.topic(shared, "motion_detection", "command"), "OFF");
  await controls.shows(shared, "motion_detection", /shared with this Ring account by its owner/, {
    from,
    what: "attributes",
  });
  await controls.shows(shared, "motion_detection", "ON", { from });
  const line = await controls.belfry.waitForLine(/Neighbour: motion_detection was not changed/);
  expect(line).toContain("only the owner may change this");
});

test("a change that Ring takes and does not keep is no change", async () => {
  const { cloud, observer } = controls.home;
  const camera = controls.home.camera(light);
  const from = observer.position;
  const path = `/devices/v1/devices/${camera.id}/settings$`;
  cloud.operations.failNextRequests({ path, method: "PATCH", times: 1, status: 200, body: deviceSettings(camera) });
  await observer.publish(controls.topic(light, "hevc", "command"), "ON");
  await controls.shows(light, "hevc", /shows the old value/, { from, what: "attributes" });
  await controls.shows(light, "hevc", "OFF", { from });
});

test("light, siren and warning that Ring takes and does not keep go back, with the reason", async () => {
  const { cloud, observer } = controls.home;
  const from = observer.position;
  const commands = [
    ["light", "floodlight_light_", "OFF", "ON"],
    ["siren", "siren_", "ON", "OFF"],
    ["motion_warning", "motion_announcement", "ON", "OFF"],
  ] as const;
  await controls.shows(light, "light", "ON");
  for (const [, path] of commands)
    cloud.operations.failNextRequests({ path: `/${path}`, method: "PUT", times: 1, status: 200, body: {} });
  for (const [key, , wanted] of commands) await observer.publish(controls.topic(light, key, "command"), wanted);
  for (const [key, , wanted, old] of commands) {
    await controls.shows(light, key, wanted, { from });
    await controls.shows(light, key, /Ring took the change of the .* of Driveway but shows the old value/, {
      from,
      what: "attributes",
    });
    expect([key, controls.now(light, key)]).toEqual([key, old]);
  }
  await controls.belfry.waitForLine(/Driveway: light was not changed.*shows the old value/);
});

test("a thousand commands in a second are two requests, and the last one counts", async () => {
  const { cloud, observer } = controls.home;
  await controls.shows(light, "light", "ON");
  const [after, from] = [controls.sequence, observer.position];
  const commands = Array.from({ length: 1_000 }, (_, index) => (index % 2 === 0 ? "ON" : "OFF"));
  await Promise.all(commands.map((command) => observer.publish(controls.topic(light, "light", "command"), command)));
  await controls.shows(light, "light", "OFF", { from });
  const switched = cloud.journal.entries({ after, kind: "light.switched" }).map(({ details }) => details["state"]);
  expect(switched.length).toBeLessThanOrEqual(2);
  expect(switched.at(-1)).toBe("off");
});

test("retained commands are none", async () => {
  const { cloud, observer } = controls.home;
  await controls.shows(light, "light", "OFF");
  const after = controls.sequence;
  await observer.publish(controls.topic(light, "light", "command"), "ON", { retain: true });
  await observer.publish(controls.topic(light, "light", "command"), "", { retain: true });
  // Those of another entity overtake nothing: once this one is done, the light would have been switched.
  await controls.command(light, "light_duration", "15");
  expect(cloud.journal.entries({ after, kind: "light.switched" })).toEqual([]);
  expect(controls.belfry.countLines(/the retained command on .*light\/command is ignored/)).toBe(1);
});

test("the settings page is read once for each camera, and not again for commands", async () => {
  for (const camera of controls.home.cameras) {
    await controls.home.cloud.journal.waitFor("a settings page", () => controls.pageReads(camera) > 0);
    // PUT of chime and volume is read back on the page; everything else by its own reply.
    const readBacks = camera.slug === doorbell ? 4 : 0;
    expect([camera.slug, controls.pageReads(camera)]).toEqual([camera.slug, 1 + readBacks]);
  }
});

test("one odd answer takes no entity away: a settings page that is refused, a record without light and siren", async () => {
  const { cloud, observer } = controls.home;
  const camera = controls.home.camera(light);
  const page = `/devices/v1/devices/${camera.id}/settings`;
  cloud.operations.failNextRequests({ path: `${page}$`, method: "GET", times: 1, status: 404 });
  const { led_status: _light, siren_status: _siren, ...bare } = camera.view(Date.now());
  const others = controls.home.cameras.filter((other) => other !== camera).map((other) => other.view(Date.now()));
  const body = { doorbots: [], authorized_doorbots: [], stickup_cams: [bare, ...others] };
  cloud.operations.failNextRequests({ path: "/clients_api/ring_devices$", times: 1, status: 200, body });
  const [from, after] = [observer.position, controls.sequence];
  await observer.publish("ring/bridge/bridge/belfry_bridge/rediscover/command", "PRESS");
  const answered = (path: string, count: number): Promise<unknown> =>
    cloud.journal.waitFor(
      `answer ${count} to ${path}`,
      () =>
        cloud.journal.entries({ after, kind: "http.answered" }).filter(({ details }) => details["path"] === path)
          .length >= count,
      { timeoutMs: 40_000 },
    );
  await answered(page, 1);
  await answered("/clients_api/ring_devices", 2);
  const discovery = `homeassistant/device/${camera.record.device_id}/config`;
  const told = observer.messages.slice(from).filter(({ topic }) => topic === discovery);
  // Two of the record, one of the settings page alone.
  const keys = ["light", "siren", "infrared_light"];
  for (const { text } of told) expect(Object.keys(JSON.parse(text).components)).toEqual(expect.arrayContaining(keys));
  expect(told.length).toBeGreaterThan(0);
});
