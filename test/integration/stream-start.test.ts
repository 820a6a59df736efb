// How a live stream starts, seen from a player: at once from memory, patiently with a slow camera, and with a reason where it fails.
import { afterAll, beforeAll, beforeEach, expect, test as plainTest } from "vitest";
import { hasMosquitto } from "../support/mosquitto.ts";
import { RtspReader, RtspStatusError } from "../support/rtsp-reader.ts";
import { builtInOnly, differs, goodByes } from "../support/stream-engines.ts";
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

/** Brings parameter sets into memory. */
async function remember(slug: string): Promise<void> {
  await using reader = await RtspReader.play(stage.url(slug));
  await reader.picture(1);
  await reader[Symbol.asyncDispose]();
  await stage.command(slug, "stream", "OFF");
  await stage.untilCallsAreOver(slug);
}

builtInOnly("describe", test)(
  "from memory DESCRIBE, SETUP and PLAY are answered at once, and only SETUP calls the camera",
  async () => {
    await remember("driveway");
    stage.turn("driveway", { answerDelayMs: 1_500 });
    const before = stage.calls("driveway", "live.requested").length;
    await using reader = await RtspReader.play(stage.url("driveway"));
    const { asked, described, playing } = reader.times;
    expect(reader.sdp).toContain("sprop-parameter-sets=");
    expect(playing - asked).toBeLessThan(300);
    await reader.picture(1);
    const [request] = stage.calls("driveway", "live.requested").slice(before);
    expect(request?.at).toBeGreaterThan(described);
    expect(stage.calls("driveway", "live.requested")).toHaveLength(before + 1);
    console.info(`from memory: DESCRIBE ${(described - asked).toFixed(0)} ms, PLAY ${(playing - asked).toFixed(0)} ms`);
  },
);

test("a camera that was never seen is described with its parameter sets as soon as they are there, and plays", async () => {
  await using reader = await RtspReader.play(stage.url("side-passage"));
  expect(reader.sdp).toContain("sprop-parameter-sets=");
  expect(reader.times.described - reader.times.asked).toBeLessThan(2_000);
  await reader.keyPicture();
  expect(reader.times.firstKeyFrameByte - reader.times.asked).toBeLessThan(3_000);
});

test("a STUN server that does not answer delays nothing", async () => {
  await remember("front-door");
  stage.home.cloud.operations.silenceStun(true);
  await using reader = await stage.play("front-door");
  await reader.picture(1);
  // Gathering would wait 3 s for it.
  expect(reader.times.firstKeyFrameByte - reader.times.asked).toBeLessThan(2_000);
});

builtInOnly("describe", test)(
  "a slow camera that was never seen is described after 2.5 s, plays when it comes, and is called once",
  async () => {
    stage.turn("living-room", { mediaDelayMs: 8_000 });
    await using reader = await RtspReader.play(stage.url("living-room"));
    expect(reader.times.described - reader.times.asked).toBeGreaterThan(2_300);
    expect(reader.times.described - reader.times.asked).toBeLessThan(2_900);
    expect(reader.sdp).not.toContain("sprop-parameter-sets=");
    expect(reader.sdp).toContain("profile-level-id=640029");
    await reader.picture(1);
    const [first] = reader.tracks;
    // 8 s and the way to the camera, less 2.5 s: something each second, or FFmpeg would have left after five.
    expect(first?.signsOfLife).toBeGreaterThanOrEqual(4);
    expect(stage.calls("living-room", "live.requested")).toHaveLength(1);
  },
);

test("FFmpeg with its own defaults plays a camera that takes 8 s, at the first try", async () => {
  await stage.untilCallsAreOver("front-door");
  const before = stage.calls("front-door", "live.requested").length;
  stage.turn("front-door", { mediaDelayMs: 8_000 });
  await using reader = new VideoReader(stage.url("front-door"));
  await reader.frame(40, { timeoutMs: 30_000 });
  expect(judgeNumbers(reader.frames)).toMatchObject({ skipped: 0, unreadable: 0 });
  expect(stage.calls("front-door", "live.requested")).toHaveLength(before + 1);
});

builtInOnly("patience", test)("a player with 5 s of patience stays with a camera that takes 8 s", async () => {
  await remember("garden-gate");
  stage.turn("garden-gate", { mediaDelayMs: 8_000 });
  const before = stage.calls("garden-gate", "live.requested").length;
  await using reader = new VideoReader(stage.url("garden-gate"), { timeoutSeconds: 5 });
  await reader.frame(20, { timeoutMs: 30_000 });
  expect(stage.calls("garden-gate", "live.requested")).toHaveLength(before + 1);
});

test("a start that fails is tried again inside, and the player does not notice", async () => {
  const { operations } = stage.home.cloud;
  operations.failNextRequests({ path: "signalsocket", times: 2, status: 503 });
  const from = stage.position;
  await using reader = await RtspReader.play(stage.url("workshop-door"));
  await reader.picture(1);
  expect(stage.calls("workshop-door", "live.requested")).toHaveLength(1);
  await stage.attributes("workshop-door", "stream", ({ status }) => status === "active", { from });
});

test("a call that is not answered, or finds no way, is made again, and the player does not notice", async () => {
  const cases = [
    ["driveway", { answerDelayMs: null }, { answerDelayMs: 0 }, "answer"],
    ["side-passage", { deadIce: true }, { deadIce: false }, "ice"],
    ["living-room", { deadDtls: true }, { deadDtls: false }, "dtls"],
  ] as const;
  const { journal } = stage.home.cloud;
  for (const [slug] of cases) {
    await stage.command(slug, "stream", "OFF");
    await stage.untilCallsAreOver(slug);
  }
  const play = async ([slug, broken, mended, step]: (typeof cases)[number]): Promise<void> => {
    const after = stage.journalPosition;
    stage.turn(slug, broken);
    const playing = RtspReader.play(stage.url(slug));
    const { id } = stage.home.camera(slug).record;
    await journal.waitFor(
      `the hold of ${slug}`,
      ({ kind, details }) => kind === "held" && details["what"] === step && details["doorbotId"] === id,
      { after },
    );
    stage.turn(slug, mended);
    await using reader = await playing;
    await reader.picture(1);
    const [first, second] = stage.calls(slug, "live.requested", after);
    expect(stage.calls(slug, "live.requested", after), slug).toHaveLength(2);
    // 5 s for the step, and a moment.
    expect((second?.at ?? 0) - (first?.at ?? 0), slug).toBeLessThan(7_500);
  };
  await Promise.all(cases.map(play));
});

const refused = differs("refusal") ? 400 : 503;
const isFailed = ({ status }: Attributes): boolean => status === "failed";

/** A status before PLAY, or BYE on all tracks and the end of the connection after it. */
async function playedToTheEnd(slug: string): Promise<void> {
  try {
    await using reader = await stage.play(slug);
    await reader.closed;
    expect(reader.tracks.map(({ goodbyes }) => goodbyes)).toEqual(reader.tracks.map(() => goodByes));
  } catch (error) {
    if (!(error instanceof RtspStatusError)) throw error;
    expect(error.reply.status).toBe(refused);
  }
}

/** Plays until the start has failed for good, within that time; returns the attributes that say why. */
async function failure(slug: string, limitMs: number): Promise<Attributes> {
  const from = stage.position;
  const startedAt = performance.now();
  await playedToTheEnd(slug);
  const failed = await stage.attributes(slug, "stream", isFailed, { from, timeoutMs: limitMs });
  await stage.state(slug, "stream", "OFF", { from });
  await stage.untilCallsAreOver(slug);
  const tookMs = performance.now() - startedAt;
  console.info(`${(tookMs / 1_000).toFixed(1)} s: "${failed["reason"]}"`);
  expect(tookMs, slug).toBeLessThan(limitMs);
  return failed;
}

test("a start that fails for good says BYE and names its step", async () => {
  const cases = [
    ["front-door", { answerDelayMs: null }, "call.answer", 2, 13_000],
    ["garden-gate", { deadIce: true }, "call.ice", 2, 14_000],
    ["workshop-door", { deadDtls: true }, "call.dtls", 2, 14_000],
    ["driveway", { mediaDelayMs: null }, "call.first-packet", 2, 23_000],
    ["side-passage", { videoCodec: "h265-disguised" }, "call.codec", 1, 10_000],
    ["living-room", { withoutKeyFrames: true }, "stream.no-key-frame", 1, 25_000],
  ] as const;
  for (const [slug, knobs] of cases) {
    await remember(slug);
    stage.turn(slug, knobs);
  }
  const after = stage.journalPosition;
  const fail = async ([slug, , code, calls, limitMs]: (typeof cases)[number]): Promise<void> => {
    expect((await failure(slug, limitMs))["reason_code"]).toBe(code);
    expect(stage.calls(slug, "live.requested", after), code).toHaveLength(calls);
  };
  await Promise.all(cases.map(fail));
  stage.home.cloud.operations.failNextRequests({ path: "signalsocket", times: 1, status: 403 });
  expect((await failure("front-door", 5_000))["reason_code"]).toBe("call.ticket");
});

// Side Passage has failed long enough before: what has just failed is not started again at once.
test("a ticket that Ring's signalling server does not take is asked for once more, not for ever", async () => {
  const { operations, journal } = stage.home.cloud;
  const badTicket = { path: "signalsocket", status: 200, body: { ticket: "unknown" } };
  const tickets = (after: number): number =>
    journal
      .entries({ kind: "http.answered", after })
      .filter(({ details }) => String(details["path"]).includes("signalsocket")).length;
  await stage.command("side-passage", "stream", "OFF");
  await stage.untilCallsAreOver("side-passage");
  let after = stage.journalPosition;
  operations.failNextRequests({ ...badTicket, times: 1 });
  {
    await using reader = await RtspReader.play(stage.url("side-passage"));
    await reader.picture(1);
    expect(tickets(after)).toBe(2);
  }
  await stage.command("side-passage", "stream", "OFF");
  await stage.untilCallsAreOver("side-passage");
  after = stage.journalPosition;
  operations.failNextRequests({ ...badTicket, times: 2 });
  expect(await failure("side-passage", 5_000)).toMatchObject({
    reason_code: "call.closed",
    reason: expect.stringContaining("code 5"),
  });
  expect(tickets(after)).toBe(2);
});

test("a start that fails before PLAY is answered with a status", async () => {
  stage.turn("back-garden", { videoCodec: "h265-unoffered" });
  const played = RtspReader.play(stage.url("back-garden"));
  await expect(played).rejects.toThrow(RtspStatusError);
  await expect(played).rejects.toMatchObject({ reply: { status: refused } });
});
