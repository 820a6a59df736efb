// A camera's recorded events: the event select, and the stream that plays what is selected. They exist as long as there is a plan.
import { composeSignals, StopError } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import type { Subscribable } from "../foundation/emitter.ts";
import { PermanentError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { MediaSource } from "../media/hub/media-source.ts";
import type { StreamPath } from "../media/hub/stream-path.ts";
import type { StreamStatus } from "../media/hub/stream-status.ts";
import type { RingCamera } from "../ring/ring-camera.ts";
import type { CameraMemory } from "./camera-memory.ts";
import { eventMediaSource, type PlayedRecording, type RecordingPlayer } from "./event-media-source.ts";
import { EventRecordings } from "./event-recordings.ts";
import { RecordingShelf } from "./recording-shelf.ts";
import type { PlayableRecording, ShownEvent } from "./shown-event.ts";

export type EventStreamPath = Pick<StreamPath, "path" | "status" | "statusChanged" | "turnOff" | "forget">;

/** What was played last, or is being played. */
export interface PlayedEvent {
  readonly eventId: string;
  readonly happenedAt: number;
  /** What became of the picture. */
  readonly video: string;
}

export interface EventStreamState {
  /** Of the event select. */
  readonly option: string;
  readonly shown: ShownEvent | undefined;
  /** Undefined while there is no plan. */
  readonly stream: StreamStatus | undefined;
  readonly played: PlayedEvent | undefined;
}

export interface EventStreamPaths {
  add(source: MediaSource): EventStreamPath;
  remove(): void;
}

export interface EventStreamOptions {
  readonly camera: RingCamera;
  readonly paths: EventStreamPaths;
  readonly player: RecordingPlayer;
  /** Of the camera's live stream: each live view becomes an event itself. */
  readonly liveStatusChanged: Subscribable<StreamStatus>;
  readonly memory: CameraMemory;
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export class EventStream implements Disposable {
  readonly #options: EventStreamOptions;
  readonly #end = new AbortController();
  readonly #recordings: EventRecordings;
  readonly #shelf: RecordingShelf;
  readonly #source: MediaSource;
  readonly #subscriptions: Disposable[];
  #path: { readonly stream: EventStreamPath; readonly listener: Disposable } | undefined;
  #played: PlayedEvent | undefined;
  /** Which recording a request would play now; undefined while there is none. */
  #playable: string | undefined;
  #liveSince: number | undefined;

  constructor(options: EventStreamOptions) {
    const { camera, player, liveStatusChanged, memory, clock, logger, signal } = options;
    this.#options = options;
    this.#shelf = new RecordingShelf(clock);
    const life = composeSignals(signal, this.#end.signal);
    this.#recordings = new EventRecordings({
      camera: () => camera.state,
      history: camera.history,
      memory,
      onChange: () => this.#shownChanged(),
      onSelected: () => this.#selected(),
      clock,
      logger,
      signal: life,
    });
    this.#source = eventMediaSource({
      cameraName: () => camera.state.name,
      recordings: this.#recordings,
      player,
      onPlay: (recording, played) => this.#plays(recording, played),
      shelf: this.#shelf,
      clock,
      logger,
      signal: life,
    });
    this.#subscriptions = [
      camera.stateChanged.subscribe(() => this.#followPlan()),
      camera.eventHappened.subscribe((event) => this.#recordings.awaitRecording(event)),
      liveStatusChanged.subscribe((status) => this.#liveChanged(status)),
    ];
    this.#followPlan();
  }

  get state(): EventStreamState {
    const { option, shown } = this.#recordings;
    return { option, shown, stream: this.#path?.stream.status, played: this.#played };
  }

  /** Resolves when it is known what the option stands for. */
  async select(option: string, signal: AbortSignal): Promise<void> {
    await this.#recordings.select(option, signal);
  }

  /** OFF ends it; ON can only say how it is started. */
  turn(isOn: boolean): void {
    const stream = this.#path?.stream;
    if (!isOn) stream?.turnOff();
    if (!isOn || !stream || stream.status.viewers.length > 0) return;
    const text = `the event stream has nobody to play to: open rtsp://.../${stream.path} in a player, and it starts by itself`;
    throw new PermanentError("recording.no-viewer", text);
  }

  /** The path stays, for whoever owns all paths. */
  [Symbol.dispose](): void {
    this.#end.abort(new StopError("closed"));
    this.#path?.listener[Symbol.dispose]();
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    void this.#shelf[Symbol.asyncDispose]();
  }

  /** What plays is no longer wanted, and what became of it says nothing about the next one. */
  #selected(): void {
    this.#path?.stream.turnOff();
    this.#path?.stream.forget();
  }

  #shownChanged(): void {
    const { shown } = this.#recordings;
    const playable = shown?.link && `${shown.eventId} ${shown.selection.isTranscoded}`;
    if (playable !== this.#playable) this.#path?.stream.forget();
    this.#playable = playable;
    this.#options.onChange();
  }

  #followPlan(): void {
    const { camera, paths, onChange } = this.#options;
    const { hasRecordings } = camera.state;
    if (hasRecordings === (this.#path !== undefined)) return;
    if (hasRecordings) {
      const stream = paths.add(this.#source);
      this.#path = { stream, listener: stream.statusChanged.subscribe(onChange) };
    } else {
      this.#path?.listener[Symbol.dispose]();
      this.#path = undefined;
      paths.remove();
    }
    this.#recordings.planChanged();
  }

  #plays({ eventId, happenedAt }: PlayableRecording, { video, format }: PlayedRecording): void {
    const codec = format.video === "hvc1" || format.video === "hev1" ? "HEVC" : "H.264";
    const what = video === "copy" ? `${codec} as recorded` : `H.264 made from ${codec}`;
    this.#played = { eventId, happenedAt, video: what };
    this.#options.logger.info(`plays the recording of ${new Date(happenedAt).toISOString()}, ${what}`);
    this.#options.onChange();
  }

  #liveChanged({ startedAt }: StreamStatus): void {
    const since = this.#liveSince;
    this.#liveSince = startedAt;
    if (since === undefined || startedAt !== undefined) return;
    this.#recordings.awaitRecording({ kind: "on_demand", eventId: undefined, happenedAt: since });
  }
}
