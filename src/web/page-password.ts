// The owner's password for the page: kept only as a salted scrypt hash, compared in constant time.
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MB and about a tenth of a second on a small board. */
const usualCost: Cost = { N: 32_768, r: 8, p: 1 };
const keyBytes = 32;
const mostMemory = 128 * 1024 * 1024;

/** `scrypt$N$r$p$salt$key`, so that the cost can rise later without losing old passwords. */
export async function hashPassword(password: string, cost: Cost = usualCost): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** False also for a hash that cannot be read. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [scheme, N, r, p, salt = "", wanted = ""] = hash.split("$");
  if (scheme !== "scrypt" || salt === "") return false;
  const expected = Buffer.from(wanted, "base64url");
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const key = await derive(password, Buffer.from(salt, "base64url"), cost);
  return expected.length === key.length && timingSafeEqual(expected, key);
}

function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same characters typed on another keyboard may be composed in another way.
    scrypt(password.normalize("NFKC"), salt, keyBytes, { ...cost, maxmem: mostMemory }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
