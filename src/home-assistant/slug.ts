// Names as entity ids have them: lower case, ASCII letters and digits, one underscore between words, as Home Assistant makes them.

/** Letters that Unicode does not split into a base letter and marks. */
const letters: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ħ: "h",
  ı: "i",
  ŋ: "ng",
  ŧ: "t",
  ĸ: "k",
  ſ: "s",
  ə: "e",
  "’": "",
};

/** Undefined where a name has letters of another script or nothing that an entity id could use. */
export function slugify(name: string): string | undefined {
  const plain = name
    .replaceAll("'", "-")
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^ -~]/gu, (character) => letters[character] ?? character)
    .replace(/(?<=\d),(?=\d)/g, "");
  if (/[^\p{ASCII}]/u.test(plain.replace(/[^\p{L}\p{N}]/gu, ""))) return undefined;
  const slug = plain.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return slug === "" ? undefined : slug;
}

/**
 * The part of its entity ids that stands for a device: from its name, else from its id. Taken ones get the end of the id added,
 * as much of it as makes them unique.
 */
export function deviceSlug(name: string, id: string, isTaken: (slug: string) => boolean): string {
  const fromId = id.toLowerCase().replace(/[^a-z0-9]+/g, "") || "device";
  const wanted = slugify(name) ?? (/^\d/.test(fromId) ? `camera_${fromId}` : fromId);
  if (!isTaken(wanted)) return wanted;
  for (let length = 4; length < fromId.length; length++) {
    const longer = `${wanted}_${fromId.slice(-length)}`;
    if (!isTaken(longer)) return longer;
  }
  return `${wanted}_${fromId}`;
}
