// A camera's live call as a media source: the one place where the Ring room and the media room meet.
import type { MediaSession, MediaSink, MediaSource } from "../media/hub/media-source.ts";
import type { RingCamera } from "../ring/ring-camera.ts";

export function ringLiveSource(camera: Pick<RingCamera, "openLiveCall">): MediaSource {
  return {
    open: (sink: MediaSink, signal: AbortSignal): Promise<MediaSession> => camera.openLiveCall(sink, signal),
  };
}
