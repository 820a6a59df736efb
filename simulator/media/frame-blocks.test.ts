import fc from "fast-check";
import { expect, test } from "vitest";
import { readFrameNumber } from "../../test/support/frame-blocks.ts";
import { decodeBlocks, encodeBlocks, largestNumber } from "./frame-blocks.ts";
import { flashSquare, TestPicture } from "./test-picture.ts";

const format = { width: 640, height: 360, framesPerSecond: 20, loopFrames: 100 };
const picture = new TestPicture(format);
const draw = (number: number, seconds = 0): Buffer => picture.draw(number, { number, seconds, label: "Front Door" });

test("every number survives the way into the row and back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: largestNumber }), (number) => {
      expect(decodeBlocks(encodeBlocks(number))).toBe(number);
    }),
  );
});

test("one wrong block is noticed, whichever it is", () => {
  const blocks = encodeBlocks(1234);
  for (const index of blocks.keys()) {
    const damaged = blocks.map((block, position) => (position === index ? !block : block));
    expect(decodeBlocks(damaged), `block ${index}`).toBeUndefined();
  }
});

test("a number that does not fit is refused", () => {
  expect(() => encodeBlocks(largestNumber + 1)).toThrow("does not fit");
  expect(() => encodeBlocks(1.5)).toThrow("does not fit");
});

test("the number is read from the drawn picture, and from nothing else", () => {
  for (const number of [0, 1, 99, 0xabcdef, largestNumber]) {
    expect(readFrameNumber({ data: draw(number), ...format })).toBe(number);
  }
  const grey = Buffer.alloc(format.width * format.height, 90);
  expect(readFrameNumber({ data: grey, ...format })).toBeUndefined();
  const damaged = Buffer.from(draw(77));
  for (let row = 0; row < 40; row++) damaged.fill(235, row * format.width + 200, row * format.width + 260);
  expect(readFrameNumber({ data: damaged, ...format })).toBeUndefined();
});

test("the square is white in the first tenth of a second and black in the rest", () => {
  const { x, y, side } = flashSquare(format);
  const level = (seconds: number) => draw(0, seconds)[(y + side / 2) * format.width + x + side / 2];
  expect([0, 0.05, 0.1, 0.95, 1, 1.05, 1.1].map(level)).toEqual([235, 235, 16, 16, 235, 235, 16]);
});
