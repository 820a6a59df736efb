// All streams of the house, by path.
import { Emitter, type Subscribable } from "../../foundation/emitter.ts";
import { BugError } from "../../foundation/errors.ts";
import type { StreamDirectory } from "./stream.ts";
import type { StreamPath } from "./stream-path.ts";

export class StreamHub implements StreamDirectory, AsyncDisposable {
  readonly #streams = new Map<string, StreamPath>();
  readonly #changed = new Emitter<void>();

  get streams(): readonly StreamPath[] {
    return [...this.#streams.values()];
  }

  /** A stream was added or removed. */
  get streamsChanged(): Subscribable<void> {
    return this.#changed;
  }

  find(path: string): StreamPath | undefined {
    return this.#streams.get(path);
  }

  /** The hub closes it from now on. */
  add(stream: StreamPath): void {
    if (this.#streams.has(stream.path)) throw new BugError(`There is already a stream at ${stream.path}`);
    this.#streams.set(stream.path, stream);
    this.#changed.emit();
  }

  /** Closes a stream and forgets it; resolves when its source has been hung up. */
  async remove(path: string): Promise<void> {
    const stream = this.#streams.get(path);
    if (!stream) return;
    this.#streams.delete(path);
    this.#changed.emit();
    await stream[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#streams.keys()].map((path) => this.remove(path)));
  }
}
