import { expect, test } from "vitest";
import { StopError } from "../../foundation/abort.ts";
import type { RtpPacket } from "../formats/rtp-packet.ts";
import { type AacTrack, aacTrack, type H264Track, opusTrack, pcmuTrack } from "../formats/track.ts";
import type { MediaSink, SourceTrack } from "./media-source.ts";
import { PublishRefusedError } from "./publish-directory.ts";
import { PublishedSources } from "./published-source.ts";
import { StreamStage, viewer } from "./stream.fixtures.ts";

const video: H264Track = { kind: "video", codec: "h264", clockRate: 90_000, profileLevelId: "640028" };
const stereo: AacTrack = { ...aacTrack, clockRate: 44_100, channels: 2, config: "1210" };

class RecordingSink implements MediaSink {
  readonly seen: unknown[] = [];
  track(track: SourceTrack): void {
    this.seen.push(track.codec);
  }
  silent(): void {
    this.seen.push("silent");
  }
  packet(kind: string, packet: RtpPacket): void {
    this.seen.push([kind, packet.sequenceNumber]);
  }
  restart(kind: string): void {
    this.seen.push([kind, "restart"]);
  }
  senderReport(kind: string, rtpTimestamp: number): void {
    this.seen.push([kind, "report", rtpTimestamp]);
  }
}

const packet = (sequenceNumber: number, timestamp = 0): RtpPacket => ({
  ...{ sequenceNumber, timestamp },
  payloadType: 97,
  marker: true,
  payload: Buffer.from("sound"),
});

const refusalOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error instanceof PublishRefusedError ? error.refusal : error;
  }
  return "accepted";
};

test("a source waits for its publisher and forwards what comes, until the publisher is done", async () => {
  const sources = new PublishedSources();
  const sink = new RecordingSink();
  const opening = sources.source("cam_event").open(sink, new AbortController().signal);
  const publisher = sources.open("cam_event", [video, stereo, opusTrack]);
  const session = await opening;
  publisher.packet("video", packet(1), 5);
  publisher.packet("aac", packet(2), 5);
  publisher.senderReport("audio", 77, 1_000);
  publisher.close();
  publisher.packet("video", packet(3), 5);
  expect(await session.ended).toBeUndefined();
  // The video track comes last: a description that waits for it knows all the others.
  expect(sink.seen).toEqual(["aac", "opus", "h264", ["video", 1], ["aac", 2], ["audio", "report", 77]]);
  expect(publisher.unwanted.aborted).toBe(false);
});

test("what is published without sound is silent, and that is told before the picture", () => {
  const sources = new PublishedSources();
  const sink = new RecordingSink();
  sources
    .source("a")
    .open(sink, new AbortController().signal)
    .catch(() => undefined);
  sources.open("a", [video]);
  expect(sink.seen).toEqual(["silent", "h264"]);
});

test("publishers are refused where nobody waits, where somebody publishes, and with unusable tracks", async () => {
  const sources = new PublishedSources();
  expect(refusalOf(() => sources.open("cam_event", [video]))).toBe("unknown");
  const opening = sources.source("cam_event").open(new RecordingSink(), new AbortController().signal);
  expect(refusalOf(() => sources.open("cam_event", [opusTrack]))).toBe("unusable");
  expect(refusalOf(() => sources.open("cam_event", [video, opusTrack, pcmuTrack]))).toBe("unusable");
  const publisher = sources.open("cam_event", [video]);
  expect(refusalOf(() => sources.open("cam_event", [video]))).toBe("taken");
  expect(refusalOf(() => sources.open("other_event", [video]))).toBe("unknown");
  publisher.close(new Error("gone"));
  expect((await (await opening).ended)?.message).toBe("gone");
  expect(refusalOf(() => sources.open("cam_event", [video]))).toBe("unknown");
});

test("closing the source sends the publisher away; the path can be opened again", async () => {
  const sources = new PublishedSources();
  const opening = sources.source("cam_event").open(new RecordingSink(), new AbortController().signal);
  const publisher = sources.open("cam_event", [video]);
  const session = await opening;
  await session[Symbol.asyncDispose]();
  expect(publisher.unwanted.aborted).toBe(true);
  expect(await session.ended).toBeUndefined();
  const again = sources.source("cam_event").open(new RecordingSink(), new AbortController().signal);
  sources.open("cam_event", [video]);
  await again;
});

test("giving up frees the path, before and after somebody publishes", async () => {
  const sources = new PublishedSources();
  const first = new AbortController();
  const waiting = sources.source("cam_event").open(new RecordingSink(), first.signal);
  await expect(sources.source("cam_event").open(new RecordingSink(), first.signal)).rejects.toThrow("already");
  first.abort(new StopError("closed"));
  await expect(waiting).rejects.toThrow("stopped: closed");
  const second = new AbortController();
  const opening = sources.source("cam_event").open(new RecordingSink(), second.signal);
  const publisher = sources.open("cam_event", [video]);
  const session = await opening;
  second.abort(new StopError("shutdown"));
  expect(publisher.unwanted.aborted).toBe(true);
  expect(await session.ended).toBeUndefined();
});

test("AAC that a source brings is described and carried as it is, with no transcoder, in step with the picture", async () => {
  const asked: string[] = [];
  const stage = new StreamStage({
    transcoder: (input) => {
      asked.push(input);
      throw new Error("not to be asked for");
    },
  });
  await using _path = stage.path;
  const describing = stage.path.describe(viewer, new AbortController().signal);
  await stage.clock.advance(0);
  stage.source.session.sink.track(stereo);
  stage.source.session.sink.track(opusTrack);
  stage.video(stage.camera.keyFrame());
  const tracks = await describing;
  expect(tracks.map(({ codec }) => codec)).toEqual(["h264", "aac", "opus"]);
  expect(tracks[1]).toEqual(stereo);
  const { output } = stage.play([0, 1]);
  const startMs = stage.clock.monotonic();
  for (let frame = 0; frame < 100; frame++) {
    stage.video(stage.camera.frame());
    const heard = packet((65_500 + frame) % 65_536, 1_764 * frame);
    stage.source.session.sink.packet("aac", heard, stage.clock.monotonic());
    stage.sound();
    await stage.clock.advance(40);
  }
  expect(asked).toEqual([]);
  const heard = output.packets(1);
  expect(heard).toHaveLength(100);
  expect(heard.every(({ payload }) => payload.toString() === "sound")).toBe(true);
  const ticks = ((heard.at(-1)?.timestamp ?? 0) - (heard[0]?.timestamp ?? 0)) >>> 0;
  expect(ticks).toBe(99 * 1_764);
  expect(stage.clock.monotonic() - startMs).toBe(4_000);
});
