import { expect, test } from "vitest";
import { drawText, textHeight, textWidth } from "./bitmap-font.ts";

function render(text: string, scale: number): string[] {
  const width = textWidth(text, scale);
  const rows = Array.from({ length: textHeight(scale) }, () => Array.from({ length: width }, () => "."));
  drawText({ text, x: 0, y: 0, scale }, (x, y, rectWidth, rectHeight) => {
    for (let row = y; row < y + rectHeight; row++) rows[row]?.fill("#", x, x + rectWidth);
  });
  return rows.map((row) => row.join(""));
}

test("draws glyphs side by side, lower case as capitals", () => {
  expect(render("L-1", 1)).toEqual(render("l-1", 1));
  expect(render("L-1", 1)).toEqual([
    "#.............#..",
    "#............##..",
    "#.............#..",
    "#.....#####...#..",
    "#.............#..",
    "#.............#..",
    "#####........###.",
  ]);
});

test("scale blows up every dot", () => {
  const small = render("7", 1);
  const large = render("7", 3);
  expect(large).toHaveLength(21);
  expect(large.filter((_, row) => row % 3 === 1)).toEqual(
    small.map((row) => [...row].map((dot) => dot.repeat(3)).join("")),
  );
});

test("every character of a camera label has a glyph of its own", () => {
  const characters = [..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ:.-/ '(),+?"];
  const pictures = new Set(characters.map((character) => render(character, 1).join("\n")));
  expect(pictures.size).toBe(characters.length);
});

test("an unknown character is a question mark and a blank draws nothing", () => {
  expect(render("€", 1)).toEqual(render("?", 1));
  expect(render(" ", 1).join("")).not.toContain("#");
});
