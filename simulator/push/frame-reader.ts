// Cuts the byte stream of an MCS connection into messages, however TCP has split it; writes them too.
export const mcsVersion = 41;

// A login names every message received since the last one, about 40 bytes each.
const maximumFrameBytes = 1024 * 1024;
const maximumSizeBytes = 5;

export interface Frame {
  readonly tag: number;
  readonly payload: Buffer;
}

/** The stream cannot be read on: wrong version or a size out of bounds. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

interface Header {
  readonly tag: number;
  readonly headerBytes: number;
  readonly payloadBytes: number;
}

/** Undefined while bytes are missing. */
function readHeader(data: Buffer): Header | undefined {
  let payloadBytes = 0;
  for (let index = 0; index < maximumSizeBytes; index += 1) {
    const byte = data[1 + index];
    if (byte === undefined) return undefined;
    payloadBytes += (byte & 0x7f) * 2 ** (7 * index);
    if (payloadBytes > maximumFrameBytes) break;
    if (byte < 0x80) return { tag: data.readUInt8(0), headerBytes: 2 + index, payloadBytes };
  }
  throw new FrameError(`A message is larger than ${maximumFrameBytes} bytes; no client sends so much.`);
}

export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #neededBytes = 1;
  #hasVersion = false;

  /** The messages that `chunk` completes. The iteration throws a FrameError where the stream breaks. */
  *read(chunk: Buffer): Generator<Frame, void> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    // Joined only when a message can be complete, so that tiny chunks of a long message cost nothing.
    if (this.#bytes < this.#neededBytes) return;
    let rest = this.#skipVersion(Buffer.concat(this.#chunks));
    for (;;) {
      const header = readHeader(rest);
      const wholeBytes = header ? header.headerBytes + header.payloadBytes : rest.length + 1;
      if (!header || rest.length < wholeBytes) {
        this.#keep(rest, wholeBytes);
        return;
      }
      const payload = rest.subarray(header.headerBytes, wholeBytes);
      rest = rest.subarray(wholeBytes);
      yield { tag: header.tag, payload };
    }
  }

  #skipVersion(data: Buffer): Buffer {
    if (this.#hasVersion) return data;
    if (data[0] !== mcsVersion) throw new FrameError(`The protocol version is ${data[0]}; it must be ${mcsVersion}.`);
    this.#hasVersion = true;
    return data.subarray(1);
  }

  #keep(rest: Buffer, neededBytes: number): void {
    this.#chunks = [rest];
    this.#bytes = rest.length;
    this.#neededBytes = neededBytes;
  }
}

/** Tag, size as varint, payload. */
export function writeFrame(tag: number, payload: Buffer): Buffer {
  const header = [tag];
  let size = payload.length;
  while (size > 0x7f) {
    header.push((size & 0x7f) | 0x80);
    size >>>= 7;
  }
  header.push(size);
  return Buffer.concat([Buffer.from(header), payload]);
}
