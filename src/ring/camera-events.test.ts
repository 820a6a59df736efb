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

function make() {
  const events = new CameraEvents();
  const told: string[] = [];
  events.happened.subscribe(({ kind, eventId }) => told.push(`${kind} ${eventId}`));
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
