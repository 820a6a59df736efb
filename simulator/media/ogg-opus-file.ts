// Puts Opus packets of 20 ms into an Ogg file, so that FFmpeg can decode what a live call delivered.

const samplesPerPacket = 960;
const serial = 0x62656c66;
const polynomial = 0x04c11db7;

export function oggOpusFile(packets: readonly Buffer[]): Buffer {
  const head = Buffer.from("OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0", "latin1");
  const tags = Buffer.from("OpusTags\0\0\0\0\0\0\0\0", "latin1");
  return Buffer.concat([
    page(head, 0, 0, 2),
    page(tags, 1, 0, 0),
    ...packets.map((packet, index) =>
      page(packet, index + 2, (index + 1) * samplesPerPacket, index === packets.length - 1 ? 4 : 0),
    ),
  ]);
}

/** One packet per page; `flags`: 2 first page, 4 last one. */
function page(packet: Buffer, sequence: number, granule: number, flags: number): Buffer {
  const lacing = [...new Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255];
  const header = Buffer.alloc(27);
  header.write("OggS", "latin1");
  header[5] = flags;
  header.writeBigUInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(serial, 14);
  header.writeUInt32LE(sequence, 18);
  header[26] = lacing.length;
  const whole = Buffer.concat([header, Buffer.from(lacing), packet]);
  whole.writeUInt32LE(checksum(whole), 22);
  return whole;
}

function checksum(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ polynomial : crc << 1;
  }
  return crc >>> 0;
}
