import { expect, test } from "vitest";
import { volatileCameraMemory } from "./camera-memory.fake.ts";
import { batteryDoorbell, plainCamera } from "./camera-state.fixtures.ts";
import type { SnapshotMode } from "./snapshot-mode-policy.ts";
import { SnapshotStage, type StageOptions } from "./snapshot-stage.fixtures.ts";

const wiredDoorbell = { ...plainCamera, isDoorbell: true };
const quietBattery = { ...batteryDoorbell, captureEverySeconds: 840 };

async function stageOf(options: StageOptions): Promise<SnapshotStage> {
  const stage = new SnapshotStage(options);
  await stage.begin();
  return stage;
}

test("the first picture comes when the camera is there; the picture before what is said of it", async () => {
  const stage = new SnapshotStage({ camera: plainCamera });
  expect(stage.keeper.view.isStale).toBeUndefined();
  stage.keeper.cameraChanged();
  await stage.clock.advance(0);
  expect(stage.asked).toEqual(["still patient"]);
  expect(stage.told).toEqual(["changed", "snapshot still 1", "changed"]);
  expect(stage.keeper.view).toMatchObject({
    picture: { type: "start", source: "still" },
    isStale: false,
    ageSeconds: 0,
  });
});

test.each<[SnapshotMode, string]>([
  ["All", "interval motion ding"],
  ["Auto", "interval motion ding"],
  ["Disabled", ""],
  ["Ding", "ding"],
  ["Interval", "interval"],
  ["Interval + Ding", "interval ding"],
  ["Interval + Motion", "interval motion"],
  ["Motion", "motion"],
  ["Motion + Ding", "motion ding"],
])("mode %s takes pictures of: %s", async (mode, moments) => {
  const stage = await stageOf({ camera: wiredDoorbell, mode });
  const taken: string[] = [];
  const look = (): void => {
    const type = stage.keeper.view.picture?.type;
    if (stage.told.some((line) => line.startsWith("snapshot ")) && type) taken.push(type);
    stage.told.length = 0;
  };
  await stage.clock.advance(30_000);
  look();
  for (const kind of ["motion", "ding"] as const) {
    stage.happen(kind);
    await stage.clock.advance(1_000);
    look();
  }
  expect(taken.join(" ")).toBe(moments);
  if (mode === "Disabled") expect(stage.asked).toEqual([]);
});

test("ten cameras that start together do not ask together again", async () => {
  const due = async (random: number): Promise<number> => {
    const stage = new SnapshotStage({ camera: plainCamera, random });
    stage.answers.still = "fail";
    await stage.begin();
    for (let second = 1; ; second++) {
      await stage.clock.advance(1_000);
      if (stage.asked.length > 0) return second;
    }
  };
  expect(await Promise.all([0, 0.4, 0.8].map(due))).toEqual([30, 24, 18]);
});

test("a camera that gives nothing is asked less often, and never twice at a time", async () => {
  const stage = await stageOf({ camera: plainCamera });
  stage.answers.still = "fail";
  const times: number[] = [];
  for (let second = 1; second <= 400; second++) {
    await stage.clock.advance(1_000);
    if (stage.asked.length > times.length) times.push(second);
  }
  expect(times).toEqual([30, 60, 120, 240, 360]);
  stage.answers.still = "hang";
  stage.asked.length = 0;
  await stage.clock.advance(600_000);
  expect(stage.asked).toHaveLength(1);
});

test("a picture that is too old for its interval is stale, also when nothing else happens", async () => {
  const stage = await stageOf({ camera: plainCamera });
  stage.answers.still = "hang";
  await stage.clock.advance(89_000);
  expect(stage.keeper.view.isStale).toBe(false);
  stage.told.length = 0;
  await stage.clock.advance(1_000);
  expect(stage.told).toEqual(["changed"]);
  expect(stage.keeper.view).toMatchObject({
    isStale: true,
    ageSeconds: 90,
    staleReason: "there has been no new picture for more than 3 intervals of 30 s",
  });
});

test("an offline camera is not asked; its picture is stale until it is back with a new one", async () => {
  const stage = await stageOf({ camera: plainCamera });
  stage.changeCamera({ isOnline: false });
  await stage.clock.advance(300_000);
  expect(stage.asked).toEqual([]);
  expect(stage.keeper.view).toMatchObject({ isStale: true, staleReason: "the camera is offline" });
  await expect(stage.keeper.takeSnapshot(new AbortController().signal)).rejects.toThrow("the camera is offline");
  stage.changeCamera({ isOnline: true });
  await stage.clock.advance(0);
  expect(stage.asked).toEqual(["still patient"]);
  expect(stage.keeper.view).toMatchObject({ isStale: false, ageSeconds: 0 });
});

test("while motion detection is off Ring is not asked, and the picture is stale", async () => {
  const stage = await stageOf({ camera: plainCamera });
  stage.changeCamera({ isMotionDetectionOn: false });
  await stage.clock.advance(120_000);
  expect(stage.asked).toEqual([]);
  expect(stage.keeper.view.staleReason).toMatch(/motion detection is off/);
});

test("what changes at the camera otherwise is not said anew of the picture", async () => {
  const stage = await stageOf({ camera: plainCamera });
  await stage.clock.advance(5_000);
  const before = stage.keeper.view;
  stage.changeCamera({ signalStrength: -70 });
  expect(stage.keeper.view).toEqual(before);
});

test("the picture of a push is that of the event, and of the newest event alone", async () => {
  const stage = await stageOf({ camera: wiredDoorbell });
  stage.happen("ding", { imageId: "uuid:1" });
  await stage.clock.advance(0);
  expect(stage.asked).toEqual(["push uuid:1"]);
  expect(stage.told).toEqual(["snapshot push 2", "last_event_image push 2", "changed"]);
  expect(stage.keeper.view.picture).toMatchObject({ type: "ding", source: "push" });
  expect(stage.keeper.view.eventPicture).toMatchObject({ event: { eventId: "1" }, picture: { source: "push" } });
  await stage.clock.advance(1_000);
  stage.told.length = 0;
  stage.happen("motion", { imageId: "uuid:0", happenedAt: stage.clock.now() - 60_000 });
  await stage.clock.advance(0);
  expect(stage.told.filter((line) => line.startsWith("last_event_image"))).toEqual([]);
  expect(stage.keeper.view.eventPicture?.event.eventId).toBe("1");
});

test.each([
  [4_000, "motion"],
  [40_000, "interval"],
])("a picture of an event that is late by %d ms: the snapshot shows %s", async (lateMs, shown) => {
  const stage = await stageOf({ camera: plainCamera, mode: "All", intervalSeconds: 10 });
  stage.answers.still = "fail";
  await stage.clock.advance(1_000);
  const event = stage.happen("motion");
  await stage.clock.advance(0);
  stage.answers.still = "at once";
  await stage.keeper.takeSnapshot(new AbortController().signal);
  await stage.clock.advance(lateMs);
  stage.takenAt = event.happenedAt;
  stage.keeper.imageReady(event, "uuid:1");
  await stage.clock.advance(0);
  expect(stage.keeper.view.eventPicture?.picture.source).toBe("push");
  expect(stage.keeper.view.picture?.type).toBe(shown);
});

test("a wired camera falls from the push to a still, to the stream, to the recording", async () => {
  const stage = await stageOf({ camera: plainCamera });
  for (const source of ["push", "still", "stream"] as const) stage.answers[source] = "fail";
  stage.isStreaming = true;
  stage.happen("motion", { imageId: "uuid:1" });
  await stage.clock.advance(0);
  expect(stage.asked).toEqual(["push uuid:1", "still urgent", "stream", "recording 1"]);
  expect(stage.keeper.view.eventPicture?.picture.source).toBe("recording");
});

test("a battery camera that records is not asked for a still: not by events, interval or button", async () => {
  const stage = await stageOf({
    camera: { ...batteryDoorbell, hasRecordings: false },
    mode: "All",
    intervalSeconds: 10,
  });
  await stage.clock.advance(1_000);
  stage.happen("motion");
  await stage.clock.advance(9_000);
  await expect(stage.keeper.takeSnapshot(new AbortController().signal)).rejects.toThrow("while it records");
  await stage.clock.advance(50_000);
  expect(stage.asked).toEqual([]);
  expect(stage.keeper.view).toMatchObject({
    isStale: true,
    staleReason: expect.stringContaining("the last motion brought no picture: Ring sent no picture with the event"),
  });
  await stage.clock.advance(1_000);
  expect(stage.asked).toEqual(["still patient"]);
  expect(stage.keeper.view.isStale).toBe(false);
});

test("the image of a battery camera comes with the second push", async () => {
  const stage = await stageOf({ camera: batteryDoorbell });
  const event = stage.happen("ding");
  await stage.clock.advance(3_000);
  expect(stage.asked).toEqual([]);
  stage.keeper.imageReady(event, "uuid:1");
  await stage.clock.advance(0);
  expect(stage.asked).toEqual(["push uuid:1"]);
  expect(stage.keeper.view.eventPicture).toMatchObject({ event: { eventId: "1" }, picture: { source: "push" } });
});

test("what is known better of an event later is said of its picture, there or not yet; none is taken again", async () => {
  const stage = await stageOf({ camera: batteryDoorbell });
  const event = stage.happen("motion", { detection: "motion" });
  await stage.clock.advance(0);
  stage.keeper.eventRefined({ ...event, detection: "vehicle" });
  stage.keeper.imageReady(event, "uuid:1");
  await stage.clock.advance(0);
  expect(stage.keeper.view.eventPicture?.event.detection).toBe("vehicle");
  stage.keeper.eventRefined({ ...event, detection: "person" });
  expect(stage.keeper.view.eventPicture).toMatchObject({ event: { detection: "person" }, picture: { source: "push" } });
  expect(stage.asked).toEqual(["push uuid:1"]);
});

test("a second push that comes later than anybody waits for still brings the picture of its event", async () => {
  const stage = await stageOf({ camera: batteryDoorbell });
  stage.answers.recording = "hang";
  const event = stage.happen("ding");
  await stage.clock.advance(12_000);
  expect(stage.asked).toEqual(["recording 1"]);
  stage.keeper.imageReady(event, "uuid:1");
  await stage.clock.advance(0);
  expect(stage.keeper.view.eventPicture?.picture.source).toBe("push");
  const wired = await stageOf({ camera: wiredDoorbell });
  wired.keeper.imageReady(wired.happen("ding"), "uuid:2");
  await wired.clock.advance(0);
  expect(wired.keeper.view.eventPicture?.picture.source).toBe("push");
});

test("Auto takes what a battery camera makes by itself; All wakes it", async () => {
  const auto = await stageOf({ camera: quietBattery });
  await auto.clock.advance(840_000);
  expect(auto.asked).toEqual(["still patient passive"]);
  const all = await stageOf({ camera: quietBattery, mode: "All" });
  await all.clock.advance(840_000);
  expect(all.asked).toEqual(["still patient"]);
});

test("a running stream gives the pictures of the interval for nothing", async () => {
  const stage = await stageOf({ camera: quietBattery, mode: "Interval", intervalSeconds: 10 });
  stage.isStreaming = true;
  await stage.clock.advance(20_000);
  expect(stage.asked).toEqual(["stream", "stream"]);
  stage.answers.stream = "fail";
  await stage.clock.advance(10_000);
  expect(stage.asked).toEqual(["stream", "stream", "stream"]);
});

test("the button takes a picture in every mode, at most every 10 s, and says why not", async () => {
  const stage = await stageOf({ camera: plainCamera, mode: "Disabled" });
  const press = (): Promise<void> => stage.keeper.takeSnapshot(new AbortController().signal);
  expect(stage.keeper.view).toMatchObject({ isStale: true, staleReason: "snapshots are switched off" });
  await press();
  expect(stage.keeper.view).toMatchObject({ isStale: false, picture: { type: "button" } });
  await stage.clock.advance(2_500);
  await expect(press()).rejects.toThrow("a snapshot can be taken every 10 s; wait 8 s more");
  await stage.clock.advance(7_500);
  stage.answers.still = "fail";
  await expect(press()).rejects.toThrow("there is no still");
  expect(stage.asked).toEqual(["still urgent", "still urgent"]);
});

test.each<SnapshotMode>(["Disabled", "Motion"])(
  "%s: a picture that stays says so: its age every hour, and after a day that it is stale",
  async (mode) => {
    const stage = await stageOf({ camera: plainCamera, mode });
    if (mode === "Disabled") await stage.keeper.takeSnapshot(new AbortController().signal);
    else stage.happen("motion");
    await stage.clock.advance(0);
    const said = (): unknown[] => {
      const { ageSeconds, isStale } = stage.keeper.view;
      return [ageSeconds, isStale, stage.told.splice(0).filter((line) => line === "changed").length];
    };
    said();
    await stage.clock.advance(3_599_000);
    expect(said()).toEqual([0, false, 0]);
    await stage.clock.advance(1_000);
    expect(said()).toEqual([3_600, false, 1]);
    await stage.clock.advance(22.5 * 3_600_000);
    expect(said()).toEqual([23 * 3_600, false, 22]);
    await stage.clock.advance(0.5 * 3_600_000);
    expect(said()).toEqual([86_400, true, 1]);
    await stage.clock.advance(3_600_000);
    expect(said()).toEqual([90_000, true, 1]);
    stage.keeper[Symbol.dispose]();
    expect(stage.clock.pending).toBe(0);
  },
);

test("mode and interval are there after a restart; a mode that the camera cannot have is refused", async () => {
  const memory = volatileCameraMemory();
  const stage = await stageOf({ camera: plainCamera, memory });
  stage.keeper.setSnapshotMode("Interval");
  stage.keeper.setSnapshotInterval(20);
  expect(() => stage.keeper.setSnapshotMode("Motion + Ding")).toThrow(/Motion \+ Ding.*send one of All, Auto/);
  const { view } = (await stageOf({ camera: plainCamera, memory })).keeper;
  expect(view).toMatchObject({ mode: "Interval", intervalSeconds: 20 });
  await stage.clock.advance(20_000);
  expect(stage.asked).toEqual(["still patient"]);
});

test("nothing runs on at the end", async () => {
  const stage = await stageOf({ camera: batteryDoorbell });
  stage.answers.recording = "hang";
  stage.happen("motion");
  await stage.clock.advance(20_000);
  stage.keeper[Symbol.dispose]();
  await stage.clock.advance(0);
  expect(stage.clock.pending).toBe(0);
  expect(stage.log.lines.filter(({ level }) => level !== "debug")).toEqual([]);
});
