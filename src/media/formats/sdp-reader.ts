// Reads the media of an SDP description (RFC 4566); everything is bounded, and lines that we do not know are passed over.

export interface MediaDescription {
  /** `video`, `audio`, ... */
  readonly media: string;
  readonly payloadType: number;
  /** Lower case, from the rtpmap; empty where there is none. */
  readonly encoding: string;
  readonly clockRate: number | undefined;
  readonly channels: number | undefined;
  /** Format parameters by lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
  /** As it stands there: absolute, or relative to the base; empty where there is none. */
  readonly control: string;
}

const mostBytes = 16_384;
const mostMedia = 16;

/** The media in their order, each with its first format; undefined for what is not SDP or too much of it. */
export function readSessionDescription(text: string): MediaDescription[] | undefined {
  if (text.length > mostBytes) return undefined;
  const lines = text.split(/\r\n|\r|\n/);
  if (lines[0]?.trim() !== "v=0") return undefined;
  const starts = lines.flatMap((line, at) => (line.startsWith("m=") ? [at] : []));
  if (starts.length > mostMedia) return undefined;
  const media = starts.map((start, at) => readMedia(lines.slice(start, starts[at + 1])));
  return media.every((one) => one !== undefined) ? media : undefined;
}

function readMedia(lines: readonly string[]): MediaDescription | undefined {
  const [, media, type] = /^m=([a-z]+) \d+(?:\/\d+)? RTP\/AVPF? (\d{1,3})(?: |$)/.exec(lines[0] ?? "") ?? [];
  if (media === undefined || type === undefined || Number(type) > 127) return undefined;
  const attribute = (name: string): string => {
    const found = lines.find((line) => line.startsWith(`a=${name}`));
    return found?.slice(name.length + 2).trim() ?? "";
  };
  const [, encoding = "", rate, channels] =
    /^([\w.-]+)\/(\d{1,7})(?:\/(\d{1,2}))?$/.exec(attribute(`rtpmap:${type} `)) ?? [];
  return {
    media,
    payloadType: Number(type),
    encoding: encoding.toLowerCase(),
    clockRate: rate === undefined ? undefined : Number(rate),
    channels: channels === undefined ? undefined : Number(channels),
    parameters: readParameters(attribute(`fmtp:${type} `)),
    control: attribute("control:"),
  };
}

function readParameters(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of text.split(";")) {
    const [, name, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    if (name !== undefined && value !== undefined) found.set(name.toLowerCase(), value);
  }
  return found;
}
