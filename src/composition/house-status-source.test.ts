import { expect, test } from "vitest";
import { plainCamera } from "../bridge/camera-state.fixtures.ts";
import { FakeCamera } from "../bridge/ring-camera.fake.ts";
import { ManualClock } from "../foundation/clock.fake.ts";
import { Emitter } from "../foundation/emitter.ts";
import { silentLogger } from "../foundation/logger.fake.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import { HouseStatusSource } from "./house-status-source.ts";

test("whatever becomes the last event of a camera is told: a message, one that knows better, what the history shows", () => {
  const clock = new ManualClock();
  const camera = new FakeCamera(plainCamera, clock);
  const never = new Emitter<unknown>();
  const push = { isHealthy: true, isConnected: true, isRegistered: true, lastPushAt: undefined, reason: undefined };
  const signIn = { signIn: { state: "signed-in", reason: undefined }, signInChanged: never } as const;
  let last: CameraEvent | undefined;
  using source = new HouseStatusSource({
    version: "0",
    account: { ...signIn, push, pushChanged: never, cameras: [camera], camerasChanged: never },
    broker: { isConnected: true, connected: never, address: "", trouble: undefined, troubleChanged: never },
    engine: () => undefined,
    engineChanged: never,
    stream: () => undefined,
    streamsChanged: never,
    lastEvent: () => last,
    clock,
    logger: silentLogger,
  });
  const shown: unknown[] = [];
  source.changed.subscribe(() => shown.push(source.read().cameras[0]?.lastEvent?.what));
  for (const [emitter, detection] of [
    [camera.eventHappened, "motion"],
    [camera.eventRefined, "person"],
    [camera.eventFound, "other_motion"],
  ] as const) {
    last = {
      kind: "motion",
      eventId: "1",
      happenedAt: 0,
      receivedAt: 0,
      detection,
      text: undefined,
      imageId: undefined,
    };
    emitter.emit(last);
  }
  expect(shown).toEqual(["motion", "person", "other_motion"]);
});
