// SDP for RTSP (RFC 4566, RFC 2326 appendix C): the tracks of a stream, in their order, as players want to read them.
import { payloadTypes } from "./payload-type.ts";
import type { H264Track, Track } from "./track.ts";

export interface SessionDescriptionFields {
  readonly tracks: readonly Track[];
  /** Digits; the same for the same description. */
  readonly sessionId: string;
  /** Our address as the client sees it. */
  readonly address: string;
  readonly name: string;
}

/** The control name of a track, relative to the stream's URL. */
export function trackControl(track: number): string {
  return `trackID=${track}`;
}

export function sessionDescription(fields: SessionDescriptionFields): string {
  const family = fields.address.includes(":") ? "IP6" : "IP4";
  const lines = [
    "v=0",
    `o=- ${fields.sessionId} 1 IN ${family} ${fields.address}`,
    `s=${fields.name.replace(/[\r\n]+/g, " ") || "-"}`,
    `c=IN ${family} ${family === "IP6" ? "::" : "0.0.0.0"}`,
    "t=0 0",
    "a=range:npt=now-",
    "a=control:*",
    ...fields.tracks.flatMap(mediaLines),
  ];
  return `${lines.join("\r\n")}\r\n`;
}

function mediaLines(track: Track, index: number): string[] {
  const type = payloadTypes[track.codec];
  const parameters = formatParameters(track);
  return [
    `m=${track.kind} 0 RTP/AVP ${type}`,
    `a=rtpmap:${type} ${encodingName(track)}`,
    ...(parameters ? [`a=fmtp:${type} ${parameters}`] : []),
    `a=control:${trackControl(index)}`,
  ];
}

function encodingName(track: Track): string {
  switch (track.codec) {
    case "h264":
      return "H264/90000";
    case "aac":
      return `mpeg4-generic/${track.clockRate}/${track.channels}`;
    case "opus":
      return "opus/48000/2";
    case "pcmu":
      return "PCMU/8000";
  }
}

function formatParameters(track: Track): string | undefined {
  switch (track.codec) {
    case "h264":
      return h264Parameters(track);
    case "aac":
      return `streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=${track.config}`;
    case "opus":
      // Ring's microphones are mono; the rtpmap says 2 channels all the same (RFC 7587).
      return "sprop-stereo=0";
    case "pcmu":
      return undefined;
  }
}

function h264Parameters(track: H264Track): string {
  const sets = track.parameterSets;
  const known = sets ? `;sprop-parameter-sets=${sets.sps.toString("base64")},${sets.pps.toString("base64")}` : "";
  return `packetization-mode=1;profile-level-id=${track.profileLevelId}${known}`;
}
