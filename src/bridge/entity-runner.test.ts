import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { PermanentError } from "../foundation/errors.ts";
import { recordingLogger } from "../foundation/logger.fake.ts";
import { batteryDoorbell, floodlight, plainCamera } from "./camera-state.fixtures.ts";
import { quietView, spokenActions } from "./camera-view.fixtures.ts";
import type { CameraActions } from "./camera-view.ts";
import { RecordingLink } from "./device-link.fake.ts";
import { cameraRows } from "./entities/camera-rows.ts";
import { EntityRunner } from "./entity-runner.ts";

const clock = new ManualClock();
/** Also commands that wait for more of their kind are done then. */
const settled = (): Promise<void> => clock.advance(1_000);

function setUp(camera = plainCamera) {
  const link = new RecordingLink();
  const { logger, lines } = recordingLogger();
  const done: string[] = [];
  const state = { view: quietView(camera), fail: undefined as Error | undefined };
  const act = async (text: string): Promise<void> => {
    if (state.fail) throw state.fail;
    done.push(text);
  };
  const actions: CameraActions = {
    ...spokenActions(act),
    setLight: async (isOn) => {
      await act(`light ${isOn}`);
      state.view = quietView({ ...camera, light: isOn });
    },
  };
  const runner = new EntityRunner({
    rows: cameraRows,
    link,
    device: () => ({
      id: camera.deviceId,
      locationId: "loc",
      category: "camera",
      name: camera.name,
      manufacturer: "Ring",
      model: "x",
    }),
    view: () => state.view,
    actions,
    clock,
    logger,
    signal: new AbortController().signal,
  });
  runner.refresh();
  return { link, lines, done, state, runner };
}

const keysOf = (link: RecordingLink): string[] => link.entities.map(({ key }) => key);
test("a camera has the entities that its record shows", () => {
  const all = ["motion", "snapshot", "stream", "info"];
  const [plain, light, doorbell] = [plainCamera, floodlight, batteryDoorbell].map((camera) =>
    keysOf(setUp(camera).link),
  );
  expect(plain).toEqual(expect.arrayContaining(all));
  expect(light).toEqual(expect.arrayContaining([...all, "light", "siren"]));
  expect(doorbell).toEqual(expect.arrayContaining([...all, "ding", "battery"]));
  for (const key of ["light", "siren", "ding", "battery"]) expect(plain).not.toContain(key);
});

test("info keeps the names that templates of ring-mqtt use", () => {
  const { link } = setUp(batteryDoorbell);
  expect(JSON.parse(link.states.get("info") ?? "")).toMatchObject({
    batteryLevel: 60,
    batteryLife: 87,
    batteryLife2: 60,
    firmwareStatus: "Up to Date",
    lastUpdate: "2026-11-20T12:00:00.000Z",
    wirelessNetwork: "home",
    wirelessSignal: -48,
    stream_Source: "rtsp://host:8554/54e019aabbcc_live",
    still_Image_URL: "http://host/still",
  });
});

test("a battery whose level is not known is one of an unknown level, not an empty one", () => {
  const { link } = setUp({ ...batteryDoorbell, batteries: [], batteryBays: [undefined, undefined] });
  expect(JSON.parse(link.states.get("info") ?? "")).toMatchObject({
    batteryLevel: null,
    batteryLife: null,
    batteryLife2: null,
    powerSource: "battery",
  });
  expect(["battery_1", "power_source"].map((key) => link.states.get(key))).toEqual(["None", "battery"]);
});

test("a setting that is outside of what can be set is unknown; it can be set all the same", async () => {
  const settings = { lightBrightness: 0, lightSeconds: 0, recordingSeconds: 601, voiceVolume: 11 };
  const { link, done } = setUp({ ...floodlight, settings });
  const shown = ["light_brightness", "light_duration", "recording_length", "voice_volume"];
  expect(shown.map((key) => link.states.get(key))).toEqual(["None", "None", "None", "11"]);
  link.command("light_duration", "30");
  await settled();
  expect(done).toEqual(["lightSeconds 30"]);
});

test("motion shows the last time in both forms, and whether it was a person", () => {
  const { link, state, runner } = setUp();
  expect(link.attributes.get("motion")).toMatchObject({ lastMotion: 0, lastMotionTime: "", personDetected: false });
  const last = {
    kind: "motion" as const,
    eventId: "7123",
    happenedAt: Date.UTC(2026, 0, 1),
    receivedAt: Date.UTC(2026, 0, 1),
    detection: "person",
    text: undefined,
    imageId: undefined,
  };
  state.view = { ...state.view, events: { ...state.view.events, motion: { isOn: true, last } } };
  runner.refresh();
  expect(link.states.get("motion")).toBe("ON");
  expect(link.attributes.get("motion")).toEqual({
    lastMotion: 1_767_225_600,
    lastMotionTime: "2026-01-01T00:00:00.000Z",
    eventId: "7123",
    personDetected: true,
    motionDetectionEnabled: true,
  });
});

test("commands are carried out in order and show their result", async () => {
  const { link, done } = setUp(floodlight);
  link.command("light", "ON");
  link.command("light", "off");
  link.command("siren", '{"state":"ON","duration":10}');
  link.command("siren", "OFF");
  link.command("stream", "ON");
  await settled();
  expect(done.filter((text) => text.startsWith("light"))).toEqual(["light true", "light false"]);
  expect(done.filter((text) => text.startsWith("siren"))).toEqual(["siren true 10", "siren false undefined"]);
  expect(done).toContain("stream true");
  expect(link.log.filter((line) => line.startsWith("light"))).toEqual(["light OFF", "light ON", "light OFF"]);
});

test.each([
  ["light", "DIM", "send ON or OFF"],
  ["siren", "{", 'send ON, OFF or JSON such as {"state": "ON", "duration": 10}'],
  ["siren", '{"state":"ON","duration":9999}', "the duration is 1 to 120 seconds"],
])("an unknown command for the %s is said, and the old state is published again: %s", async (key, payload, advice) => {
  const { link, lines, done } = setUp(floodlight);
  link.log.length = 0;
  link.command(key, payload);
  await settled();
  expect(done).toEqual([]);
  expect(link.log).toEqual([`${key} OFF`]);
  expect(lines.map(({ level, line }) => `${level} ${line}`)).toEqual([
    expect.stringContaining(`warn ${key} was not changed`),
  ]);
  expect(lines[0]?.line).toContain(advice);
  expect(link.attributes.get(key)?.["last_error"]).toContain(advice);
});

test("an unknown command does not take the place of one that is right, and is said all the same", async () => {
  const { link, lines, done } = setUp(floodlight);
  for (const payload of ["OFF", "ON", "nonsense"]) link.command("light", payload);
  await settled();
  expect(done).toEqual(["light false", "light true"]);
  expect(link.states.get("light")).toBe("ON");
  expect(link.attributes.get("light")?.["last_error"]).toContain('"nonsense" is unknown');
  expect(lines).toHaveLength(1);
});

test("a flood of unknown commands is answered twice: to the first and to the last of them", async () => {
  const { link, lines, done } = setUp(floodlight);
  link.log.length = 0;
  for (let count = 1; count <= 1_000; count++) link.command("light", `nonsense ${count}`);
  await settled();
  expect(done).toEqual([]);
  expect(link.log).toEqual(["light OFF", "light OFF"]);
  expect(lines.map(({ line }) => /nonsense \d+/.exec(line)?.[0])).toEqual(["nonsense 1", "nonsense 1000"]);
  expect(link.attributes.get("light")?.["last_error"]).toContain("nonsense 1000");
});

test.each(["", "ON", "press it", "{}"])("a button is pressed by PRESS alone, not by %j", async (payload) => {
  const { link, lines, done } = setUp();
  link.command("take_snapshot", payload);
  await settled();
  expect(done).toEqual([]);
  expect(lines.at(-1)?.line).toContain("send PRESS");
  link.command("take_snapshot", "press");
  await settled();
  expect(done).toEqual(["take snapshot"]);
});

test("a command that Ring refuses says why, and the next one that works clears it", async () => {
  const { link, state } = setUp(floodlight);
  state.fail = new PermanentError("ring.not-allowed", "this shared account may not switch the light");
  link.command("light", "ON");
  await settled();
  expect(link.states.get("light")).toBe("OFF");
  expect(link.attributes.get("light")).toEqual({ last_error: "this shared account may not switch the light" });
  state.fail = undefined;
  link.command("light", "ON");
  await settled();
  expect(link.states.get("light")).toBe("ON");
  expect(link.attributes.get("light")).toEqual({});
});

test("a row that breaks costs itself, and is named once", () => {
  const { link, state, runner, lines } = setUp(floodlight);
  state.view = quietView({ ...floodlight, light: true, updatedAt: 9e15 });
  runner.refresh();
  runner.refresh();
  expect(link.states.get("light")).toBe("ON");
  expect(link.entities.map(({ key }) => key)).toContain("info");
  expect(lines).toMatchObject([
    { level: "error", line: expect.stringMatching(/info cannot be shown: Invalid time value/) },
  ]);
});
