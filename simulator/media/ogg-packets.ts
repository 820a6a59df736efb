// The packets of an Ogg stream with one track, as FFmpeg writes it.

const pageHeaderBytes = 27;

export function oggPackets(stream: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let parts: Buffer[] = [];
  let at = 0;
  while (at < stream.length) {
    if (stream.toString("latin1", at, at + 4) !== "OggS") throw new Error(`no Ogg page at byte ${at}`);
    const segments = stream[at + 26] ?? 0;
    const lacing = stream.subarray(at + pageHeaderBytes, at + pageHeaderBytes + segments);
    at += pageHeaderBytes + segments;
    for (const size of lacing) {
      parts.push(stream.subarray(at, at + size));
      at += size;
      // A segment of 255 bytes goes on in the next one.
      if (size === 255) continue;
      packets.push(Buffer.concat(parts));
      parts = [];
    }
  }
  return packets;
}
