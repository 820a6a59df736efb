import { expect, test } from "vitest";
import { PermanentError } from "../../foundation/errors.ts";
import { aacPayload } from "../formats/aac-payload.ts";
import { timestampDistance } from "../formats/rtp-arithmetic.ts";
import type { RtpPacket } from "../formats/rtp-packet.ts";
import { pcmuTrack } from "../formats/track.ts";
import type { AacFrameListener, AudioTranscoder, AudioTranscoderFactory } from "./audio-transcoder.ts";
import { StreamStage, viewer } from "./stream.fixtures.ts";

class FakeTranscoder implements AudioTranscoder {
  readonly written: RtpPacket[] = [];
  readonly ended: Promise<Error | undefined>;
  readonly #end: (error: Error | undefined) => void;
  readonly input: "opus" | "pcmu";
  readonly onFrame: AacFrameListener;
  isOver = false;

  constructor(input: "opus" | "pcmu", onFrame: AacFrameListener) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.input = input;
    this.onFrame = onFrame;
    this.ended = promise;
    this.#end = resolve;
  }

  write(packet: RtpPacket): void {
    this.written.push(packet);
  }

  break(error: Error): void {
    this.#end(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isOver = true;
    this.#end(undefined);
  }
}

function setUp() {
  const transcoders: FakeTranscoder[] = [];
  const factory: AudioTranscoderFactory = (input, onFrame) => {
    const transcoder = new FakeTranscoder(input, onFrame);
    transcoders.push(transcoder);
    return transcoder;
  };
  return { transcoders, stage: new StreamStage({ transcoder: factory }) };
}

const frame = Buffer.from("an aac frame");

test("the transcoder runs only while somebody plays the AAC track", async () => {
  const { stage, transcoders } = setUp();
  await stage.started();
  await stage.run(200);
  expect(transcoders).toHaveLength(0);
  const { lease } = stage.play([0, 1]);
  await stage.run(200);
  expect(transcoders.map((transcoder) => transcoder.input)).toEqual(["opus"]);
  expect(transcoders[0]?.written).toHaveLength(10);
  lease[Symbol.dispose]();
  await stage.run(4_800);
  expect(transcoders[0]?.isOver).toBe(false);
  const next = stage.play([1]);
  await stage.run(1_000);
  expect(transcoders[0]?.isOver).toBe(false);
  next.lease[Symbol.dispose]();
  await stage.run(5_200);
  expect(transcoders[0]?.isOver).toBe(true);
  expect(transcoders).toHaveLength(1);
});

test("the transcoder ends when those who play the AAC track have given it up", async () => {
  const { stage, transcoders } = setUp();
  await stage.started();
  const { reader, output } = stage.play([0, 1, 2]);
  await stage.run(200);
  const [transcoder] = transcoders;
  reader.remove(1);
  transcoder?.onFrame(frame, transcoder.written[2]?.timestamp ?? 0);
  await stage.run(5_200);
  expect(transcoder?.isOver).toBe(true);
  expect(transcoders).toHaveLength(1);
  expect(output.writes.some(({ track }) => track === 1)).toBe(false);
  expect(reader.tracks.map(({ track }) => track)).toEqual([0, 2]);
  const before = output.packets(2).length;
  reader.remove(0);
  await stage.run(200);
  expect(output.packets(2).length).toBe(before + 10);
});

test("AAC frames lie on the timeline of the sound they are made of", async () => {
  const { stage, transcoders } = setUp();
  await stage.started();
  const { output } = stage.play([0, 1, 2]);
  await stage.run(400);
  const [transcoder] = transcoders;
  const written = transcoder?.written ?? [];
  for (let at = 0; at < 12; at++)
    transcoder?.onFrame(frame, (written[0]?.timestamp ?? 0) + 3 * 1_024 + at * 1_024 - 1_024);
  const aac = output.packets(1);
  expect(aac).toHaveLength(12);
  expect(aac.map((packet) => [packet.payloadType, packet.marker, packet.payload])).toEqual(
    aac.map(() => [97, true, aacPayload(frame)]),
  );
  expect(timestampDistance(aac[0]?.timestamp ?? 0, aac.at(-1)?.timestamp ?? 0)).toBe(11 * 1_024);
  const [aacReport] = output.senderReports(1);
  const [opusReport] = output.senderReports(2);
  const opus = output.packets(2);
  if (!aacReport || !opusReport) throw new Error("no reports");
  // The first AAC frame given out starts 2,048 ticks after the first Opus packet that was written.
  const opusStart = opusReport.unixMs + timestampDistance(opusReport.rtpTimestamp, opus[0]?.timestamp ?? 0) / 48;
  expect(aacReport.unixMs - opusStart).toBeCloseTo(2_048 / 48, 1);
});

test("sound from before the first picture is not sent", async () => {
  const { stage, transcoders } = setUp();
  await stage.started();
  stage.play([1]);
  await stage.run(1_000);
  const first = transcoders[0]?.written[0]?.timestamp ?? 0;
  const { output } = stage.play([0, 1]);
  const joinedAt = transcoders[0]?.written.at(-1)?.timestamp ?? 0;
  transcoders[0]?.onFrame(frame, first);
  expect(output.packets(1)).toHaveLength(0);
  transcoders[0]?.onFrame(frame, (joinedAt + 960) % 2 ** 32);
  expect(output.packets(1)).toHaveLength(1);
});

test("AAC of PCMU is in ticks of 48 kHz, with the clock of the source", async () => {
  const { stage, transcoders } = setUp();
  await stage.started();
  stage.source.session.sink.track(pcmuTrack);
  const { output } = stage.play([0, 1, 2]);
  const send = (timestamp: number, sequenceNumber: number): void =>
    stage.source.session.send(
      "audio",
      [{ payloadType: 0, sequenceNumber, timestamp, marker: false, payload: Buffer.alloc(160) }],
      stage.clock.monotonic(),
    );
  send(4_000_000_000, 1);
  await stage.clock.advance(20);
  send(4_000_000_160, 2);
  const [transcoder] = transcoders;
  expect(transcoder?.input).toBe("pcmu");
  transcoder?.onFrame(frame, (transcoder.written[0]?.timestamp ?? 0) * 6 + 480);
  const [aacReport] = output.senderReports(1);
  const [pcmuReport] = output.senderReports(2);
  expect((aacReport?.unixMs ?? 0) - (pcmuReport?.unixMs ?? 0)).toBeCloseTo(10, 1);
});

test("a restarted source goes on in the same transcoder", async () => {
  const { stage, transcoders } = setUp();
  const { output } = stage.play([0, 1]);
  await stage.started();
  await stage.run(200);
  transcoders[0]?.onFrame(frame, transcoders[0]?.written[0]?.timestamp ?? 0);
  stage.source.session.end(new Error("broken"));
  await stage.clock.advance(500);
  stage.soundTimestamp = 5;
  stage.video(stage.camera.keyFrame());
  await stage.run(200);
  expect(transcoders).toHaveLength(1);
  const written = transcoders[0]?.written ?? [];
  expect(timestampDistance(written[9]?.timestamp ?? 0, written[10]?.timestamp ?? 0) / 48).toBeCloseTo(520, -1);
  transcoders[0]?.onFrame(frame, written[10]?.timestamp ?? 0);
  const aac = output.packets(1);
  expect(timestampDistance(aac[0]?.timestamp ?? 0, aac[1]?.timestamp ?? 0)).toBe(
    timestampDistance(written[0]?.timestamp ?? 0, written[10]?.timestamp ?? 0),
  );
});

test("a second activation of the stream has AAC again", async () => {
  const { stage, transcoders } = setUp();
  stage.play([0, 1]);
  await stage.started();
  await stage.run(100);
  transcoders[0]?.onFrame(frame, transcoders[0]?.written[0]?.timestamp ?? 0);
  stage.path.turnOff();
  await stage.clock.advance(0);
  expect(transcoders[0]?.isOver).toBe(true);
  stage.soundTimestamp = 7;
  const { output } = stage.play([0, 1]);
  await stage.started();
  await stage.run(100);
  transcoders[1]?.onFrame(frame, transcoders[1]?.written[0]?.timestamp ?? 0);
  expect(output.packets(1)).toHaveLength(1);
});

test("a transcoder that breaks is started again after a moment", async () => {
  const { stage, transcoders } = setUp();
  stage.play([0, 1]);
  await stage.started();
  await stage.run(200);
  transcoders[0]?.break(new Error("killed"));
  await stage.run(4_800);
  expect(transcoders).toHaveLength(1);
  await stage.run(400);
  expect(transcoders).toHaveLength(2);
});

test("where the transcoder cannot be started, video goes on and it is said once", async () => {
  const transcoder: AudioTranscoderFactory = () => {
    throw new PermanentError("child.missing", "ffmpeg is not installed");
  };
  const stage = new StreamStage({ transcoder });
  const { output } = stage.play([0, 1]);
  stage.play([0, 1]);
  await stage.started();
  await stage.run(1_000);
  expect(output.packets(0).length).toBeGreaterThan(40);
  expect(output.packets(1)).toHaveLength(0);
  expect(stage.log.lines.filter((line) => line.line.startsWith("No AAC audio"))).toHaveLength(1);
});

test("without a transcoder AAC is not described, and the camera's sound is track 1", async () => {
  const stage = new StreamStage({ transcoder: undefined });
  await stage.started();
  const described = await stage.path.describe(viewer, new AbortController().signal);
  expect(described.map(({ codec }) => codec)).toEqual(["h264", "opus"]);
  const { output, reader, lease } = stage.play([0, 1, 2]);
  await stage.run(1_000);
  expect(reader.tracks.map(({ track }) => track)).toEqual([0, 1]);
  expect(output.packets(0)[0]?.payloadType).toBe(96);
  expect(output.packets(1)).toHaveLength(50);
  expect(output.packets(1)[0]?.payloadType).toBe(98);
  expect(output.senderReports(1)[0]?.rtpTimestamp).toBe(output.packets(1)[0]?.timestamp);
  stage.source.session.sink.track(pcmuTrack);
  await stage.clock.advance(0);
  expect(lease.ended.reason).toMatchObject({ code: "stream.described-wrongly" });
});
