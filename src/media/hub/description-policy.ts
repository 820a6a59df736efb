// What a stream is described as, and whether a description still fits what the camera sends.
import { parseSps, profileLevelId } from "../formats/h264-sps.ts";
import { aacTrack, type H264Track, opusTrack, pcmuTrack, type Track } from "../formats/track.ts";
import { describedSound } from "./described-sound.ts";
import type { KnownTracks } from "./known-tracks.ts";
import type { RememberedStream } from "./stream-memory.ts";
import { trackNumbers } from "./track-numbers.ts";

/** What Ring's cameras send, where nobody has said anything. */
const usualProfileLevelId = "640029";

/**
 * The tracks in their order; what runs counts more than what is remembered. Without a transcoder (`canMakeAac`) there is no AAC
 * track: players that take the first sound they find would stay mute with it.
 */
export function describeTracks(
  known: KnownTracks | undefined,
  remembered: RememberedStream | undefined,
  canMakeAac: boolean,
): Track[] {
  const codec = describedSound(known, remembered?.audioCodec);
  if (codec === "none") return [describeVideo(known, remembered)];
  const aac = known?.aac ?? (canMakeAac ? aacTrack : undefined);
  return [describeVideo(known, remembered), ...(aac ? [aac] : []), codec === "pcmu" ? pcmuTrack : opusTrack];
}

function describeVideo(known: KnownTracks | undefined, remembered: RememberedStream | undefined): H264Track {
  const base = { kind: "video", codec: "h264", clockRate: 90_000 } as const;
  if (known?.parameterSets)
    return {
      ...base,
      profileLevelId: profileLevelId(known.parameterSets.sps),
      parameterSets: known.parameterSets,
    };
  if (remembered)
    return {
      ...base,
      profileLevelId: remembered.profileLevelId,
      parameterSets: { sps: Buffer.from(remembered.sps, "base64"), pps: Buffer.from(remembered.pps, "base64") },
    };
  return { ...base, profileLevelId: known?.profileLevelId ?? usualProfileLevelId };
}

/** `plays` says which feeds the viewer plays: a track that is not played may be described as it likes. */
export function isDescribedWrongly(
  described: readonly Track[],
  known: KnownTracks,
  plays: (feed: number) => boolean,
): boolean {
  return (
    isVideoDescribedWrongly(described, known) ||
    (plays(trackNumbers.audio) && isAudioDescribedWrongly(described, known)) ||
    (plays(trackNumbers.aac) && isAacDescribedWrongly(described, known))
  );
}

/** The picture that is sent has another profile or size than the one described. Without described sets anything fits. */
export function isVideoDescribedWrongly(described: readonly Track[], known: KnownTracks): boolean {
  const video = described.find((track) => track.codec === "h264");
  if (!video?.parameterSets || !known.parameterSets) return false;
  const told = parseSps(video.parameterSets.sps);
  const real = parseSps(known.parameterSets.sps);
  if (!told || !real) return false;
  const isSameProfile = told.profileLevelId.slice(0, 2) === real.profileLevelId.slice(0, 2);
  return !isSameProfile || told.width !== real.width || told.height !== real.height;
}

/** The sound that is sent as it came has another codec than the one described. */
export function isAudioDescribedWrongly(described: readonly Track[], known: KnownTracks): boolean {
  const told = described.find(({ codec }) => codec === "opus" || codec === "pcmu");
  return told !== undefined && known.audioCodec !== undefined && told.codec !== known.audioCodec;
}

/** The source brings AAC of another kind than the one described. */
export function isAacDescribedWrongly(described: readonly Track[], known: KnownTracks): boolean {
  const told = described.find((track) => track.codec === "aac");
  if (!told || !known.aac) return false;
  return told.config !== known.aac.config || told.clockRate !== known.aac.clockRate;
}
