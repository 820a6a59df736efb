// Writes RTCP: the compounds that Belfry sends to its readers.
import { rtcpTypes } from "./rtcp-packet.ts";
import { wrapTimestamp } from "./rtp-arithmetic.ts";

const secondsFrom1900To1970 = 2_208_988_800;

export interface SenderReportFields {
  readonly ssrc: number;
  readonly cname: string;
  /** The wall clock at `rtpTimestamp`. */
  readonly unixMs: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
}

/** Sender report and CNAME. */
export function buildSenderReport(fields: SenderReportFields): Buffer {
  const report = Buffer.allocUnsafe(28);
  const seconds = Math.floor(fields.unixMs / 1_000);
  writeHeader(report, rtcpTypes.senderReport, 0);
  report.writeUInt32BE(fields.ssrc, 4);
  report.writeUInt32BE(wrapTimestamp(seconds + secondsFrom1900To1970), 8);
  report.writeUInt32BE(Math.floor((fields.unixMs / 1_000 - seconds) * 2 ** 32), 12);
  report.writeUInt32BE(wrapTimestamp(fields.rtpTimestamp), 16);
  report.writeUInt32BE(wrapTimestamp(fields.packets), 20);
  report.writeUInt32BE(wrapTimestamp(fields.octets), 24);
  return Buffer.concat([report, buildSourceDescription(fields.ssrc, fields.cname)]);
}

/** A receiver report about nothing, and CNAME: a sign of life before there is media. */
export function buildEmptyReceiverReport(ssrc: number, cname: string): Buffer {
  const report = Buffer.allocUnsafe(8);
  writeHeader(report, rtcpTypes.receiverReport, 0);
  report.writeUInt32BE(ssrc, 4);
  return Buffer.concat([report, buildSourceDescription(ssrc, cname)]);
}

/** The end of a track, as a compound that may stand alone. */
export function buildBye(ssrc: number, cname: string): Buffer {
  const bye = Buffer.allocUnsafe(8);
  writeHeader(bye, rtcpTypes.bye, 1);
  bye.writeUInt32BE(ssrc, 4);
  return Buffer.concat([buildEmptyReceiverReport(ssrc, cname), bye]);
}

function buildSourceDescription(ssrc: number, cname: string): Buffer {
  const text = Buffer.from(cname, "utf8").subarray(0, 255);
  // Header, SSRC, item header and text, at least one zero, filled up to 32 bits.
  const packet = Buffer.alloc((4 + 4 + 2 + text.length + 4) & ~3);
  writeHeader(packet, rtcpTypes.sourceDescription, 1);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt8(1, 8);
  packet.writeUInt8(text.length, 9);
  text.copy(packet, 10);
  return packet;
}

function writeHeader(packet: Buffer, type: number, count: number): void {
  packet.writeUInt8(0x80 | count, 0);
  packet.writeUInt8(type, 1);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
}
