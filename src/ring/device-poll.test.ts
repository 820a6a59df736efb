import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { TransientError } from "../foundation/errors.ts";
import { DevicePoll } from "./device-poll.ts";

function start(refresh: (count: number) => Promise<void>) {
  const clock = new ManualClock();
  const startedAt = clock.monotonic();
  const asked: number[] = [];
  const end = new AbortController();
  const poll = new DevicePoll({
    refresh: async () => {
      asked.push(clock.monotonic() - startedAt);
      await refresh(asked.length);
    },
    onSuccess: () => undefined,
    onFailure: () => undefined,
    periodMs: 20_000,
    backoff: { firstMs: 1_000, longestMs: 4_000, jitter: 0 },
    clock,
  });
  const over = poll.run(end.signal).catch((error: unknown) => error);
  return { clock, asked, poll, end, over };
}

test("asks at its pace, and soon where somebody wants it; many wishes are one", async () => {
  const { clock, asked, poll, end, over } = start(async () => undefined);
  await clock.advance(20_000);
  await clock.advance(5_000);
  poll.request();
  poll.request();
  await clock.advance(0);
  poll.request();
  await clock.advance(500);
  end.abort(new Error("over"));
  expect(asked).toEqual([0, 20_000, 25_000, 25_500]);
  expect(await over).toMatchObject({ message: "over" });
  expect(clock.pending).toBe(0);
});

test("slower while it fails, as slow as Ring asks for, no wish changes that", async () => {
  const failures = [
    new Error("odd"),
    new Error("odd"),
    new TransientError("ring.throttled", "429", { retryAfterMs: 9_000 }),
  ];
  const { clock, asked, poll, end } = start(async (count) => {
    const failure = failures[count - 1];
    if (failure) throw failure;
  });
  await clock.advance(0);
  poll.request();
  await clock.advance(12_000);
  end.abort();
  expect(asked).toEqual([0, 1_000, 3_000, 12_000]);
});
