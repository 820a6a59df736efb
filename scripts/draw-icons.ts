// Draws icon.png (128 x 128) and logo.png (250 x 100): a bell that looks at you, and the name in strokes. `node scripts/draw-icons.ts`
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";

type Color = readonly [red: number, green: number, blue: number, alpha: number];
/** The colour at a point in units of the picture's height, or undefined for nothing. */
type Painter = (x: number, y: number) => Color | undefined;
type Point = readonly [x: number, y: number];

const night: Color = [18, 52, 72, 255];
const brass: Color = [245, 178, 52, 255];
const pen: Color = [204, 132, 20, 255];
const glass: Color = [12, 30, 42, 255];
const light: Color = [150, 214, 240, 255];
const nothing: Color = [0, 0, 0, 0];
/** Points per pixel and direction, for smooth edges. */
const samples = 4;

const isInCircle = (x: number, y: number, [cx, cy]: Point, radius: number): boolean =>
  Math.hypot(x - cx, y - cy) <= radius;

/** Half the width of the bell at a height: a dome that flares towards its lip. */
function bellHalfWidth(y: number): number {
  const depth = (y - 0.19) / 0.53;
  return depth < 0 || depth > 1 ? 0 : 0.2 * Math.sqrt(Math.min(depth * 2.2, 1)) + 0.14 * depth ** 4;
}

const bell: Painter = (x, y) => {
  const eye: Point = [0.5, 0.49];
  if (isInCircle(x, y, [0.46, 0.45], 0.03)) return light;
  if (isInCircle(x, y, eye, 0.085)) return glass;
  if (isInCircle(x, y, eye, 0.115)) return light;
  const isBody = Math.abs(x - 0.5) <= bellHalfWidth(y);
  const isLip = Math.abs(x - 0.5) <= 0.37 && Math.abs(y - 0.735) <= 0.028;
  const isClapper = y > 0.76 && isInCircle(x, y, [0.5, 0.785], 0.075);
  return isBody || isLip || isClapper || isInCircle(x, y, [0.5, 0.17], 0.055) ? brass : undefined;
};

/** A square with round corners under the bell. */
const icon: Painter = (x, y) => {
  const [dx, dy] = [Math.max(Math.abs(x - 0.5) - 0.28, 0), Math.max(Math.abs(y - 0.5) - 0.28, 0)];
  return Math.hypot(dx, dy) > 0.22 ? undefined : (bell(x, y) ?? night);
};

const arc = ([cx, cy]: Point, radius: number, fromDegrees: number, toDegrees: number): Point[] =>
  Array.from({ length: 25 }, (_, step) => {
    const angle = ((fromDegrees + ((toDegrees - fromDegrees) * step) / 24) * Math.PI) / 180;
    return [cx + radius * Math.cos(angle), cy + radius * Math.sin(angle)];
  });

/** "Belfry" as pen strokes, in units of the logo's height. */
const word: readonly Point[][] = [
  [[1.06, 0.26], [1.06, 0.72], ...arc([1.17, 0.605], 0.115, 90, -90), [1.06, 0.49]],
  [[1.06, 0.26], ...arc([1.15, 0.375], 0.115, -90, 90)],
  [[1.37, 0.57], [1.6, 0.57], ...arc([1.485, 0.58], 0.125, -10, -310)],
  [
    [1.7, 0.24],
    [1.7, 0.72],
  ],
  [...arc([1.92, 0.34], 0.09, -60, -180), [1.83, 0.72]],
  [
    [1.77, 0.47],
    [1.92, 0.47],
  ],
  [
    [2.0, 0.45],
    [2.0, 0.72],
  ],
  arc([2.1, 0.56], 0.1, 180, 300),
  [
    [2.22, 0.46],
    [2.33, 0.71],
  ],
  [
    [2.44, 0.46],
    [2.29, 0.83],
  ],
];

function distanceToSegment(x: number, y: number, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1), 0), 1);
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

const isInWord = (x: number, y: number): boolean =>
  word.some((stroke) => stroke.some((point, at) => distanceToSegment(x, y, point, stroke[at + 1] ?? point) <= 0.03));

const logo: Painter = (x, y) => (x < 1 ? icon(x, y) : isInWord(x, y) ? pen : undefined);

function mix(colors: readonly Color[]): Color {
  const alpha = colors.reduce((sum, color) => sum + color[3], 0);
  const channel = (index: 0 | 1 | 2): number =>
    alpha === 0 ? 0 : Math.round(colors.reduce((sum, color) => sum + color[index] * color[3], 0) / alpha);
  return [channel(0), channel(1), channel(2), Math.round(alpha / colors.length)];
}

function pixel(paint: Painter, column: number, row: number, height: number): Color {
  const colors: Color[] = [];
  for (let sample = 0; sample < samples * samples; sample++) {
    const x = column + ((sample % samples) + 0.5) / samples;
    const y = row + (Math.floor(sample / samples) + 0.5) / samples;
    colors.push(paint(x / height, y / height) ?? nothing);
  }
  return mix(colors);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function png(paint: Painter, width: number, height: number): Buffer {
  const rows: number[] = [];
  for (let row = 0; row < height; row++) {
    rows.push(0);
    for (let column = 0; column < width; column++) rows.push(...pixel(paint, column, row, height));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits per channel, red green blue alpha.
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.from(rows), { level: 9 });
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

const topLevel = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
writeFileSync(topLevel("icon.png"), png(icon, 128, 128));
writeFileSync(topLevel("logo.png"), png(logo, 250, 100));
