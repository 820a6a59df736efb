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
  /** Resolves with the first sound of the camera, whether FFmpeg wants it or not. */
  readonly firstSound: Promise<void>;
  readonly #options: FeedOptions;
  readonly #onPicture: () => void;
  readonly #onSound: () => void;
  #isTaken = false;
  #hasSound = false;

  constructor(options: FeedOptions) {
    const picture = Promise.withResolvers<void>();
    const sound = Promise.withResolvers<void>();
    this.path = options.path;
    this.firstPicture = picture.promise;
    this.firstSound = sound.promise;
    this.#options = options;
    this.#onPicture = picture.resolve;
    this.#onSound = sound.resolve;
  }

  /** Some sound has come. */
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
    const wanted = new Set(numbers.map((number) => tracks[number] ?? 0));
    const reader = lease.play([...new Set([...wanted, trackNumbers.audio])], this.#renumbered(output));
    return {
      tracks: reader.tracks
        .filter(({ track }) => wanted.has(track))
        .map((track) => ({ ...track, track: tracks.indexOf(track.track) })),
      pause: () => reader.pause(),
      resume: () => reader.resume(),
      remove: (track) => reader.remove(tracks[track] ?? -1),
      [Symbol.dispose]: () => reader[Symbol.dispose](),
    };
  }

  #renumbered(output: ReaderOutput): ReaderOutput {
    const numbers: number[] = [];
    for (const [at, track] of this.#options.tracks.entries()) numbers[track] = at;
    const write = (track: number, say: (number: number) => void): void => {
      const number = numbers[track];
      if (number !== undefined) say(number);
    };
    return {
      writeRtp: (track, batch) => {
        this.#notice(track, batch);
        write(track, (number) => output.writeRtp(number, batch));
      },
      writeRtcp: (track, packet) => write(track, (number) => output.writeRtcp(number, packet)),
      isPassedOn: true,
      get pendingBytes() {
        return output.pendingBytes;
      },
      end: (reason) => output.end(reason),
    };
  }

  #notice(track: number, batch: RtpBatch): void {
    if (track === trackNumbers.video) {
      if (batch.bytes > 0) this.#onPicture();
      return;
    }
    this.#hasSound = true;
    this.#onSound();
  }
}
