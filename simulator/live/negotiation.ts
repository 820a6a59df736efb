// Which of the offered media and codecs the simulated media server takes, and with which stream identifiers.
import { randomInt } from "node:crypto";
import type { LiveKnobs } from "../contracts.ts";
import type { Direction, Offer, OfferedCodec, OfferedMedia } from "./sdp-offer.ts";

export type MediaKind = "audio" | "video";

export interface AcceptedMedia {
  readonly offered: OfferedMedia;
  readonly kind: MediaKind;
  readonly codec: OfferedCodec;
  readonly direction: Direction;
  readonly ssrc: number;
  /** Payload type of repetitions (RFC 4588), if they were offered for this codec. */
  readonly repetition: { readonly payloadType: number; readonly ssrc: number } | undefined;
}

export interface Negotiation {
  readonly offer: Offer;
  readonly accepted: readonly AcceptedMedia[];
  /** The camera's H.265 had to become H.264 for this client. */
  readonly transcoding: boolean;
}

/** The first audio and the first video section with a codec we have; all others are refused. */
export function negotiate(offer: Offer, knobs: Readonly<LiveKnobs>): Negotiation {
  const accepted = (["audio", "video"] as const).flatMap((kind) => {
    for (const offered of offer.media.filter((media) => media.kind === kind)) {
      const codec = kind === "audio" ? chooseAudio(offered, knobs) : chooseVideo(offered, knobs);
      if (codec) return [accept(kind, offered, codec, knobs)];
    }
    return [];
  });
  const video = accepted.find((media) => media.kind === "video");
  return { offer, accepted, transcoding: knobs.videoCodec === "h265" && video?.codec.name === "H264" };
}

function accept(
  kind: MediaKind,
  offered: OfferedMedia,
  codec: OfferedCodec,
  knobs: Readonly<LiveKnobs>,
): AcceptedMedia {
  const silent = kind === "audio" && knobs.audioCodec === "none";
  const rtx = offered.codecs.find(
    ({ name, parameters }) => name === "RTX" && parameters.get("apt") === String(codec.payloadType),
  );
  return {
    ...{ offered, kind, codec, ssrc: randomSsrc() },
    direction: silent ? "inactive" : answerDirection(kind, offered.direction),
    repetition: rtx && { payloadType: rtx.payloadType, ssrc: randomSsrc() },
  };
}

const randomSsrc = (): number => randomInt(1, 2 ** 32);

/** Video is only ever sent; sound goes both ways if the client wants that. */
function answerDirection(kind: MediaKind, offered: Direction): Direction {
  const weSend = offered === "sendrecv" || offered === "recvonly";
  const weReceive = kind === "audio" && (offered === "sendrecv" || offered === "sendonly");
  if (weSend) return weReceive ? "sendrecv" : "sendonly";
  return weReceive ? "recvonly" : "inactive";
}

function chooseAudio({ codecs }: OfferedMedia, { audioCodec }: Readonly<LiveKnobs>): OfferedCodec | undefined {
  const named = (wanted: string) => codecs.find(({ name }) => name === wanted);
  return audioCodec === "pcmu" ? (named("PCMU") ?? named("OPUS")) : (named("OPUS") ?? named("PCMU"));
}

function chooseVideo({ codecs }: OfferedMedia, { videoCodec }: Readonly<LiveKnobs>): OfferedCodec | undefined {
  const h265 = codecs.find(({ name }) => name === "H265");
  if (videoCodec === "h265" && h265) return h265;
  const usable = codecs.filter(
    ({ name, parameters }) => name === "H264" && parameters.get("packetization-mode") === "1",
  );
  const best = usable.toSorted((a, b) => h264Rank(b) - h264Rank(a))[0];
  return best && videoCodec === "h265-unoffered" ? { ...best, name: "H265", parameters: new Map() } : best;
}

/** profile_idc before level_idc: High 5.2 (640034) is the best that clients offer. */
function h264Rank({ parameters }: OfferedCodec): number {
  const profile = Number.parseInt(parameters.get("profile-level-id") ?? "42000a", 16);
  return ((profile >> 16) << 8) | (profile & 0xff);
}
