// For tests: offers as different clients write them, with made-up addresses and keys.

const fingerprint = `a=fingerprint:sha-256 ${Array.from({ length: 32 }, (_, index) => (index + 16).toString(16).toUpperCase()).join(":")}`;
const transport = [
  "a=ice-ufrag:abcd",
  "a=ice-pwd:abcdefghijklmnopqrstuvwx",
  fingerprint,
  "a=setup:actpass",
  "a=rtcp-mux",
];
const session = ["v=0", "o=- 1 0 IN IP4 0.0.0.0", "s=-", "t=0 0"];
const counter = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

const sdp = (...lines: readonly string[]): string => [...lines, ""].join("\r\n");

/** Two sections without a group, H.264 at 98, opus at 96. */
export const libraryOffer = sdp(
  ...session,
  ...["m=audio 9 UDP/TLS/RTP/SAVPF 96 0", "c=IN IP4 0.0.0.0", ...transport, "a=sendrecv", "a=mid:0"],
  ...["a=rtpmap:96 opus/48000/2", "a=rtpmap:0 PCMU/8000"],
  ...["m=video 9 UDP/TLS/RTP/SAVPF 98 99", "c=IN IP4 0.0.0.0", ...transport, "a=recvonly", "a=mid:1"],
  ...["a=rtpmap:98 H264/90000", "a=fmtp:98 packetization-mode=1;profile-level-id=640029;level-asymmetry-allowed=1"],
  ...["a=rtcp-fb:98 nack pli", "a=rtpmap:99 rtx/90000", "a=fmtp:99 apt=98"],
);

/** One group, video first, several H.264 profiles, H.265, header extensions, and a data channel nobody asked for. */
export const bundleOffer = sdp(
  ...session,
  "a=group:BUNDLE v a d",
  ...["m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 100", "c=IN IP4 0.0.0.0", ...transport, "a=mid:v", "a=sendrecv"],
  ...[`a=extmap:4 ${counter}`, "a=x-ring-hyperfocus:1"],
  ...["a=rtpmap:96 H264/90000", "a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"],
  ...["a=rtpmap:97 H264/90000", "a=fmtp:97 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"],
  ...["a=rtpmap:98 H264/90000", "a=fmtp:98 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640032"],
  "a=rtpmap:100 H265/90000",
  ...["m=audio 9 UDP/TLS/RTP/SAVPF 101 0 8", "c=IN IP4 0.0.0.0", ...transport, "a=mid:a", "a=recvonly"],
  ...["a=rtpmap:101 opus/48000/2", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000"],
  ...[
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    ...transport,
    "a=mid:d",
    "a=sctp-port:5000",
  ],
);
