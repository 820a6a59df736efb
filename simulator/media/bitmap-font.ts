// A 5x7 bitmap font of our own: digits, capital letters and some signs, drawn through a callback into any kind of picture.

const glyphColumns = 5;
const glyphRows = 7;
const advanceColumns = glyphColumns + 1;

/** First line: the characters; then the seven rows of their glyphs side by side. */
const sheets: readonly (readonly string[])[] = [
  [
    "0123456789",
    ".###. ..#.. .###. .###. ...#. ##### .###. ##### .###. .###.",
    "#...# .##.. #...# #...# ..##. #.... #.... ....# #...# #...#",
    "#..## ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...#",
    "#.#.# ..#.. ..##. ..##. #..#. ....# ####. ..#.. .###. .####",
    "##..# ..#.. .#... ....# ##### ....# #...# ..#.. #...# ....#",
    "#...# ..#.. #.... #...# ...#. #...# #...# .#... #...# ....#",
    ".###. .###. ##### .###. ...#. .###. .###. .#... .###. .###.",
  ],
  [
    "ABCDEFGHIJKLM",
    ".###. ####. .###. ####. ##### ##### .###. #...# .###. ..### #...# #.... #...#",
    "#...# #...# #...# #...# #.... #.... #...# #...# ..#.. ...#. #..#. #.... ##.##",
    "#...# #...# #.... #...# #.... #.... #.... #...# ..#.. ...#. #.#.. #.... #.#.#",
    "##### ####. #.... #...# ####. ####. #.### ##### ..#.. ...#. ##... #.... #.#.#",
    "#...# #...# #.... #...# #.... #.... #...# #...# ..#.. ...#. #.#.. #.... #...#",
    "#...# #...# #...# #...# #.... #.... #...# #...# ..#.. #..#. #..#. #.... #...#",
    "#...# ####. .###. ####. ##### #.... .###. #...# .###. .##.. #...# ##### #...#",
  ],
  [
    "NOPQRSTUVWXYZ",
    "#...# .###. ####. .###. ####. .#### ##### #...# #...# #...# #...# #...# #####",
    "##..# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....#",
    "##..# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#.",
    "#.#.# #...# ####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#..",
    "#..## #...# #.... #.#.# #.#.. ....# ..#.. #...# #...# #.#.# .#.#. ..#.. .#...",
    "#..## #...# #.... #..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #....",
    "#...# .###. #.... .##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. #####",
  ],
  [
    ":.-/',()+?",
    "..... ..... ..... ....# ..#.. ..... ...#. .#... ..... .###.",
    "..#.. ..... ..... ....# ..#.. ..... ..#.. ..#.. ..#.. #...#",
    "..#.. ..... ..... ...#. ..#.. ..... .#... ...#. ..#.. ....#",
    "..... ..... ##### ..#.. ..... ..... .#... ...#. ##### ...#.",
    "..#.. ..... ..... .#... ..... .##.. .#... ...#. ..#.. ..#..",
    "..#.. .##.. ..... #.... ..... ..#.. ..#.. ..#.. ..#.. .....",
    "..... .##.. ..... #.... ..... .#... ...#. .#... ..... ..#..",
  ],
];

type Glyph = readonly string[];

const glyphs: ReadonlyMap<string, Glyph> = new Map(
  sheets.flatMap(([characters = "", ...rows]) =>
    [...characters].map((character, index): [string, Glyph] => [
      character,
      rows.map((row) => row.slice(index * advanceColumns, index * advanceColumns + glyphColumns)),
    ]),
  ),
);

/** Paints a filled rectangle in whatever buffer and colour the caller has. */
export type FillRectangle = (x: number, y: number, width: number, height: number) => void;

export interface TextPlacement {
  /** Lower case is drawn as capitals, a character without a glyph as `?`. */
  readonly text: string;
  /** Left upper corner of the first character. */
  readonly x: number;
  readonly y: number;
  /** Side of one font dot in pixels: the text is `7 * scale` high. */
  readonly scale: number;
}

export const textHeight = (scale: number): number => glyphRows * scale;

export const textWidth = (text: string, scale: number): number =>
  Math.max(0, [...text].length * advanceColumns - 1) * scale;

/** Draws one line of text. Nothing is clipped: `fillRect` is called with what the placement says. */
export function drawText({ text, x, y, scale }: TextPlacement, fillRect: FillRectangle): void {
  let left = x;
  for (const character of text.toUpperCase()) {
    if (character !== " ") drawGlyph(glyphs.get(character) ?? glyphs.get("?") ?? [], left, y, scale, fillRect);
    left += advanceColumns * scale;
  }
}

/** Neighbouring dots of a row are painted as one rectangle. */
function drawGlyph(glyph: Glyph, x: number, y: number, scale: number, fillRect: FillRectangle): void {
  for (const [row, dots] of glyph.entries()) {
    for (const run of dots.matchAll(/#+/g)) {
      fillRect(x + run.index * scale, y + row * scale, run[0].length * scale, scale);
    }
  }
}
