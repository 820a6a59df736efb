// Live streams while they play, measured with the simulator's clock: joining late, delay, numbering over a restart, lip sync.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test as plainTest } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import type { JournalEntry } from "../../simulator/journal.ts";
import { framesPerSecond } from "../../simulator/media/live-format.ts";
import { timestampDistance } from "../../src/media/formats/rtp-arithmetic.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { presentedAt } from "../support/presentation.ts";
import { type ReceivedPicture, RtspReader } from "../support/rtsp-reader.ts";
import { runProgram } from "../support/run-program.ts";
import { differs } from "../support/stream-engines.ts";
import { beepTimes, secondTimes } from "../support/sync-recording.ts";
import { judgeNumbers, VideoReader } from "../support/video-reader.ts";
import { StreamHome } from "./stream-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);
let stage: StreamHome;

beforeAll(async () => {
  const accounts = [buildAccount({ devices: ["driveway", "side-passage", "living-room", "front-door"] })];
  if (hasMosquitto) stage = await StreamHome.start({ accounts });
});
beforeEach(() => stage?.home.cloud.operations.resetKnobs());
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
});

const delays = (pictures: readonly ReceivedPicture[]): number[] =>
  pictures.map(({ at, sentAtMs }) => at - sentAtMs).toSorted((a, b) => a - b);

test("a second reader has a picture within 100 ms, and is hardly behind the first one a second later", async () => {
  await using first = await RtspReader.play(stage.url("driveway"));
  // Into the middle of a group of pictures, the worst place to join.
  await first.picture(75);
  await using second = await RtspReader.play(stage.url("driveway"));
  const picture = await second.keyPicture();
  if (!differs("first-picture")) expect(second.pictures[0]).toBe(picture);
  const joinMs = picture.at - second.times.playAsked;
  expect(joinMs).toBeLessThan(differs("first-picture") ? 500 : 100);
  const secondLater = picture.at + 1_000;
  const isLater = (reader: RtspReader): boolean => (reader.pictures.at(-1)?.at ?? 0) > secondLater + 100;
  await Promise.all([first.until("a second more", isLater), second.until("a second more", isLater)]);
  const shownFirst = presentedAt(first.pictures, secondLater);
  const shownSecond = presentedAt(second.pictures, secondLater);
  const lagMs = shownFirst.sentAtMs - shownSecond.sentAtMs;
  expect(lagMs).toBeLessThanOrEqual(300);
  const live = delays(first.pictures.slice(20));
  console.info(
    `join: first picture after ${joinMs.toFixed(0)} ms, ${lagMs.toFixed(0)} ms behind a second later; ` +
      `delay ${live[live.length >> 1]?.toFixed(1)} ms, at most ${live.at(-1)?.toFixed(1)} ms`,
  );
  expect(live[Math.floor(live.length * 0.95)]).toBeLessThan(150);
  expect([first.lost, second.lost]).toEqual([0, 0]);
});

test("FFmpeg as a second reader decodes from its first packet on", async () => {
  await using first = await RtspReader.play(stage.url("driveway"), { codecs: ["h264"] });
  await first.picture(50);
  await using second = new VideoReader(stage.url("driveway"));
  await second.frame(100);
  expect(second.errors).toEqual([]);
  expect(judgeNumbers(second.frames)).toMatchObject({ skipped: 0, unreadable: 0 });
});

test("a call that is cut continues: same source, numbers without a gap, times that fit the clock", async () => {
  const url = stage.url("side-passage");
  await using reader = await RtspReader.play(url);
  await using player = new VideoReader(url);
  await player.frame(40);
  expect(stage.home.cloud.operations.endCalls("side-passage", 5, "Sessions with the provided ID not found")).toBe(1);
  const seen = player.frames.length;
  await player.frame(seen + 60);
  const before = reader.pictures.findIndex(({ at }) => at > (player.frames[seen]?.at ?? 0));
  for (const track of reader.tracks) {
    expect(track).toMatchObject({ lost: 0, disordered: 0, ssrcChanges: 0, goodbyes: 0 });
    if (!differs("rtp-info")) expect(track.announced.firstSequence).toBe(track.firstSequence);
  }
  expect(before).toBeGreaterThan(0);
  expect(stage.calls("side-passage", "live.requested")).toHaveLength(2);
  // From the first picture on, RTP time has advanced as the clock did. MediaMTX is given the first ones late, and quickly then.
  const start = reader.pictures[differs("first-picture") ? framesPerSecond : 0];
  const end = reader.pictures.at(-1);
  if (!start || !end) throw new Error("there were pictures");
  const rtpMs = timestampDistance(start.rtpTimestamp, end.rtpTimestamp) / 90;
  expect(Math.abs(rtpMs - (end.at - start.at))).toBeLessThan(150);
  const steps = reader.pictures.slice(1).map((picture, index) => {
    return timestampDistance(reader.pictures[index]?.rtpTimestamp ?? 0, picture.rtpTimestamp);
  });
  expect(Math.min(...steps)).toBeGreaterThan(0);
  expect(player.errors).toEqual([]);
  expect(judgeNumbers(player.frames).unreadable).toBe(0);
});

/** Milliseconds from each beep's picture to its sound, by track, as a player has them from RTP times and sender reports. */
async function measureLipSync(slug: string, seconds: number): Promise<Record<string, number[]>> {
  const directory = await mkdtemp(join(tmpdir(), "belfry-sync-"));
  try {
    const file = join(directory, "recording.mkv");
    const args = ["-v", "error", "-rtsp_transport", "tcp", "-i", stage.url(slug), "-map", "0", "-c", "copy"];
    const run = await runProgram("ffmpeg", [...args, "-t", String(seconds), file], { timeoutMs: 50_000 });
    if (run.code !== 0) throw new Error(run.stderr);
    const pictures = await secondTimes(file);
    const [aac, asSent] = await Promise.all([0, 1].map((track) => beepTimes(file, track)));
    return { AAC: offsets(pictures, aac ?? []), "as sent": offsets(pictures, asSent ?? []) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function offsets(pictures: readonly number[], beeps: readonly number[]): number[] {
  return beeps.flatMap((beep) => {
    const nearest = pictures.map((picture) => (beep - picture) * 1_000);
    const offset = nearest.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0];
    return offset === undefined || Math.abs(offset) > 400 ? [] : [offset];
  });
}

async function expectLipSync(slug: string, what: string, seconds = 14): Promise<void> {
  for (const [track, apart] of Object.entries(await measureLipSync(slug, seconds))) {
    console.info(`lip sync, ${what}: ${track} ${apart.map((ms) => ms.toFixed(0)).join(" ")} ms`);
    expect(apart.length, `beeps, ${track}`).toBeGreaterThanOrEqual(8);
    expect(Math.max(...apart.map(Math.abs)), `${what}, ${track}`).toBeLessThan(40);
  }
}

test.each([
  ["a clean line", 0],
  ["a line that loses 3 % of the packets", 3],
])("picture, AAC and Opus agree within 40 ms over %s", async (name, packetLossPercent) => {
  stage.turn("living-room", { packetLossPercent });
  await expectLipSync("living-room", name);
});

test("sound or picture that arrives 200 ms late is together with the other, also PCMU and after a call that was cut", async () => {
  const { journal, operations } = stage.home.cloud;
  stage.turn("driveway", { audioLagMs: 200 });
  stage.turn("front-door", { audioLagMs: 200, audioCodec: "pcmu" });
  stage.turn("living-room", { videoLagMs: 200 });
  for (const slug of ["driveway", "living-room"]) await stage.untilCallsAreOver(slug);
  const { id } = stage.home.camera("driveway").record;
  const after = stage.journalPosition;
  const isKeyFrame = ({ kind, details }: JournalEntry): boolean =>
    kind === "live.frame-sent" && details["doorbotId"] === id;
  const cut = async (): Promise<void> => {
    const first = await journal.waitFor("a key frame", isKeyFrame, { after });
    const enough = await journal.waitFor("the next one", isKeyFrame, { after: first.sequence });
    await journal.waitFor("one more", isKeyFrame, { after: enough.sequence });
    expect(operations.endCalls("driveway", 4, "error")).toBe(1);
  };
  await Promise.all([
    cut(),
    expectLipSync("driveway", "sound 200 ms late, cut", 15),
    expectLipSync("front-door", "PCMU 200 ms late", 11),
    expectLipSync("living-room", "picture 200 ms late", 11),
  ]);
  expect(stage.calls("driveway", "live.requested", after)).toHaveLength(2);
});
