// What an H.264 sequence parameter set says (ITU-T H.264, 7.3.2.1.1 and E.1.1): profile, picture size, frame rate.
import { BitReader, withoutEmulationPrevention } from "./bit-reader.ts";

export interface SpsInfo {
  /** Six hex digits, as in SDP. */
  readonly profileLevelId: string;
  readonly width: number;
  readonly height: number;
  /** Frames per second, where the set says it. */
  readonly fps: number | undefined;
}

const largestSide = 16_384;
const profilesWithChroma = new Set([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244]);

/** `sps` as a NAL unit with its header byte. Undefined where it is damaged or not one. */
export function parseSps(sps: Buffer): SpsInfo | undefined {
  if (sps.length < 4 || (sps.readUInt8(0) & 0x1f) !== 7) return undefined;
  const reader = new BitReader(withoutEmulationPrevention(sps.subarray(4)));
  reader.unsigned();
  const chroma = profilesWithChroma.has(sps.readUInt8(1)) ? readChroma(reader) : { format: 1, isSeparate: false };
  readOrderCount(reader);
  const size = readSize(reader, chroma);
  if (reader.isExhausted || size.width < 1 || size.height < 1) return undefined;
  if (size.width > largestSide || size.height > largestSide) return undefined;
  const fps = reader.bit() ? readFrameRate(reader) : undefined;
  return {
    profileLevelId: profileLevelId(sps),
    ...size,
    fps: reader.isExhausted ? undefined : fps,
  };
}

/** Bytes 1 to 3 of a sequence parameter set. */
export function profileLevelId(sps: Buffer): string {
  return sps.toString("hex", 1, 4);
}

function readChroma(reader: BitReader): { format: number; isSeparate: boolean } {
  const format = reader.unsigned();
  const isSeparate = format === 3 && reader.bit() === 1;
  reader.unsigned();
  reader.unsigned();
  reader.skip(1);
  const lists = reader.bit() === 0 ? 0 : format === 3 ? 12 : 8;
  for (let list = 0; list < lists; list++) {
    if (reader.bit() === 1) skipScalingList(reader, list < 6 ? 16 : 64);
  }
  return { format, isSeparate };
}

function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  for (let index = 0; index < size; index++) {
    const next = (last + reader.signed() + 256) % 256;
    if (next === 0) return;
    last = next;
  }
}

function readOrderCount(reader: BitReader): void {
  reader.unsigned();
  const type = reader.unsigned();
  if (type === 0) reader.unsigned();
  if (type === 1) {
    reader.skip(1);
    reader.signed();
    reader.signed();
    const cycle = Math.min(reader.unsigned(), 255);
    for (let index = 0; index < cycle; index++) reader.signed();
  }
  reader.unsigned();
  reader.skip(1);
}

function readSize(
  reader: BitReader,
  chroma: { format: number; isSeparate: boolean },
): { width: number; height: number } {
  const columns = reader.unsigned() + 1;
  const rows = reader.unsigned() + 1;
  const fieldFactor = reader.bit() ? 1 : 2;
  if (fieldFactor === 2) reader.skip(1);
  reader.skip(1);
  const [left, right, top, bottom] = reader.bit()
    ? [reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()]
    : [0, 0, 0, 0];
  const format = chroma.isSeparate ? 0 : chroma.format;
  const cropX = format === 1 || format === 2 ? 2 : 1;
  const cropY = (format === 1 ? 2 : 1) * fieldFactor;
  return {
    width: columns * 16 - (left + right) * cropX,
    height: rows * 16 * fieldFactor - (top + bottom) * cropY,
  };
}

function readFrameRate(reader: BitReader): number | undefined {
  if (reader.bit() && reader.bits(8) === 255) reader.skip(32);
  if (reader.bit()) reader.skip(1);
  if (reader.bit()) {
    reader.skip(4);
    if (reader.bit()) reader.skip(24);
  }
  if (reader.bit()) {
    reader.unsigned();
    reader.unsigned();
  }
  if (!reader.bit()) return undefined;
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  const fps = timeScale / (2 * unitsInTick);
  return Number.isFinite(fps) && fps > 0 && fps <= 300 ? Math.round(fps * 1_000) / 1_000 : undefined;
}
