import { expect, test } from "vitest";
import { type LiveKnobs, normalLive } from "../contracts.ts";
import { negotiate } from "./negotiation.ts";
import { bundleOffer, libraryOffer } from "./offers.fixtures.ts";
import { writeAnswer } from "./sdp-answer.ts";
import { parseOffer } from "./sdp-offer.ts";

const transport = {
  ...{ iceUfrag: "ufrag", icePwd: "pwd", fingerprint: "sha-256 00", setup: "active" },
  candidates: [
    { address: "fd00::2", port: 5000 },
    { address: "127.0.0.1", port: 5000 },
  ],
};

function answerTo(offer: string, knobs: Partial<LiveKnobs> = {}) {
  const negotiation = negotiate(parseOffer(offer), { ...normalLive, ...knobs });
  const answer = writeAnswer({ negotiation, cname: "cname", transportOf: () => transport });
  return { negotiation, sections: answer.split("\r\nm="), answer };
}

test("of several H.264 the best profile and level is taken, and nothing else of that section", () => {
  const { sections, answer } = answerTo(bundleOffer);
  expect(sections[0]).toContain("a=group:BUNDLE v a\r\n");
  expect(sections[1]).toMatch(/^video 9 UDP\/TLS\/RTP\/SAVPF 98\r\n/);
  expect(sections[1]).toContain("a=fmtp:98 profile-level-id=640032;packetization-mode=1\r\n");
  expect(sections[1]).toContain("a=sendonly\r\n");
  expect(sections[1]).toContain("a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc");
  expect(sections[1]).toContain("a=x-ring-hyperfocus:1\r\n");
  expect(sections[2]).toMatch(/^audio 9 UDP\/TLS\/RTP\/SAVPF 101\r\n/);
  expect(sections[2]).toContain("a=sendonly\r\n");
  expect(sections[3]).toMatch(/^application 0 UDP\/DTLS\/SCTP webrtc-datachannel\r\n/);
  expect(answer).not.toMatch(/PCM|H265|42e01f/);
});

test("candidates stand in the answer with falling priority, all of component 1", () => {
  const candidates = answerTo(libraryOffer).sections[1]?.match(/a=candidate:.*/g);
  expect(candidates).toEqual([
    "a=candidate:1 1 udp 2013266431 fd00::2 5000 typ host",
    "a=candidate:2 1 udp 2013266430 127.0.0.1 5000 typ host",
    "a=candidate:3 1 tcp 1015021823 127.0.0.1 443 typ host tcptype passive",
  ]);
});

test("H.265 is answered where it is offered, else H.264 by transcoding", () => {
  const offered = answerTo(bundleOffer, { videoCodec: "h265" });
  expect(offered.sections[1]).toContain("a=rtpmap:100 H265/90000\r\n");
  expect(offered.negotiation.transcoding).toBe(false);
  const converted = answerTo(libraryOffer, { videoCodec: "h265" });
  expect(converted.sections[2]).toContain("a=rtpmap:98 H264/90000\r\n");
  expect(converted.negotiation.transcoding).toBe(true);
});

test("sound: PCMU or none by knob, opus else", () => {
  expect(answerTo(libraryOffer).sections[1]).toContain("a=rtpmap:96 OPUS/48000/2\r\n");
  const pcmu = answerTo(libraryOffer, { audioCodec: "pcmu" }).sections[1];
  expect(pcmu).toMatch(/^audio 9 UDP\/TLS\/RTP\/SAVPF 0\r\n/);
  expect(pcmu).toContain("a=rtpmap:0 PCMU/8000\r\n");
  const silent = answerTo(libraryOffer, { audioCodec: "none" }).sections[1];
  expect(silent).toContain("a=inactive\r\n");
  expect(silent).not.toContain("a=ssrc");
});

test("what is no offer is refused with a sentence", () => {
  expect(() => parseOffer("hello")).toThrow("the offer is no SDP");
  expect(() => parseOffer("v=0\r\ns=-\r\n")).toThrow("no m-line");
});
