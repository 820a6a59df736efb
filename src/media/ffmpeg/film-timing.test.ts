import { expect, test } from "vitest";
import { type AacTrack, type H264Track, opusTrack } from "../formats/track.ts";
import type { MediaSink, SourceTrackKind } from "../hub/media-source.ts";
import { keepTogether } from "./film-timing.ts";

const video: H264Track = { kind: "video", codec: "h264", clockRate: 90_000, profileLevelId: "640028" };
const aac: AacTrack = { kind: "audio", codec: "aac", clockRate: 16_000, channels: 1, config: "1408" };

const packetAt = (timestamp: number) => ({
  marker: true,
  payloadType: 96,
  sequenceNumber: 1,
  timestamp,
  payload: Buffer.alloc(1),
});

function setUp() {
  const arrivals: [SourceTrackKind, number][] = [];
  const reports: SourceTrackKind[] = [];
  const sink: MediaSink = {
    track: () => undefined,
    packet: (kind, _packet, arrivedAtMs) => void arrivals.push([kind, arrivedAtMs]),
    senderReport: (kind) => void reports.push(kind),
  };
  const film = keepTogether(sink);
  for (const track of [video, aac, opusTrack]) film.track(track);
  return { film, arrivals, reports };
}

test("tracks whose first packets come in one burst begin where the film has them", () => {
  const { film, arrivals, reports } = setUp();
  film.senderReport("aac", 1_000, 50_000);
  film.packet("aac", packetAt(1_000), 700);
  // 43 ms into the film, and around the end of the 32-bit numbers.
  film.senderReport("video", 4_294_967_000, 50_000);
  film.packet("video", packetAt((4_294_967_000 + 43 * 90) % 2 ** 32), 701);
  film.senderReport("audio", 9_000, 50_000);
  film.packet("audio", packetAt(9_000 - 48 * 7), 702);
  expect(arrivals).toEqual([
    ["aac", 700],
    ["video", 743],
    ["audio", 693],
  ]);
  expect(reports).toEqual(["aac", "video", "audio"]);
});

test("later packets, and tracks without a report, come when they come", () => {
  const { film, arrivals } = setUp();
  film.senderReport("video", 0, 50_000);
  film.packet("video", packetAt(0), 700);
  film.packet("video", packetAt(4_500), 790);
  film.packet("audio", packetAt(123), 800);
  expect(arrivals).toEqual([
    ["video", 700],
    ["video", 790],
    ["audio", 800],
  ]);
});
