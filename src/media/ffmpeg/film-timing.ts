// Keeps the tracks of a film together: all their packets are placed by the film's own clock, not by when they happened to come.
import type { MediaSink, SourceTrackKind } from "../hub/media-source.ts";
import { kindOfTrack } from "../hub/media-source.ts";

interface Line {
  readonly timestamp: number;
  readonly senderMs: number;
}

/**
 * FFmpeg sends the first packets of all tracks in one burst, although sound and picture begin up to a tenth of a second
 * apart; each track brings a sender report before its first packet, which says where it really begins.
 */
export function keepTogether(sink: MediaSink): MediaSink {
  const rates = new Map<SourceTrackKind, number>();
  const lines = new Map<SourceTrackKind, Line>();
  const begun = new Set<SourceTrackKind>();
  /** Our clock minus the film's. */
  let offsetMs: number | undefined;

  /** When the first packet of a track should have come. */
  const dueAt = (kind: SourceTrackKind, timestamp: number, arrivedAtMs: number): number => {
    const line = lines.get(kind);
    const rate = rates.get(kind);
    if (!line || !rate) return arrivedAtMs;
    // The difference of two 32-bit numbers, with sign.
    const ticks = (timestamp - line.timestamp) | 0;
    const filmMs = line.senderMs + (ticks * 1_000) / rate;
    offsetMs ??= arrivedAtMs - filmMs;
    return filmMs + offsetMs;
  };

  return {
    track(track) {
      rates.set(kindOfTrack(track), track.clockRate);
      sink.track(track);
    },
    packet(kind, packet, arrivedAtMs) {
      const isFirst = !begun.has(kind);
      begun.add(kind);
      sink.packet(kind, packet, isFirst ? dueAt(kind, packet.timestamp, arrivedAtMs) : arrivedAtMs);
    },
    senderReport(kind, timestamp, senderMs) {
      if (!lines.has(kind)) lines.set(kind, { timestamp, senderMs });
      sink.senderReport(kind, timestamp, senderMs);
    },
  };
}
