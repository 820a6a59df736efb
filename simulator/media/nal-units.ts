// NAL units of H.264 and H.265: cutting a byte stream (Annex B) into them and telling what they are.

export type VideoCodec = "h264" | "h265";

/** What a sender must know of a unit. `parameters` are SPS, PPS and (H.265) VPS. */
export type NalRole = "keySlice" | "slice" | "parameters" | "other";

/** The units between the start codes, without these. */
export function splitByteStream(stream: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let start = -1;
  for (let at = stream.indexOf("\0\0\x01", 0, "latin1"); at >= 0; at = stream.indexOf("\0\0\x01", at + 3, "latin1")) {
    if (start >= 0) units.push(withoutTrailingZeros(stream.subarray(start, at)));
    start = at + 3;
  }
  if (start >= 0) units.push(withoutTrailingZeros(stream.subarray(start)));
  return units;
}

/** A four byte start code begins with a zero that belongs to nobody. */
function withoutTrailingZeros(unit: Buffer): Buffer {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end--;
  return unit.subarray(0, end);
}

const startCode = Buffer.from([0, 0, 0, 1]);

export const toByteStream = (units: readonly Buffer[]): Buffer =>
  Buffer.concat(units.flatMap((unit) => [startCode, unit]));

export const h264Type = (unit: Buffer): number => (unit[0] ?? 0) & 0x1f;
export const h265Type = (unit: Buffer): number => ((unit[0] ?? 0) >> 1) & 0x3f;

export function nalRole(unit: Buffer, codec: VideoCodec): NalRole {
  return codec === "h264" ? h264Role(h264Type(unit)) : h265Role(h265Type(unit));
}

function h264Role(type: number): NalRole {
  if (type === 5) return "keySlice";
  if (type === 1) return "slice";
  return type === 7 || type === 8 ? "parameters" : "other";
}

function h265Role(type: number): NalRole {
  if (type === 19 || type === 20) return "keySlice";
  if (type <= 9) return "slice";
  return type >= 32 && type <= 34 ? "parameters" : "other";
}
