import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFrameNumber } from "../../test/support/frame-blocks.ts";
import { runFfmpeg } from "../media/ffmpeg.ts";
import { readStamp } from "../media/frame-sei.ts";
import { loopFrames } from "../media/live-format.ts";
import { toByteStream } from "../media/nal-units.ts";
import { oggOpusFile } from "../media/ogg-opus-file.ts";
import { doorbotId, startRig } from "./live-rig.fixtures.ts";
import {
  inOrder,
  LiveViewer,
  missingSequences,
  nalUnitsOf,
  type Received,
  startsKeyFrame,
} from "./live-viewer.fixtures.ts";

async function decodedNumbers(units: readonly Buffer[]): Promise<(number | undefined)[]> {
  const [width, height] = [480, 270];
  const directory = await mkdtemp(join(tmpdir(), "belfry-live-"));
  try {
    const path = join(directory, "stream.h264");
    await writeFile(path, toByteStream(units));
    const pixels = await runFfmpeg({
      arguments: [
        ...["-xerror", "-err_detect", "explode", "-i", path, "-vf", `scale=${width}:${height}`],
        ...["-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"],
      ],
    });
    return Array.from({ length: pixels.length / (width * height) }, (_, index) =>
      readFrameNumber({ data: pixels.subarray(index * width * height), width, height }),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const stampsOf = (units: readonly Buffer[]) => units.map(readStamp).filter((stamp) => stamp !== undefined);

/** Complete pictures: what comes after the last marker is cut off. */
function completePictures(packets: readonly Received[]): Received[] {
  const sorted = inOrder(packets);
  return sorted.slice(0, sorted.findLastIndex(({ packet }) => packet.header.marker) + 1);
}

test.each(["disable", "max-bundle"] as const)("video and audio arrive complete (bundle: %s)", async (bundlePolicy) => {
  await using rig = await startRig();
  await using viewer = await LiveViewer.start(rig, { bundlePolicy });
  const first = (await viewer.until("video", (packets) => packets.length > 0))[0];
  await viewer.until("audio", (packets) => packets.length > 70);
  const pictures = completePictures(viewer.received.video);
  expect(missingSequences(pictures)).toBe(0);
  const units = nalUnitsOf(pictures);
  const stamps = stampsOf(units);
  expect(stamps.length).toBeGreaterThan(20);
  expect(await decodedNumbers(units)).toEqual(stamps.map(({ frame }) => frame % loopFrames));
  expect(stamps.map(({ frame }, index) => frame - index)).toEqual(stamps.map(() => stamps[0]?.frame));
  expect(Math.abs((stamps[0]?.sentAtMs ?? 0) - (performance.timeOrigin + (first?.atMs ?? 0)))).toBeLessThan(200);
  expect(rig.journal.violations).toEqual([]);
});

test.each(["disable", "max-bundle"] as const)("the first key frame comes soon (bundle: %s)", async (bundlePolicy) => {
  await using rig = await startRig();
  const delaysMs: number[] = [];
  for (let call = 0; call < 3; call++) {
    await using viewer = await LiveViewer.start(rig, { bundlePolicy });
    const packets = await viewer.until("video", (all) => all.some(startsKeyFrame));
    expect(packets.findIndex(startsKeyFrame), "nothing but parameter sets and the stamp comes before it").toBe(3);
    delaysMs.push((packets[3]?.atMs ?? Number.NaN) - viewer.requestedAtMs);
  }
  console.log(
    `bundle ${bundlePolicy}: first key frame after ${delaysMs.map((delay) => delay.toFixed(0)).join(", ")} ms`,
  );
  // The best of three: other tests take the processors too.
  expect(Math.min(...delaysMs)).toBeLessThan(500);
});

test("the answer is written as Ring writes it", async () => {
  await using rig = await startRig();
  await using viewer = await LiveViewer.start(rig);
  const { answer } = viewer;
  const sections = answer.split("\r\nm=");
  expect(sections).toHaveLength(3);
  expect(answer).not.toContain("BUNDLE");
  expect(sections[1]).toContain("a=rtpmap:96 OPUS/48000/2\r\n");
  expect(sections[1]).toContain("a=sendrecv\r\n");
  expect(sections[2]).toContain("a=rtpmap:98 H264/90000\r\n");
  expect(sections[2]).toContain("a=fmtp:98 profile-level-id=640029;packetization-mode=1\r\n");
  expect(sections[2]).toContain("a=rtpmap:99 RTX/90000\r\na=fmtp:99 apt=98\r\n");
  expect(sections[2]).toContain("a=sendonly\r\n");
  expect(sections[2]).toMatch(/a=ssrc-group:FID \d+ \d+\r\n/);
  expect(sections[2]).not.toMatch(/ccm fir|goog-remb/);
  for (const section of sections.slice(1)) {
    expect(section).toMatch(/a=candidate:1 1 udp 2013266431 /);
    expect(section).toMatch(/a=candidate:\d 1 tcp \d+ \S+ 443 typ host tcptype passive/);
    expect(section).toContain("a=setup:active\r\n");
    expect(section).toContain("a=rtcp-mux\r\n");
    expect(section).not.toContain("end-of-candidates");
  }
  const ssrc = Number(/a=ssrc-group:FID (\d+)/.exec(answer)?.[1]);
  const [received] = await viewer.until("video", (packets) => packets.length > 0);
  expect(received?.packet.header.ssrc).toBe(ssrc);
});

test("frames and their order, with the session in each", async () => {
  await using rig = await startRig();
  await using viewer = await LiveViewer.start(rig);
  await viewer.signalling.frame("camera_started");
  viewer.signalling.send("ping", { session_id: viewer.signalling.frames[0]?.body["session_id"] });
  await viewer.signalling.frame("pong");
  const { frames } = viewer.signalling;
  expect(frames.map(({ method, body }) => body["text"] ?? method)).toEqual([
    ...["session_created", "sdp", "PeerConnectionState::kConnecting", "camera_connected"],
    ...["PeerConnectionState::kConnected", "camera_started", "pong"],
  ]);
  for (const frame of frames) {
    expect(frame).toMatchObject({
      dialog_id: viewer.signalling.dialogId,
      riid: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(frame.body).toMatchObject({ doorbot_id: doorbotId, session_id: frames[0]?.body["session_id"] });
  }
  expect(frames[1]?.body).toMatchObject({
    type: "answer",
    session_info: { ping_interval: 10, ding_kind: "on_demand", session_id: expect.any(String) },
  });
});

test("a PLI brings a key frame within 300 ms", async () => {
  await using rig = await startRig();
  await using viewer = await LiveViewer.start(rig);
  await viewer.until("video", (packets) => packets.some(startsKeyFrame));
  const delaysMs: number[] = [];
  for (let round = 1; round <= 4; round++) {
    const after = rig.journal.entries().length;
    await viewer.askForKeyFrame();
    const sent = await rig.journal.waitFor("key frame", ({ kind }) => kind === "live.frame-sent", { after });
    const asked = rig.journal.entries({ after, kind: "live.pli" })[0];
    delaysMs.push(sent.at - (asked?.at ?? Number.NaN));
    await viewer.until("video", (packets) => packets.filter(startsKeyFrame).length > round);
  }
  console.log(`PLI to IDR: ${delaysMs.map((delay) => delay.toFixed(0)).join(", ")} ms`);
  expect(Math.max(...delaysMs)).toBeLessThan(300);
  expect(rig.journal.entries({ kind: "live.pli" })).toHaveLength(4);
  const pictures = completePictures(viewer.received.video);
  const units = nalUnitsOf(pictures);
  expect(await decodedNumbers(units)).toEqual(stampsOf(units).map(({ frame }) => frame % loopFrames));
});

test("the beep is heard when the square is lit: sound and picture share one clock", async () => {
  await using rig = await startRig();
  await using viewer = await LiveViewer.start(rig);
  await viewer.until("audio", (packets) => packets.length > 125);
  const packets = viewer.received.audio;
  expect(
    packets
      .slice(1)
      .map(({ packet }, index) => (packet.header.timestamp - (packets[index]?.packet.header.timestamp ?? 0)) >>> 0),
  ).toEqual(packets.slice(1).map(() => 960));
  const samples = await runFfmpeg({
    arguments: ["-f", "ogg", "-i", "pipe:0", "-f", "s16le", "-ar", "48000", "-ac", "1", "pipe:1"],
    input: [oggOpusFile(packets.map(({ packet }) => packet.payload))],
  });
  const loud = Array.from({ length: samples.length / 2 }, (_, index) => index).filter(
    (index) => Math.abs(samples.readInt16LE(index * 2)) > 4000,
  );
  // A beep that was cut off by the beginning does not count.
  const start = loud.find((sample, index) => sample - (loud[index - 1] ?? sample) > 4800);
  const beepAtMs = (packets[0]?.atMs ?? 0) + ((start ?? Number.NaN) / 48_000) * 1000;
  // The stamp of a picture tells when a frame of the loop was sent.
  const [stamp] = stampsOf(nalUnitsOf(completePictures(viewer.received.video)));
  const secondsAtFrame = ((stamp?.frame ?? Number.NaN) % loopFrames) / 20;
  const beepSecond = secondsAtFrame + (performance.timeOrigin + beepAtMs - (stamp?.sentAtMs ?? 0)) / 1000;
  expect(Math.abs(beepSecond - Math.round(beepSecond))).toBeLessThan(0.06);
});
