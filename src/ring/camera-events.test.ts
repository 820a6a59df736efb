import { expect, test } from "vitest";
import { CameraEvents } from "./camera-events.ts";
import type { CameraEvent } from "./camera-state.ts";

const event = (changes: Partial<CameraEvent> = {}): CameraEvent => ({
  kind: "ding",
  eventId: "1",
  happenedAt: 1000,
  receivedAt: 1001,
  detection: "ding",
  text: undefined,
  imageId: undefined,
  ...changes,
});

function make(earlier: readonly CameraEvent[] = []) {
  const events = new CameraEvents(earlier);
  const told: string[] = [];
  events.happened.subscribe(({ kind, eventId }) => told.push(`${kind} ${eventId}`));
  events.refined.subscribe(({ kind, detection, imageId }) => told.push(`${kind} was ${detection} ${imageId}`));
  events.imageReady.subscribe(({ event: { kind }, imageId }) => told.push(`${kind} image ${imageId}`));
  return { events, told };
}

test("an event is told once; its picture, when it comes later, once more as such", () => {
  const { events, told } = make();
  events.receive(event());
  events.receive(event());
  events.receive(event({ imageId: "a" }));
  events.receive(event({ imageId: "a" }));
  expect(told).toEqual(["ding 1", "ding image a"]);
});

test("a picture that comes at once is part of the event", () => {
  const { events, told } = make();
  events.receive(event({ imageId: "a" }));
  events.receive(event({ imageId: "a" }));
  expect(told).toEqual(["ding 1"]);
});

test("motion and ding of the same id are two; without an id the time tells events apart", () => {
  const { events, told } = make();
  events.receive(event());
  events.receive(event({ kind: "motion" }));
  events.receive(event({ eventId: undefined, happenedAt: 5 }));
  events.receive(event({ eventId: undefined, happenedAt: 5, imageId: "b" }));
  events.receive(event({ eventId: undefined, happenedAt: 6 }));
  expect(told).toEqual(["ding 1", "motion 1", "ding undefined", "ding image b", "ding undefined"]);
});

test("a later message that knows better what it was is told; one that knows less is not", () => {
  const { events, told } = make();
  const motion = event({ kind: "motion", detection: "motion" });
  for (const detection of ["motion", "other_motion", "vehicle", "motion", "vehicle", "package", "person", "vehicle"])
    events.receive({ ...motion, detection });
  expect(told).toEqual([
    "motion 1",
    "motion was other_motion undefined",
    "motion was vehicle undefined",
    "motion was person undefined",
  ]);
});

test("a message may bring both: what it was, and the picture; the picture is kept", () => {
  const { events, told } = make();
  const motion = event({ kind: "motion", detection: "motion" });
  events.receive(motion);
  events.receive({ ...motion, detection: "vehicle", imageId: "a" });
  events.receive({ ...motion, detection: "person" });
  expect(told).toEqual(["motion 1", "motion was vehicle a", "motion image a", "motion was person a"]);
});

test("what an earlier run has told is not told again; what is new of it is", () => {
  const { events, told } = make([event({ kind: "motion", detection: "person" }), event({ eventId: undefined })]);
  events.receive(event({ kind: "motion", detection: "motion" }));
  events.receive(event({ kind: "motion", detection: "motion", imageId: "a" }));
  events.receive(event({ eventId: undefined }));
  events.receive(event());
  expect(told).toEqual(["motion image a", "ding 1"]);
});
