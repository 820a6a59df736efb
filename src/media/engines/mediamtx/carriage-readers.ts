// Who reads a carried stream at MediaMTX: shown as viewers of the stream, and given a key frame when they come.
import type { Clock } from "../../../foundation/clock.ts";
import { errorText } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import type { Viewer } from "../../hub/stream.ts";
import type { EngineLease, EngineStream } from "./engine-stream.ts";

export interface SeenReader {
  readonly id: string;
  readonly viewer: Viewer;
}

export interface CarriageReadersOptions {
  readonly stream: Pick<EngineStream, "lease" | "path">;
  /** The one that plays; the first reader is shown with it. */
  readonly lease: () => EngineLease | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Whoever came so short a time ago has been given its key frame. */
const justJoinedMs = 1_500;
/** HLS cuts at key frames, and its players may come at any time. */
const hlsKeyFrameEveryMs = 2_000;

export class CarriageReaders implements Disposable {
  readonly #options: CarriageReadersOptions;
  #known = new Map<string, Viewer>();
  /** Of readers but the first. */
  readonly #leases = new Map<string, EngineLease>();
  #first: string | undefined;
  #joinedAtMs = Number.NEGATIVE_INFINITY;
  #hlsAskedAtMs = Number.NEGATIVE_INFINITY;
  #isRead = false;
  /** Since somebody reads, or nobody. */
  #sinceMs: number;

  constructor(options: CarriageReadersOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.monotonic();
  }

  /** Now it can be read. */
  begin(): void {
    this.#sinceMs = this.#options.clock.monotonic();
  }

  /** For how long nobody has read; undefined while somebody does. */
  get absentMs(): number | undefined {
    return this.#isRead ? undefined : this.#options.clock.monotonic() - this.#sinceMs;
  }

  /** For how long somebody has read; undefined while nobody does. */
  get presentMs(): number | undefined {
    return this.#isRead ? this.#options.clock.monotonic() - this.#sinceMs : undefined;
  }

  joined(): void {
    this.#joinedAtMs = this.#options.clock.monotonic();
    this.#options.lease()?.requestKeyFrame();
  }

  update(readers: readonly SeenReader[], isHls: boolean): void {
    const nowMs = this.#options.clock.monotonic();
    this.#noticePresence(readers.length > 0 || isHls, nowMs);
    const isNew = readers.some(({ id }) => !this.#known.has(id));
    this.#log(readers);
    if (isNew && nowMs - this.#joinedAtMs > justJoinedMs) this.joined();
    if (isHls && nowMs - this.#hlsAskedAtMs >= hlsKeyFrameEveryMs) {
      this.#hlsAskedAtMs = nowMs;
      this.#options.lease()?.requestKeyFrame();
    }
    this.#show(readers);
  }

  [Symbol.dispose](): void {
    for (const lease of this.#leases.values()) lease[Symbol.dispose]();
    this.#leases.clear();
  }

  #log(readers: readonly SeenReader[]): void {
    const { stream, logger } = this.#options;
    const before = this.#known;
    this.#known = new Map(readers.map(({ id, viewer }) => [id, viewer]));
    for (const [id, viewer] of this.#known)
      if (!before.has(id)) logger.info(`${nameOf(viewer)} watches ${stream.path} at MediaMTX`);
    for (const [id, viewer] of before)
      if (!this.#known.has(id)) logger.info(`${nameOf(viewer)} has left ${stream.path}`);
  }

  #noticePresence(isRead: boolean, nowMs: number): void {
    if (isRead === this.#isRead) return;
    this.#isRead = isRead;
    this.#sinceMs = nowMs;
  }

  #show(readers: readonly SeenReader[]): void {
    const isHere = (id: string | undefined): boolean => readers.some((reader) => reader.id === id);
    for (const [id, lease] of this.#leases) if (!isHere(id)) this.#forget(id, lease);
    if (!isHere(this.#first)) this.#chooseFirst(readers[0]);
    for (const { id, viewer } of readers) if (id !== this.#first && !this.#leases.has(id)) this.#addLease(id, viewer);
  }

  #chooseFirst(reader: SeenReader | undefined): void {
    this.#first = reader?.id;
    if (!reader) return;
    const lease = this.#leases.get(reader.id);
    if (lease) this.#forget(reader.id, lease);
    this.#options.lease()?.rename(reader.viewer);
  }

  #forget(id: string, lease: EngineLease): void {
    this.#leases.delete(id);
    lease[Symbol.dispose]();
  }

  /** MediaMTX has let it in already; a stream that has been locked since only does not show it. */
  #addLease(id: string, viewer: Viewer): void {
    try {
      this.#leases.set(id, this.#options.stream.lease(viewer));
    } catch (error) {
      this.#options.logger.debug(() => `A further reader at MediaMTX is not shown: ${errorText(error)}`);
    }
  }
}

function nameOf({ address, userAgent }: Viewer): string {
  return userAgent ? `${address} (${userAgent.slice(0, 80)})` : address || "somebody";
}
