// The entities of a live stream, through the whole app: switch, lock, what arrives, seconds of today, refusals, PCMU, no FFmpeg.
import { afterAll, beforeAll, beforeEach, expect, test as plainTest } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { RtspReader } from "../support/rtsp-reader.ts";
import { builtInOnly, differs, goodByes } from "../support/stream-engines.ts";
import { VideoReader } from "../support/video-reader.ts";
import { StreamHome } from "./stream-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);
let stage: StreamHome;

beforeAll(async () => {
  const changes = {
    "garden-gate": { alerts: { connection: "offline" } },
    "workshop-door": { settings: { live_view_disabled: true } },
  };
  if (hasMosquitto) stage = await StreamHome.start({ accounts: [buildAccount({ changes })] });
});
beforeEach(() => stage?.home.cloud.operations.resetKnobs());
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
});

/** What a player is told: that, or what MediaMTX says instead. */
const refusal = (builtIn: Readonly<Record<string, unknown>>, mediamtx: number) =>
  differs("refusal") ? { status: mediamtx } : builtIn;

const statusOf = async (slug: string, userAgent = "test-reader"): Promise<{ status: number; retryAfter?: string }> => {
  try {
    await using _reader = await RtspReader.play(stage.url(slug), { userAgent });
    return { status: 200 };
  } catch (error) {
    const reply: unknown = error instanceof Error && "reply" in error ? error.reply : undefined;
    if (typeof reply !== "object" || reply === null || !("status" in reply) || !("headers" in reply)) throw error;
    const headers = reply.headers instanceof Map ? reply.headers : new Map<string, string>();
    return {
      status: Number(reply.status),
      ...(headers.has("retry-after") && { retryAfter: headers.get("retry-after") }),
    };
  }
};

/** MediaMTX is told of a lock a moment after it is in force. */
const untilMomentIsOver = async (slug: string, status: object): Promise<void> => {
  if (differs("moments")) await expect.poll(() => statusOf(slug), { timeout: 5_000 }).toEqual(status);
};

test("ON starts the stream without a client and holds it; OFF ends it for everybody, now", async () => {
  let from = stage.position;
  await stage.command("driveway", "stream", "ON");
  await stage.state("driveway", "stream", "ON", { from });
  const active = await stage.attributes("driveway", "stream", ({ status }) => status === "active", { from });
  expect(active["viewers"]).toMatchObject([{ kind: "manual" }]);
  expect(stage.calls("driveway", "live.requested")).toHaveLength(1);
  await using first = await RtspReader.play(stage.url("driveway"), { userAgent: "wall tablet" });
  await using second = await RtspReader.play(stage.url("driveway"));
  await Promise.all([first.picture(20), second.picture(20)]);
  const seen = await stage.attributes("driveway", "stream", ({ viewers }) => (viewers as unknown[]).length === 3, {
    from,
  });
  expect(seen["viewers"]).toMatchObject([
    { kind: "manual" },
    { kind: "rtsp", address: "127.0.0.1", user_agent: "wall tablet", since: expect.stringMatching(/^20.*Z$/) },
    { kind: "rtsp", user_agent: "test-reader" },
  ]);
  from = stage.position;
  const after = stage.journalPosition;
  const startedAt = performance.now();
  await stage.command("driveway", "stream", "OFF");
  await stage.home.cloud.journal.waitFor("hang-up", ({ kind }) => kind === "live.ended", { after, timeoutMs: 2_000 });
  await Promise.all([first.closed, second.closed]);
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  await stage.state("driveway", "stream", "OFF", { from });
  expect(stage.calls("driveway", "live.requested")).toHaveLength(1);
  expect(first.tracks.map(({ goodbyes }) => goodbyes)).toEqual([goodByes, goodByes, goodByes]);
});

test("what arrives is an attribute, every ten seconds and after the end; seconds of today survive a restart", async () => {
  const from = stage.position;
  await using reader = new VideoReader(stage.url("side-passage"), { isImpatient: true });
  await reader.frame(20);
  const hasReceived = ({ received }: Readonly<Record<string, unknown>>): boolean => received !== undefined;
  const shown = await stage.attributes("side-passage", "stream", hasReceived, { from, timeoutMs: 14_000 });
  expect(shown["received"]).toMatchObject({ video: "h264", profile: "High", resolution: "1920x1080", audio: "opus" });
  const { fps, kbit_per_second, packets, packets_lost, loss_percent } = shown["received"] as Record<string, number>;
  expect(fps).toBeGreaterThan(18);
  expect(fps).toBeLessThan(22);
  expect(kbit_per_second).toBeGreaterThan(500);
  expect(packets).toBeGreaterThan(500);
  expect([packets_lost, loss_percent]).toEqual([0, 0]);
  const stopping = stage.position;
  await reader.stop();
  await stage.command("side-passage", "stream", "OFF");
  await stage.untilCallsAreOver("side-passage");
  const idle = await stage.attributes("side-passage", "stream", ({ status }) => status === "inactive", {
    from: stopping,
  });
  expect(idle["received"]).toMatchObject({ resolution: "1920x1080", fps: expect.closeTo(20, -0.5) });
  const topic = stage.home.topic(stage.home.camera("side-passage"), "live_seconds_today", "state");
  const seconds = Number(stage.home.observer.latest(topic)?.text);
  const [call] = stage.calls("side-passage", "live.ended");
  expect(Math.abs(seconds - Number(call?.details["durationMs"]) / 1_000)).toBeLessThan(2);
  const before = stage.position;
  await stage.restart();
  const again = await stage.home.observer.waitFor("the seconds", topic, { from: before });
  expect(Number(again.text)).toBe(seconds);
});

test("the lock forbids every start, says so, and outlives a restart", async () => {
  let from = stage.position;
  await stage.command("living-room", "stream_lock", "ON");
  await stage.state("living-room", "stream_lock", "ON", { from });
  const locked = refusal({ status: 403 }, 404);
  await untilMomentIsOver("living-room", locked);
  const asked = performance.now();
  expect(await statusOf("living-room")).toEqual(locked);
  expect(await statusOf("living-room", "LibVLC/3.0.18 (LIVE555)")).toEqual({ status: 404 });
  expect(performance.now() - asked).toBeLessThan(1_000);
  from = stage.position;
  await stage.command("living-room", "stream", "ON");
  await stage.attributes("living-room", "stream", ({ last_error }) => /locked/.test(String(last_error)), { from });
  await stage.state("living-room", "stream", "OFF", { from });
  from = stage.position;
  await stage.restart();
  await stage.state("living-room", "stream_lock", "ON", { from });
  await untilMomentIsOver("living-room", locked);
  expect(await statusOf("living-room")).toEqual(locked);
  expect(stage.calls("living-room", "live.requested")).toEqual([]);
  // With MediaMTX Belfry does not hear of who was sent away.
  if (!differs("refusal"))
    await stage.attributes("living-room", "stream", ({ reason_code }) => reason_code === "stream.locked", { from });
  from = stage.position;
  await stage.command("living-room", "stream_lock", "OFF");
  await stage.state("living-room", "stream_lock", "OFF", { from });
  if (!differs("refusal"))
    await stage.attributes("living-room", "stream", ({ reason_code }) => reason_code === undefined, { from });
  await using reader = await stage.play("living-room");
  await reader.picture(1);
});

test("a camera that is offline, or blocked at Ring, is refused at once with the reason, and not called", async () => {
  const from = stage.position;
  const startedAt = performance.now();
  const later = { status: 503, retryAfter: expect.stringMatching(/^\d+$/) };
  expect(await statusOf("garden-gate")).toEqual(refusal(later, 400));
  expect(await statusOf("workshop-door")).toEqual(refusal({ status: 403 }, 400));
  expect(await statusOf("garden-gate", "LibVLC/3.0.18")).toEqual(refusal({ status: 404 }, 400));
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  const offline = await stage.attributes("garden-gate", "stream", ({ status }) => status === "failed", { from });
  expect(offline).toMatchObject({ reason_code: "stream.offline", reason: "The camera is offline" });
  const blocked = await stage.attributes("workshop-door", "stream", ({ status }) => status === "failed", { from });
  expect(blocked).toMatchObject({ reason_code: "stream.blocked" });
  expect([...stage.calls("garden-gate", "live.requested"), ...stage.calls("workshop-door", "live.requested")]).toEqual(
    [],
  );
  await stage.command("garden-gate", "stream", "ON");
  await stage.attributes("garden-gate", "stream", ({ last_error }) => /offline/.test(String(last_error)), { from });
  const back = stage.position;
  const { operations } = stage.home.cloud;
  operations.changeRecord("garden-gate", { alerts: { connection: "online" } });
  operations.changeRecord("workshop-door", { settings: { live_view_disabled: false } });
  for (const slug of ["garden-gate", "workshop-door"]) {
    const isFree = ({ status, reason_code }: Readonly<Record<string, unknown>>): boolean =>
      status === "inactive" && reason_code === undefined;
    await stage.attributes(slug, "stream", isFree, { from: back, timeoutMs: 40_000 });
  }
});

test("a PCMU camera: its sound as it is, and AAC made of it", async () => {
  stage.turn("back-garden", { audioCodec: "pcmu" });
  await using reader = await RtspReader.play(stage.url("back-garden"));
  expect(reader.tracks.map(({ codec }) => codec)).toEqual(["h264", "mpeg4-generic", "pcmu"]);
  const hasAll = (): boolean => reader.tracks.every(({ packets }) => packets >= 100);
  await reader.until("100 packets of every track", hasAll);
  expect(reader.lost).toBe(0);
});

test("a camera without sound: after its first seconds it is described without, so that players need not look for some", async () => {
  await stage.untilCallsAreOver("back-garden");
  stage.turn("back-garden", { audioCodec: "none" });
  const first = await RtspReader.play(stage.url("back-garden"));
  await first.picture(160);
  await first[Symbol.asyncDispose]();
  await stage.untilCallsAreOver("back-garden");
  await using again = await RtspReader.play(stage.url("back-garden"));
  expect(again.tracks.map(({ codec }) => codec)).toEqual(["h264"]);
  await again.picture(20);
});

test("a camera whose sound changes: who is told the old one is sent away, and told the new one", async () => {
  const url = stage.url("front-door");
  {
    await using opus = await RtspReader.play(url);
    await opus.picture(1);
    expect(opus.sdp).toContain("opus/48000/2");
  }
  await stage.command("front-door", "stream", "OFF");
  await stage.untilCallsAreOver("front-door");
  stage.turn("front-door", { audioCodec: "pcmu" });
  if (!differs("describe")) {
    await using wrong = await RtspReader.play(url);
    expect(wrong.sdp).toContain("opus/48000/2");
    await wrong.closed;
    expect(wrong.tracks.map(({ goodbyes }) => goodbyes)).toEqual([1, 1, 1]);
  }
  await using right = await stage.play("front-door");
  expect(right.sdp).toContain("PCMU/8000");
  await right.until("sound", () => right.track("pcmu").packets > 20 && right.track("mpeg4-generic").packets > 20);
});

builtInOnly("ffmpeg", test)("without FFmpeg streams play without AAC, and the log says so once", async () => {
  await using home = await StreamHome.start({ accounts: [buildAccount({ devices: ["driveway"] })], path: "/nowhere" });
  await using reader = await RtspReader.play(home.url("driveway"));
  expect(reader.tracks.map(({ codec }) => codec)).toEqual(["h264", "opus"]);
  await reader.until("sound and pictures", () => reader.pictures.length > 20 && reader.track("opus").packets > 50);
  expect(home.belfry.countLines(/FFmpeg is not installed/)).toBe(1);
});
