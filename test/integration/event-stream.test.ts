import { join } from "node:path";
import { expect, test as plainTest } from "vitest";
import { hosts } from "../../simulator/hosts.ts";
import { temporaryDirectory } from "../support/belfry-process.ts";
import { probeStreams } from "../support/media-probe.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { runProgram } from "../support/run-program.ts";
import { differs } from "../support/stream-engines.ts";
import { beepTimes, secondTimes } from "../support/sync-recording.ts";
import { until } from "../support/until.ts";
import { VideoReader } from "../support/video-reader.ts";
import { EventHome, firstFrameOf, judgeRecording, newest } from "./event-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);

const { motion, ding } = newest;

async function ready(events: EventHome): Promise<void> {
  await events.waitForShown("the newest motion", ({ eventId }) => eventId === motion);
}

/** Plays it to its end. */
async function play(events: EventHome): Promise<ReturnType<typeof judgeRecording> & { exitCode: number | null }> {
  await using reader = new VideoReader(events.url);
  const exitCode = await reader.ended;
  return { ...judgeRecording(reader.frames), exitCode };
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

test("an H.265 recording is played as H.264, and who comes later sees a picture within 2 s", async () => {
  await using events = await EventHome.start({ recording: { codec: "h265", seconds: 6 } });
  await ready(events);
  await using first = new VideoReader(events.url);
  await first.frame(25);
  await using second = new VideoReader(events.url);
  const late = await second.frame(1);
  expect(late.at - second.startedAt).toBeLessThan(3_500);
  await Promise.all([first.ended, second.ended]);
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
  for (const [status, reason, code] of cases) {
    operations.failNextRequests({ path: film, status, times: 2 });
    expect((await play(events)).count).toBe(0);
    await until("the reason", () => (events.streamAttributes["reason_code"] === code ? true : undefined));
    expect(events.streamAttributes).toMatchObject({ status: "failed", reason: expect.stringMatching(reason) });
  }
  operations.failNextRequests({ path: film, status: 403, times: 1 });
  expect(await play(events)).toMatchObject({ first: firstFrameOf(motion), count: 80, gaps: 0, exitCode: 0 });
  expect(events.served.at(-1)).toBe(`200 ${motion}`);
});

test("a connection that breaks off is tried once more", async () => {
  await using events = await EventHome.start();
  await ready(events);
  events.home.cloud.operations.failNextRequests({ path: `${hosts.recordings}/.*mp4`, reset: true, times: 1 });
  expect(await play(events)).toMatchObject({ first: firstFrameOf(motion), count: 80, gaps: 0, exitCode: 0 });
});

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
  expect(await play(events)).toMatchObject({ first: firstFrameOf(motion), count: 80, gaps: 0, exitCode: 0 });
});

test("signed links, secret paths and passwords are in no line of the log", async () => {
  await using events = await EventHome.start({ settings: { log_level: "debug" } });
  await ready(events);
  const { operations } = events.home.cloud;
  operations.failNextRequests({ path: `${hosts.recordings}/.*mp4`, status: 403, times: 1 });
  await using reader = new VideoReader(events.url);
  await reader.frame(20);
  const children = await events.workers();
  const player = children.find(({ command }) => / -re /.test(command))?.command ?? "";
  await crashFfmpeg(events);
  await reader.ended;
  await events.belfry.stop();
  const log = events.belfry.lines.join("\n");
  expect(log).toMatch(/trying once more/);
  const path = /http:\/\/127\.0\.0\.1:\d+\/([0-9a-f]{48})/.exec(player)?.[1];
  const password = /rtsp:\/\/belfry:([^@]+)@/.exec(player)?.[1];
  expect([path, password]).toEqual([expect.any(String), expect.any(String)]);
  for (const { recordingUrl } of events.shown) {
    const signature = new URL(String(recordingUrl)).searchParams.get("X-Amz-Signature");
    expect(log).not.toContain(signature ?? "a signature");
  }
  expect(log).not.toContain(path ?? "a path");
  expect(log).not.toContain(password ?? "a password");
});

test("what is not there is refused quickly, with the reason", async () => {
  await using events = await EventHome.start();
  await ready(events);
  await events.select("On-demand 5");
  await events.waitForShown("nothing", ({ eventId }) => eventId === null);
  const startedAt = performance.now();
  expect(await events.describe()).toBe(differs("refusal") ? 400 : 503);
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

test.each(["h264", "h265"] as const)("sound and picture of a recording in %s are together", async (codec) => {
  await using events = await EventHome.start({ recording: { codec, seconds: 6 } });
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
