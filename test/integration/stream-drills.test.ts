// Drills of live streams: what cameras, networks, limits and stubborn clients do. Those named in minutes are shortened here;
// `npm run drills` runs them in full.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test as plainTest } from "vitest";
import { hasMosquitto } from "../support/mosquitto.ts";
import { RtspReader, RtspStatusError } from "../support/rtsp-reader.ts";
import { builtInOnly, differs, goodByes } from "../support/stream-engines.ts";
import { judgeNumbers, VideoReader } from "../support/video-reader.ts";
import { StreamHome } from "./stream-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);
const isFull = process.env["BELFRY_DRILLS"] === "full";

/** The two clients that never give up, and the limits that they meet. */
const drill = isFull
  ? { reconnectEveryMs: 1_000, reconnectForMs: 600_000, reopenAfterMs: 10_000, reopenForMs: 3_600_000, callMs: 600_000 }
  : { reconnectEveryMs: 250, reconnectForMs: 16_000, reopenAfterMs: 300, reopenForMs: 16_000, callMs: 1_500 };
const pauseSeconds = isFull ? { battery: 600, wired: 60 } : { battery: 0, wired: 3 };
const patience = (drillMs: number): number => drillMs + 60_000;

let stage: StreamHome;

const pauses = { pause_after_limit_battery: pauseSeconds.battery, pause_after_limit_wired: pauseSeconds.wired };

beforeAll(async () => {
  if (hasMosquitto) stage = await StreamHome.start({ settings: pauses });
});
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
});

describe("cameras and networks", () => {
  beforeEach(() => stage?.home.cloud.operations.resetKnobs());

  test.each([
    ["at once", 0],
    // In all it is away for longer than MediaMTX lets a publisher be silent by itself.
    ["after 8 s", 8_000],
  ])(
    "media that stall in the middle of a call: called again, and what comes %s reaches the same player",
    async (_when, mediaDelayMs) => {
      await stage.untilCallsAreOver("driveway");
      const after = stage.journalPosition;
      stage.turn("driveway", { mediaStallAfterMs: 2_000 });
      const patience = mediaDelayMs > 0 && differs("patience") ? {} : { timeoutSeconds: 5 };
      await using player = new VideoReader(stage.url("driveway"), patience);
      await player.frame(20);
      const isStall = ({ kind, details }: { kind: string; details: Readonly<Record<string, unknown>> }): boolean =>
        kind === "held" && details["media"] === "video";
      const connected = stage.calls("driveway", "live.media-started", after).at(-1)?.sequence ?? after;
      await stage.home.cloud.journal.waitFor("the stall", isStall, { after: connected });
      stage.turn("driveway", { mediaStallAfterMs: null, mediaDelayMs });
      const seen = player.frames.length;
      await player.frame(seen + 60, { timeoutMs: 30_000 });
      expect(player.errors).toEqual([]);
      const calls = stage.calls("driveway", "live.requested", after);
      expect(calls).toHaveLength(2);
      // The stalled call was hung up, not forgotten.
      expect(stage.calls("driveway", "live.ended", after)[0]?.details["reason"]).toBe("client");
      expect(calls[1]?.at).toBeGreaterThan(stage.calls("driveway", "live.ended", after)[0]?.at ?? 0);
    },
  );

  test("2 % loss and reordering: repaired, nothing is missing in the picture", async () => {
    stage.turn("side-passage", { packetLossPercent: 2, reorderPercent: 2 });
    await using player = new VideoReader(stage.url("side-passage"));
    await using reader = await RtspReader.play(stage.url("side-passage"));
    await player.frame(240);
    expect(judgeNumbers(player.frames)).toEqual({ skipped: 0, repeated: 0, unreadable: 0 });
    expect(player.errors).toEqual([]);
    expect(reader.track("h264")).toMatchObject({ lost: 0, disordered: 0 });
    // Lost sound is not asked for: its numbers have gaps, its times do not.
    expect(reader.track("opus").disordered).toBe(0);
    expect(stage.calls("side-passage", "live.nack").length).toBeGreaterThan(5);
  });
});

test("Ring's limit: the viewer is told and must pause, somebody else need not, and ON overrides", async () => {
  // An own home: at this address nobody else has been seen, for whom MediaMTX's demand might be.
  await using stage = await StreamHome.start({ settings: pauses });
  stage.turn("living-room", { sessionLimitMs: 2_500 });
  const from = stage.position;
  await using reader = await RtspReader.play(stage.url("living-room"), { userAgent: "dashboard" });
  await reader.closed;
  expect(reader.tracks.map(({ goodbyes }) => goodbyes)).toEqual([goodByes, goodByes, goodByes]);
  const ended = await stage.attributes("living-room", "stream", ({ reason_code }) => reason_code !== undefined, {
    from,
  });
  expect(ended).toMatchObject({ status: "inactive", reason_code: "call.limit" });
  const refused = await visit(stage.url("living-room"), "dashboard", 0);
  expect(refused).toMatchObject(differs("refusal") ? { status: 400 } : { status: 503, retryAfter: pauseSeconds.wired });
  if (!differs("limits")) {
    await using other = await RtspReader.play(stage.url("living-room"), { userAgent: "somebody else" });
    await other.closed;
  }
  await stage.untilCallsAreOver("living-room");
  await stage.command("living-room", "stream", "ON");
  await stage.attributes("living-room", "stream", ({ status }) => status === "active", { from: stage.position });
  await using again = await RtspReader.play(stage.url("living-room"), { userAgent: "somebody else" });
  await again.picture(1);
  await stage.command("living-room", "stream", "OFF");
});

if (isFull) {
  test("live minutes: a running viewer is ended at the limit, with the reason, and may not come back at once", async () => {
    await using limited = await StreamHome.start({ settings: { max_live_minutes_wired: 1 } });
    const from = limited.position;
    const startedAt = performance.now();
    await using reader = await RtspReader.play(limited.url("driveway"));
    await reader.closed;
    expect(performance.now() - startedAt).toBeGreaterThan(58_000);
    expect(performance.now() - startedAt).toBeLessThan(66_000);
    expect(reader.tracks.map(({ goodbyes }) => goodbyes)).toEqual([goodByes, goodByes, goodByes]);
    const isOver = ({ reason_code }: Readonly<Record<string, unknown>>): boolean => reason_code === "stream.limit";
    const ended = await limited.attributes("driveway", "stream", isOver, { from });
    expect(ended).toMatchObject({ status: "inactive", reason: expect.stringContaining("(1 min)") });
    const refused = { reply: { status: differs("refusal") ? 400 : 503 } };
    await expect(RtspReader.play(limited.url("driveway"))).rejects.toMatchObject(refused);
    await limited.restart();
    await expect(RtspReader.play(limited.url("driveway"))).rejects.toMatchObject(refused);
    expect(limited.calls("driveway", "live.requested")).toHaveLength(1);
  }, 150_000);
}

describe.concurrent("clients that never give up", () => {
  const budget = 6;

  builtInOnly("limits", test)(
    "one that reconnects every second gets no more calls than its budget",
    async () => {
      stage.turn("front-door", { sessionLimitMs: drill.callMs });
      const endsAt = performance.now() + drill.reconnectForMs;
      const seen = { played: 0, refused: 0, retryAfter: 0 };
      while (performance.now() < endsAt) {
        const outcome = await visit(stage.url("front-door"), "reconnector", drill.reconnectEveryMs);
        if (outcome === undefined) seen.played++;
        else {
          seen.refused++;
          seen.retryAfter = outcome.retryAfter;
        }
      }
      const calls = stage.calls("front-door", "live.requested").length;
      console.info(`reconnecting for ${drill.reconnectForMs / 1_000} s: ${calls} calls, ${JSON.stringify(seen)}`);
      expect(seen.played).toBeGreaterThan(0);
      expect(calls).toBeLessThanOrEqual(Math.ceil(drill.reconnectForMs / 600_000) * budget);
      if (isFull) return;
      expect(calls).toBe(budget);
      expect(seen.refused).toBeGreaterThan(0);
      if (!differs("refusal")) expect(seen.retryAfter).toBeGreaterThan(500);
      await stage.untilCallsAreOver("front-door");
    },
    patience(drill.reconnectForMs),
  );

  builtInOnly("limits", test)(
    "a dashboard that reopens after each end does not become 24x7",
    async () => {
      stage.turn("driveway", { sessionLimitMs: drill.callMs });
      await stage.untilCallsAreOver("driveway");
      const after = stage.journalPosition;
      const startedAt = performance.now();
      const counts = { opened: 0, refused: 0 };
      while (performance.now() - startedAt < drill.reopenForMs) {
        const outcome = await visit(stage.url("driveway"), "dashboard", Number.POSITIVE_INFINITY);
        if (outcome === undefined) counts.opened++;
        else counts.refused++;
        await pause(drill.reopenAfterMs);
      }
      const requested = stage.calls("driveway", "live.requested", after).length;
      const most = Math.ceil(drill.reopenForMs / (drill.callMs + pauseSeconds.wired * 1_000)) + 1;
      console.info(`reopening for ${drill.reopenForMs / 1_000} s: ${requested} calls, ${JSON.stringify(counts)}`);
      expect(counts.refused).toBeGreaterThan(0);
      expect(requested).toBeGreaterThanOrEqual(2);
      expect(requested).toBeLessThanOrEqual(Math.min(most, Math.ceil(drill.reopenForMs / 600_000) * budget));
    },
    patience(drill.reopenForMs + drill.callMs),
  );
});

interface Refusal {
  readonly status: number;
  readonly retryAfter: number;
}

/** Plays until it is sent away, or for so long; the refusal where it may not. */
async function visit(url: string, userAgent: string, forMs: number): Promise<Refusal | undefined> {
  const startedAt = performance.now();
  try {
    await using reader = await RtspReader.play(url, { userAgent, codecs: ["h264"] });
    if (forMs === Number.POSITIVE_INFINITY) await reader.closed;
    else await Promise.race([reader.closed, pause(forMs)]);
    return undefined;
  } catch (error) {
    if (!(error instanceof RtspStatusError)) throw error;
    if (forMs !== Number.POSITIVE_INFINITY) await pause(Math.max(forMs - (performance.now() - startedAt), 0));
    return { status: error.reply.status, retryAfter: Number(error.reply.headers.get("retry-after")) };
  }
}
