// The video and audio loops as sources of RTP payloads, each following the beat of the cloud.
import { loopAudioPackets } from "../media/live-format.ts";
import { VideoFeed, type VideoFeedOptions } from "../media/video-feed.ts";
import type { VideoLoop } from "../media/video-loop.ts";
import type { PacedListener } from "./pacer.ts";
import { rtpPayloads } from "./rtp-payload.ts";
import type { DueUnit, TrackSource } from "./track-sender.ts";

type Due = (index: number, mediaMs: number) => void;

export class VideoSource implements TrackSource {
  readonly #loop: VideoLoop;
  readonly #feed: VideoFeed;

  constructor(loop: VideoLoop, options: VideoFeedOptions) {
    this.#loop = loop;
    this.#feed = new VideoFeed(loop, options);
  }

  requestKeyFrame(): void {
    this.#feed.requestKeyFrame();
  }

  listen(due: Due): PacedListener {
    return { onFrame: due };
  }

  unit(frame: number, sentAtMs: number): DueUnit | undefined {
    const picture = this.#feed.next(frame, sentAtMs);
    return (
      picture && {
        payloads: picture.units.flatMap((unit) => rtpPayloads(unit, this.#loop.codec)),
        marked: true,
        isKeyFrame: picture.isKeyFrame,
      }
    );
  }
}

export class AudioSource implements TrackSource {
  readonly #packets: readonly Buffer[];
  #marked = true;

  constructor(packets: readonly Buffer[]) {
    this.#packets = packets;
  }

  listen(due: Due): PacedListener {
    return { onAudioPacket: due };
  }

  /** The marker stands for the start of a talk spurt: the first packet (RFC 3551). */
  unit(index: number): DueUnit | undefined {
    const packet = this.#packets[index % loopAudioPackets];
    if (!packet) return undefined;
    const marked = this.#marked;
    this.#marked = false;
    return { payloads: [packet], marked };
  }
}
