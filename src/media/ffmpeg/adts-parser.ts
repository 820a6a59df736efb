// Cuts FFmpeg's ADTS output into raw AAC frames.
import { TransientError } from "../../foundation/errors.ts";

const shortestHeaderBytes = 7;

export class AdtsParser {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that these bytes complete. Throws TransientError `ffmpeg.output` where they are no ADTS. */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const frames: Buffer[] = [];
    let start = 0;
    while (bytes.length - start >= shortestHeaderBytes) {
      const length = frameBytes(bytes, start);
      if (bytes.length - start < length) break;
      const hasChecksum = ((bytes[start + 1] ?? 0) & 1) === 0;
      frames.push(bytes.subarray(start + shortestHeaderBytes + (hasChecksum ? 2 : 0), start + length));
      start += length;
    }
    this.#rest = bytes.subarray(start);
    return frames;
  }
}

/** Length of the frame at `start` with its header. */
function frameBytes(bytes: Buffer, start: number): number {
  const length = (bytes.readUInt32BE(start + 2) >>> 5) & 0x1fff;
  if (bytes[start] !== 0xff || ((bytes[start + 1] ?? 0) & 0xf6) !== 0xf0 || length < shortestHeaderBytes)
    throw new TransientError("ffmpeg.output", "FFmpeg wrote something that is not AAC in ADTS");
  return length;
}
