import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test as plainTest } from "vitest";
import { hosts } from "../../simulator/hosts.ts";
import { temporaryDirectory } from "../support/belfry-process.ts";
import { announceStatus, describeStatus, keyFrameTimes, probeStreams } from "../support/media-probe.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { RtspReader, RtspStatusError } from "../support/rtsp-reader.ts";
import { runProgram } from "../support/run-program.ts";
import { differs } from "../support/stream-engines.ts";
import { beepTimes, secondTimes } from "../support/sync-recording.ts";
import { until } from "../support/until.ts";
import { VideoReader } from "../support/video-reader.ts";
import { EventHome, firstFrameOf, judgeRecording, newest } from "./event-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);

const { motion, ding } = newest;
const refused = differs("refusal") ? 400 : 503;

async function ready(events: EventHome): Promise<void> {
  await events.waitForShown("the newest motion", ({ eventId }) => eventId === motion);
}

/** Plays it to its end. */
async function play(events: EventHome): Promise<ReturnType<typeof judgeRecording> & { exitCode: number | null }> {
  await using reader = new VideoReader(events.url);
  const exitCode = await reader.ended;
  return { ...judgeRecording(reader.frames), exitCode };
}

/** Why a player that wants to see one picture is sent away; undefined: it sees it. */
async function refusalOf(events: EventHome): Promise<{ status: number; retryAfter: number } | undefined> {
  try {
    await using reader = await RtspReader.play(events.url);
    await reader.until("a picture", () => reader.track("h264").packets > 0);
    return undefined;
  } catch (error) {
    if (!(error instanceof RtspStatusError)) throw error;
    return { status: error.reply.status, retryAfter: Number(error.reply.headers.get("retry-after")) };
  }
}

/** The FFmpeg that plays a recording now; ended as a crash ends it. */
async function crashFfmpeg(events: EventHome): Promise<void> {
  const player = await until("FFmpeg playing", async () => {
    const children = await events.workers();
    return children.find(({ command }) => /ffmpeg/.test(command) && / -re /.test(command));
  });
  process.kill(player.pid, "SIGKILL");
}

test("a player gets the selected recording once, whole and in real time, then a clean end; the next one gets it anew", async () => {
  await using events = await EventHome.start();
  await ready(events);
  for (let round = 0; round < 2; round++) {
    const from = events.home.observer.position;
    await using reader = new VideoReader(events.url);
    const started = await events.waitForStream("ON", from);
    expect(await reader.ended).toBe(0);
    const ended = await events.waitForStream("OFF", from);
    expect(judgeRecording(reader.frames)).toEqual({ first: firstFrameOf(motion), count: 80, gaps: 0 });
    // Download, and 4 s of film.
    expect(ended.at - started.at).toBeGreaterThan(3_800);
    expect(ended.at - started.at).toBeLessThan(7_000);
    await events.waitForStream("OFF", from);
    expect(events.streamAttributes).toMatchObject({
      status: "inactive",
      viewers: [],
      played_event: motion,
      video: "H.264 as recorded",
    });
  }
  // What was just fetched is not fetched again.
  expect(events.served).toEqual([`200 ${motion}`]);
  await events.untilNothingRuns();
  expect(events.home.cloud.journal.violations).toEqual([]);
  expect(events.belfry.lines.filter((line) => /WARN|ERROR/.test(line) && !/page/.test(line))).toEqual([]);
});

test("it has AAC and Opus beside the picture, and two readers share one playback", async () => {
  await using events = await EventHome.start();
  await ready(events);
  const streams = await probeStreams(events.url);
  expect(streams.map(({ codec }) => codec)).toEqual(["h264", "aac", "opus"]);
  await events.waitForStream("OFF", events.home.observer.position - 1);
  await using first = new VideoReader(events.url);
  await first.frame(20);
  await using second = new VideoReader(events.url);
  await Promise.all([first.ended, second.ended]);
  expect(judgeRecording(first.frames)).toMatchObject({ count: 80, gaps: 0 });
  expect(judgeRecording(second.frames).gaps).toBe(0);
  expect(second.frames.length).toBeGreaterThan(20);
  expect(events.served.length).toBe(1);
});

test("another selection ends what plays at once, and the next request plays the new one", async () => {
  await using events = await EventHome.start({ recording: { seconds: 6 } });
  await ready(events);
  await using reader = new VideoReader(events.url);
  await reader.frame(20);
  const from = events.home.observer.position;
  await events.select("Ding 1");
  await events.waitForStream("OFF", from);
  await reader.ended;
  expect(reader.frames.length).toBeLessThan(80);
  await events.waitForShown("the ding", ({ eventId }) => eventId === ding, { from });
  await using next = new VideoReader(events.url, { seconds: 1 });
  expect((await next.frame(20)).number).toBe(firstFrameOf(ding) + 19);
});

test("OFF stops it; ON without a client does nothing but explain itself", async () => {
  await using events = await EventHome.start({ recording: { seconds: 6 } });
  await ready(events);
  const command = events.topic("event_stream", "command");
  let from = events.home.observer.position;
  await events.home.observer.publish(command, "ON");
  await events.waitForStream("OFF", from);
  await until("the explanation", () => events.streamAttributes["last_error"]);
  expect(events.streamAttributes["last_error"]).toMatch(/nobody to play to.*_event/);
  expect(events.served).toEqual([]);
  await using reader = new VideoReader(events.url);
  await reader.frame(20);
  from = events.home.observer.position;
  await events.home.observer.publish(command, "OFF");
  await events.waitForStream("OFF", from);
  await reader.ended;
  expect(reader.frames.length).toBeLessThan(90);
  await events.untilNothingRuns();
});

test("an H.265 recording is played as H.264, and who comes later has a key frame within 2 s", async () => {
  await using events = await EventHome.start({ recording: { codec: "h265", seconds: 6 } });
  await ready(events);
  const keyFrames = keyFrameTimes(events.url);
  await using first = new VideoReader(events.url);
  // In the middle of a group of pictures.
  await first.frame(30);
  await using late = await RtspReader.play(events.url, { codecs: ["h264"] });
  await late.until("a key frame", ({ times }) => times.firstKeyFrameByte > 0);
  const waitedMs = late.times.firstKeyFrameByte - late.times.asked;
  await using second = new VideoReader(events.url);
  await Promise.all([first.ended, second.ended]);
  // By the film's own clock: so long waits at most who is not given the last group of pictures.
  const times = await keyFrames;
  const apart = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  console.info(`late joiner: key frame after ${waitedMs.toFixed(0)} ms; they are ${apart.join(", ")} s apart`);
  expect(waitedMs).toBeLessThan(2_000);
  expect(times.length).toBeGreaterThan(4);
  expect(Math.max(...apart)).toBeLessThan(1.2);
  expect(judgeRecording(first.frames)).toEqual({ first: firstFrameOf(motion), count: 120, gaps: 0 });
  expect(judgeRecording(second.frames).gaps).toBe(0);
  expect(events.streamAttributes["video"]).toBe("H.264 made from HEVC");
});

test("a transcoded selection is played from Ring's download", async () => {
  await using events = await EventHome.start();
  await ready(events);
  const from = events.home.observer.position;
  await events.select("Ding 1 (Transcoded)");
  await events.waitForShown("the ding", ({ eventId }) => eventId === ding, { from });
  expect(await play(events)).toEqual({ first: firstFrameOf(ding), count: 80, gaps: 0, exitCode: 0 });
  expect(events.streamAttributes["video"]).toBe("H.264 made from H.264");
});

test("a link that has expired is renewed and the recording plays; a second refusal is the end, and says why", async () => {
  await using events = await EventHome.start();
  await ready(events);
  const { operations } = events.home.cloud;
  const film = `${hosts.recordings}/.*mp4`;
  const cases = [
    [403, /cannot be played: Ring's link to it has expired/, "recording.expired"],
    [404, /cannot be played: it has been deleted at Ring/, "recording.deleted"],
    [500, /cannot be played: Ring answered with status 500/, "recording.unreachable"],
  ] as const;
  let from = events.home.observer.position;
  for (const [at, [status, reason, code]] of cases.entries()) {
    operations.failNextRequests({ path: film, status, times: 2 });
    expect((await play(events)).count).toBe(0);
    await until("the reason", () => (events.streamAttributes["reason_code"] === code ? true : undefined));
    expect(events.streamAttributes).toMatchObject({ status: "failed", reason: expect.stringMatching(reason) });
    // Another selection knows nothing of it.
    const [option, event] = at % 2 === 0 ? ["Ding 1", ding] : ["Motion 1", motion];
    await events.select(option);
    await events.waitForShown(option, ({ eventId }) => eventId === event, { from });
    await until("no reason", () => (events.streamAttributes["reason_code"] === undefined ? true : undefined));
    from = events.home.observer.position;
  }
  operations.failNextRequests({ path: film, status: 403, times: 1 });
  expect(await play(events)).toMatchObject({ first: firstFrameOf(ding), count: 80, gaps: 0, exitCode: 0 });
  expect(events.served.at(-1)).toBe(`200 ${ding}`);
});

test("a recording that cannot be had is not fetched again at every request", async () => {
  await using events = await EventHome.start();
  await ready(events);
  events.home.cloud.operations.failNextRequests({ path: `${hosts.recordings}/.*mp4`, status: 500, times: 2 });
  expect((await play(events)).count).toBe(0);
  const asked = events.historyLooks;
  for (let count = 0; count < 5; count++) {
    const refusal = await refusalOf(events);
    expect(refusal).toMatchObject({ status: refused });
    if (differs("refusal")) continue;
    expect(refusal?.retryAfter).toBeGreaterThanOrEqual(5);
    expect(refusal?.retryAfter).toBeLessThanOrEqual(10);
  }
  const { journal } = events.home.cloud;
  const fetched = journal.entries({ kind: "http.answered" }).filter(({ details }) => details["status"] === 500);
  expect(fetched).toHaveLength(2);
  expect(events.served).toEqual([]);
  expect(events.historyLooks).toBe(asked);
  // Still the failure, not the refusal.
  await until("the reason", () => events.streamAttributes["reason_code"]);
  expect(events.streamAttributes["reason_code"]).toBe("recording.unreachable");
});

test("a client that reopens for ever plays a recording six times, and another selection again", async () => {
  await using events = await EventHome.start();
  await ready(events);
  let plays = 0;
  let refusal: Awaited<ReturnType<typeof refusalOf>>;
  while (plays < 10) {
    const from = events.home.observer.position;
    refusal = await refusalOf(events);
    if (refusal) break;
    plays++;
    await events.waitForStream("OFF", from);
  }
  expect(plays).toBeGreaterThanOrEqual(6);
  // Whoever comes for the first time has no name at MediaMTX yet, and leaves here before it has one.
  expect(plays).toBeLessThanOrEqual(differs("refusal") ? 7 : 6);
  expect(refusal).toMatchObject({ status: refused });
  if (!differs("refusal")) expect(refusal?.retryAfter).toBeGreaterThan(500);
  const from = events.home.observer.position;
  await events.select("Ding 1");
  await events.waitForShown("the ding", ({ eventId }) => eventId === ding, { from });
  expect(await refusalOf(events)).toBeUndefined();
});

test("a connection that breaks off is tried once more", async () => {
  await using events = await EventHome.start();
  await ready(events);
  events.home.cloud.operations.failNextRequests({ path: `${hosts.recordings}/.*mp4`, reset: true, times: 1 });
  expect(await play(events)).toMatchObject({ first: firstFrameOf(motion), count: 80, gaps: 0, exitCode: 0 });
});

test.each([48_000, 16_000])(
  "a recording that is slow to come plays at the first try, with sound of %i Hz",
  async (hz) => {
    await using events = await EventHome.start({ recording: { samplesPerSecond: hz } });
    await ready(events);
    events.home.cloud.operations.failNextRequests({ path: `${hosts.recordings}/.*mp4`, delayMs: 6_500, times: 1 });
    await using reader = new VideoReader(events.url, { timeoutSeconds: differs("patience") ? 15 : 5 });
    expect(await reader.ended).toBe(0);
    expect(judgeRecording(reader.frames)).toEqual({ first: firstFrameOf(motion), count: 80, gaps: 0 });
    expect(reader.errors).toEqual([]);
  },
);

test("a crash of FFmpeg ends the stream cleanly with a reason, and the next request plays", async () => {
  await using events = await EventHome.start();
  await ready(events);
  await using reader = new VideoReader(events.url);
  await reader.frame(20);
  const from = events.home.observer.position;
  await crashFfmpeg(events);
  await events.waitForStream("OFF", from);
  await reader.ended;
  expect(events.streamAttributes).toMatchObject({ status: "failed", reason_code: "recording.ffmpeg" });
  const refusal = await refusalOf(events);
  expect(refusal).toMatchObject({ status: refused });
  // Where nobody is told how long to wait: as long as others are told at most.
  await pause((differs("refusal") ? 10 : (refusal?.retryAfter ?? 0)) * 1_000);
  expect(await play(events)).toMatchObject({ first: firstFrameOf(motion), count: 80, gaps: 0, exitCode: 0 });
});

test("signed links and secret paths are in no line of the log; what FFmpeg's arguments show is good for nothing", async () => {
  await using events = await EventHome.start({ settings: { log_level: "debug" } });
  await ready(events);
  const { operations } = events.home.cloud;
  operations.failNextRequests({ path: `${hosts.recordings}/.*mp4`, status: 403, times: 1 });
  await using reader = new VideoReader(events.url);
  await reader.frame(20);
  const children = await events.workers();
  const player = children.find(({ command }) => / -re /.test(command))?.command ?? "";
  expect(player).not.toMatch(/:\/\/[^/ ]*@/);
  const place = /rtsp:\/\/127\.0\.0\.1:\d+\/secret-[0-9a-f]{48}\/publish/.exec(player)?.[0] ?? "";
  const live = `${events.camera.record.device_id}_live`;
  const answers = [announceStatus(place), describeStatus(place), describeStatus(new URL(`/${live}`, place).href)];
  expect(await Promise.all(answers)).toEqual([403, 404, 404]);
  await crashFfmpeg(events);
  await reader.ended;
  await events.belfry.stop();
  const log = events.belfry.lines.join("\n");
  expect(log).toMatch(/trying once more/);
  const secrets = [...player.matchAll(/secret-([0-9a-f]{48})/g)].map(([, secret]) => secret);
  expect(secrets).toHaveLength(2);
  for (const { recordingUrl } of events.shown) {
    const signature = new URL(String(recordingUrl)).searchParams.get("X-Amz-Signature");
    expect(log).not.toContain(signature ?? "a signature");
  }
  for (const secret of secrets) expect(log).not.toContain(secret);
});

test("what is not there is refused quickly, with the reason", async () => {
  await using events = await EventHome.start();
  await ready(events);
  await events.select("On-demand 5");
  await events.waitForShown("nothing", ({ eventId }) => eventId === null);
  const startedAt = performance.now();
  expect(await events.describe()).toBe(refused);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  await until("the reason", () => events.streamAttributes["reason"]);
  expect(events.streamAttributes).toMatchObject({ status: "failed", reason_code: "recording.none" });
});

test("a live view becomes an on-demand event", async () => {
  await using events = await EventHome.start();
  await ready(events);
  await events.select("On-demand 1");
  await events.waitForShown("nothing", ({ eventId }) => eventId === null);
  await using live = new VideoReader(events.belfry.rtspUrl(events.camera.record.device_id));
  await live.frame(10);
  await live.stop();
  const shown = await events.waitForShown("the live view", ({ eventId }) => eventId !== null, {
    timeoutMs: 30_000,
    from: events.home.observer.position,
  });
  expect(await events.download(shown.recordingUrl)).toMatchObject({ status: 200, brand: "ftyp" });
});

test.each([
  ["h264", 48_000],
  ["h265", 16_000],
] as const)("sound and picture of a recording in %s with %i Hz are together", async (codec, samplesPerSecond) => {
  await using events = await EventHome.start({ recording: { codec, samplesPerSecond, seconds: 6 } });
  await ready(events);
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "event.mkv");
  const args = ["-v", "error", "-rtsp_transport", "tcp", "-i", events.url, "-map", "0", "-c", "copy", file];
  expect((await runProgram("ffmpeg", args)).code).toBe(0);
  const seconds = await secondTimes(file);
  expect(seconds.length).toBeGreaterThanOrEqual(5);
  for (const track of [0, 1]) {
    const beeps = await beepTimes(file, track);
    // The first second is where players find their feet.
    const apart = seconds.slice(1).map((at) => Math.min(...beeps.map((beep) => Math.abs(beep - at))));
    expect(Math.max(...apart), `track ${track}`).toBeLessThan(0.04);
  }
});
