// What FFmpeg reads of a stream: some of its tracks, once, on a lease that somebody else holds.
import { BugError } from "../../../foundation/errors.ts";
import { StreamRefusedError } from "../../errors.ts";
import type { Track } from "../../formats/track.ts";
import type { Reader, ReaderOutput, RtpBatch, Stream, StreamLease, Viewer } from "../../hub/stream.ts";
import { trackNumbers } from "../../hub/track-numbers.ts";

export interface FeedOptions {
  readonly path: string;
  readonly stream: Pick<Stream, "describe">;
  readonly lease: StreamLease;
  readonly viewer: Viewer;
  /** Of the stream; in the order in which FFmpeg shall see them. */
  readonly tracks: readonly number[];
}

export class Feed implements Stream {
  readonly path: string;
  /** Resolves with the first picture that is sent. */
  readonly firstPicture: Promise<void>;
  readonly #options: FeedOptions;
  readonly #onPicture: () => void;
  #isTaken = false;
  #hasSound = false;

  constructor(options: FeedOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.path = options.path;
    this.firstPicture = promise;
    this.#options = options;
    this.#onPicture = resolve;
  }

  /** Some sound has been sent. */
  get hasSound(): boolean {
    return this.#hasSound;
  }

  async describe(_viewer: Viewer, signal: AbortSignal): Promise<readonly Track[]> {
    const { stream, viewer, tracks } = this.#options;
    const all = await stream.describe(viewer, signal);
    return tracks.map((number) => {
      const track = all[number];
      if (!track) throw new BugError(`The stream has no track ${number}`);
      return track;
    });
  }

  /** The lease stays its owner's: when this one is disposed, nothing ends. */
  lease(): StreamLease {
    if (this.#isTaken) throw new StreamRefusedError("failed", "This feed has been taken already");
    this.#isTaken = true;
    const { lease } = this.#options;
    return {
      ended: lease.ended,
      play: (numbers, output) => this.#play(numbers, output),
      [Symbol.dispose]: () => undefined,
    };
  }

  #play(numbers: readonly number[], output: ReaderOutput): Reader {
    const { lease, tracks } = this.#options;
    const wanted = numbers.map((number) => tracks[number] ?? 0);
    const reader = lease.play(wanted, this.#renumbered(output));
    return {
      tracks: reader.tracks.map((track) => ({ ...track, track: tracks.indexOf(track.track) })),
      pause: () => reader.pause(),
      resume: () => reader.resume(),
      remove: (track) => reader.remove(tracks[track] ?? -1),
      [Symbol.dispose]: () => reader[Symbol.dispose](),
    };
  }

  #renumbered(output: ReaderOutput): ReaderOutput {
    const numbers: number[] = [];
    for (const [at, track] of this.#options.tracks.entries()) numbers[track] = at;
    return {
      writeRtp: (track, batch) => {
        this.#notice(track, batch);
        output.writeRtp(numbers[track] ?? 0, batch);
      },
      writeRtcp: (track, packet) => output.writeRtcp(numbers[track] ?? 0, packet),
      get pendingBytes() {
        return output.pendingBytes;
      },
      end: (reason) => output.end(reason),
    };
  }

  #notice(track: number, batch: RtpBatch): void {
    if (track !== trackNumbers.video) this.#hasSound = true;
    else if (batch.bytes > 0) this.#onPicture();
  }
}
