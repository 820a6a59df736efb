// One FFmpeg that publishes: its requests are written anew for MediaMTX, with the login that it asks for, and its media begin in step.
import { connect, type Socket } from "node:net";
import { type Clock, delay } from "../../../../foundation/clock.ts";
import type { InterleavedFrame, RtspMessage, RtspRequest } from "../../../formats/rtsp-message.ts";
import type { RtspParser } from "../../../formats/rtsp-parser.ts";
import { type MediaDescription, readSessionDescription } from "../../../formats/sdp-reader.ts";
import type { Login } from "../auth-users.ts";
import { AlignedStart, type PublishedTrack } from "./aligned-start.ts";
import { Opening } from "./opening.ts";
import { ReportShift } from "./report-shift.ts";

export interface PublisherOptions {
  /** Where FFmpeg publishes. */
  readonly url: string;
  /** At MediaMTX. */
  readonly path: string;
  readonly target: { readonly host: string; readonly port: number; readonly login: Login };
  /** Else it is a camera that goes on for ever. */
  readonly isRecording: boolean;
  readonly clock: Clock;
}

/**
 * So long nothing goes on unless somebody reads: nobody misses the beginning of a recording; and whoever has made the camera start has
 * its first key frame, and need not wait for another one. Players join within a tenth of a second, WebRTC takes longer.
 */
const longestHoldMs = { recording: 5_000, camera: 500 } as const;
/**
 * FFmpeg writes what belongs to a request after the request, and its kernel keeps that until we have acknowledged the first part, for
 * which ours takes 40 ms (Nagle's algorithm and delayed acknowledgements). Anything that is sent acknowledges; FFmpeg skips this.
 */
const emptyFrame = frameHeader(0, 0);
/** MediaMTX drops what its readers have not been sent yet when a publisher goes. */
const farewellMs = 300;

export class RelayedPublisher implements Disposable {
  readonly published: Promise<void>;
  readonly done: Promise<void>;
  readonly lost: Promise<void>;
  readonly #options: PublisherOptions;
  readonly #onPublished: () => void;
  readonly #onDone: () => void;
  readonly #onLost: () => void;
  readonly #opening: Opening;
  readonly #tracks = new Map<number, PublishedTrack>();
  #announced: readonly MediaDescription[] = [];
  #start: AlignedStart | undefined;
  #shift: ReportShift | undefined;
  #socket: Socket | undefined;
  #target: Socket | undefined;
  #isFinishing = false;
  /** What has come of the answer to RECORD; undefined where none is awaited. */
  #recordReply: string | undefined;

  constructor(options: PublisherOptions) {
    const published = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<void>();
    this.published = published.promise;
    this.done = done.promise;
    this.lost = lost.promise;
    this.#options = options;
    this.#onPublished = published.resolve;
    this.#onDone = done.resolve;
    this.#onLost = lost.resolve;
    this.#opening = new Opening({
      tracks: this.#tracks,
      longestMs: options.isRecording ? longestHoldMs.recording : longestHoldMs.camera,
      clock: options.clock,
      send: (frames) => this.#send(frames),
    });
  }

  /** FFmpeg is here; `messages` is what it has said so far. */
  take(socket: Socket, parser: RtspParser, messages: readonly RtspMessage[]): void {
    const { host, port } = this.#options.target;
    const target = connect({ host, port, noDelay: true });
    this.#socket = socket;
    this.#target = target;
    target.on("error", () => undefined);
    target.on("data", (chunk: Buffer) => this.#answered(chunk));
    target.once("close", () => this.#sayGoodBye(socket));
    target.on("drain", () => socket.resume());
    socket.on("data", (chunk: Buffer) => this.#receive(chunk, parser));
    for (const event of ["end", "close"]) socket.once(event, () => void this.#finish());
    this.#act(messages);
  }

  release(): void {
    this.#opening.release();
  }

  [Symbol.dispose](): void {
    this.#isFinishing = true;
    this.#opening[Symbol.dispose]();
    this.#socket?.destroy();
    this.#target?.destroy();
    this.#onDone();
  }

  #receive(chunk: Buffer, parser: RtspParser): void {
    const shift = this.#shiftOf(parser);
    if (shift) this.#write([shift.push(chunk)]);
    else this.#act(parser.push(chunk));
    if (!this.#start && parser.isWithinMessage) this.#socket?.write(emptyFrame);
  }

  /** When it is under way nothing of it has to be looked at any more but reports, and a recording's good-bye. */
  #shiftOf(parser: RtspParser): ReportShift | undefined {
    const isUnderWay = !this.#options.isRecording && this.#start?.isDone === true && this.#opening.isOver;
    if (isUnderWay && !parser.isWithinMessage)
      this.#shift ??= new ReportShift(this.#start?.shiftMs ?? 0, (channel) => this.#tracks.has(channel - 1));
    return this.#shift;
  }

  #act(messages: readonly RtspMessage[]): void {
    const frames: InterleavedFrame[] = [];
    for (const message of messages) {
      if (message.kind === "frame") frames.push(message);
      else if (message.kind === "request") this.#request(message);
      else this[Symbol.dispose]();
    }
    if (frames.length > 0) this.#opening.push(frames);
  }

  /** FFmpeg waits for each answer, so there is one request at a time. */
  #request(request: RtspRequest): void {
    const { url, path, target } = this.#options;
    // A farewell goes with the connection, after all that was held back.
    if (request.method === "TEARDOWN") return;
    if (request.method === "ANNOUNCE") this.#announced = readSessionDescription(request.body.toString("utf8")) ?? [];
    if (request.method === "SETUP") this.#setUp(request);
    if (request.method === "RECORD") {
      this.#recordReply = "";
      this.#start = new AlignedStart(this.#tracks, () => this.#options.clock.now());
    }
    const address = target.host.includes(":") ? `[${target.host}]` : target.host;
    const place = `rtsp://${address}:${target.port}/${path}`;
    this.#write([requestBytes(request, request.url.replace(url, place), target.login)]);
  }

  /** FFmpeg sets its tracks up in the order in which it has announced them. */
  #setUp({ headers }: RtspRequest): void {
    const [, channel] = /\binterleaved=(\d+)/.exec(headers.get("transport") ?? "") ?? [];
    const medium = this.#announced[this.#tracks.size];
    if (channel === undefined || !medium) return;
    const kind = medium.media === "video" ? "video" : "audio";
    this.#tracks.set(Number(channel), { kind, clockRate: medium.clockRate ?? pcmuRate });
  }

  #answered(chunk: Buffer): void {
    this.#socket?.write(chunk);
    if (this.#recordReply === undefined) return;
    this.#recordReply += chunk.toString("latin1");
    const [, status] = /^RTSP\/1\.0 (\d{3}) /.exec(this.#recordReply) ?? [];
    if (status === undefined) return;
    this.#recordReply = undefined;
    if (status === "200") this.#onPublished();
  }

  #send(frames: readonly InterleavedFrame[]): void {
    const nowMs = this.#options.clock.monotonic();
    const passed = frames.flatMap((frame) => this.#start?.pass(frame, nowMs) ?? []);
    this.#write(passed.flatMap(({ channel, payload }) => [frameHeader(channel, payload.length), payload]));
  }

  #write(parts: readonly Buffer[]): void {
    const target = this.#target;
    if (!target?.writable) return;
    target.cork();
    for (const part of parts) target.write(part);
    target.uncork();
    if (target.writableNeedDrain) this.#socket?.pause();
  }

  /** FFmpeg is gone. MediaMTX hangs up when it has read everything. */
  async #finish(): Promise<void> {
    const { clock, isRecording } = this.#options;
    this.#isFinishing = true;
    await this.#opening.drained();
    if (isRecording) await delay(clock, farewellMs);
    this.#target?.end();
  }

  /** MediaMTX is gone; FFmpeg may still have to read why. */
  #sayGoodBye(socket: Socket): void {
    if (!this.#isFinishing) this.#onLost();
    if (socket.writable) socket.end(() => this[Symbol.dispose]());
    else this[Symbol.dispose]();
  }
}

/** Where the description leaves it out: payload type 0 says it. */
const pcmuRate = 8_000;

function requestBytes({ method, headers, body }: RtspRequest, url: string, { username, password }: Login): Buffer {
  const login = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const fields = [...headers, ["authorization", login]].map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${url} RTSP/1.0\r\n${fields.join("")}\r\n`), body]);
}

function frameHeader(channel: number, length: number): Buffer {
  const header = Buffer.from([0x24, channel, 0, 0]);
  header.writeUInt16BE(length, 2);
  return header;
}
