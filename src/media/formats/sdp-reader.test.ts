import fc from "fast-check";
import { expect, test } from "vitest";
import { describedTrack } from "./described-track.ts";
import { readSessionDescription } from "./sdp-reader.ts";
import { sessionDescription } from "./session-description.ts";
import { aacTrack, opusTrack, pcmuTrack, type Track } from "./track.ts";

const ffmpegs = [
  "v=0",
  "o=- 0 0 IN IP4 127.0.0.1",
  "s=No Name",
  "c=IN IP4 127.0.0.1",
  "t=0 0",
  "a=tool:libavformat 59.27.100",
  "m=video 0 RTP/AVP 96",
  "b=AS:2000",
  "a=rtpmap:96 H264/90000",
  "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAH9oBQBbsBEAAAAMAQAAADIPGDKg=,aM4PyA==; profile-level-id=42C01F",
  "a=control:streamid=0",
  "m=audio 0 RTP/AVP 97",
  "a=rtpmap:97 MPEG4-GENERIC/44100/2",
  "a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; config=121056E500",
  "a=control:streamid=1",
  "m=audio 0 RTP/AVP 98",
  "a=rtpmap:98 opus/48000/2",
  "a=control:streamid=2",
  "",
].join("\r\n");

const tracksOf = (text: string): (Track | undefined)[] | undefined => readSessionDescription(text)?.map(describedTrack);

test("reads what FFmpeg announces", () => {
  expect(readSessionDescription(ffmpegs)?.map(({ control }) => control)).toEqual([
    "streamid=0",
    "streamid=1",
    "streamid=2",
  ]);
  const [video, aac, opus] = tracksOf(ffmpegs) ?? [];
  expect(video).toMatchObject({ codec: "h264", profileLevelId: "42c01f" });
  expect(video?.codec === "h264" && video.parameterSets?.sps.toString("hex", 0, 4)).toBe("6742c01f");
  expect(aac).toEqual({ kind: "audio", codec: "aac", clockRate: 44_100, channels: 2, config: "1210" });
  expect(opus).toEqual(opusTrack);
});

test("what we describe reads as the same tracks", () => {
  const bytes = (first: number) =>
    fc.uint8Array({ minLength: 3, maxLength: 40 }).map((rest) => Buffer.from([first, ...rest]));
  const video = fc.record({ sps: bytes(0x67), pps: bytes(0x68) }).map(
    (parameterSets): Track => ({
      ...{ kind: "video", codec: "h264", clockRate: 90_000, parameterSets },
      profileLevelId: parameterSets.sps.toString("hex", 1, 4),
    }),
  );
  const aac = fc
    .record({
      clockRate: fc.constantFrom(8_000, 16_000, 44_100, 48_000),
      channels: fc.integer({ min: 1, max: 8 }),
      config: fc.uint8Array({ minLength: 2, maxLength: 8 }).map((config) => Buffer.from(config).toString("hex")),
    })
    .map((fields): Track => ({ kind: "audio", codec: "aac", ...fields }));
  const anyTracks = fc.array(fc.oneof(video, aac, fc.constantFrom<Track>(opusTrack, pcmuTrack, aacTrack)), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(anyTracks, fc.string(), (tracks, name) => {
      const text = sessionDescription({ tracks, name, sessionId: "7", address: "192.0.2.1" });
      expect(tracksOf(text)).toEqual(tracks);
    }),
  );
});

test("anything that comes is read without a crash, and within bounds", () => {
  const lines = ffmpegs.split("\r\n");
  const line = fc.oneof(
    fc.constantFrom(...lines),
    fc.string(),
    fc.tuple(fc.constantFrom("m=", "a=fmtp:96 ", "a=rtpmap:"), fc.string()).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.constantFrom("\n", "\r\n", "\r"), (some, end) => {
      const media = readSessionDescription(["v=0", ...some].join(end)) ?? [];
      for (const one of media) describedTrack(one);
      expect(media.length).toBeLessThanOrEqual(16);
    }),
  );
  expect(readSessionDescription("")).toBeUndefined();
  expect(readSessionDescription(`v=0\n${"x".repeat(16_384)}`)).toBeUndefined();
  expect(readSessionDescription(`v=0\n${"m=audio 0 RTP/AVP 0\n".repeat(17)}`)).toBeUndefined();
  expect(readSessionDescription("v=0\nm=video 0 RTP/AVP 200\n")).toBeUndefined();
});

test.each([
  ["H.265", "m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000"],
  ["interleaved H.264", "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=2"],
  [
    "AAC with other header sections",
    "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/8000\na=fmtp:97 mode=AAC-lbr;sizelength=6;config=1588",
  ],
  ["PCMU of two channels", "m=audio 0 RTP/AVP 97\na=rtpmap:97 PCMU/8000/2"],
  ["a data channel", "m=application 0 RTP/AVP 98\na=rtpmap:98 opus/48000/2"],
])("%s is no track of ours", (_what, media) => {
  expect(tracksOf(`v=0\n${media}\n`)).toEqual([undefined]);
});
