import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { PushSilence, usualPushDoubts } from "./push-silence.ts";

async function connected() {
  const clock = new ManualClock(Date.UTC(2026, 10, 20, 12));
  const silence = new PushSilence(usualPushDoubts, clock);
  silence.connectionIs(true);
  await clock.advance(600_000);
  const ago = (seconds: number) => silence.missed(clock.now() - seconds * 1000, "Driveway");
  return { clock, silence, ago };
}

test("an event without a message is a reason to doubt, and to renew: first the connection, then the address, ever more rarely", async () => {
  const { clock, silence, ago } = await connected();
  expect(ago(300)).toBe("connection");
  expect(silence.reason).toMatch(/^Ring's history shows an event of Driveway/);
  expect(ago(300)).toBeUndefined();
  await clock.advance(3_600_000);
  expect(ago(300)).toBe("address");
  await clock.advance(2 * 3_600_000 - 1);
  expect(ago(300)).toBeUndefined();
  await clock.advance(1);
  expect(ago(300)).toBe("address");
  for (const hours of [4, 8, 16, 24, 24]) {
    await clock.advance(hours * 3_600_000);
    expect(ago(300)).toBe("address");
    expect(ago(300)).toBeUndefined();
  }
  silence.heard();
  expect(silence.reason).toBeUndefined();
  await clock.advance(3_600_000);
  expect(ago(300)).toBe("connection");
});

test("no doubt: the message may still come, could not have come, or others have come since", async () => {
  const { clock, silence, ago } = await connected();
  expect([ago(60), ago(590), ago(3_600)]).toEqual([undefined, undefined, undefined]);
  silence.heard();
  await clock.advance(130_000);
  expect(ago(140)).toBeUndefined();
  silence.connectionIs(false);
  expect(ago(125)).toBeUndefined();
  silence.connectionIs(true);
  expect(ago(125)).toBeUndefined();
  expect(silence.reason).toBeUndefined();
});
