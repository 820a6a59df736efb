// A stream for tests of the RTSP server: it does what the test says, and tells what was asked of it.
import { randomBytes } from "node:crypto";
import { opusTrack, type Track } from "../../formats/track.ts";
import {
  framingRoom,
  headerStride,
  type Reader,
  type ReaderOutput,
  type RtpBatch,
  type Stream,
  type StreamDirectory,
  type StreamLease,
  type Viewer,
} from "../../hub/stream.ts";

export const videoTrack: Track = { kind: "video", codec: "h264", clockRate: 90_000, profileLevelId: "640028" };

export class ScriptedLease implements StreamLease {
  readonly viewer: Viewer;
  readonly #controller = new AbortController();
  readonly #onReleased: () => void;
  /** Sent while `play` still runs, as the kept group of pictures is. */
  readonly #kept: readonly RtpBatch[];
  output: ReaderOutput | undefined;
  tracks: readonly number[] = [];
  readonly calls: string[] = [];

  constructor(viewer: Viewer, kept: readonly RtpBatch[], onReleased: () => void) {
    this.viewer = viewer;
    this.#kept = kept;
    this.#onReleased = onReleased;
  }

  get ended(): AbortSignal {
    return this.#controller.signal;
  }

  play(tracks: readonly number[], output: ReaderOutput): Reader {
    this.output = output;
    this.tracks = tracks;
    this.calls.push("play");
    for (const batch of this.#kept) output.writeRtp(tracks[0] ?? 0, batch);
    return {
      tracks: tracks.map((track) => ({ track, firstSequenceNumber: 100 + track })),
      pause: () => void this.calls.push("pause"),
      resume: () => void this.calls.push("resume"),
      remove: (track) => void this.calls.push(`remove ${track}`),
      [Symbol.dispose]: () => void this.calls.push("stop"),
    };
  }

  /** The stream is over for this viewer. */
  end(reason: Error): void {
    for (const track of this.tracks) this.output?.writeRtcp(track, Buffer.from("BYE"));
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    this.calls.push("release");
    this.#onReleased();
  }
}

export class ScriptedStream implements Stream {
  readonly path: string;
  tracks: readonly Track[] = [videoTrack, opusTrack];
  refusal: Error | undefined;
  /** What `describe` waits for. */
  gate: Promise<void> = Promise.resolve();
  kept: readonly RtpBatch[] = [];
  readonly leases: ScriptedLease[] = [];
  readonly #changes: (() => void)[] = [];
  openLeases = 0;

  constructor(path: string) {
    this.path = path;
  }

  async describe(_viewer: Viewer, signal: AbortSignal): Promise<readonly Track[]> {
    await this.gate;
    signal.throwIfAborted();
    if (this.refusal) throw this.refusal;
    return this.tracks;
  }

  lease(viewer: Viewer): StreamLease {
    if (this.refusal) throw this.refusal;
    const lease = new ScriptedLease(viewer, this.kept, () => {
      this.openLeases--;
      for (const notify of this.#changes.splice(0)) notify();
    });
    this.leases.push(lease);
    this.openLeases++;
    return lease;
  }

  get lastLease(): ScriptedLease {
    const lease = this.leases.at(-1);
    if (!lease) throw new Error("nobody took a lease");
    return lease;
  }

  /** Resolves when no lease is open. */
  async released(): Promise<void> {
    while (this.openLeases > 0) await new Promise<void>((resolve) => this.#changes.push(resolve));
  }
}

export function directoryOf(...streams: readonly ScriptedStream[]): StreamDirectory {
  return { find: (path) => streams.find((stream) => stream.path === path) };
}

/** A batch of packets with these payloads and zeros as headers. */
export function batchOf(...payloads: readonly Buffer[]): RtpBatch {
  const bytes = payloads.reduce((sum, payload) => sum + payload.length + headerStride - framingRoom, 0);
  return { headers: Buffer.alloc(payloads.length * headerStride), payloads, bytes };
}

export const randomPayload = (bytes: number): Buffer => randomBytes(bytes);
