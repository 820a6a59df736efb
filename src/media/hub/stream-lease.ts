// One viewer's claim on a stream, from the first request to the end of it.
import { type AppError, BugError } from "../../foundation/errors.ts";
import type { Track } from "../formats/track.ts";
import type { HubReader } from "./hub-reader.ts";
import type { Reader, ReaderOutput, StreamLease, Viewer } from "./stream.ts";

/** The stream, as a lease sees it. */
export interface LeaseHost {
  startReader(lease: ViewerLease, tracks: readonly number[], output: ReaderOutput): HubReader;
  endReader(reader: HubReader, error: Error): void;
  requestKeyFrame(): void;
  leaseRenamed(): void;
  /** Called once. */
  leaseOver(lease: ViewerLease): void;
}

export interface ViewerLeaseOptions {
  readonly viewer: Viewer;
  /** Unix ms. */
  readonly since: number;
  /** What this viewer was told; undefined: nothing yet. */
  readonly described: readonly Track[] | undefined;
  readonly host: LeaseHost;
}

export class ViewerLease implements StreamLease {
  readonly since: number;
  readonly described: readonly Track[] | undefined;
  readonly #host: LeaseHost;
  #viewer: Viewer;
  readonly #controller = new AbortController();
  #reader: HubReader | undefined;
  #isOver = false;

  constructor(options: ViewerLeaseOptions) {
    this.#viewer = options.viewer;
    this.since = options.since;
    this.described = options.described;
    this.#host = options.host;
  }

  get ended(): AbortSignal {
    return this.#controller.signal;
  }

  get viewer(): Viewer {
    return this.#viewer;
  }

  /** It turns out who watches, or somebody else does now: an engine holds one lease for all its readers' media. */
  rename(viewer: Viewer): void {
    this.#viewer = viewer;
    if (!this.#isOver) this.#host.leaseRenamed();
  }

  /** Somebody joins behind this lease and can begin only at a key frame. */
  requestKeyFrame(): void {
    if (!this.#isOver) this.#host.requestKeyFrame();
  }

  plays(feed: number): boolean {
    return this.#reader?.plays(feed) ?? false;
  }

  play(tracks: readonly number[], output: ReaderOutput): Reader {
    this.ended.throwIfAborted();
    if (this.#reader || this.#isOver) throw new BugError("A lease plays once, and not after its end");
    this.#reader = this.#host.startReader(this, tracks, output);
    return this.#reader;
  }

  /** The stream is over for this viewer. */
  end(error: AppError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#reader) this.#host.endReader(this.#reader, error);
    this.#controller.abort(error);
    this.#host.leaseOver(this);
  }

  /** The viewer has left. */
  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader?.[Symbol.dispose]();
    this.#host.leaseOver(this);
  }
}
