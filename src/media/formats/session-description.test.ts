import { expect, test } from "vitest";
import { sessionDescription } from "./session-description.ts";
import { aacTrack, type H264Track, opusTrack, pcmuTrack } from "./track.ts";

const video: H264Track = {
  kind: "video",
  codec: "h264",
  clockRate: 90_000,
  profileLevelId: "640028",
  parameterSets: { sps: Buffer.from("67640028", "hex"), pps: Buffer.from("68ebe3cb", "hex") },
};

test("describes video, AAC and Opus as players read them", () => {
  const text = sessionDescription({
    tracks: [video, aacTrack, opusTrack],
    sessionId: "42",
    address: "192.0.2.1",
    name: "Front\r\nDoor",
  });
  expect(text.split("\r\n")).toEqual([
    "v=0",
    "o=- 42 1 IN IP4 192.0.2.1",
    "s=Front Door",
    "c=IN IP4 0.0.0.0",
    "t=0 0",
    "a=range:npt=now-",
    "a=control:*",
    "m=video 0 RTP/AVP 96",
    "a=rtpmap:96 H264/90000",
    "a=fmtp:96 packetization-mode=1;profile-level-id=640028;sprop-parameter-sets=Z2QAKA==,aOvjyw==",
    "a=control:trackID=0",
    "m=audio 0 RTP/AVP 97",
    "a=rtpmap:97 mpeg4-generic/48000/1",
    "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1188",
    "a=control:trackID=1",
    "m=audio 0 RTP/AVP 98",
    "a=rtpmap:98 opus/48000/2",
    "a=fmtp:98 sprop-stereo=0",
    "a=control:trackID=2",
    "",
  ]);
});

test("describes PCMU, unknown parameter sets and an IPv6 address", () => {
  const { parameterSets: _unknown, ...bare } = video;
  const text = sessionDescription({ tracks: [bare, pcmuTrack], sessionId: "1", address: "2001:db8::1", name: "" });
  expect(text).toContain("o=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 ::\r\n");
  expect(text).toContain("a=fmtp:96 packetization-mode=1;profile-level-id=640028\r\n");
  expect(text).toContain("m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:trackID=1\r\n");
});
