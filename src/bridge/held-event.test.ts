import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import { HeldEvent } from "./held-event.ts";

const event = (eventId: string, happenedAt: number): CameraEvent => ({
  kind: "ding",
  eventId,
  happenedAt,
  receivedAt: happenedAt,
  detection: "ding",
  text: undefined,
  imageId: undefined,
});

test("an event holds its state, and a second one extends it", async () => {
  const clock = new ManualClock();
  const changes: boolean[] = [];
  const held: HeldEvent = new HeldEvent({ holdMs: 10_000, clock, onChange: () => changes.push(held.state.isOn) });
  held.happened(event("1", clock.now()));
  await clock.advance(6_000);
  held.happened(event("2", clock.now()));
  await clock.advance(6_000);
  expect(held.state).toMatchObject({ isOn: true, last: { eventId: "2" } });
  await clock.advance(4_000);
  expect(held.state).toMatchObject({ isOn: false, last: { eventId: "2" } });
  expect(changes).toEqual([true, true, false]);
});

test("nothing happens after it was disposed", async () => {
  const clock = new ManualClock();
  const held = new HeldEvent({ holdMs: 10, clock, onChange: () => undefined });
  held.happened(event("1", clock.now()));
  held[Symbol.dispose]();
  expect(clock.pending).toBe(0);
});

test("a new hold time counts from the event that is being held", async () => {
  const clock = new ManualClock();
  const held = new HeldEvent({ holdMs: 30_000, clock, onChange: () => undefined });
  held.happened(event("1", clock.now()));
  await clock.advance(5_000);
  held.setHold(10_000);
  await clock.advance(4_900);
  expect(held.state.isOn).toBe(true);
  await clock.advance(100);
  expect(held.state.isOn).toBe(false);
});

test("what a long outage held back is known, but is not happening now; older than the last it changes nothing", () => {
  const clock = new ManualClock();
  const held = new HeldEvent({ holdMs: 10_000, clock, onChange: () => undefined });
  held.happened(event("1", clock.now() - 3_600_000));
  expect(held.state).toMatchObject({ isOn: false, last: { eventId: "1" } });
  held.happened(event("2", clock.now() - 60_000));
  expect(held.state).toMatchObject({ isOn: true, last: { eventId: "2" } });
  held.happened(event("3", clock.now() - 3_600_000));
  expect(held.state).toMatchObject({ isOn: true, last: { eventId: "2" } });
});

test("the last event of an earlier run is known from the start", () => {
  const clock = new ManualClock();
  const last = event("1", clock.now());
  expect(new HeldEvent({ holdMs: 10, last, clock, onChange: () => undefined }).state).toEqual({ isOn: false, last });
});
