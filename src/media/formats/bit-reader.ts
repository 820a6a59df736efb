// Reads bits and Exp-Golomb codes of an H.264 NAL unit. Past the end it reads zeros and remembers that.

export class BitReader {
  readonly #data: Buffer;
  #at = 0;

  /** `data` without emulation prevention bytes (see `withoutEmulationPrevention`). */
  constructor(data: Buffer) {
    this.#data = data;
  }

  /** Something was read that was not there. */
  get isExhausted(): boolean {
    return this.#at > this.#data.length * 8;
  }

  bit(): number {
    const byte = this.#data[this.#at >> 3] ?? 0;
    const value = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at++;
    return value;
  }

  bits(count: number): number {
    let value = 0;
    for (let read = 0; read < count; read++) value = value * 2 + this.bit();
    return value;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** ue(v) */
  unsigned(): number {
    let zeros = 0;
    while (zeros < 32 && !this.isExhausted && this.bit() === 0) zeros++;
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v) */
  signed(): number {
    const code = this.unsigned();
    return code % 2 ? (code + 1) / 2 : -code / 2;
  }
}

/** Takes out the 3 of every 0 0 3. */
export function withoutEmulationPrevention(data: Buffer): Buffer {
  const result = Buffer.allocUnsafe(data.length);
  let length = 0;
  let zeros = 0;
  for (const byte of data) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    result[length++] = byte;
  }
  return result.subarray(0, length);
}
