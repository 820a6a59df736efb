import { expect, test } from "vitest";
import { ManualClock } from "../../../foundation/clock.fake.ts";
import { TransientError } from "../../../foundation/errors.ts";
import { type RefusalCause, StreamRefusedError } from "../../errors.ts";
import { AddressRates } from "./address-rates.ts";
import { refusalResponse } from "./refusal-policy.ts";
import { parseTarget } from "./rtsp-url.ts";
import { parseTransport } from "./transport-header.ts";

test.each([
  ["rtsp://host:8554/cam_live", "cam_live", undefined, "rtsp://host:8554/cam_live/"],
  ["rtsp://host/cam_live/", "cam_live", undefined, "rtsp://host/cam_live/"],
  ["RTSP://user:p%40ss@host/cam_live/trackID=1", "cam_live", 1, "rtsp://host/cam_live/"],
  ["rtsp://host/cam_live/trackid=0/", "cam_live", 0, "rtsp://host/cam_live/"],
  ["rtsp://host/cam_live?x=1", "cam_live", undefined, "rtsp://host/cam_live/"],
  ["rtsp://host/cam_live?x=1/trackID=2", "cam_live", 2, "rtsp://host/cam_live/"],
  ["rtsp://host/cam_live/trackID=2?x=1", "cam_live/trackID=2", undefined, "rtsp://host/cam_live/trackID=2/"],
  ["/cam_live/trackID=1", "cam_live", 1, "rtsp://us:1/cam_live/"],
  ["cam_live", "cam_live", undefined, "rtsp://us:1/cam_live/"],
  ["rtsp://[fe80::1]:8554/a/b", "a/b", undefined, "rtsp://[fe80::1]:8554/a/b/"],
  ["rtsp://host/a%20b", "a b", undefined, "rtsp://host/a%20b/"],
  ["rtsp://host/a%zz", "a%zz", undefined, "rtsp://host/a%zz/"],
  ["rtsp://host", "", undefined, "rtsp://host/"],
  ["*", "", undefined, "rtsp://us:1/"],
])("%s names a stream and perhaps a track", (url, path, track, base) => {
  expect(parseTarget(url, "us:1")).toEqual({ path, track, base });
});

test.each([
  ["RTP/AVP/TCP;unicast;interleaved=2-3", [{ protocol: "tcp", interleaved: [2, 3] }]],
  ["rtp/avp/tcp;interleaved=4", [{ protocol: "tcp", interleaved: [4, 5] }]],
  ["RTP/AVP/TCP", [{ protocol: "tcp", interleaved: undefined }]],
  ["RTP/AVP/TCP;interleaved=300-301", [{ protocol: "tcp", interleaved: undefined }]],
  ["RTP/AVP;unicast;client_port=5000-5001", [{ protocol: "udp", clientPorts: [5000, 5001] }]],
  ['RTP/AVP/UDP;multicast;mode="PLAY"', [{ protocol: "udp", isMulticast: true, isRecording: false }]],
  ["RTP/AVP/TCP;mode=record", [{ protocol: "tcp", isRecording: true }]],
  ["RAW/RAW/UDP, RTP/AVP/UDP, RTP/AVP/TCP", [{ protocol: "udp" }, { protocol: "tcp" }]],
  ["", []],
])("transport %j", (text, choices) => {
  const parsed = parseTransport(text);
  expect(parsed).toHaveLength(choices.length);
  expect(parsed).toMatchObject(choices);
});

const refusals: [RefusalCause, number][] = [
  ["locked", 403],
  ["blocked", 403],
  ["budget", 503],
  ["offline", 503],
  ["paused", 503],
  ["failed", 503],
];
test.each(refusals)("a stream that is %s is answered with %i, to VLC with 404", (cause, status) => {
  const error = new StreamRefusedError(cause, "no", { retryAfterMs: 2_500 });
  const retry = status === 503 ? [["Retry-After", "3"]] : undefined;
  expect(refusalResponse(error, "Lavf/59")).toEqual(retry ? { status, headers: retry } : { status });
  expect(refusalResponse(error, "LibVLC/3.0.18 (LIVE555 Streaming Media v2016.11.28)")).toEqual({ status: 404 });
});

test("other failures of a stream are 503 with a retry of our own choice", () => {
  expect(refusalResponse(new TransientError("x.y", "late"), "")).toEqual({
    status: 503,
    headers: [["Retry-After", "10"]],
  });
});

test("a household may connect in a burst and then at its rate", async () => {
  const clock = new ManualClock();
  const rates = new AddressRates(clock, () => ({ perSecond: 2, burst: 3 }));
  const take = (count: number): boolean[] => Array.from({ length: count }, () => rates.take("10.0.0.1"));
  expect(take(4)).toEqual([true, true, true, false]);
  expect(rates.take("10.0.0.2")).toBe(true);
  await clock.advance(1_000);
  expect(take(3)).toEqual([true, true, false]);
  const network = ["2001:db8::1:2:3:4", "2001:db8::5:6:7:8", "2001:db8::9", "2001:db8:0:0:a::"];
  expect(network.map((address) => rates.take(address))).toEqual([true, true, true, false]);
});
