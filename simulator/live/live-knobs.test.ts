import { expect, test } from "vitest";
import { defaultCacheDirectory } from "../media/cached-file.ts";
import { loadVideoLoop } from "../media/video-loop.ts";
import { startRig } from "./live-rig.fixtures.ts";
import { inOrder, LiveViewer, missingSequences, nalUnitsOf, type Received } from "./live-viewer.fixtures.ts";

const some = (packets: readonly Received[]): boolean => packets.length > 0;
const unitTypes = (packets: readonly Received[]) => new Set(nalUnitsOf(packets).map((unit) => (unit[0] ?? 0) & 31));

test.each([
  ["in a stream of their own", false],
  ["as they were", true],
])("packets lost on the way are repeated %s", async (_name, withoutRtx) => {
  await using rig = await startRig({ packetLossPercent: 8 });
  await using viewer = await LiveViewer.start(rig, { withoutRtx });
  await viewer.until("video", (packets) => packets.length > 300);
  await viewer.until("video", (packets) => gapsBeforeTheNewest(packets) === 0);
  const nacks = rig.journal.entries({ kind: "live.nack" });
  expect(nacks.length).toBeGreaterThan(0);
  expect(nacks.some(({ details }) => Number(details["repeated"]) > 0)).toBe(true);
  expect(rig.journal.violations).toEqual([]);
});

/** The newest 100 packets may still be repeated. */
function gapsBeforeTheNewest(packets: readonly Received[]): number {
  const sorted = inOrder(packets);
  return missingSequences(sorted.slice(0, -100));
}

test("media come late and then stop, and the journal says why", async () => {
  await using rig = await startRig({ mediaDelayMs: 400, mediaStallAfterMs: 300 });
  await using viewer = await LiveViewer.start(rig);
  await viewer.until("video", some);
  const isMedia = (kind: string) => (entry: { kind: string; details: Readonly<Record<string, unknown>> }) =>
    entry.kind === kind && entry.details["what"] === "media" && entry.details["media"] === "video";
  const late = await rig.journal.waitFor("end of the delay", isMedia("released"));
  expect(Number(late.details["heldMs"])).toBeGreaterThanOrEqual(400);
  await rig.journal.waitFor("stall", isMedia("held"), { after: late.sequence });
  const count = viewer.received.video.length;
  viewer.signalling.send("ping");
  await viewer.signalling.frame("pong");
  expect(viewer.received.video.length - count).toBeLessThan(20);
  expect(viewer.connectionState).toBe("connected");
});

test("without key frames there are pictures, but none to begin with", async () => {
  await using rig = await startRig({ withoutKeyFrames: true });
  await using viewer = await LiveViewer.start(rig);
  await viewer.until("video", some);
  await viewer.askForKeyFrame();
  await rig.journal.waitFor("PLI", ({ kind }) => kind === "live.pli");
  await viewer.until("video", (packets) => packets.length > 150);
  expect(unitTypes(viewer.received.video)).toEqual(new Set([1, 6]));
});

test("a slow key frame is held back as long as the knob says", async () => {
  await using rig = await startRig({ keyFrameDelayMs: 300 });
  await using viewer = await LiveViewer.start(rig);
  await viewer.until("video", some);
  await viewer.askForKeyFrame();
  const released = await rig.journal.waitFor(
    "key frame",
    ({ kind, details }) => kind === "released" && details["what"] === "key-frame",
  );
  expect(Number(released.details["heldMs"])).toBeGreaterThanOrEqual(299);
});

test("PCMU: 160 bytes each 20 ms", async () => {
  await using rig = await startRig({ audioCodec: "pcmu" });
  await using viewer = await LiveViewer.start(rig);
  const packets = await viewer.until("audio", (all) => all.length > 20);
  expect(new Set(packets.map(({ packet }) => packet.payload.length))).toEqual(new Set([160]));
  expect(new Set(packets.map(({ packet }) => packet.header.payloadType))).toEqual(new Set([0]));
  const [first, last] = [packets[0], packets.at(-1)];
  expect(((last?.packet.header.timestamp ?? 0) - (first?.packet.header.timestamp ?? 0)) >>> 0).toBe(
    160 * (packets.length - 1),
  );
});

test.each(["audio", "video"] as const)("%s that lags comes later than it was taken, and in order", async (kind) => {
  await using rig = await startRig();
  await using viewer = await LiveViewer.start(rig);
  const delayOf = ({ atMs, packet }: Received): number => atMs - packet.header.timestamp / (kind === "audio" ? 48 : 90);
  const before = await viewer.until(kind, (all) => all.length > 30);
  rig.knobs[`${kind}LagMs`] = 300;
  const all = await viewer.until(kind, (packets) => packets.length > 130);
  const [undelayed, delayed] = [before, all.slice(-50)].map((packets) => Math.min(...packets.map(delayOf)));
  expect((delayed ?? 0) - (undelayed ?? 0)).toBeGreaterThan(290);
  expect((delayed ?? 0) - (undelayed ?? 0)).toBeLessThan(400);
  expect(missingSequences(all)).toBe(0);
});

test("without sound the video comes all the same", async () => {
  await using rig = await startRig({ audioCodec: "none" });
  await using viewer = await LiveViewer.start(rig);
  await viewer.until("video", (packets) => packets.length > 50);
  expect(viewer.received.audio).toEqual([]);
});

test("dead candidates: an answer, and no connection", async () => {
  await using rig = await startRig({ deadIce: true });
  await using viewer = await LiveViewer.start(rig);
  expect(viewer.answer).toContain("127.0.0.1 9 typ host");
  await viewer.signalling.frame("notification", "camera_connected");
  viewer.signalling.send("ping");
  await viewer.signalling.frame("pong");
  expect(viewer.connectionState).toBe("connecting");
  expect(rig.journal.entries({ kind: "held" }).map(({ details }) => details["what"])).toEqual(["ice"]);
  expect(rig.journal.entries({ kind: "live.connected" })).toEqual([]);
});

test("stream_options switch the video off and on", async () => {
  await using rig = await startRig();
  await using viewer = await LiveViewer.start(rig);
  await viewer.until("video", some);
  const session = { session_id: viewer.signalling.frames[0]?.body["session_id"] };
  const chosen = (count: number) =>
    rig.journal.waitFor("stream options", () => rig.journal.entries({ kind: "live.stream-options" }).length >= count);
  viewer.signalling.send("stream_options", { ...session, audio_enabled: true, video_enabled: false });
  await chosen(2);
  const [videoBefore, audioBefore] = [viewer.received.video.length, viewer.received.audio.length];
  await viewer.until("audio", (packets) => packets.length > audioBefore + 25);
  expect(viewer.received.video.length - videoBefore).toBeLessThan(20);
  viewer.signalling.send("stream_options", { ...session, audio_enabled: true, video_enabled: true });
  const off = viewer.received.video.length;
  await viewer.until("video", (packets) => packets.length > off + 50);
});

test("H.265 for a client that does not know it becomes H.264, and the client is told", async () => {
  await using rig = await startRig({ videoCodec: "h265" });
  await using viewer = await LiveViewer.start(rig);
  const { body } = await viewer.signalling.frame("stream_info");
  expect(body).toMatchObject({ transcoding: true, transcoding_reason: "codec_mismatch" });
  await viewer.until("video", some);
});

test("H.265 for a client that offers it: parameter sets, stamp, then a key frame in fragments", async () => {
  await loadVideoLoop("h265", { cacheDirectory: defaultCacheDirectory });
  await using rig = await startRig({ videoCodec: "h265" });
  await using viewer = await LiveViewer.start(rig, { withH265: true });
  expect(viewer.answer).toContain(" H265/90000");
  const packets = inOrder(await viewer.until("video", (all) => all.length > 60));
  const types = packets.map(({ packet }) => ((packet.payload[0] ?? 0) >> 1) & 63);
  expect(types.slice(0, 5)).toEqual([32, 33, 34, 39, 49]);
  expect((packets[4]?.packet.payload[2] ?? 0) & 63, "an IDR").toBeGreaterThanOrEqual(19);
});
