// Random and damaged RTSP: the same for the same seed.

/** Below the given number. */
export type Random = (below: number) => number;

/** mulberry32. */
export function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const methods = "OPTIONS DESCRIBE SETUP SETUP SETUP PLAY PAUSE TEARDOWN GET_PARAMETER ANNOUNCE RECORD X".split(" ");
const paths = [
  ...["/cam_live", "/cam_live/trackID=0", "/cam_live/trackID=1", "/cam_live?a=b", "/cam_live/"],
  ...["/cam_publish", "/cam_publish/streamid=0", "", "/%zz", "/nobody"],
];
const transports = [
  ...["RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"],
  ...["RTP/AVP;unicast;client_port=5004-5005", "RTP/AVP;client_port=5-6,RTP/AVP/TCP", ";;=,"],
];
const announcement =
  "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:streamid=0\r\n";

export class FuzzInputs {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A request, perhaps behind an interleaved frame, and often damaged, in two pieces. */
  message(session: string): readonly [Buffer, Buffer] {
    const request = Buffer.from(this.#request(session));
    const text = this.#random(4) ? request : Buffer.concat([this.#frame(), request]);
    return this.cut(this.#random(6) ? text : this.damaged(text));
  }

  /** Bytes without any sense, or almost. */
  noise(): Buffer {
    const bytes = Buffer.from(Array.from({ length: this.#random(600) }, () => this.#random(256)));
    return this.#random(2) ? bytes : Buffer.concat([Buffer.from("OPTIONS * RTSP/1.0\r\n"), bytes]);
  }

  cut(bytes: Buffer): readonly [Buffer, Buffer] {
    const at = this.#random(bytes.length + 1);
    return [bytes.subarray(0, at), bytes.subarray(at)];
  }

  damaged(bytes: Buffer): Buffer {
    const parts: Buffer[] = [Buffer.from(bytes)];
    for (let count = 1 + this.#random(5); count > 0; count--) {
      const whole = Buffer.concat(parts.splice(0));
      const at = this.#random(whole.length + 1);
      const kind = this.#random(4);
      if (kind === 0 && at < whole.length) whole[at] = this.#random(256);
      const inserted =
        kind === 1 ? Buffer.alloc(this.#random(this.#one([4, 300, 10_000])), this.#random(256)) : Buffer.alloc(0);
      const skipped = kind === 2 ? this.#random(20) : 0;
      parts.push(whole.subarray(0, at), inserted, whole.subarray(at + skipped));
      if (kind === 3) parts.push(whole.subarray(at));
    }
    return Buffer.concat(parts);
  }

  #request(session: string): string {
    const path = this.#one(paths);
    const url = this.#one([`rtsp://127.0.0.1:8554${path}`, path || "*"]);
    const lines = [`${this.#one(methods)} ${url} RTSP/1.0`, `CSeq: ${this.#random(1_000)}`];
    if (this.#random(4)) lines.push(`Transport: ${this.#one(transports)}`);
    if (session !== "" && this.#random(8))
      lines.push(`Session: ${this.#one([session, session, `${session};timeout=60`, "x"])}`);
    if (this.#random(16) === 0) lines.push("Require: something");
    const body = this.#one(["b".repeat(this.#random(20)), announcement]);
    if (body) lines.push("Content-Type: application/sdp", `Content-Length: ${body.length}`);
    return `${lines.join("\r\n")}\r\n\r\n${body}`;
  }

  #frame(): Buffer {
    const content = Buffer.from(
      Array.from({ length: this.#random(40) }, (_, at) => (at === 0 ? 0x80 : this.#random(256))),
    );
    return Buffer.concat([Buffer.from([0x24, this.#random(4), 0, content.length]), content]);
  }

  #one<T>(choices: readonly T[]): T {
    const chosen = choices[this.#random(choices.length)];
    if (chosen === undefined) throw new Error("there is nothing to choose from");
    return chosen;
  }
}
