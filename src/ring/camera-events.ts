// Push messages of one camera as events: each told once; what a later message adds, a picture or what it was, told as such.
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import type { CameraEvent, CameraEventImage, Detection } from "./camera-state.ts";

const rememberedEvents = 100;
/** History and message may name different moments of one event. */
const sameMomentMs = 10_000;

export class CameraEvents {
  readonly #happened: Emitter<CameraEvent>;
  readonly #refined: Emitter<CameraEvent>;
  readonly #imageReady: Emitter<CameraEventImage>;
  /** By kind and id; oldest first. */
  readonly #known = new Map<string, CameraEvent>();

  /** `told` are events of an earlier run. */
  constructor(told: readonly CameraEvent[] = [], onListenerError?: (error: unknown) => void) {
    this.#happened = new Emitter(onListenerError);
    this.#refined = new Emitter(onListenerError);
    this.#imageReady = new Emitter(onListenerError);
    for (const event of told) this.#remember(keyOf(event), event);
  }

  get happened(): Subscribable<CameraEvent> {
    return this.#happened;
  }

  get refined(): Subscribable<CameraEvent> {
    return this.#refined;
  }

  get imageReady(): Subscribable<CameraEventImage> {
    return this.#imageReady;
  }

  /** Whether a message of it has come; some messages have no id. */
  knows(event: CameraEvent): boolean {
    if (this.#known.has(keyOf(event))) return true;
    const isIt = ({ kind, eventId, happenedAt }: CameraEvent): boolean =>
      kind === event.kind && eventId === undefined && Math.abs(happenedAt - event.happenedAt) < sameMomentMs;
    return [...this.#known.values()].some(isIt);
  }

  /** Tells the listeners before it returns. */
  receive(event: CameraEvent): void {
    const key = keyOf(event);
    const known = this.#known.get(key);
    if (!known) {
      this.#remember(key, event);
      this.#happened.emit(event);
      return;
    }
    const isFiner = finenessOf(event.detection) > finenessOf(known.detection);
    const hasNewImage = event.imageId !== undefined && known.imageId === undefined;
    if (!isFiner && !hasNewImage) return;
    const merged = { ...(isFiner ? event : known), imageId: known.imageId ?? event.imageId };
    this.#remember(key, merged);
    if (isFiner) this.#refined.emit(merged);
    if (hasNewImage && event.imageId !== undefined) this.#imageReady.emit({ event: merged, imageId: event.imageId });
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

function keyOf({ kind, eventId, happenedAt }: CameraEvent): string {
  return `${kind} ${eventId ?? happenedAt}`;
}

/** A message that knows less than one before it brings nothing; a person is what people want to hear of most. */
function finenessOf(detection: Detection): number {
  if (detection === "motion" || detection === "ding") return 0;
  if (detection === "other_motion") return 1;
  return detection === "person" ? 3 : 2;
}
