// Draws a snapshot: a real JPEG on which the camera's name and the capture time can be read.
import jpeg from "jpeg-js";
import { drawText, textWidth } from "./media/bitmap-font.ts";

const width = 640;
const height = 360;
const quality = 70;

export interface SnapshotDrawing {
  readonly title: string;
  readonly capturedAt: number;
  /** Gives each camera its own colour. */
  readonly seed: number;
}

export function drawSnapshot({ title, capturedAt, seed }: SnapshotDrawing): Buffer {
  const data = background(seed);
  drawLine(data, title, 110, 5);
  drawLine(data, new Date(capturedAt).toISOString().replace("T", " ").replace("Z", " UTC"), 220, 4);
  return jpeg.encode({ width, height, data }, quality).data;
}

/** A vertical gradient in the camera's colour, RGBA. */
function background(seed: number): Buffer {
  const data = Buffer.alloc(width * height * 4, 255);
  const base = [40 + ((seed * 37) % 90), 40 + ((seed * 61) % 90), 60 + ((seed * 89) % 90)];
  for (let y = 0; y < height; y++) {
    const row = Buffer.from([...base.map((value) => value + Math.round((70 * y) / height)), 255]);
    data.fill(row, y * width * 4, (y + 1) * width * 4);
  }
  return data;
}

/** The largest size up to `scale` with which the text fits. */
function drawLine(data: Buffer, text: string, y: number, scale: number): void {
  let fitting = scale;
  while (fitting > 1 && textWidth(text, fitting) > width - 40) fitting--;
  const shown = text.slice(0, Math.floor((width - 40) / textWidth("M", fitting)));
  const x = Math.max(20, Math.floor((width - textWidth(shown, fitting)) / 2));
  drawText({ text: shown, x, y, scale: fitting }, (left, top, columns, rows) => {
    const line = Buffer.alloc(columns * 4, 255);
    for (let row = top; row < top + rows; row++) line.copy(data, (row * width + left) * 4);
  });
}
