// Writes Opus packets as an Ogg stream (RFC 3533, RFC 7845), one packet a page so that nothing waits for the next.
import { opusTicks } from "./opus-packet.ts";

const pageHeaderBytes = 27;
const mostPayload = 255 * 255 - 1;
const beginning = 0x02;
/** Any; there is only one stream. */
const serial = 1;

export class OggOpusWriter {
  #page = 0;
  #ticks = 0;

  /** The two header pages. No pre-skip: what the packets hold is played from their first sample on. */
  start(): Buffer {
    const head = Buffer.alloc(19);
    head.write("OpusHead", "latin1");
    head[8] = 1;
    head[9] = 2;
    head.writeUInt32LE(48_000, 12);
    const tags = Buffer.alloc(16);
    tags.write("OpusTags", "latin1");
    return Buffer.concat([this.#writePage(head, beginning), this.#writePage(tags, 0)]);
  }

  packet(payload: Buffer): Buffer {
    this.#ticks += opusTicks(payload);
    return this.#writePage(payload, 0);
  }

  #writePage(payload: Buffer, flags: number): Buffer {
    const body = payload.subarray(0, mostPayload);
    const segments = Math.floor(body.length / 255) + 1;
    const page = Buffer.alloc(pageHeaderBytes + segments + body.length);
    page.write("OggS", "latin1");
    page[5] = flags;
    page.writeBigUInt64LE(BigInt(this.#ticks), 6);
    page.writeUInt32LE(serial, 14);
    page.writeUInt32LE(this.#page++, 18);
    page[26] = segments;
    page.fill(255, pageHeaderBytes, pageHeaderBytes + segments - 1);
    page[pageHeaderBytes + segments - 1] = body.length % 255;
    body.copy(page, pageHeaderBytes + segments);
    page.writeUInt32LE(checksum(page), 22);
    return page;
  }
}

/** CRC-32 of Ogg: polynomial 0x04c11db7, neither reflected nor inverted. */
const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x8000_0000 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value >>> 0;
});

function checksum(bytes: Buffer): number {
  let value = 0;
  for (const byte of bytes) value = ((value << 8) ^ (table[((value >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  return value;
}
