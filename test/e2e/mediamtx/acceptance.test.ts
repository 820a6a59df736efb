// The live path, told by whoever plays it: the same scenarios for both engines. What differs by nature is skipped by name, and
// stands in docs/stream-engines.md.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StreamHome } from "../../integration/stream-home.fixtures.ts";
import { describeStatus, probeStreams } from "../../support/media-probe.ts";
import { monotonicUnixMs } from "../../support/monotonic-unix-ms.ts";
import { RtspReader, RtspStatusError } from "../../support/rtsp-reader.ts";
import { until } from "../../support/until.ts";
import { judgeNumbers, VideoReader } from "../../support/video-reader.ts";

describe.each(["builtin", "mediamtx"])("%s", (engine) => {
  const isMediamtx = engine === "mediamtx";
  let stage: StreamHome;

  beforeAll(async () => {
    stage = await StreamHome.start({ settings: { stream_engine: engine } });
  });
  beforeEach(() => stage.home.cloud.operations.resetKnobs());
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  /** Brings the camera's parameter sets into memory. */
  async function remember(slug: string): Promise<void> {
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(1);
    await reader[Symbol.asyncDispose]();
    await stage.command(slug, "stream", "OFF");
    await stage.untilCallsAreOver(slug);
  }

  /** After a failure nobody is let in for two seconds, and a changed lock takes a moment to reach the engine. */
  function playable(slug: string): Promise<RtspReader> {
    return until(`${slug} being playable`, () => RtspReader.play(stage.url(slug)).catch(() => undefined));
  }

  test("a cold camera plays at the first try, and its stream is shown with who watches", async () => {
    const from = stage.position;
    await using reader = await RtspReader.play(stage.url("front-door"), { userAgent: "acceptance" });
    const { asked, firstKeyFrameByte } = reader.times;
    await reader.picture(20);
    await stage.state("front-door", "stream", "ON", { from });
    await stage.attributes(
      "front-door",
      "stream",
      ({ status, viewers }) => status === "active" && JSON.stringify(viewers).includes('"user_agent":"acceptance"'),
      { from },
    );
    const delays = reader.pictures.slice(5).map(({ at, sentAtMs }) => at - sentAtMs);
    console.info(
      `${engine}: first key frame after ${(reader.times.firstKeyFrameByte - asked).toFixed(0)} ms, ` +
        `delay ${Math.max(...delays).toFixed(0)} ms at most`,
    );
    expect(Number.isNaN(firstKeyFrameByte) || firstKeyFrameByte - asked < 5_000).toBe(true);
    expect(Math.max(...delays)).toBeLessThan(150);
    await reader[Symbol.asyncDispose]();
    await stage.untilCallsAreOver("front-door");
  });

  test("H.264, AAC and Opus are offered in that order", async () => {
    const tracks = await probeStreams(stage.url("driveway"));
    expect(tracks).toMatchObject([
      { codec: "h264", width: 1920, height: 1080 },
      { codec: "aac", sampleRate: 48_000, channels: 1 },
      { codec: "opus", sampleRate: 48_000 },
    ]);
  });

  test("all tracks carry packets without loss", async () => {
    await using reader = await RtspReader.play(stage.url("driveway"));
    await reader.picture(60);
    expect(reader.lost).toBe(0);
    for (const track of reader.tracks) expect(track.packets).toBeGreaterThan(40);
  });

  test("three readers share one call, which ends 5 to 10 s after the last one left", async () => {
    const after = stage.journalPosition;
    const url = stage.url("back-garden");
    const readers = [1, 2, 3].map(() => new VideoReader(url, { isImpatient: true }));
    await Promise.all(readers.map((reader) => reader.frame(40)));
    expect(stage.calls("back-garden", "live.requested", after)).toHaveLength(1);
    for (const reader of readers) expect(judgeNumbers(reader.frames)).toMatchObject({ skipped: 0, unreadable: 0 });
    await Promise.all(readers.map((reader) => reader.stop()));
    const left = monotonicUnixMs();
    await stage.untilCallsAreOver("back-garden");
    const [ended] = stage.calls("back-garden", "live.ended", after);
    expect((ended?.at ?? 0) - left).toBeGreaterThan(5_000);
    expect((ended?.at ?? 0) - left).toBeLessThan(10_000);
    expect(stage.calls("back-garden", "live.requested", after)).toHaveLength(1);
  });

  test("a reader within the grace time finds the call still there", async () => {
    const after = stage.journalPosition;
    for (let round = 0; round < 2; round++) {
      await using reader = await RtspReader.play(stage.url("living-room"));
      await reader.picture(10);
    }
    expect(stage.calls("living-room", "live.requested", after)).toHaveLength(1);
  });

  test("the switch starts it without a reader and ends it for all readers at once", async () => {
    const after = stage.journalPosition;
    await stage.command("garden-gate", "stream", "ON");
    await stage.attributes("garden-gate", "stream", ({ status }) => status === "active", { timeoutMs: 15_000 });
    await using reader = await RtspReader.play(stage.url("garden-gate"));
    await reader.picture(10);
    expect(stage.calls("garden-gate", "live.requested", after)).toHaveLength(1);
    const from = stage.position;
    const asked = monotonicUnixMs();
    await stage.command("garden-gate", "stream", "OFF");
    await reader.closed;
    expect(monotonicUnixMs() - asked).toBeLessThan(1_000);
    await stage.state("garden-gate", "stream", "OFF", { from });
    await stage.untilCallsAreOver("garden-gate", { timeoutMs: 3_000 });
  });

  test("a stream that was switched off plays again at the next request", async () => {
    await using reader = await RtspReader.play(stage.url("garden-gate"));
    await reader.picture(10);
  });

  test("a start that fails for good ends its waiting reader within a second", async () => {
    await remember("workshop-door");
    stage.turn("workshop-door", { answerDelayMs: null });
    const from = stage.position;
    const reader = new VideoReader(stage.url("workshop-door"));
    const isFailed = ({ status }: Readonly<Record<string, unknown>>): boolean => status === "failed";
    const failed = await stage.attributes("workshop-door", "stream", isFailed, { from, timeoutMs: 30_000 });
    const known = monotonicUnixMs();
    expect(failed["reason_code"]).toBe("call.answer");
    await reader.ended;
    expect(monotonicUnixMs() - known).toBeLessThan(1_000);
  });

  test("after a failure the next request works", async () => {
    await stage.untilCallsAreOver("workshop-door");
    await using reader = await playable("workshop-door");
    await reader.picture(5);
  });

  test("a call that Ring cuts is made again, and the same readers go on", async () => {
    await using reader = new VideoReader(stage.url("side-passage"));
    await reader.frame(20);
    expect(stage.home.cloud.operations.endCalls("side-passage", 4, "error")).toBe(1);
    await reader.frame(reader.frames.length + 40);
    expect(judgeNumbers(reader.frames).unreadable).toBe(0);
  });

  test("Ring's limit ends it, and the same viewer is not let in again at once", async () => {
    stage.turn("living-room", { sessionLimitMs: 3_000 });
    await stage.command("living-room", "stream", "OFF");
    await stage.untilCallsAreOver("living-room");
    await using reader = await RtspReader.play(stage.url("living-room"), { userAgent: "wall" });
    await reader.picture(10);
    await reader.closed;
    const from = stage.position;
    const after = stage.journalPosition;
    const isPaused = (found: Readonly<Record<string, unknown>>): boolean => found["reason_code"] === "stream.paused";
    let hasPaused = false;
    const paused = stage.attributes("living-room", "stream", isPaused, { from }).then(() => {
      hasPaused = true;
    });
    while (!hasPaused) {
      await expect(RtspReader.play(stage.url("living-room"), { userAgent: "wall" })).rejects.toThrow(RtspStatusError);
      await Promise.race([paused, delay(100)]);
    }
    expect(stage.calls("living-room", "live.requested", after)).toEqual([]);
  });

  test("a locked stream is refused at once, and calls nobody", async () => {
    const after = stage.journalPosition;
    await stage.command("driveway", "stream", "OFF");
    await stage.untilCallsAreOver("driveway");
    await stage.command("driveway", "stream_lock", "ON");
    await stage.state("driveway", "stream_lock", "ON");
    const asked = monotonicUnixMs();
    const refused = RtspReader.play(stage.url("driveway"));
    await expect(refused).rejects.toThrow(RtspStatusError);
    expect(monotonicUnixMs() - asked).toBeLessThan(1_000);
    expect(stage.calls("driveway", "live.requested", after)).toEqual([]);
    await stage.command("driveway", "stream_lock", "OFF");
    await using reader = await playable("driveway");
    await reader.picture(5);
  });

  test("an unknown path is answered with 404", async () => {
    expect(await describeStatus(stage.url("driveway").replace(/[^/]+$/, "nobody_live"))).toBe(404);
  });

  test("a camera without sound plays", async () => {
    stage.turn("side-passage", { audioCodec: "none" });
    await stage.command("side-passage", "stream", "OFF");
    await stage.untilCallsAreOver("side-passage");
    await using reader = await RtspReader.play(stage.url("side-passage"), { codecs: ["h264"] });
    await reader.picture(20);
  });

  test("a camera with PCMU plays, with AAC made of it", async () => {
    stage.turn("workshop-door", { audioCodec: "pcmu" });
    await stage.command("workshop-door", "stream", "OFF");
    await stage.untilCallsAreOver("workshop-door");
    // It was remembered with Opus: whoever was told so is sent away, and asks again.
    const isRight = async (): Promise<true | undefined> => {
      const tracks = await probeStreams(stage.url("workshop-door")).catch(() => []);
      return tracks.map(({ codec }) => codec).join(" ") === "h264 aac pcm_mulaw" || undefined;
    };
    await until("PCMU being offered", isRight, { timeoutMs: 30_000 });
  });

  test.skipIf(isMediamtx)("by nature: a remembered camera is described before it is called", async () => {
    await remember("front-door");
    const after = stage.journalPosition;
    expect(await describeStatus(stage.url("front-door"))).toBe(200);
    expect(stage.calls("front-door", "live.requested", after)).toEqual([]);
  });

  test.skipIf(isMediamtx)("by nature: a failed start is answered with 503 and Retry-After", async () => {
    stage.turn("side-passage", { videoCodec: "h265-unoffered" });
    await stage.command("side-passage", "stream", "OFF");
    await stage.untilCallsAreOver("side-passage");
    await using reader = await RtspReader.play(stage.url("side-passage"));
    await reader.closed;
    const again = await RtspReader.play(stage.url("side-passage")).catch((error: unknown) => error);
    expect(again).toBeInstanceOf(RtspStatusError);
    expect(again).toMatchObject({ reply: { status: 503 } });
  });

  test.skipIf(isMediamtx)("by nature: a player with 5 s of patience stays with a camera that takes 8 s", async () => {
    await remember("garden-gate");
    stage.turn("garden-gate", { mediaDelayMs: 8_000 });
    await using reader = new VideoReader(stage.url("garden-gate"), { timeoutSeconds: 5 });
    await reader.frame(10, { timeoutMs: 20_000 });
  });

  test("FFmpeg with its own defaults plays a camera that takes 8 s, at the first try", async () => {
    await stage.command("garden-gate", "stream", "OFF");
    await stage.untilCallsAreOver("garden-gate");
    stage.turn("garden-gate", { mediaDelayMs: 8_000 });
    const after = stage.journalPosition;
    await using reader = new VideoReader(stage.url("garden-gate"));
    await reader.frame(20, { timeoutMs: 30_000 });
    expect(stage.calls("garden-gate", "live.requested", after)).toHaveLength(1);
  });
});
