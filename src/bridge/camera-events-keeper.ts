// What happens at one camera, towards MQTT: each event told once at receipt, held as a state, and remembered over restarts.
import type { Clock } from "../foundation/clock.ts";
import { Spaced } from "../foundation/spaced.ts";
import type { DeviceLink } from "../home-assistant/device-link.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import {
  type EventKind,
  keepLastEvent,
  loadHoldSeconds,
  loadLastEvent,
  saveHoldSeconds,
  saveLastEvent,
} from "./camera-events-memory.ts";
import { eventMessage } from "./camera-events-message.ts";
import type { CameraMemory } from "./camera-memory.ts";
import { HeldEvent, type HeldEventState } from "./held-event.ts";

export interface CameraEventsView {
  readonly motion: HeldEventState;
  readonly ding: HeldEventState;
  readonly holdSeconds: Readonly<Record<EventKind, number>>;
}

export interface CameraEventActions {
  setHoldSeconds(kind: EventKind, seconds: number): void;
}

export interface CameraEventsOptions {
  readonly link: Pick<DeviceLink, "publishEvent">;
  readonly memory: CameraMemory;
  readonly clock: Clock;
  /** Publishes the states; called after the event itself was told, which carries all of it. */
  readonly onChange: () => void;
}

/** The state file is not written more often than this, however much moves before the camera. */
const saveEveryMs = 10_000;

export class CameraEventsKeeper implements CameraEventActions, Disposable {
  readonly #options: CameraEventsOptions;
  readonly #held: Readonly<Record<EventKind, HeldEvent>>;
  readonly #holdSeconds: Record<EventKind, number>;
  readonly #unsaved = new Set<EventKind>();
  readonly #saving: Spaced;

  constructor(options: CameraEventsOptions) {
    this.#options = options;
    const { memory, clock } = options;
    this.#saving = new Spaced({ work: () => this.#save(), times: 1, everyMs: saveEveryMs, clock });
    this.#holdSeconds = { motion: loadHoldSeconds(memory, "motion"), ding: loadHoldSeconds(memory, "ding") };
    this.#held = { motion: this.#hold("motion"), ding: this.#hold("ding") };
  }

  get view(): CameraEventsView {
    return { motion: this.#held.motion.state, ding: this.#held.ding.state, holdSeconds: { ...this.#holdSeconds } };
  }

  /** `isTold`: the camera has the entity that tells such events. */
  happened(event: CameraEvent, isTold: boolean): void {
    const { key, payload } = eventMessage(event);
    // First: a broker with Nagle's algorithm on holds up to 40 ms back whatever follows in the same moment.
    if (isTold) this.#options.link.publishEvent(key, payload);
    this.#held[event.kind].happened(event);
    this.#remember(event.kind);
  }

  /** Something that happened is known without a message of it: it is remembered, and neither told nor held. */
  learned(event: CameraEvent): void {
    if (this.#held[event.kind].learned(event)) this.#remember(event.kind);
  }

  setHoldSeconds(kind: EventKind, seconds: number): void {
    this.#holdSeconds[kind] = seconds;
    this.#held[kind].setHold(seconds * 1000);
    saveHoldSeconds(this.#options.memory, kind, seconds);
  }

  [Symbol.dispose](): void {
    for (const held of Object.values(this.#held)) held[Symbol.dispose]();
    this.#saving[Symbol.dispose]();
  }

  #hold(kind: EventKind): HeldEvent {
    const { clock, memory, onChange } = this.#options;
    const holdMs = this.#holdSeconds[kind] * 1000;
    return new HeldEvent({ holdMs, last: loadLastEvent(memory, kind), clock, onChange });
  }

  /** At once for who reads it, such as the page, and on the disk when that is due. */
  #remember(kind: EventKind): void {
    const { last } = this.#held[kind].state;
    if (last) keepLastEvent(this.#options.memory, last);
    this.#unsaved.add(kind);
    this.#saving.request();
  }

  #save(): void {
    for (const kind of this.#unsaved) {
      const { last } = this.#held[kind].state;
      if (last) saveLastEvent(this.#options.memory, last);
    }
    this.#unsaved.clear();
  }
}
