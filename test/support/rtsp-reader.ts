// A light RTSP player over TCP: decodes nothing, but knows each packet's number, each picture's stamp, and when it came.
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { readStamp } from "../../simulator/media/frame-sei.ts";
import { InterleavedReader, type RtspReply } from "./interleaved-reader.ts";
import { monotonicUnixMs } from "./monotonic-unix-ms.ts";
import { ReceivedTrack } from "./received-track.ts";

/** A picture of the simulator, when its last packet was here. All times are Unix ms with fractions. */
export interface ReceivedPicture {
  /** Counts since the cloud started. */
  readonly frame: number;
  readonly sentAtMs: number;
  readonly at: number;
  readonly rtpTimestamp: number;
  readonly isKeyFrame: boolean;
}

export interface RtspReaderOptions {
  /** Which tracks to set up, as the description names them; all unless given. */
  readonly codecs?: readonly string[];
  readonly userAgent?: string;
  /** Between the description and what it does with it, as far away or slow players need it. */
  readonly hesitationMs?: number;
}

export class RtspStatusError extends Error {
  readonly reply: RtspReply;

  constructor(method: string, reply: RtspReply) {
    super(`${method} was answered with ${reply.status}`);
    this.reply = reply;
  }
}

const idr = 5;
const sei = 6;
const sps = 7;
const aggregate = 24;
const fragment = 28;
const rtpHeaderBytes = 12;

export class RtspReader implements AsyncDisposable {
  readonly tracks: ReceivedTrack[] = [];
  readonly pictures: ReceivedPicture[] = [];
  /** The description, once it is there. */
  sdp = "";
  readonly times = {
    asked: monotonicUnixMs(),
    described: Number.NaN,
    playAsked: Number.NaN,
    playing: Number.NaN,
    firstKeyFrameByte: Number.NaN,
  };
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #url: string;
  readonly #options: RtspReaderOptions;
  readonly #socket: Socket;
  readonly #byChannel: (ReceivedTrack | undefined)[] = [];
  readonly #waiting = new Set<() => void>();
  #pending: ((reply: RtspReply) => void) | undefined;
  #sequence = 0;
  #session = "";
  #stamp: { frame: number; sentAtMs: number } | undefined;
  #isKeyFrame = false;
  #isClosed = false;

  private constructor(url: string, options: RtspReaderOptions) {
    const { hostname, port } = new URL(url);
    this.#url = url;
    this.#options = options;
    this.#socket = connect({ host: hostname, port: Number(port || 554), noDelay: true });
    const wire = new InterleavedReader({
      reply: (reply) => this.#pending?.(reply),
      frame: (channel, packet) => this.#frame(channel, packet),
    });
    this.#socket.on("data", (chunk: Buffer) => {
      wire.push(chunk);
      this.#wake();
    });
    this.#socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      this.#socket.once("close", () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** Connects, describes, sets up and plays; rejects with RtspStatusError where the server refuses. */
  static async play(url: string, options: RtspReaderOptions = {}): Promise<RtspReader> {
    const reader = new RtspReader(url, options);
    try {
      await reader.#describe();
      if (options.hesitationMs) await delay(options.hesitationMs);
      await reader.#setUp();
      reader.times.playAsked = monotonicUnixMs();
      const reply = await reader.#request("PLAY", url);
      reader.times.playing = monotonicUnixMs();
      reader.#readInfo(reply.headers.get("rtp-info") ?? "");
      return reader;
    } catch (error) {
      reader.#socket.destroy();
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get packets(): number {
    return this.tracks.reduce((sum, track) => sum + track.packets, 0);
  }

  get lost(): number {
    return this.tracks.reduce((sum, track) => sum + track.lost + track.disordered, 0);
  }

  track(codec: string): ReceivedTrack {
    const found = this.tracks.find((track) => track.codec === codec);
    if (!found) throw new Error(`no ${codec} track is played; the description is:\n${this.sdp}`);
    return found;
  }

  /** Resolves as soon as that is so; rejects when the connection or the time ends before. */
  async until(what: string, isSo: (reader: this) => boolean, { timeoutMs = 20_000 } = {}): Promise<void> {
    const patience = AbortSignal.timeout(timeoutMs);
    patience.addEventListener("abort", () => this.#wake(), { once: true });
    while (!isSo(this)) {
      const seen = `${this.pictures.length} pictures, ${this.packets} packets`;
      if (this.#isClosed) throw new Error(`the reader was disconnected before ${what}; it had ${seen}`);
      if (patience.aborted) throw new Error(`no ${what} within ${timeoutMs} ms; the reader had ${seen}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Resolves with that picture (the first one is 1). */
  async picture(count: number, options: { timeoutMs?: number } = {}): Promise<ReceivedPicture> {
    await this.until(`picture ${count}`, () => this.pictures.length >= count, options);
    const picture = this.pictures[count - 1];
    if (!picture) throw new Error("pictures do not go away");
    return picture;
  }

  /** Resolves with the first one from which a player can decode. */
  async keyPicture(options: { timeoutMs?: number } = {}): Promise<ReceivedPicture> {
    const isKey = ({ isKeyFrame }: ReceivedPicture): boolean => isKeyFrame;
    await this.until("key picture", () => this.pictures.some(isKey), options);
    const picture = this.pictures.find(isKey);
    if (!picture) throw new Error("pictures do not go away");
    return picture;
  }

  /** Leaves without a word, as players do that are killed. */
  destroy(): void {
    this.#socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) this.#socket.write(this.#text("TEARDOWN", this.#url, []));
    this.#socket.destroySoon();
    await this.closed;
  }

  async #describe(): Promise<void> {
    const reply = await this.#request("DESCRIBE", this.#url, [["Accept", "application/sdp"]]);
    this.times.described = monotonicUnixMs();
    this.sdp = reply.body;
  }

  async #setUp(): Promise<void> {
    const { codecs } = this.#options;
    for (const section of this.sdp.split(/\r\n(?=m=)/).slice(1)) {
      const codec = (/^a=rtpmap:\d+ ([^/\r\n]+)/m.exec(section)?.[1] ?? "").toLowerCase();
      const control = /^a=control:(\S+)/m.exec(section)?.[1] ?? "";
      if (codecs && !codecs.includes(codec)) continue;
      const track = new ReceivedTrack(codec);
      const channel = this.tracks.length * 2;
      this.tracks.push(track);
      this.#byChannel[channel] = track;
      const transport = `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`;
      const reply = await this.#request("SETUP", `${this.#url}/${control}`, [["Transport", transport]]);
      this.#session = (reply.headers.get("session") ?? "").split(";")[0] ?? "";
    }
  }

  #readInfo(info: string): void {
    for (const [index, part] of info.split(",").entries()) {
      const track = this.tracks[index];
      const sequence = /;seq=(\d+)/.exec(part)?.[1];
      if (track && sequence !== undefined) track.announced.firstSequence = Number(sequence);
    }
  }

  async #request(method: string, url: string, headers: readonly [string, string][] = []): Promise<RtspReply> {
    const reply = new Promise<RtspReply>((resolve) => {
      this.#pending = resolve;
    });
    this.#socket.write(this.#text(method, url, headers));
    const gone = this.closed.then(() => {
      throw new Error(`the server hung up without an answer to ${method}`);
    });
    const answer = await Promise.race([reply, gone]);
    if (answer.status !== 200) throw new RtspStatusError(method, answer);
    return answer;
  }

  #text(method: string, url: string, headers: readonly [string, string][]): string {
    const all = [
      ["CSeq", String(++this.#sequence)],
      ["User-Agent", this.#options.userAgent ?? "test-reader"],
      ...(this.#session === "" ? [] : [["Session", this.#session]]),
      ...headers,
    ];
    return `${method} ${url} RTSP/1.0\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  }

  #frame(channel: number, packet: Buffer): void {
    const track = this.#byChannel[channel & ~1];
    if (!track) return;
    if (channel & 1) track.rtcp(packet);
    else {
      track.rtp(packet);
      if (track.codec === "h264") this.#video(packet);
    }
  }

  #video(packet: Buffer): void {
    for (const unit of unitsIn(packet.subarray(rtpHeaderBytes))) this.#unit(unit);
    const isMarked = ((packet[1] ?? 0) & 0x80) !== 0;
    if (!isMarked) return;
    const rtpTimestamp = packet.readUInt32BE(4);
    const isKeyFrame = this.#isKeyFrame;
    if (this.#stamp) this.pictures.push({ ...this.#stamp, at: monotonicUnixMs(), rtpTimestamp, isKeyFrame });
    this.#stamp = undefined;
    this.#isKeyFrame = false;
  }

  #unit(unit: Buffer): void {
    const type = (unit[0] ?? 0) & 31;
    const kind = type === fragment ? (unit[1] ?? 0) & 31 : type;
    if (kind === idr || kind === sps) {
      this.#isKeyFrame = true;
      if (Number.isNaN(this.times.firstKeyFrameByte)) this.times.firstKeyFrameByte = monotonicUnixMs();
    }
    if (type === sei) this.#stamp = readStamp(unit);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Small units may come together in one packet (RFC 6184, 5.7.1), each behind its length. */
function unitsIn(payload: Buffer): Buffer[] {
  if (((payload[0] ?? 0) & 31) !== aggregate) return [payload];
  const units: Buffer[] = [];
  for (let at = 1; at + 2 <= payload.length; ) {
    const length = payload.readUInt16BE(at);
    units.push(payload.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return units;
}
