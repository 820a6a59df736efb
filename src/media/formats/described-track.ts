// The track that a medium of an SDP description stands for, where it is one that Belfry carries.
import { plainAacConfig } from "./aac-config.ts";
import type { ParameterSets } from "./h264-payload.ts";
import { profileLevelId } from "./h264-sps.ts";
import type { MediaDescription } from "./sdp-reader.ts";
import { opusTrack, pcmuTrack, type Track } from "./track.ts";

/** Undefined for codecs, packetizations and clock rates that we do not carry. */
export function describedTrack(media: MediaDescription): Track | undefined {
  const { encoding, clockRate } = media;
  if (media.media === "video" && encoding === "h264" && clockRate === 90_000) return h264Track(media);
  if (media.media !== "audio") return undefined;
  if (encoding === "opus" && clockRate === 48_000) return opusTrack;
  if (encoding === "mpeg4-generic") return aacTrackOf(media);
  const isPcmu = encoding === "" ? media.payloadType === 0 : encoding === "pcmu" && clockRate === 8_000;
  return isPcmu && (media.channels ?? 1) === 1 ? pcmuTrack : undefined;
}

function h264Track({ parameters }: MediaDescription): Track | undefined {
  // Interleaved packets (mode 2) come out of order.
  if (parameters.get("packetization-mode") === "2") return undefined;
  const parameterSets = readParameterSets(parameters.get("sprop-parameter-sets") ?? "");
  const told = parameters.get("profile-level-id");
  const isTold = told !== undefined && /^[0-9a-f]{6}$/i.test(told);
  const profile = isTold ? told.toLowerCase() : parameterSets && profileLevelId(parameterSets.sps);
  return {
    kind: "video",
    codec: "h264",
    clockRate: 90_000,
    profileLevelId: profile ?? "640029",
    ...(parameterSets ? { parameterSets } : {}),
  };
}

function readParameterSets(text: string): ParameterSets | undefined {
  const units = text.split(",").map((part) => Buffer.from(part.trim(), "base64"));
  const unitOf = (type: number): Buffer | undefined => units.find((unit) => ((unit[0] ?? 0) & 0x1f) === type);
  const sps = unitOf(7);
  const pps = unitOf(8);
  return sps && pps && sps.length >= 4 ? { sps, pps } : undefined;
}

/** Only the header sections of mode AAC-hbr (RFC 3640, 3.3.6), which we pass on as they come. */
function aacTrackOf({ parameters, clockRate, channels = 1 }: MediaDescription): Track | undefined {
  const config = plainAacConfig(parameters.get("config") ?? "");
  const isHighBitRate =
    parameters.get("mode")?.toLowerCase() === "aac-hbr" &&
    parameters.get("sizelength") === "13" &&
    parameters.get("indexlength") === "3" &&
    parameters.get("indexdeltalength") === "3";
  const isUsable = isHighBitRate && /^(?:[0-9a-f]{2}){2,64}$/.test(config);
  if (!isUsable || !clockRate || channels < 1 || channels > 8) return undefined;
  return { kind: "audio", codec: "aac", clockRate, channels, config };
}
