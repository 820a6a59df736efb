// Ring's SDP answer: which codecs it chose, and the form of it that our peer can take.
import { PermanentError } from "../../foundation/errors.ts";
import type { CallTrack } from "../live-call-types.ts";

export interface CallAnswer {
  /** The answer for our peer. */
  readonly sdp: string;
  readonly video: Extract<CallTrack, { kind: "video" }>;
  readonly videoPayloadType: number;
  /** Repeated video packets (RFC 4588), where Ring sends them so. */
  readonly videoRepeatPayloadType: number | undefined;
  /** undefined: a camera without sound. */
  readonly audio: Extract<CallTrack, { kind: "audio" }> | undefined;
  readonly audioPayloadType: number | undefined;
}

/** The profile that we offer; an answer with another level is told to our peer as this one, it compares them strictly. */
export const offeredProfile = "640029";

interface Section {
  readonly kind: string;
  readonly isRejected: boolean;
  /** Codec name in lower case by payload type, in the order of preference. */
  readonly codecs: ReadonlyMap<number, string>;
  readonly lines: readonly string[];
}

/** Throws `call.codec` where there is no H.264 video in it. `name` is the camera's, for the text. */
export function readAnswer(sdp: string, name: string): CallAnswer {
  const sections = sdp
    .split(/\r?\n(?=m=)/)
    .slice(1)
    .map(readSection);
  const video = sections.find((section) => section.kind === "video");
  const audio = sections.find((section) => section.kind === "audio");
  const videoPayloadType = video && payloadTypeOf(video, "h264");
  if (!video || videoPayloadType === undefined) {
    const codecs = [...(video?.codecs.values() ?? [])].filter((codec) => codec !== "rtx");
    const offered = codecs.join(", ").toUpperCase() || "no video";
    const hint = "if the camera has an HEVC mode, switch it off in the Ring app";
    throw new PermanentError("call.codec", `${name}: Ring answered with ${offered}, which cannot be carried; ${hint}`);
  }
  const fmtp = formatOf(video, videoPayloadType);
  const parameterSets = readParameterSets(fmtp.get("sprop-parameter-sets"));
  return {
    sdp: fitToPeer(sdp),
    video: {
      kind: "video",
      codec: "h264",
      clockRate: 90_000,
      profileLevelId: (fmtp.get("profile-level-id") ?? offeredProfile).toLowerCase(),
      ...(parameterSets ? { parameterSets } : {}),
    },
    videoPayloadType,
    videoRepeatPayloadType: [...video.codecs].find(
      ([type, name]) => name === "rtx" && formatOf(video, type).get("apt") === String(videoPayloadType),
    )?.[0],
    ...readAudio(audio),
  };
}

function readAudio(section: Section | undefined): Pick<CallAnswer, "audio" | "audioPayloadType"> {
  const opus = section && payloadTypeOf(section, "opus");
  if (opus !== undefined) {
    return { audio: { kind: "audio", codec: "opus", clockRate: 48_000, channels: 2 }, audioPayloadType: opus };
  }
  const pcmu = section && payloadTypeOf(section, "pcmu");
  if (pcmu !== undefined) {
    return { audio: { kind: "audio", codec: "pcmu", clockRate: 8_000, channels: 1 }, audioPayloadType: pcmu };
  }
  return { audio: undefined, audioPayloadType: undefined };
}

function readSection(text: string): Section {
  const lines = text.split(/\r?\n/);
  const [kind = "", port = "0", , ...payloadTypes] = (lines[0] ?? "").replace(/^m=/, "").trim().split(/\s+/);
  const codecs = new Map<number, string>();
  for (const payloadType of payloadTypes) {
    const rtpmap = lines.find((line) => line.startsWith(`a=rtpmap:${payloadType} `));
    const name = rtpmap?.split(" ")[1]?.split("/")[0]?.toLowerCase() ?? (payloadType === "0" ? "pcmu" : "");
    if (name) codecs.set(Number(payloadType), name);
  }
  const isRejected = port === "0" || lines.includes("a=inactive");
  return { kind, isRejected, codecs, lines };
}

function payloadTypeOf(section: Section, codec: string): number | undefined {
  if (section.isRejected) return undefined;
  return [...section.codecs].find(([, name]) => name === codec)?.[0];
}

function formatOf(section: Section, payloadType: number): ReadonlyMap<string, string> {
  const prefix = `a=fmtp:${payloadType} `;
  const line = section.lines.find((candidate) => candidate.startsWith(prefix)) ?? "";
  return new Map(
    line
      .slice(prefix.length)
      .split(";")
      .map((pair): [string, string] => {
        const at = pair.indexOf("=");
        return at < 0 ? [pair.trim(), ""] : [pair.slice(0, at).trim().toLowerCase(), pair.slice(at + 1).trim()];
      }),
  );
}

function readParameterSets(value: string | undefined): { sps: Buffer; pps: Buffer } | undefined {
  const [sps, pps] = (value ?? "").split(",").map((part) => Buffer.from(part, "base64"));
  const isPair = sps && pps && ((sps[0] ?? 0) & 0x1f) === 7 && ((pps[0] ?? 0) & 0x1f) === 8;
  return isPair ? { sps, pps } : undefined;
}

/**
 * werift would send congestion feedback about a header extension that we did not offer, and ask for lost packets 10 times
 * within 55 ms, sooner than they can come; lost packets are asked for by CallMedia.
 */
function fitToPeer(sdp: string): string {
  return sdp
    .split(/\r?\n/)
    .filter((line) => !/^a=rtcp-fb:\S+ (transport-cc|nack)\s*$/.test(line))
    .map((line) =>
      /^a=fmtp:/.test(line) ? line.replace(/(profile-level-id=)[0-9a-f]{6}/i, `$1${offeredProfile}`) : line,
    )
    .join("\r\n");
}
