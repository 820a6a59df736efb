// Encodes what live calls will need, now, so that no call has to wait for it. Quick where the cache has it.
import { loadAudioLoop } from "./audio-loop.ts";
import { loadVideoLoop, type MediaOptions } from "./video-loop.ts";

/** H.265 is left out: few calls want it. */
export async function prepareLiveMedia(options: MediaOptions): Promise<void> {
  await loadVideoLoop("h264", options);
  await loadAudioLoop(options);
}
