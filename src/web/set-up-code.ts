// The one-time code that proves, before there is a password, that the visitor of the page can read our log.
import { createHash, randomInt, timingSafeEqual } from "node:crypto";

/** Without characters that people mistake for one another. */
const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const length = 8;

/** `ABCD-EFGH`: about 40 bits. */
export function createSetUpCode(): string {
  const letters = Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
  return `${letters.slice(0, length / 2)}-${letters.slice(length / 2)}`;
}

/** However it was typed: small letters, without the hyphen. */
export function isSameCode(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted));
}

function digest(code: string): Buffer {
  return createHash("sha256")
    .update(code.toUpperCase().replace(/[^A-Z0-9]/g, ""))
    .digest();
}
