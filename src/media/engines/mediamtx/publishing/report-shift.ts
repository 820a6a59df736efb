// Moves the wall clock of the sender reports that pass by in an interleaved connection, whose bytes are not taken apart otherwise.
import { moveSenderReports, wallClockEnd } from "../../../formats/sender-report-move.ts";

const dollar = 0x24;
const frameHeaderBytes = 4;
const nothing = Buffer.alloc(0);

export class ReportShift {
  readonly #ms: number;
  readonly #isRtcp: (channel: number) => boolean;
  /** Bytes of the present frame that need not be looked at. */
  #skip = 0;
  /** The beginning of a frame of which too little has come. */
  #kept: Buffer = nothing;

  /** What it is given begins with a frame. */
  constructor(ms: number, isRtcp: (channel: number) => boolean) {
    this.#ms = ms;
    this.#isRtcp = isRtcp;
  }

  /** Returns what may go on; changes the bytes that it is given. */
  push(chunk: Buffer): Buffer {
    const bytes = this.#kept.length > 0 ? Buffer.concat([this.#kept, chunk]) : chunk;
    let at = this.#skip;
    while (at < bytes.length) {
      const size = this.#take(bytes.subarray(at));
      if (size === undefined) break;
      at += size;
    }
    this.#skip = Math.max(at - bytes.length, 0);
    this.#kept = bytes.subarray(at);
    return bytes.subarray(0, at);
  }

  /** The size of the frame that begins here; undefined where more of it must come. */
  #take(bytes: Buffer): number | undefined {
    // Words: nothing but a farewell.
    if (bytes[0] !== dollar) return Number.MAX_SAFE_INTEGER;
    if (bytes.length < frameHeaderBytes) return undefined;
    const size = frameHeaderBytes + bytes.readUInt16BE(2);
    if (!this.#isRtcp(bytes.readUInt8(1))) return size;
    if (bytes.length < Math.min(size, frameHeaderBytes + wallClockEnd)) return undefined;
    moveSenderReports(bytes.subarray(frameHeaderBytes, size), this.#ms);
    return size;
  }
}
