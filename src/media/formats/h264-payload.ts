// H.264 in RTP (RFC 6184): what a payload carries, looked at without copying: single NAL units, STAP-A and FU-A.

const nal = { idr: 5, sps: 7, pps: 8, delimiter: 9, stapA: 24, fuA: 28 };

/** Bits of `inspectH264`. */
export const h264Content = {
  /** The first bytes of a slice of an IDR picture. */
  idr: 1,
  sps: 2,
  pps: 4,
  /** The payload begins with the first NAL unit of an access unit, as far as a payload can tell. */
  startsAccessUnit: 8,
};

export interface ParameterSets {
  readonly sps: Buffer;
  readonly pps: Buffer;
}

/** The content as a set of `h264Content` bits; 0 for empty, damaged or other payloads. */
export function inspectH264(payload: Buffer): number {
  const type = (payload[0] ?? 0) & 0x1f;
  if (type === nal.stapA) return inspectStapA(payload);
  if (type !== nal.fuA) return inspectNal(type, payload[1] ?? 0);
  const fuHeader = payload[1] ?? 0;
  return fuHeader & 0x80 ? inspectNal(fuHeader & 0x1f, payload[2] ?? 0) : 0;
}

/** The payload is where a key frame begins: its parameter sets, or the first bytes of an IDR slice. */
export function startsKeyFrame(payload: Buffer): boolean {
  return (inspectH264(payload) & (h264Content.idr | h264Content.sps)) !== 0;
}

function inspectNal(type: number, firstByte: number): number {
  if (type === nal.sps) return h264Content.sps | h264Content.startsAccessUnit;
  if (type === nal.pps) return h264Content.pps;
  if (type === nal.delimiter) return h264Content.startsAccessUnit;
  if (type < 1 || type > nal.idr) return 0;
  // first_mb_in_slice is 0, written as a single 1 bit, in the first slice of a picture.
  const startsPicture = firstByte & 0x80 ? h264Content.startsAccessUnit : 0;
  return type === nal.idr ? h264Content.idr | startsPicture : startsPicture;
}

function inspectStapA(payload: Buffer): number {
  let content = 0;
  for (let at = 1; at + 3 <= payload.length; ) {
    const start = at + 2;
    const end = start + payload.readUInt16BE(at);
    if (end > payload.length || end === start) break;
    const found = inspectNal(payload.readUInt8(start) & 0x1f, payload[start + 1] ?? 0);
    content |= at === 1 ? found : found & ~h264Content.startsAccessUnit;
    at = end;
  }
  return content;
}

/** The NAL units of a payload that carries whole ones; views of the payload, none for fragments. */
export function wholeNalUnits(payload: Buffer): Buffer[] {
  const type = (payload[0] ?? 0) & 0x1f;
  if (type !== nal.stapA) return type >= 1 && type < nal.stapA ? [payload] : [];
  const units: Buffer[] = [];
  for (let at = 1; at + 3 <= payload.length; ) {
    const end = at + 2 + payload.readUInt16BE(at);
    if (end > payload.length || end === at + 2) break;
    units.push(payload.subarray(at + 2, end));
    at = end;
  }
  return units;
}

/** Parameter sets in a payload, copied out of it. */
export function extractParameterSets(payload: Buffer): Partial<ParameterSets> {
  const found: { sps?: Buffer; pps?: Buffer } = {};
  for (const unit of wholeNalUnits(payload)) {
    const type = unit.readUInt8(0) & 0x1f;
    if (type === nal.sps) found.sps = Buffer.from(unit);
    if (type === nal.pps) found.pps = Buffer.from(unit);
  }
  return found;
}

/** One STAP-A payload with both parameter sets. */
export function parameterSetPayload({ sps, pps }: ParameterSets): Buffer {
  const importance = Math.max(sps[0] ?? 0, pps[0] ?? 0) & 0x60;
  return Buffer.concat([Buffer.from([importance | nal.stapA]), sized(sps), sized(pps)]);
}

function sized(unit: Buffer): Buffer {
  const data = Buffer.allocUnsafe(2 + unit.length);
  data.writeUInt16BE(unit.length, 0);
  unit.copy(data, 2);
  return data;
}
