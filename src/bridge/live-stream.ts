// A camera's live stream as its entities see it: status, lock, what arrives, and how long it has been live today.
import { type Clock, every } from "../foundation/clock.ts";
import type { ReceivedMedia } from "../media/hub/received-media.ts";
import type { StreamPath } from "../media/hub/stream-path.ts";
import type { StreamStatus } from "../media/hub/stream-status.ts";
import type { CameraMemory } from "./camera-memory.ts";
import { LiveSeconds } from "./live-stream-seconds.ts";

const lockKey = "stream_lock";
/** Diagnostics change all the time; more often than this nobody needs them. */
const lookEveryMs = 10_000;

export interface LiveStreamState extends StreamStatus {
  /** What arrives, or what arrived last; undefined before the first call. */
  readonly received: ReceivedMedia | undefined;
  readonly secondsToday: number;
}

export type LiveStreamPath = Pick<
  StreamPath,
  "status" | "statusChanged" | "received" | "lastKeyFrame" | "turnOn" | "turnOff" | "setLocked" | "cameraChanged"
>;

export interface LiveStreamOptions {
  readonly stream: LiveStreamPath;
  readonly memory: CameraMemory;
  readonly clock: Clock;
  readonly onChange: () => void;
}

export class LiveStream implements Disposable {
  readonly #options: LiveStreamOptions;
  readonly #seconds: LiveSeconds;
  readonly #listener: Disposable;
  #received: ReceivedMedia | undefined;
  #looks: Disposable | undefined;
  #isLive = false;

  constructor(options: LiveStreamOptions) {
    const { stream, memory, clock, onChange } = options;
    this.#options = options;
    this.#seconds = new LiveSeconds({ memory, clock, onNewDay: onChange });
    if (memory.read(lockKey) === true) stream.setLocked(true);
    this.#listener = stream.statusChanged.subscribe((status) => this.#statusChanged(status));
  }

  get state(): LiveStreamState {
    return { ...this.#options.stream.status, received: this.#received, secondsToday: this.#seconds.today };
  }

  /** Throws StreamRefusedError where it may not start. */
  turn(isOn: boolean): void {
    if (isOn) this.#options.stream.turnOn();
    else this.#options.stream.turnOff();
  }

  setLocked(isLocked: boolean): void {
    this.#options.memory.write(lockKey, isLocked);
    this.#options.stream.setLocked(isLocked);
  }

  cameraChanged(): void {
    this.#options.stream.cameraChanged();
  }

  [Symbol.dispose](): void {
    this.#listener[Symbol.dispose]();
    this.#looks?.[Symbol.dispose]();
    this.#seconds[Symbol.dispose]();
  }

  #statusChanged({ state, startedAt }: StreamStatus): void {
    const isOver = state === "closing" || state === "failed";
    if (isOver) this.#look();
    this.#setLive(startedAt !== undefined);
    this.#options.onChange();
  }

  #setLive(isLive: boolean): void {
    if (isLive === this.#isLive) return;
    this.#isLive = isLive;
    this.#seconds.setLive(isLive);
    this.#looks?.[Symbol.dispose]();
    this.#looks = isLive ? every(this.#options.clock, lookEveryMs, () => this.#lookAgain()) : undefined;
  }

  #lookAgain(): void {
    this.#look();
    this.#seconds.tick();
    this.#options.onChange();
  }

  /** What a call brought that never had a packet does not replace what is known. */
  #look(): void {
    const { received } = this.#options.stream;
    if (received && received.packets > 0) this.#received = received;
  }
}
