// Live calls: our own WebRTC peer, in a process of its own, against the simulated cloud's (another WebRTC implementation).
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import { SimulatedRingCloud } from "../../simulator/cloud.ts";
import type { LiveKnobs } from "../../simulator/contracts.ts";
import type { JournalEntry } from "../../simulator/journal.ts";
import type { MediaTotals } from "../../simulator/live/call-media.ts";
import { type RingLine, RingRoomProcess } from "./ring-room-process.ts";

const camera = "Driveway";
const now = (): number => performance.timeOrigin + performance.now();

let cloud: SimulatedRingCloud;

beforeAll(async () => {
  cloud = await SimulatedRingCloud.start({ accounts: [buildAccount({ devices: ["driveway"] })] });
});

afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
});

/** A room that is ready to call, with the camera's knobs turned as given. */
async function prepare(live: Partial<LiveKnobs> = {}, callLimits: object = {}): Promise<RingRoomProcess> {
  cloud.operations.resetKnobs();
  cloud.operations.turnKnobs("driveway", { live });
  const room = new RingRoomProcess({ cloud, settings: { callLimits } });
  await room.ready();
  return room;
}

const isFirst = (id: number, kind: string) => (line: RingLine) =>
  line.what === "first" && line["id"] === id && line["kind"] === kind;
const isEnd = (id: number) => (line: RingLine) => line.what === "call-ended" && line["id"] === id;
const msIn = (line: RingLine): number => Number(line["ms"]);

/** The newest end of a call in the journal, after `since`. */
const endedAfter = (since: number): Promise<JournalEntry> =>
  cloud.journal.waitFor("end of the call", ({ kind, at }) => kind === "live.ended" && at > since);

/** Expects a call that begins well or not and ends with this code, within `limitMs` from its start. */
async function expectEnd(room: RingRoomProcess, code: string, limitMs: number): Promise<RingLine> {
  const startedAt = now();
  const opened = await room.command("call", { camera });
  const end = opened["code"] === undefined ? await room.waitFor("end", isEnd(opened.id)) : opened;
  expect(end["code"]).toBe(code);
  expect(end["text"]).toContain(camera);
  expect(end.at - startedAt).toBeLessThan(limitMs);
  return end;
}

test("video and sound arrive in order, key frame first; the hang-up is told to Ring", async () => {
  await using room = await prepare();
  const times: string[] = [];
  for (let round = 0; round < 3; round++) {
    const since = now();
    const { id, answeredMs } = await room.command("call", { camera });
    const video = await room.waitFor("video", isFirst(id, "video"));
    const audio = await room.waitFor("sound", isFirst(id, "audio"));
    const keyFrame = await room.waitFor("key frame", (line) => line.what === "key-frame" && line["id"] === id);
    await room.waitFor("sender report", (line) => line.what === "sender-report" && line["id"] === id);
    await room.command("key-frame", { value: id });
    const asked = now();
    const next = await room.waitFor("next key frame", (line) => line.what === "key-frame" && line.at > asked);
    const hangUp = await room.command("hang-up", { value: id });
    const ended = await room.waitFor("end", isEnd(id));
    expect(ended["code"]).toBeUndefined();
    expect(ended["counts"]).toMatchObject({ gaps: 0 });
    expect((await endedAfter(since)).details).toMatchObject({ reason: "client", code: 0 });
    times.push(
      `answer ${Math.round(Number(answeredMs))}, first sound ${msIn(audio)}, first video ${msIn(video)}, key frame ${msIn(keyFrame)}, asked key frame +${Math.round(next.at - asked)}, hang-up ${Math.round(msIn(hangUp))}`,
    );
  }
  console.info(`ms: ${times.join("; ")}`);
  // The reports' time is that of the wall clock; how long they were on their way is the machine's matter.
  const skews = room.lines.filter(({ what }) => what === "sender-report").map((line) => Number(line["skewMs"]));
  expect(Math.min(...skews.map(Math.abs))).toBeLessThan(200);
  expect(cloud.live.calls).toEqual([]);
  expect(cloud.journal.violations).toEqual([]);
  expect(cloud.refusals).toEqual([]);
});

test("a STUN server that does not answer delays nothing", async () => {
  await using room = await prepare();
  cloud.operations.silenceStun(true);
  const times: number[] = [];
  for (let round = 0; round < 2; round++) {
    const { id } = await room.command("call", { camera });
    const video = await room.waitFor("video", isFirst(id, "video"));
    times.push(msIn(video));
    await room.command("hang-up", { value: id });
  }
  console.info(`ms to the first video packet without STUN: ${times.join(", ")}`);
  expect(Math.min(...times)).toBeLessThan(1_000);
  expect(await room.stop()).toBe(0);
});

test("a media server that begins its handshake before we know the way is heard at once", async () => {
  await using room = await prepare({ probesClient: true });
  const times: number[] = [];
  for (let round = 0; round < 4; round++) {
    const after = cloud.journal.entries().at(-1)?.sequence ?? 0;
    const { id } = await room.command("call", { camera });
    for (const kind of ["video", "audio"]) await room.waitFor(kind, isFirst(id, kind));
    const entries = cloud.journal.entries({ after });
    const answered = entries.find(({ kind }) => kind === "live.answered")?.at ?? Number.NaN;
    const connected = entries.filter(({ kind }) => kind === "live.connected").map(({ at }) => at - answered);
    expect(connected).toHaveLength(2);
    times.push(Math.max(...connected));
    await room.command("hang-up", { value: id });
  }
  console.info(`ms from the answer to both transports connected: ${times.map(Math.round).join(", ")}`);
  // A lost ClientHello comes again after a second.
  expect(Math.min(...times)).toBeLessThan(400);
});

test("PCMU sound; a camera without sound", async () => {
  await using room = await prepare({ audioCodec: "pcmu" });
  const pcmu = await room.command("call", { camera });
  await room.waitFor("sound", isFirst(pcmu.id, "audio"));
  expect(room.lines).toContainEqual(
    expect.objectContaining({ id: pcmu.id, track: { kind: "audio", codec: "pcmu", clockRate: 8000, channels: 1 } }),
  );
  cloud.operations.turnKnobs("driveway", { live: { audioCodec: "none" } });
  const silent = await room.command("call", { camera });
  await room.waitFor("video", isFirst(silent.id, "video"));
  const tracks = room.lines.filter((line) => line.what === "track" && line["id"] === silent.id);
  expect(tracks).toMatchObject([{ track: { kind: "video" } }]);
});

test("lost and swapped packets are repaired", async () => {
  await using room = await prepare({ packetLossPercent: 3, reorderPercent: 5 });
  const after = cloud.journal.entries().at(-1)?.sequence ?? 0;
  const { id } = await room.command("call", { camera });
  await room.waitFor("video", isFirst(id, "video"));
  await cloud.journal.waitFor("lost packets asked for", ({ kind }) => kind === "live.nack");
  await room.waitFor("a report", (line) => line.what === "sender-report" && line["id"] === id);
  for (let round = 0; round < 6; round++) {
    const asked = now();
    await room.command("key-frame", { value: id });
    await room.waitFor("next key frame", (line) => line.what === "key-frame" && line.at > asked);
  }
  await room.command("hang-up", { value: id });
  const { counts } = (await room.waitFor("end", isEnd(id))) as unknown as { counts: Record<string, number> };
  console.info(`with 3 % loss and 5 % reordering: ${JSON.stringify(counts)}`);
  expect(counts["video"]).toBeGreaterThan(100);
  expect(counts["videoGaps"]).toBe(0);
  // Ring measures the line by what it is told.
  const isOver = ({ kind, sequence }: JournalEntry): boolean => kind === "live.ended" && sequence > after;
  const end = await cloud.journal.waitFor("the end at Ring", isOver);
  const media = end.details["media"] as MediaTotals;
  expect(media["video"]?.reports).toBeGreaterThan(0);
  expect(media["video"]?.lastReport?.packetsLost).toBeGreaterThan(0);
  expect(media["video"]?.lastReport?.lastSenderReport).not.toBe(0);
  expect(media["audio"]?.reports).toBeGreaterThan(0);
});

test("without a key frame it is asked for once a second until one comes", async () => {
  await using room = await prepare({ withoutKeyFrames: true });
  const since = cloud.journal.entries().at(-1)?.sequence ?? 0;
  const { id } = await room.command("call", { camera });
  await room.waitFor("video", isFirst(id, "video"));
  const plis = (): JournalEntry[] => cloud.journal.entries({ kind: "live.pli", after: since });
  await expect.poll(() => plis().length, { timeout: 8_000 }).toBeGreaterThanOrEqual(4);
  const gaps = plis().map(({ at }, index, all) => at - (all[index - 1]?.at ?? at - 1_000));
  expect(Math.min(...gaps)).toBeGreaterThan(900);
  expect(Math.max(...gaps)).toBeLessThan(1_300);
});

test.each([
  ["call.ice", { deadIce: true }, { connectedMs: 1_500 }, 3_000],
  ["call.dtls", { deadDtls: true }, { connectedMs: 1_500 }, 3_000],
  ["call.answer", { answerDelayMs: null }, { answerMs: 1_000 }, 2_500],
  ["call.first-packet", { mediaDelayMs: null }, { firstPacketMs: 1_000 }, 3_000],
  ["call.media-stalled", { mediaStallAfterMs: 800 }, { mediaStallMs: 1_000 }, 4_500],
  ["call.limit", { sessionLimitMs: 1_500 }, {}, 4_000],
] as const)("%s: %j", async (code, live, limits, limitMs) => {
  await using room = await prepare(live, limits);
  const since = now();
  const end = await expectEnd(room, code, limitMs);
  console.info(`${code}: "${end["text"]}"`);
  await endedAfter(since);
  expect(cloud.live.calls).toEqual([]);
  expect(cloud.journal.violations).toEqual([]);
});

test("Ring's own end of a call is told with its words", async () => {
  await using room = await prepare();
  const { id } = await room.command("call", { camera });
  await room.waitFor("video", isFirst(id, "video"));
  cloud.operations.endCalls("driveway", 6, "Timeout waiting for ping");
  expect(await room.waitFor("end", isEnd(id))).toMatchObject({
    code: "call.closed",
    text: "Driveway: Ring ended the call (code 6, Timeout waiting for ping)",
  });
});

test("no ticket, no signalling, blocked and offline cameras: refused by name", async () => {
  await using room = await prepare({}, { ticketMs: 1_000 });
  cloud.operations.failNextRequests({ path: "signalsocket", times: 1, status: 403 });
  expect(await room.command("call", { camera })).toMatchObject({
    code: "call.ticket",
    text: expect.stringContaining("403"),
  });
  cloud.operations.failNextRequests({ path: "signalsocket", times: 1, delayMs: 5_000 });
  const startedAt = now();
  expect(await room.command("call", { camera })).toMatchObject({ code: "call.ticket" });
  expect(now() - startedAt).toBeLessThan(2_000);
  cloud.operations.failNextRequests({ path: "signalsocket", times: 1, status: 200, body: { ticket: "unknown" } });
  expect(await room.command("call", { camera })).toMatchObject({
    code: "call.closed",
    text: "Driveway: Ring ended the call (code 5, Authentication failed: -1)",
  });

  const changed = (field: string, value: boolean) => (line: RingLine) =>
    line.what === "state" && (line["state"] as Record<string, unknown>)[field] === value;
  cloud.operations.changeRecord("driveway", { settings: { live_view_disabled: true } });
  await room.waitFor("block", changed("isLiveViewBlocked", true));
  expect(await room.command("call", { camera })).toMatchObject({ code: "call.blocked" });
  cloud.operations.changeRecord("driveway", { settings: { live_view_disabled: false } });
  await room.waitFor("release", changed("isLiveViewBlocked", false));
});

test("given up at any moment, no call is left open", async () => {
  await using room = await prepare({ answerDelayMs: 60 });
  for (const seconds of [0, 0.001, 0.004, 0.008, 0.012, 0.02, 0.04, 0.08, 0.15, 0.3]) {
    const { id, code } = await room.command("call", { camera, seconds });
    if (code === undefined) await room.waitFor("end", isEnd(id));
  }
  expect(await room.stop()).toBe(0);
  const requested = cloud.journal.entries({ kind: "live.requested" }).length;
  await expect.poll(() => cloud.journal.entries({ kind: "live.ended" }).length, { timeout: 5_000 }).toBe(requested);
  expect(cloud.live.calls).toEqual([]);
  expect(cloud.journal.violations).toEqual([]);
});

test.each(["h265-unoffered", "h265-disguised"] as const)(
  "H.265 that comes all the same is said: %s",
  async (videoCodec) => {
    await using room = await prepare({ videoCodec });
    await expectEnd(room, "call.codec", 20_000);
    expect(cloud.live.calls).toEqual([]);
  },
);

test("a camera in HEVC mode sends us H.264: we offer nothing else", async () => {
  await using room = await prepare({ videoCodec: "h265" });
  const { id } = await room.command("call", { camera });
  await room.waitFor("key frame", (line) => line.what === "key-frame" && line["id"] === id);
});
