// The feeds that are open now, each at a path of its own that nobody can guess and that serves once.
import { secretPath } from "../../../foundation/secret-path.ts";
import type { Stream, StreamDirectory } from "../../hub/stream.ts";
import { Feed, type FeedOptions } from "./feed.ts";

export interface OpenFeed extends Disposable {
  readonly feed: Feed;
}

export class Feeds implements StreamDirectory {
  readonly #feeds = new Map<string, Feed>();

  find(path: string): Stream | undefined {
    return this.#feeds.get(path);
  }

  /** `name` is for people who look at processes. */
  open(name: string, options: Omit<FeedOptions, "path">): OpenFeed {
    const path = secretPath(name);
    const feed = new Feed({ ...options, path });
    this.#feeds.set(path, feed);
    return { feed, [Symbol.dispose]: () => this.#feeds.delete(path) };
  }
}
