// The frame number that a machine can read from the picture: a row of black and white blocks with a check sum.
//
// Layout, in units of one block (side = picture width / 40, so 48 pixels at 1920): the row begins 3 blocks from the left
// and 1 block from the top and is 34 blocks long and 1 high: one white block (reference), 24 bits of the number, most
// significant first (white = 1), 8 bits CRC-8 of these three bytes, one black block (reference).

const columnsOfPicture = 40;
const firstColumn = 3;
const firstRow = 1;
const numberBits = 24;
const checkBits = 8;

export const blockCount = 1 + numberBits + checkBits + 1;
export const largestNumber = 2 ** numberBits - 1;

export interface BlockRectangle {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/** Where block `index` is in a picture of that width; fractions of a pixel are possible. */
export function blockRectangle(index: number, pictureWidth: number): BlockRectangle {
  const side = pictureWidth / columnsOfPicture;
  return { x: (firstColumn + index) * side, y: firstRow * side, side };
}

/** CRC-8 with polynomial 0x07; the start value makes an all black row wrong. */
function crc8(number: number): number {
  let crc = 0xa5;
  for (const byte of [number >> 16, number >> 8, number]) {
    crc ^= byte & 0xff;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  }
  return crc;
}

/** Blocks from left to right, true = white. */
export function encodeBlocks(number: number): boolean[] {
  if (!Number.isInteger(number) || number < 0 || number > largestNumber) {
    throw new Error(`frame number ${number} does not fit the ${numberBits} bits of the block row`);
  }
  const bits = (value: number, count: number) =>
    Array.from({ length: count }, (_, index) => ((value >> (count - 1 - index)) & 1) === 1);
  return [true, ...bits(number, numberBits), ...bits(crc8(number), checkBits), false];
}

/** The number of a row of blocks, or undefined if the row is incomplete or its check sum is wrong. */
export function decodeBlocks(blocks: readonly boolean[]): number | undefined {
  if (blocks.length !== blockCount || blocks[0] !== true || blocks[blockCount - 1] !== false) return undefined;
  const value = (from: number, count: number) =>
    blocks.slice(from, from + count).reduce((sum, block) => sum * 2 + (block ? 1 : 0), 0);
  const number = value(1, numberBits);
  return value(1 + numberBits, checkBits) === crc8(number) ? number : undefined;
}
