// A camera for tests of the RTSP server: H.264 and Opus that FFmpeg has made once, looped in real time as RTP.
import { execFileSync } from "node:child_process";
import { onAbort } from "../../src/foundation/abort.ts";
import { systemClock } from "../../src/foundation/clock.ts";
import type { RtpPacket } from "../../src/media/formats/rtp-packet.ts";
import { opusTrack } from "../../src/media/formats/track.ts";
import type { MediaSession, MediaSink, MediaSource } from "../../src/media/hub/media-source.ts";

export const framesPerSecond = 25;
export const keyFrameSeconds = 2;
const loopFrames = 100;
const frameMs = 1000 / framesPerSecond;
const packetBytes = 1_200;

const ffmpeg = (args: string): Buffer =>
  execFileSync("ffmpeg", ["-v", "error", ...args.split(" "), "-"], { maxBuffer: 1e9 });

/** Pictures, each a list of NAL units. */
function pictures(): Buffer[][] {
  const stream = ffmpeg(
    `-f lavfi -i testsrc2=s=1280x720:r=${framesPerSecond}:d=4 -c:v libx264 -preset ultrafast -tune zerolatency -b:v 2M -g ${keyFrameSeconds * framesPerSecond} -x264-params aud=1:sliced-threads=0 -pix_fmt yuv420p -f h264`,
  );
  const units: Buffer[] = [];
  for (let start = stream.indexOf("\0\0\x01") + 3; start > 2; ) {
    const next = stream.indexOf("\0\0\x01", start);
    const end = next < 0 ? stream.length : next;
    units.push(stream.subarray(start, next > 0 && stream[end - 1] === 0 ? end - 1 : end));
    start = next < 0 ? 0 : next + 3;
  }
  const found: Buffer[][] = [];
  for (const unit of units) {
    if (((unit[0] ?? 0) & 31) === 9) found.push([]);
    else found.at(-1)?.push(unit);
  }
  return found;
}

/** 20 ms each. */
function sounds(): Buffer[] {
  const file = ffmpeg("-f lavfi -i sine=frequency=440:r=48000:d=4 -ac 1 -c:a libopus -page_duration 20000 -f ogg");
  const packets: Buffer[] = [];
  for (let page = 0; page < file.length; ) {
    const segments = file[page + 26] ?? 0;
    const lengths = [...file.subarray(page + 27, page + 27 + segments)];
    const bytes = lengths.reduce((sum, length) => sum + length, 0);
    packets.push(file.subarray(page + 27 + segments, page + 27 + segments + bytes));
    page += 27 + segments + bytes;
  }
  return packets.slice(2, 202);
}

function payloadsOf(unit: Buffer): Buffer[] {
  if (unit.length <= packetBytes) return [unit];
  const [header = 0] = unit;
  const payloads: Buffer[] = [];
  for (let at = 1; at < unit.length; at += packetBytes) {
    const isLast = at + packetBytes >= unit.length;
    const flags = (at === 1 ? 0x80 : 0) | (isLast ? 0x40 : 0) | (header & 31);
    payloads.push(Buffer.concat([Buffer.from([(header & 0xe0) | 28, flags]), unit.subarray(at, at + packetBytes)]));
  }
  return payloads;
}

export class LoopingCamera implements MediaSource {
  readonly #pictures = pictures().slice(0, loopFrames);
  readonly #sounds = sounds();
  openings = 0;
  openSessions = 0;

  async open(sink: MediaSink, signal: AbortSignal): Promise<MediaSession> {
    this.openings++;
    this.openSessions++;
    sink.track({ kind: "video", codec: "h264", clockRate: 90_000, profileLevelId: "42c01f" });
    sink.track(opusTrack);
    const session = new LoopingSession(sink, this.#pictures, this.#sounds);
    onAbort(signal, () => session.close());
    void session.ended.then(() => this.openSessions--);
    return session;
  }
}

class LoopingSession implements MediaSession {
  readonly ended: Promise<Error | undefined>;
  readonly #sink: MediaSink;
  readonly #pictures: readonly Buffer[][];
  readonly #sounds: readonly Buffer[];
  readonly #startedAtMs = systemClock.monotonic();
  readonly #end: (error: Error | undefined) => void;
  readonly #sequence = { video: 65_000, audio: 100 };
  #frame = 0;
  #timer: Disposable | undefined;

  constructor(sink: MediaSink, pictures: readonly Buffer[][], sounds: readonly Buffer[]) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.#sink = sink;
    this.#pictures = pictures;
    this.#sounds = sounds;
    this.ended = promise;
    this.#end = resolve;
    this.#schedule();
  }

  requestKeyFrame(): void {
    // It has them at its own pace.
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#end(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.ended;
  }

  #schedule(): void {
    const dueMs = this.#startedAtMs + this.#frame * frameMs - systemClock.monotonic();
    this.#timer = systemClock.after(dueMs, () => {
      this.#sendFrame();
      this.#frame++;
      this.#schedule();
    });
  }

  #sendFrame(): void {
    const picture = this.#pictures[this.#frame % this.#pictures.length] ?? [];
    const payloads = picture.flatMap(payloadsOf);
    for (const [index, payload] of payloads.entries())
      this.#send("video", this.#frame * (90_000 / framesPerSecond), index === payloads.length - 1, payload);
    for (const half of [0, 1]) {
      const index = this.#frame * 2 + half;
      this.#send("audio", index * 960, false, this.#sounds[index % this.#sounds.length] ?? Buffer.alloc(0));
    }
  }

  #send(kind: "video" | "audio", timestamp: number, marker: boolean, payload: Buffer): void {
    const packet: RtpPacket = {
      payloadType: kind === "video" ? 96 : 111,
      sequenceNumber: this.#sequence[kind]++ % 65_536,
      timestamp: timestamp >>> 0,
      marker,
      payload: Buffer.from(payload),
    };
    this.#sink.packet(kind, packet, systemClock.monotonic());
  }
}
