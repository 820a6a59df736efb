import { expect, test } from "vitest";
import { readAnswer } from "./call-answer.ts";

/** In the style of Ring's media server: upper-case names, vendor lines. */
function answer({ video = "98 99", audio = "96", port = "9", extra = "" } = {}): string {
  return [
    "v=0",
    "o=- 1 1 IN IP4 0.0.0.0",
    "s=-",
    "t=0 0",
    `m=audio 9 UDP/TLS/RTP/SAVPF ${audio}`,
    "a=mid:0",
    "a=rtpmap:96 OPUS/48000/2",
    "a=rtcp-fb:96 transport-cc",
    "a=sendrecv",
    "a=x-ring-hyperfocus:1",
    `m=video ${port} UDP/TLS/RTP/SAVPF ${video}`,
    "a=mid:1",
    "a=rtpmap:98 H264/90000",
    `a=fmtp:98 profile-level-id=640034;packetization-mode=1${extra}`,
    "a=rtcp-fb:98 nack",
    "a=rtcp-fb:98 nack pli",
    "a=rtcp-fb:98 transport-cc",
    "a=rtpmap:99 RTX/90000",
    "a=fmtp:99 apt=98",
    "a=rtpmap:100 H265/90000",
    "a=sendonly",
    "",
  ].join("\r\n");
}

test("codecs and payload types as Ring chose them", () => {
  expect(readAnswer(answer(), "Yard")).toMatchObject({
    video: { codec: "h264", profileLevelId: "640034" },
    videoPayloadType: 98,
    videoRepeatPayloadType: 99,
    audio: { codec: "opus" },
    audioPayloadType: 96,
  });
});

test("PCMU without a line that names it; no sound at all", () => {
  expect(readAnswer(answer({ audio: "0" }), "Yard")).toMatchObject({
    audio: { codec: "pcmu", clockRate: 8000 },
    audioPayloadType: 0,
  });
  expect(readAnswer(answer({ audio: "13" }), "Yard")).toMatchObject({ audio: undefined, audioPayloadType: undefined });
});

test("parameter sets where the answer has them", () => {
  const sets = `${Buffer.from([0x67, 1]).toString("base64")},${Buffer.from([0x68, 2]).toString("base64")}`;
  const { video } = readAnswer(answer({ extra: `;sprop-parameter-sets=${sets}` }), "Yard");
  expect(video.parameterSets).toEqual({ sps: Buffer.from([0x67, 1]), pps: Buffer.from([0x68, 2]) });
  expect(readAnswer(answer({ extra: ";sprop-parameter-sets=rubbish" }), "Yard").video.parameterSets).toBeUndefined();
});

test.each([
  ["H.265", answer({ video: "100" }), "H265"],
  ["a rejected video", answer({ port: "0" }), "H264"],
  ["no media", "v=0\r\n", "no video"],
  ["nothing", "", "no video"],
])("%s is refused as call.codec", (_name, sdp, said) => {
  expect(() => readAnswer(sdp, "Yard")).toThrow(
    expect.objectContaining({ code: "call.codec", message: expect.stringContaining(said) }),
  );
});

test("our peer gets the profile that it offered, and no feedback that is not its business", () => {
  const { sdp } = readAnswer(answer(), "Yard");
  expect(sdp).toContain("a=fmtp:98 profile-level-id=640029;packetization-mode=1\r\n");
  expect(sdp).toContain("a=rtcp-fb:98 nack pli\r\n");
  expect(sdp).not.toMatch(/nack\r\n|transport-cc/);
});
