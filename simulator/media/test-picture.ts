// Draws the test picture: drifting waves, running clock, frame number, block row, and a white square while a beep sounds.
import { drawText, textHeight, textWidth } from "./bitmap-font.ts";
import { blockRectangle, encodeBlocks } from "./frame-blocks.ts";

export interface PictureFormat {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** After so many frames the moving background is where it began, so that a loop closes without a jump. */
  readonly loopFrames: number;
}

export interface PictureText {
  /** The number in the block row and under the clock. */
  readonly number: number;
  /** Seconds on the clock. */
  readonly seconds: number;
  readonly label: string;
}

const black = 16;
const white = 235;
const beepSeconds = 0.1;

/** The square is lit on the frames in which the beep of test-sound.ts sounds: the first 100 ms of each second. */
export const isFlashing = (seconds: number): boolean => (seconds + 1e-6) % 1 < beepSeconds;

/** Where the flashing square is: its side is 1/9 of the height, in the right lower corner, half a side from the edges. */
export function flashSquare({ width, height }: { width: number; height: number }): {
  x: number;
  y: number;
  side: number;
} {
  const side = Math.floor(height / 9);
  return { x: width - Math.floor(side * 1.5), y: height - Math.floor(side * 1.5), side };
}

export class TestPicture {
  readonly #format: PictureFormat;
  readonly #frame: Buffer;
  readonly #grain: Uint8Array;

  constructor(format: PictureFormat) {
    this.#format = format;
    const pixels = format.width * format.height;
    this.#frame = Buffer.alloc((pixels * 3) / 2);
    this.#grain = fixedGrain(pixels);
    drawTint(this.#frame.subarray(pixels), format.width / 2, format.height / 2);
  }

  /** The yuv420p picture of frame `index`. The buffer is used again by the next call. */
  draw(index: number, text: PictureText): Buffer {
    this.#drawWaves(index % this.#format.loopFrames);
    this.#drawBlocks(text.number);
    this.#drawTexts(text);
    const square = flashSquare(this.#format);
    const { x, y, side } = square;
    this.#fill(x, y, side, side, isFlashing(text.seconds) ? white : black);
    return this.#frame;
  }

  #fill(x: number, y: number, width: number, height: number, level: number): void {
    const [left, right] = [Math.max(0, Math.round(x)), Math.min(this.#format.width, Math.round(x + width))];
    const bottom = Math.min(this.#format.height, Math.round(y + height));
    for (let row = Math.max(0, Math.round(y)); row < bottom; row++) {
      const start = row * this.#format.width;
      this.#frame.fill(level, start + left, start + Math.max(left, right));
    }
  }

  /** Sum of three waves that drift a whole number of periods per loop, over a grain that rests. */
  #drawWaves(index: number): void {
    const { width, height, loopFrames } = this.#format;
    const turn = index / loopFrames;
    const across = wave(width, (3 * Math.PI) / width, 2 * turn, 26);
    const down = wave(height, (2 * Math.PI) / height, -turn, 22);
    const diagonal = wave(width + height, (9 * Math.PI) / width, 3 * turn, 14);
    let pixel = 0;
    for (let y = 0; y < height; y++) {
      const level = 96 + (down[y] ?? 0);
      for (let x = 0; x < width; x++) {
        this.#frame[pixel] = level + (across[x] ?? 0) + (diagonal[x + y] ?? 0) + (this.#grain[pixel] ?? 0);
        pixel++;
      }
    }
  }

  #drawBlocks(number: number): void {
    const { width } = this.#format;
    const blocks = encodeBlocks(number);
    const { x, y, side } = blockRectangle(0, width);
    this.#fill(x - side / 2, y - side / 2, (blocks.length + 1) * side, side * 2, 96);
    for (const [index, lit] of blocks.entries()) {
      const block = blockRectangle(index, width);
      this.#fill(block.x, block.y, block.side, block.side, lit ? white : black);
    }
  }

  #drawTexts({ number, seconds, label }: PictureText): void {
    const scale = Math.max(1, Math.floor(this.#format.height / 60));
    this.#drawLine(clockText(seconds), scale, this.#format.height * 0.3);
    this.#drawLine(`FRAME ${String(number).padStart(4, "0")}`, Math.ceil(scale / 2), this.#format.height * 0.5);
    this.#drawLine(label, Math.ceil(scale / 2), this.#format.height * 0.65);
  }

  /** White on black, in the middle of the picture; what does not fit is cut off by the edge. */
  #drawLine(text: string, scale: number, top: number): void {
    const x = Math.floor((this.#format.width - textWidth(text, scale)) / 2);
    const y = Math.floor(top);
    this.#fill(x - 2 * scale, y - 2 * scale, textWidth(text, scale) + 4 * scale, textHeight(scale) + 4 * scale, black);
    drawText({ text, x, y, scale }, (...rectangle) => this.#fill(...rectangle, white));
  }
}

function clockText(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  const part = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, "0");
  return `${part(milliseconds / 60_000, 2)}:${part((milliseconds / 1000) % 60, 2)}.${part(milliseconds % 1000, 3)}`;
}

function wave(length: number, radiansPerPixel: number, turns: number, amplitude: number): Int16Array {
  const phase = 2 * Math.PI * turns;
  return Int16Array.from({ length }, (_, position) =>
    Math.round(amplitude * Math.sin(position * radiansPerPixel + phase)),
  );
}

/** The same grain in every process: a linear congruential generator with a fixed seed. */
function fixedGrain(pixels: number): Uint8Array {
  let state = 12_345;
  return Uint8Array.from({ length: pixels }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 24) & 3;
  });
}

/** Chroma that rests: a slow change of colour from left to right and from top to bottom. */
function drawTint(chroma: Buffer, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      chroma[y * width + x] = 128 + Math.round(14 * Math.sin((x / width) * Math.PI * 2));
      chroma[(height + y) * width + x] = 128 + Math.round(14 * Math.cos((y / height) * Math.PI * 2));
    }
  }
}
