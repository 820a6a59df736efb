// Push messages of one camera as events: each told once, the picture that comes with a later message told as such.
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import type { CameraEvent, CameraEventImage } from "./camera-state.ts";

const rememberedEvents = 100;

export class CameraEvents {
  readonly #happened: Emitter<CameraEvent>;
  readonly #imageReady: Emitter<CameraEventImage>;
  /** By kind and id; oldest first. */
  readonly #known = new Map<string, CameraEvent>();

  constructor(onListenerError?: (error: unknown) => void) {
    this.#happened = new Emitter(onListenerError);
    this.#imageReady = new Emitter(onListenerError);
  }

  get happened(): Subscribable<CameraEvent> {
    return this.#happened;
  }

  get imageReady(): Subscribable<CameraEventImage> {
    return this.#imageReady;
  }

  /** Tells the listeners before it returns. */
  receive(event: CameraEvent): void {
    const key = `${event.kind} ${event.eventId ?? event.happenedAt}`;
    const known = this.#known.get(key);
    if (!known) {
      this.#remember(key, event);
      this.#happened.emit(event);
      return;
    }
    if (!event.imageId || known.imageId) return;
    const withImage = { ...known, imageId: event.imageId };
    this.#remember(key, withImage);
    this.#imageReady.emit({ event: withImage, imageId: event.imageId });
  }

  #remember(key: string, event: CameraEvent): void {
    this.#known.set(key, event);
    if (this.#known.size <= rememberedEvents) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}
