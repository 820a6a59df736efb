// A client's SDP offer, taken apart as far as the simulated media server needs it.

export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

export interface OfferedCodec {
  readonly payloadType: number;
  /** Upper case. */
  readonly name: string;
  readonly clockRate: number;
  /** Parameters of the fmtp line, keys lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface OfferedMedia {
  readonly index: number;
  readonly kind: string;
  readonly mid: string;
  readonly protocol: string;
  readonly direction: Direction;
  readonly codecs: readonly OfferedCodec[];
  readonly lines: readonly string[];
  /** Id of the transport-wide congestion control header extension. */
  readonly transportCounterId: number | undefined;
}

export interface Offer {
  readonly sessionLines: readonly string[];
  readonly media: readonly OfferedMedia[];
  readonly bundled: readonly string[];
}

const directions: readonly Direction[] = ["sendrecv", "sendonly", "recvonly", "inactive"];

export function parseOffer(sdp: string): Offer {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== "");
  if (lines[0] !== "v=0") throw new Error("the offer is no SDP: it does not begin with v=0");
  const starts = lines.flatMap((line, index) => (line.startsWith("m=") ? [index] : []));
  if (starts.length === 0) throw new Error("the offer has no m-line");
  const sessionLines = lines.slice(0, starts[0]);
  const group = attribute(sessionLines, "a=group:BUNDLE ");
  return {
    sessionLines,
    media: starts.map((start, index) => parseMedia(index, lines.slice(start, starts[index + 1]))),
    bundled: group?.split(" ").filter((mid) => mid !== "") ?? [],
  };
}

function parseMedia(index: number, lines: readonly string[]): OfferedMedia {
  const [kind = "", , protocol = "", ...formats] = (lines[0] ?? "").slice("m=".length).split(" ");
  return {
    ...{ index, kind, protocol, lines },
    mid: attribute(lines, "a=mid:") ?? String(index),
    direction: directions.find((direction) => lines.includes(`a=${direction}`)) ?? "sendrecv",
    codecs: formats.map((format) => parseCodec(Number(format), lines)).filter((codec) => codec !== undefined),
    transportCounterId: transportCounterId(lines),
  };
}

function parseCodec(payloadType: number, lines: readonly string[]): OfferedCodec | undefined {
  // Payload type 0 needs no rtpmap.
  const map = attribute(lines, `a=rtpmap:${payloadType} `) ?? (payloadType === 0 ? "PCMU/8000" : undefined);
  if (!map) return undefined;
  const [name = "", clockRate = ""] = map.split("/");
  const pairs = (attribute(lines, `a=fmtp:${payloadType} `) ?? "").split(";").map((pair) => pair.trim().split("="));
  return {
    ...{ payloadType, name: name.toUpperCase(), clockRate: Number(clockRate) },
    parameters: new Map(pairs.map(([key = "", value = ""]) => [key.toLowerCase(), value])),
  };
}

function transportCounterId(lines: readonly string[]): number | undefined {
  const line = lines.find((one) => one.startsWith("a=extmap:") && one.includes("transport-wide-cc"));
  const id = Number(line?.match(/^a=extmap:(\d+)/)?.[1]);
  // The one byte form of header extensions has room for 1 to 14.
  return id >= 1 && id <= 14 ? id : undefined;
}

function attribute(lines: readonly string[], prefix: string): string | undefined {
  return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length);
}
