// Keeps the recording that was fetched last for a while: players open a stream twice, and come back after a slow start.
import type { Clock } from "../foundation/clock.ts";
import type { RecordingDownload } from "../ring/history/recording-download.ts";

/** Home Assistant asks again after 10 s, 20 s, ... */
const keepMs = 60_000;

export type KeptRecording = Pick<RecordingDownload, "size" | "read" | "failure"> & AsyncDisposable;

export interface TakenRecording extends Disposable {
  readonly file: KeptRecording;
}

interface Place {
  readonly key: string;
  readonly file: Promise<KeptRecording>;
  users: number;
  timer: Disposable | undefined;
}

export class RecordingShelf implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #ending = new Set<Promise<void>>();
  #place: Place | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The recording with this key, fetched by `open` where it is not there; dispose it when it has been played. */
  async take(key: string, open: () => Promise<KeptRecording>): Promise<TakenRecording> {
    const place = this.#find(key) ?? this.#put(key, open);
    place.users++;
    place.timer?.[Symbol.dispose]();
    try {
      const file = await place.file;
      return { file, [Symbol.dispose]: () => this.#release(place, file) };
    } catch (error) {
      place.users--;
      if (this.#place === place) this.#place = undefined;
      throw error;
    }
  }

  /** Resolves when nothing is kept any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#clear();
    await Promise.all(this.#ending);
  }

  #find(key: string): Place | undefined {
    return this.#place?.key === key ? this.#place : undefined;
  }

  #put(key: string, open: () => Promise<KeptRecording>): Place {
    this.#clear();
    const place: Place = { key, file: open(), users: 0, timer: undefined };
    this.#place = place;
    return place;
  }

  #release(place: Place, file: KeptRecording): void {
    place.users--;
    if (place.users > 0) return;
    // What broke off is fetched anew.
    if (file.failure && this.#place === place) this.#place = undefined;
    if (this.#place !== place) this.#end(file);
    else place.timer = this.#clock.after(keepMs, () => this.#clear());
  }

  /** One that is being played goes when it has been played. */
  #clear(): void {
    const place = this.#place;
    this.#place = undefined;
    place?.timer?.[Symbol.dispose]();
    if (place?.users === 0) place.file.then((file) => this.#end(file)).catch(() => undefined);
  }

  #end(file: KeptRecording): void {
    const over = Promise.resolve(file[Symbol.asyncDispose]()).finally(() => this.#ending.delete(over));
    this.#ending.add(over);
  }
}
