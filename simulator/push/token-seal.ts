// Seals data into tokens that only we can have made, so that nothing about receivers needs to be stored.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const keyBytes = 32;
const sealBytes = 16;

export class TokenSeal {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  digest(purpose: string, data: Buffer): Buffer {
    return createHmac("sha256", this.#key).update(`${purpose}\0`).update(data).digest();
  }

  close(purpose: string, data: Buffer): Buffer {
    return Buffer.concat([data, this.digest(purpose, data).subarray(0, sealBytes)]);
  }

  /** The data again, undefined when anything was changed or sealed for another purpose. */
  open(purpose: string, sealed: Buffer): Buffer | undefined {
    if (sealed.length < sealBytes) return undefined;
    const data = sealed.subarray(0, -sealBytes);
    const expected = this.digest(purpose, data).subarray(0, sealBytes);
    return timingSafeEqual(expected, sealed.subarray(-sealBytes)) ? data : undefined;
  }
}

/** With a directory, tokens stay valid across restarts: the key is kept in its file `push-key`. */
export function loadTokenSeal(stateDirectory: string | undefined): TokenSeal {
  return new TokenSeal(stateDirectory === undefined ? randomBytes(keyBytes) : loadKey(stateDirectory));
}

function loadKey(stateDirectory: string): Buffer {
  mkdirSync(stateDirectory, { recursive: true });
  const file = join(stateDirectory, "push-key");
  try {
    writeFileSync(file, randomBytes(keyBytes).toString("hex"), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const key = Buffer.from(readFileSync(file, "utf8"), "hex");
  if (key.length !== keyBytes) throw new Error(`${file} holds no key of ${keyBytes} bytes in hex; delete it.`);
  return key;
}
