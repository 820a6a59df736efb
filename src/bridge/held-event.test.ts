import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import { HeldEvent } from "./held-event.ts";

const event = (eventId: string): CameraEvent => ({
  kind: "ding",
  eventId,
  happenedAt: 0,
  receivedAt: 0,
  detection: "ding",
  text: undefined,
  imageId: undefined,
});

test("an event holds its state, and a second one extends it", async () => {
  const clock = new ManualClock();
  const changes: boolean[] = [];
  const held: HeldEvent = new HeldEvent({ holdMs: 10_000, clock, onChange: () => changes.push(held.state.isOn) });
  held.happened(event("1"));
  await clock.advance(6_000);
  held.happened(event("2"));
  await clock.advance(6_000);
  expect(held.state).toMatchObject({ isOn: true, last: { eventId: "2" } });
  await clock.advance(4_000);
  expect(held.state).toMatchObject({ isOn: false, last: { eventId: "2" } });
  expect(changes).toEqual([true, true, false]);
});

test("nothing happens after it was disposed", async () => {
  const clock = new ManualClock();
  const held = new HeldEvent({ holdMs: 10, clock, onChange: () => undefined });
  held.happened(event("1"));
  held[Symbol.dispose]();
  expect(clock.pending).toBe(0);
});
