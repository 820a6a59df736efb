// The encoded loops, loaded when the first call needs them and shared by all calls, and the beat they are sent to.
import { type AudioLoop, loadAudioLoop } from "../media/audio-loop.ts";
import type { VideoCodec } from "../media/nal-units.ts";
import { loadVideoLoop, type MediaOptions, type VideoLoop } from "../media/video-loop.ts";
import { LivePacer } from "./pacer.ts";

export class LiveMedia {
  readonly pacer = new LivePacer();
  readonly #options: MediaOptions;
  readonly #videos = new Map<VideoCodec, Promise<VideoLoop>>();
  #audio: Promise<AudioLoop> | undefined;

  constructor(options: MediaOptions) {
    this.#options = options;
  }

  video(codec: VideoCodec): Promise<VideoLoop> {
    const known = this.#videos.get(codec);
    if (known) return known;
    const loading = loadVideoLoop(codec, this.#options);
    this.#videos.set(codec, loading);
    // A failure is told to whoever waits, and tried again by the next call.
    loading.catch(() => this.#videos.delete(codec));
    return loading;
  }

  audio(): Promise<AudioLoop> {
    if (this.#audio) return this.#audio;
    const loading = loadAudioLoop(this.#options);
    this.#audio = loading;
    loading.catch(() => {
      this.#audio = undefined;
    });
    return loading;
  }
}
