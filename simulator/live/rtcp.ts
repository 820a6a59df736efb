// RTCP as a sender of media needs it: what receivers ask for, and the reports, names and farewells it sends.

const senderReportType = 200;
const receiverReportType = 201;
const sourceDescriptionType = 202;
const goodbyeType = 203;
const transportFeedbackType = 205;
const payloadFeedbackType = 206;

export type Feedback =
  | { readonly kind: "key-frame"; readonly form: "pli" | "fir"; readonly ssrc: number }
  | { readonly kind: "nack"; readonly ssrc: number; readonly sequences: readonly number[] };

/** What a receiver says of the packets of one sender (RFC 3550, 6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number;
  /** Of 256, since the report before. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  readonly highestSequence: number;
  readonly jitter: number;
  /** The middle 32 bits of the NTP time of our last report. */
  readonly lastSenderReport: number;
}

/** RTP and RTCP share one port: the second byte tells them apart (RFC 5761). */
export function isRtcp(packet: Buffer): boolean {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** What a compound packet asks for; reports and kinds we have no use for are passed over. */
export function parseFeedback(compound: Buffer): Feedback[] {
  const found: Feedback[] = [];
  let at = 0;
  while (at + 12 <= compound.length) {
    const end = at + 4 * (compound.readUInt16BE(at + 2) + 1);
    const feedback = readFeedback(compound.subarray(at, Math.min(end, compound.length)));
    if (feedback) found.push(feedback);
    at = end;
  }
  return found;
}

/** The report blocks of all receiver's and sender's reports in a compound packet. */
export function parseReports(compound: Buffer): ReceptionReport[] {
  const found: ReceptionReport[] = [];
  let at = 0;
  while (at + 8 <= compound.length) {
    const end = Math.min(at + 4 * (compound.readUInt16BE(at + 2) + 1), compound.length);
    const blocksAt = { [senderReportType]: 28, [receiverReportType]: 8 }[compound[at + 1] ?? 0];
    if (blocksAt !== undefined) found.push(...readBlocks(compound.subarray(at, end), blocksAt));
    at = end;
  }
  return found;
}

const blockBytes = 24;

function readBlocks(packet: Buffer, first: number): ReceptionReport[] {
  const count = (packet[0] ?? 0) & 31;
  const starts = Array.from({ length: count }, (_, index) => first + index * blockBytes);
  return starts
    .filter((at) => at + blockBytes <= packet.length)
    .map((at) => ({
      ssrc: packet.readUInt32BE(at),
      fractionLost: packet.readUInt8(at + 4),
      packetsLost: packet.readIntBE(at + 5, 3),
      highestSequence: packet.readUInt32BE(at + 8),
      jitter: packet.readUInt32BE(at + 12),
      lastSenderReport: packet.readUInt32BE(at + 16),
    }));
}

function readFeedback(packet: Buffer): Feedback | undefined {
  if (packet.length < 12) return undefined;
  const format = (packet[0] ?? 0) & 31;
  const type = packet[1];
  if (type === payloadFeedbackType && format === 1) {
    return { kind: "key-frame", form: "pli", ssrc: packet.readUInt32BE(8) };
  }
  // The media source of a FIR stands in its entry, not in the header (RFC 5104).
  if (type === payloadFeedbackType && format === 4 && packet.length >= 20) {
    return { kind: "key-frame", form: "fir", ssrc: packet.readUInt32BE(12) };
  }
  if (type === transportFeedbackType && format === 1) {
    return { kind: "nack", ssrc: packet.readUInt32BE(8), sequences: lostSequences(packet) };
  }
  return undefined;
}

/** Each entry names one packet and, by bits, those lost of the 16 after it. */
function lostSequences(packet: Buffer): number[] {
  const sequences: number[] = [];
  for (let at = 12; at + 4 <= packet.length; at += 4) {
    const first = packet.readUInt16BE(at);
    const mask = packet.readUInt16BE(at + 2);
    sequences.push(first);
    for (let bit = 0; bit < 16; bit++) if (mask & (1 << bit)) sequences.push((first + bit + 1) & 0xffff);
  }
  return sequences;
}

export interface SenderState {
  readonly ssrc: number;
  readonly cname: string;
  readonly unixMs: number;
  readonly rtpTime: number;
  readonly packets: number;
  readonly bytes: number;
}

const secondsFrom1900To1970 = 2_208_988_800;

/** Sender report and the name of the source. */
export function senderReport({ ssrc, cname, unixMs, rtpTime, packets, bytes }: SenderState): Buffer {
  const report = Buffer.alloc(28);
  writeHeader(report, 0, senderReportType);
  report.writeUInt32BE(ssrc, 4);
  const seconds = Math.floor(unixMs / 1000);
  report.writeUInt32BE((seconds + secondsFrom1900To1970) >>> 0, 8);
  report.writeUInt32BE(Math.floor((unixMs / 1000 - seconds) * 2 ** 32), 12);
  report.writeUInt32BE(rtpTime >>> 0, 16);
  report.writeUInt32BE(packets >>> 0, 20);
  report.writeUInt32BE(bytes >>> 0, 24);
  return Buffer.concat([report, sourceDescription(ssrc, cname)]);
}

export function goodbye(state: SenderState): Buffer {
  const farewell = Buffer.alloc(8);
  writeHeader(farewell, 1, goodbyeType);
  farewell.writeUInt32BE(state.ssrc, 4);
  return Buffer.concat([senderReport(state), farewell]);
}

function sourceDescription(ssrc: number, cname: string): Buffer {
  const name = Buffer.from(cname);
  // The item list ends with at least one zero and fills whole words.
  const description = Buffer.alloc(8 + Math.ceil((2 + name.length + 1) / 4) * 4);
  writeHeader(description, 1, sourceDescriptionType);
  description.writeUInt32BE(ssrc, 4);
  description[8] = 1;
  description[9] = name.length;
  name.copy(description, 10);
  return description;
}

function writeHeader(packet: Buffer, count: number, type: number): void {
  packet[0] = 0x80 | count;
  packet[1] = type;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
}
