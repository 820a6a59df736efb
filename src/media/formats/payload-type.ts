// The RTP payload types under which Belfry offers its tracks.
import type { Track } from "./track.ts";

export const payloadTypes = { h264: 96, aac: 97, opus: 98, pcmu: 0 } as const satisfies Record<Track["codec"], number>;
