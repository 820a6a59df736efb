// Takes an RTSP connection's bytes apart: responses, and the RTP and RTCP frames between them. Cheap enough for many readers in one process.

export interface RtspReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface InterleavedListener {
  reply(reply: RtspReply): void;
  /** The packet is a view of the received bytes: copy what is to be kept. */
  frame(channel: number, packet: Buffer): void;
}

const dollar = 0x24;
const headEnd = Buffer.from("\r\n\r\n");

export class InterleavedReader {
  readonly #listener: InterleavedListener;
  #rest: Buffer | undefined;

  constructor(listener: InterleavedListener) {
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    const data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    for (let taken = this.#take(data, at); taken > 0; taken = this.#take(data, at)) at += taken;
    this.#rest = at < data.length ? Buffer.from(data.subarray(at)) : undefined;
  }

  /** Bytes of the whole message or frame at that place; 0 where it is not complete. */
  #take(data: Buffer, at: number): number {
    if (data[at] !== dollar) return at < data.length ? this.#takeReply(data, at) : 0;
    if (at + 4 > data.length) return 0;
    const length = data.readUInt16BE(at + 2);
    if (at + 4 + length > data.length) return 0;
    this.#listener.frame(data[at + 1] ?? 0, data.subarray(at + 4, at + 4 + length));
    return 4 + length;
  }

  #takeReply(data: Buffer, at: number): number {
    const end = data.indexOf(headEnd, at);
    if (end < 0) return 0;
    const [first = "", ...lines] = data.toString("latin1", at, end).split("\r\n");
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const bodyAt = end + headEnd.length;
    const length = Number(headers.get("content-length") ?? 0);
    if (bodyAt + length > data.length) return 0;
    const status = Number(/^RTSP\/1\.0 (\d{3})/.exec(first)?.[1] ?? 0);
    this.#listener.reply({ status, headers, body: data.toString("utf8", bodyAt, bodyAt + length) });
    return bodyAt + length - at;
  }
}
