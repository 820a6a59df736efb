// The calls behind live streams, seen from players: shared, kept for a while, ended, and made again.
import { afterAll, beforeAll, beforeEach, expect, test as plainTest } from "vitest";
import { monotonicUnixMs } from "../support/monotonic-unix-ms.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { RtspReader, RtspStatusError } from "../support/rtsp-reader.ts";
import { differs } from "../support/stream-engines.ts";
import { until } from "../support/until.ts";
import { judgeNumbers, VideoReader } from "../support/video-reader.ts";
import { type Attributes, StreamHome } from "./stream-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);
let stage: StreamHome;

beforeAll(async () => {
  if (hasMosquitto) stage = await StreamHome.start();
});
beforeEach(() => stage?.home.cloud.operations.resetKnobs());
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
});

test("three readers share one call, which ends 5 to 10 s after the last one left", async () => {
  const url = stage.url("back-garden");
  const readers = [1, 2, 3].map(() => new VideoReader(url, { isImpatient: true }));
  await Promise.all(readers.map((reader) => reader.frame(40)));
  expect(stage.calls("back-garden", "live.requested")).toHaveLength(1);
  for (const reader of readers) expect(judgeNumbers(reader.frames)).toMatchObject({ skipped: 0, unreadable: 0 });
  await Promise.all(readers.map((reader) => reader.stop()));
  const left = monotonicUnixMs();
  await stage.untilCallsAreOver("back-garden");
  const [ended] = stage.calls("back-garden", "live.ended");
  expect((ended?.at ?? 0) - left).toBeGreaterThan(5_000);
  expect((ended?.at ?? 0) - left).toBeLessThan(10_000);
  expect(stage.calls("back-garden", "live.requested")).toHaveLength(1);
});

test("a reader within the grace time finds the call still there", async () => {
  for (let round = 0; round < 2; round++) {
    await using reader = await RtspReader.play(stage.url("living-room"));
    await reader.picture(10);
  }
  expect(stage.calls("living-room", "live.requested")).toHaveLength(1);
});

test("a stream that was switched off plays again at the next request", async () => {
  await using before = await RtspReader.play(stage.url("garden-gate"));
  await before.picture(10);
  await stage.command("garden-gate", "stream", "OFF");
  await before.closed;
  await using after = await stage.play("garden-gate");
  await after.picture(10);
  expect(stage.calls("garden-gate", "live.requested")).toHaveLength(2);
});

test("a start that fails for good ends its waiting reader within a second, and a later request works", async () => {
  stage.turn("workshop-door", { answerDelayMs: null });
  const reader = new VideoReader(stage.url("workshop-door"));
  const isFailed = ({ status }: Attributes): boolean => status === "failed";
  const failed = await stage.attributes("workshop-door", "stream", isFailed, { timeoutMs: 30_000 });
  const known = monotonicUnixMs();
  expect(failed["reason_code"]).toBe("call.answer");
  await reader.ended;
  expect(monotonicUnixMs() - known).toBeLessThan(1_000);
  await stage.untilCallsAreOver("workshop-door");
  stage.home.cloud.operations.resetKnobs();
  // Nobody is let in for two seconds after a failure.
  const play = (): Promise<RtspReader | undefined> => stage.play("workshop-door").catch(() => undefined);
  await using again = await until("the stream being playable", play, { timeoutMs: 5_000 });
  await again.picture(5);
});

test("a lock while somebody watches takes nothing from him", async () => {
  await using watching = await RtspReader.play(stage.url("driveway"));
  await watching.picture(10);
  await stage.command("driveway", "stream_lock", "ON");
  await stage.state("driveway", "stream_lock", "ON");
  const another = RtspReader.play(stage.url("driveway"));
  if (differs("lock")) await (await another)[Symbol.asyncDispose]();
  else await expect(another).rejects.toThrow(RtspStatusError);
  await watching.picture(watching.pictures.length + 20);
});

test("a camera without sound plays", async () => {
  stage.turn("side-passage", { audioCodec: "none" });
  await using reader = await RtspReader.play(stage.url("side-passage"), { codecs: ["h264"] });
  await reader.picture(20);
});
