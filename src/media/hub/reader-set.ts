// The readers of one stream: everything is sent to all of them, and none can disturb another.
import { errorText } from "../../foundation/errors.ts";
import type { Logger } from "../../foundation/logger.ts";
import { StreamEndedError } from "../errors.ts";
import type { HubReader } from "./hub-reader.ts";
import type { MediaUnit, VideoUnit } from "./media-unit.ts";

export class ReaderSet {
  readonly #readers = new Set<HubReader>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(reader: HubReader): void {
    this.#readers.add(reader);
  }

  remove(reader: HubReader): void {
    this.#readers.delete(reader);
  }

  somePlays(track: number): boolean {
    for (const reader of this.#readers) if (reader.plays(track)) return true;
    return false;
  }

  /** Some reader that is still here has been sent this track. */
  someWasSent(track: number): boolean {
    for (const reader of this.#readers) if (reader.wasSent(track)) return true;
    return false;
  }

  sendVideo(unit: VideoUnit): void {
    for (const reader of this.#readers) {
      try {
        reader.sendVideo(unit);
      } catch (error) {
        this.#fail(reader, error);
      }
    }
  }

  sendAudio(track: number, unit: MediaUnit): void {
    for (const reader of this.#readers) {
      try {
        reader.sendAudio(track, unit);
      } catch (error) {
        this.#fail(reader, error);
      }
    }
  }

  tick(nowMs: number): void {
    for (const reader of this.#readers) this.guard(reader, () => reader.tick(nowMs));
  }

  awaitKeyFrame(): void {
    for (const reader of this.#readers) reader.awaitKeyFrame();
  }

  /** Does something with a reader whose transport may throw. */
  guard(reader: HubReader, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(reader, error);
    }
  }

  #fail(reader: HubReader, cause: unknown): void {
    this.#logger.debug(() => `A viewer's transport broke: ${errorText(cause)}`);
    try {
      reader.end(new StreamEndedError("transport", "The viewer's transport broke", { cause }));
    } catch (error) {
      this.#logger.debug("A viewer's transport could not be ended", error);
    }
  }
}
