// A picture for each event: climbs down the ladder of sources until one gives it, several events at a time.
import { composeSignals, StopError } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import { withDeadline } from "../foundation/deadline.ts";
import { errorText, TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { type CameraEvent, isSameEvent } from "../ring/camera-state.ts";
import { type CameraFacts, eventLadder, type PictureSource } from "./snapshot-ladder-policy.ts";
import type { Picture, PictureSources } from "./snapshot-picture.ts";

export interface EventPicturesOptions {
  readonly sources: PictureSources;
  readonly facts: () => CameraFacts;
  readonly onPicture: (event: CameraEvent, picture: Picture) => void;
  /** No source had a picture; the reason of the last one. */
  readonly onMissed: (event: CameraEvent, reason: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A search for the picture of one event. */
interface Search {
  event: CameraEvent;
  readonly imageId: PromiseWithResolvers<string>;
  readonly controller: AbortController;
  readonly signal: AbortSignal;
  /** It waits for the id of its image now. */
  isAwaitingId: boolean;
}

/** The second push, with the image, follows the first one within seconds. */
const secondPushMs = 10_000;
/** A message may have been held back on its way for long. */
const presentMs = 120_000;
const mostSearches = 4;
const sources: readonly PictureSource[] = ["push", "still", "stream", "recording"];

export class EventPictures implements Disposable {
  readonly #options: EventPicturesOptions;
  /** Oldest first. */
  readonly #searches = new Set<Search>();

  constructor(options: EventPicturesOptions) {
    this.#options = options;
  }

  /** Looks for a picture; of many events at once the oldest are given up. */
  start(event: CameraEvent): void {
    const [oldest] = this.#searches;
    if (oldest && this.#searches.size >= mostSearches) this.#end(oldest);
    void this.#run(this.#open(event), sources);
  }

  /** It is known better what the event was. */
  refine(event: CameraEvent): void {
    const search = this.#searchFor(event);
    if (search) search.event = event;
  }

  /** A later push brought the id of the image. */
  imageReady(event: CameraEvent, imageId: string): void {
    const search = this.#searchFor(event);
    if (search?.isAwaitingId) search.imageId.resolve(imageId);
    else void this.#run(this.#open({ ...event, imageId }), ["push"], search);
  }

  [Symbol.dispose](): void {
    for (const search of [...this.#searches]) this.#end(search);
  }

  #searchFor(event: CameraEvent): Search | undefined {
    return [...this.#searches].find((known) => isSameEvent(known.event, event));
  }

  #open(event: CameraEvent): Search {
    const controller = new AbortController();
    const imageId = Promise.withResolvers<string>();
    if (event.imageId !== undefined) imageId.resolve(event.imageId);
    const signal = composeSignals(this.#options.signal, controller.signal);
    const search = { event, imageId, controller, signal, isAwaitingId: false };
    this.#searches.add(search);
    return search;
  }

  #end(search: Search): void {
    this.#searches.delete(search);
    search.controller.abort(new StopError("replaced"));
  }

  /** `other` is the search for the same event that became needless where this one finds something. */
  async #run(search: Search, rungs: readonly PictureSource[], other?: Search): Promise<void> {
    const { onPicture, onMissed, logger } = this.#options;
    let reason = "there is no source of pictures for this event";
    for (const source of rungs) {
      if (search.signal.aborted) return;
      if (!this.#ladder(search).includes(source)) continue;
      try {
        const picture = await this.#take(source, search);
        if (search.signal.aborted) return;
        this.#end(search);
        if (other) this.#end(other);
        onPicture(search.event, picture);
        return;
      } catch (error) {
        if (search.signal.aborted) return;
        reason = errorText(error);
        logger.debug(`no picture of the ${search.event.kind} by ${source}`, error);
      }
    }
    this.#end(search);
    if (rungs.length > 1) onMissed(search.event, reason);
  }

  #ladder({ event }: Search): PictureSource[] {
    const { facts, clock } = this.#options;
    return eventLadder(facts(), {
      isPast: clock.now() - event.happenedAt > presentMs,
      hasImageId: event.imageId !== undefined,
      hasEventId: event.eventId !== undefined,
    });
  }

  async #take(source: PictureSource, search: Search): Promise<Picture> {
    const { sources: from } = this.#options;
    const { event, signal } = search;
    switch (source) {
      case "push":
        return await from.push(await this.#awaitImageId(search), signal);
      case "still":
        return await from.still({ newerThan: event.happenedAt }, true, signal);
      case "stream":
        return await from.stream(signal);
      case "recording":
        return await from.recording(event, signal);
    }
  }

  async #awaitImageId(search: Search): Promise<string> {
    search.isAwaitingId = true;
    try {
      const wait = (): Promise<string> => search.imageId.promise;
      return await withDeadline("the push with the picture", secondPushMs, this.#options.clock, wait, search.signal);
    } catch (error) {
      search.signal.throwIfAborted();
      throw new TransientError("snapshot.no-push-image", "Ring sent no picture with the event", { cause: error });
    } finally {
      search.isAwaitingId = false;
    }
  }
}
