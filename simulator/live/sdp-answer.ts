// Writes the answer as Ring's media server does: payload types of the offer, one codec per section, candidates inside.
import type { AcceptedMedia, Negotiation } from "./negotiation.ts";
import type { OfferedMedia } from "./sdp-offer.ts";

export interface Candidate {
  readonly address: string;
  readonly port: number;
}

/** What the transport of a section is called by the peer that owns it. */
export interface TransportDescription {
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly fingerprint: string;
  readonly setup: string;
  readonly candidates: readonly Candidate[];
}

export interface AnswerOptions {
  readonly negotiation: Negotiation;
  readonly cname: string;
  transportOf(media: AcceptedMedia): TransportDescription;
}

const firstPriority = 2_013_266_431;
const tcpPriority = 1_015_021_823;

export function writeAnswer({ negotiation, cname, transportOf }: AnswerOptions): string {
  const { offer, accepted } = negotiation;
  const bundled = offer.bundled.filter((mid) => accepted.some(({ offered }) => offered.mid === mid));
  const sections = offer.media.map((offered) => {
    const media = accepted.find((one) => one.offered === offered);
    return media ? mediaSection(media, cname, transportOf(media)) : refusedSection(offered);
  });
  return [
    ...["v=0", `o=- ${Date.now()} 2 IN IP4 127.0.0.1`, "s=-", "t=0 0"],
    ...(bundled.length > 0 ? [`a=group:BUNDLE ${bundled.join(" ")}`] : []),
    "a=msid-semantic: WMS *",
    ...offer.sessionLines.filter((line) => line.startsWith("a=x-ring-")),
    ...sections.flat(),
    "",
  ].join("\r\n");
}

function refusedSection({ kind, protocol, mid, lines }: OfferedMedia): string[] {
  const format = lines[0]?.split(" ")[3] ?? "0";
  return [`m=${kind} 0 ${protocol} ${format}`, "c=IN IP4 0.0.0.0", `a=mid:${mid}`, "a=inactive"];
}

function mediaSection(media: AcceptedMedia, cname: string, transport: TransportDescription): string[] {
  const { offered, codec, repetition } = media;
  const payloadTypes = [codec.payloadType, ...(repetition ? [repetition.payloadType] : [])];
  return [
    `m=${media.kind} 9 ${offered.protocol} ${payloadTypes.join(" ")}`,
    "c=IN IP4 0.0.0.0",
    "a=rtcp:9 IN IP4 0.0.0.0",
    ...candidateLines(transport.candidates),
    ...[`a=ice-ufrag:${transport.iceUfrag}`, `a=ice-pwd:${transport.icePwd}`, "a=ice-options:trickle"],
    ...[`a=fingerprint:${transport.fingerprint}`, `a=setup:${transport.setup}`, `a=mid:${offered.mid}`],
    ...(offered.transportCounterId === undefined ? [] : [transportCounterLine(offered.transportCounterId)]),
    ...[`a=${media.direction}`, "a=rtcp-mux"],
    ...offered.lines.filter((line) => line.startsWith("a=x-ring-")),
    ...codecLines(media),
    ...sourceLines(media, cname),
  ];
}

const transportCounterLine = (id: number): string =>
  `a=extmap:${id} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`;

function codecLines({ kind, codec, repetition }: AcceptedMedia): string[] {
  const { payloadType, name, clockRate, parameters } = codec;
  const feedback = (kinds: readonly string[]) => kinds.map((one) => `a=rtcp-fb:${payloadType} ${one}`);
  if (kind === "audio") {
    if (name !== "OPUS") return [`a=rtpmap:${payloadType} ${name}/${clockRate}`, ...feedback(["transport-cc"])];
    return [
      `a=rtpmap:${payloadType} OPUS/48000/2`,
      ...feedback(["transport-cc"]),
      `a=fmtp:${payloadType} useinbandfec=1`,
    ];
  }
  return [
    `a=rtpmap:${payloadType} ${name}/90000`,
    ...feedback(["nack", "nack pli", "transport-cc"]),
    ...(name === "H264" ? [`a=fmtp:${payloadType} ${h264Parameters(parameters)}`] : []),
    ...(repetition
      ? [`a=rtpmap:${repetition.payloadType} RTX/90000`, `a=fmtp:${repetition.payloadType} apt=${payloadType}`]
      : []),
  ];
}

const h264Parameters = (offered: ReadonlyMap<string, string>): string =>
  `profile-level-id=${offered.get("profile-level-id") ?? "42e01f"};packetization-mode=1`;

function sourceLines({ offered, ssrc, repetition, direction }: AcceptedMedia, cname: string): string[] {
  if (direction !== "sendrecv" && direction !== "sendonly") return [];
  const stream = `${offered.index}@gml-${offered.index}`;
  const sources = [ssrc, ...(repetition ? [repetition.ssrc] : [])];
  return [
    `a=msid:${stream} ${stream}`,
    ...(sources.length > 1 ? [`a=ssrc-group:FID ${sources.join(" ")}`] : []),
    ...sources.flatMap((one) => [`a=ssrc:${one} cname:${cname}`, `a=ssrc:${one} msid:${stream} ${stream}`]),
  ];
}

/** UDP with falling priority, then the TCP port that Ring's server offers too (nothing here answers on it). */
function candidateLines(candidates: readonly Candidate[]): string[] {
  const udp = candidates.map(
    ({ address, port }, index) => `a=candidate:${index + 1} 1 udp ${firstPriority - index} ${address} ${port} typ host`,
  );
  const address = candidates.at(-1)?.address ?? "127.0.0.1";
  return [...udp, `a=candidate:${udp.length + 1} 1 tcp ${tcpPriority} ${address} 443 typ host tcptype passive`];
}
