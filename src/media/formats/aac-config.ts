// AudioSpecificConfig (ISO 14496-3), as SDP and MP4 files carry it.

const elementaryStream = 0x03;
const decoderConfig = 0x04;
const decoderSpecificInfo = 0x05;
/** Fields in front of the descriptors inside. */
const fieldBytes: Readonly<Record<number, number>> = { [elementaryStream]: 3, [decoderConfig]: 13 };

/** Encoders add to AAC-LC that there is no SBR, which goes without saying: configurations are compared without that. */
export function plainAacConfig(hex: string): string {
  return hex.toLowerCase().replace(/^([0-9a-f]{4})56e500$/, "$1");
}

/** The configuration in the content of an `esds` box, hex; undefined where there is none. */
export function configOfElementaryStream(esds: Buffer): string | undefined {
  // Version and flags.
  let rest = esds.subarray(4);
  for (const tag of [elementaryStream, decoderConfig, decoderSpecificInfo]) {
    const content = contentOfDescriptor(rest, tag);
    if (!content) return undefined;
    rest = content.subarray(fieldBytes[tag] ?? 0);
  }
  return rest.length >= 2 ? plainAacConfig(rest.toString("hex")) : undefined;
}

/** Tag, then the length in up to four bytes of seven bits. */
function contentOfDescriptor(bytes: Buffer, tag: number): Buffer | undefined {
  if (bytes[0] !== tag) return undefined;
  let length = 0;
  for (let at = 1; at <= 4; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    length = (length << 7) | (byte & 0x7f);
    if (byte < 0x80) return bytes.subarray(at + 1, at + 1 + length);
  }
  return undefined;
}
