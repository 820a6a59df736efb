// Moves the wall clock of sender reports, in place.
import { rtcpTypes } from "./rtcp-packet.ts";

const ntpUnitsPerMs = 2 ** 32 / 1_000;
/** From the beginning of a report to the end of its wall clock. */
export const wallClockEnd = 16;

/** In a compound RTCP packet, of which there is at least each report up to its wall clock. */
export function moveSenderReports(compound: Buffer, ms: number): void {
  const units = BigInt(Math.round(ms * ntpUnitsPerMs));
  for (let at = 0; at + wallClockEnd <= compound.length; at += 4 * (compound.readUInt16BE(at + 2) + 1))
    if (compound[at + 1] === rtcpTypes.senderReport)
      compound.writeBigUInt64BE(BigInt.asUintN(64, compound.readBigUInt64BE(at + 8) + units), at + 8);
}
