// Reads the frame number from the block row of a decoded picture (layout: simulator/media/frame-blocks.ts).
import { blockCount, blockRectangle, decodeBlocks } from "../../simulator/media/frame-blocks.ts";

/** A grey picture, or a yuv420p one: only its first `width * height` bytes (luma) are looked at. */
export interface LumaPicture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Black and white must be at least so far apart, or there is no block row. */
const leastContrast = 60;

export function readFrameNumber(picture: LumaPicture): number | undefined {
  const levels = Array.from({ length: blockCount }, (_, index) => blockLevel(picture, index));
  const white = levels[0] ?? 0;
  const black = levels[blockCount - 1] ?? 0;
  if (white - black < leastContrast) return undefined;
  return decodeBlocks(levels.map((level) => level > (white + black) / 2));
}

/** The middle half of a block: its edges are blurred by scaling and compression. */
function blockLevel({ data, width, height }: LumaPicture, index: number): number {
  const { x, y, side } = blockRectangle(index, width);
  const from = (start: number) => Math.floor(start + side / 4);
  const to = (start: number) => Math.max(from(start) + 1, Math.ceil(start + (side * 3) / 4));
  let sum = 0;
  let pixels = 0;
  for (let row = from(y); row < Math.min(to(y), height); row++) {
    for (let column = from(x); column < to(x); column++) {
      sum += data[row * width + column] ?? 0;
      pixels++;
    }
  }
  return pixels === 0 ? 0 : sum / pixels;
}
