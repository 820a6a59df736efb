// What can be read off an Opus packet without decoding it (RFC 6716, section 3), and packets that are silent.

/** 120 ms. */
const mostTicks = 5_760;

/** Duration of one frame by the configuration number of the TOC byte, in units of 48 kHz, as Opus always counts. */
function frameTicks(configuration: number): number {
  if (configuration < 12) return [480, 960, 1_920, 2_880][configuration % 4] ?? 0;
  if (configuration < 16) return [480, 960][configuration % 2] ?? 0;
  return [120, 240, 480, 960][configuration % 4] ?? 0;
}

/** Duration of a packet in units of 48 kHz; 0 where it is not a valid one. */
export function opusTicks(packet: Buffer): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const frames = frameCount(toc, packet[1]);
  const ticks = frames * frameTicks(toc >> 3);
  return ticks > mostTicks ? 0 : ticks;
}

function frameCount(toc: number, second: number | undefined): number {
  const code = toc & 0b11;
  if (code === 0) return 1;
  return code === 3 ? (second ?? 0) & 0b11_1111 : 2;
}

/** CELT full band mono with nothing but the silence flag, by duration, longest first. */
const silent = [
  { ticks: 960, packet: Buffer.from([0xf8, 0xff, 0xfe]) },
  { ticks: 480, packet: Buffer.from([0xf0, 0xff, 0xfe]) },
  { ticks: 240, packet: Buffer.from([0xe8, 0xff, 0xfe]) },
  { ticks: 120, packet: Buffer.from([0xe0, 0xff, 0xfe]) },
] as const;

/** Silent packets that together last `ticks`, or up to 2.5 ms less. */
export function opusSilence(ticks: number): Buffer[] {
  const packets: Buffer[] = [];
  let left = ticks;
  for (const { ticks: length, packet } of silent) for (; left >= length; left -= length) packets.push(packet);
  return packets;
}
