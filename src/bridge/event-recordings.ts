// The recording that a camera's event select points at: found in Ring's history, its link kept fresh, new ones awaited.
import { abortable, composeSignals, StopError } from "../foundation/abort.ts";
import { type Clock, delay } from "../foundation/clock.ts";
import { withDeadline } from "../foundation/deadline.ts";
import { errorCode, errorText, PermanentError, TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { type Backoff, backoffMs } from "../foundation/retry.ts";
import { supervise } from "../foundation/supervise.ts";
import type { CameraState } from "../ring/camera-state.ts";
import type { CameraHistory, RecordedEvent } from "../ring/history/recorded-event.ts";
import type { SignedLink } from "../ring/history/signed-link.ts";
import { type AwaitedEvent, AwaitedRecordings } from "./awaited-recordings.ts";
import type { CameraMemory } from "./camera-memory.ts";
import { BadCommandError } from "./errors.ts";
import {
  candidates,
  defaultSelection,
  type EventSelection,
  kindOf,
  optionOf,
  parseSelection,
} from "./event-selection.ts";
import type { PlayableRecording, ShownEvent } from "./shown-event.ts";

export interface EventRecordingsOptions {
  readonly camera: () => CameraState;
  readonly history: CameraHistory;
  readonly memory: CameraMemory;
  /** `shown` is another. */
  readonly onChange: () => void;
  /** Another option was chosen: what plays is no longer wanted. */
  readonly onSelected: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const memoryKey = "event_select";
/** Ring's answer to a new selection, or to a client who waits for a recording. */
const answerLimitMs = 10_000;
/** A message may have been lost: where there is no link to renew, Ring is asked so often all the same. */
const occasionallyMs = 900_000;
const failureBackoff: Backoff = { firstMs: 5_000, longestMs: 120_000, jitter: 0.2 };
const progressEveryMs = 5_000;
const neverMs = Number.POSITIVE_INFINITY;

export class EventRecordings {
  readonly #options: EventRecordingsOptions;
  readonly #awaited = new AwaitedRecordings();
  #selection: EventSelection;
  #shown: ShownEvent | undefined;
  /** Unix ms of the next look for any other reason than an awaited recording; now: at once. */
  #dueAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #woken = Promise.withResolvers<void>();
  /** Of the look that is going on. */
  #look = new AbortController();
  /** Somebody has chosen an option since the start. */
  #isChosen = false;
  /** Resolves when the present selection has been looked up, or that failed. */
  #answered = Promise.withResolvers<void>();

  constructor(options: EventRecordingsOptions) {
    const { memory, camera, clock, logger, signal } = options;
    this.#options = options;
    this.#selection = parseSelection(memory.read(memoryKey), camera().isDoorbell) ?? defaultSelection;
    void supervise("the look for recordings", (until) => this.#run(until), { signal, clock, logger });
  }

  /** The option as it stands on MQTT; it changes together with `shown`. */
  get option(): string {
    return optionOf(this.#shown?.selection ?? this.#selection);
  }

  get shown(): ShownEvent | undefined {
    return this.#shown;
  }

  /** Something was recorded; its recording will be there later. */
  awaitRecording(event: AwaitedEvent): void {
    this.#awaited.add(event, this.#options.clock.now());
    this.#woken.resolve();
  }

  /** The plan came or went. */
  planChanged(): void {
    this.#lookNow();
  }

  /** Resolves when `shown` says what there is. Throws BadCommandError for an option that the camera has not. */
  async select(option: string, signal: AbortSignal): Promise<void> {
    const { camera, memory, onSelected } = this.#options;
    const selection = parseSelection(option, camera().isDoorbell);
    if (!selection) throw new BadCommandError(option, 'an option of the list, such as "Motion 1"');
    if (optionOf(selection) === optionOf(this.#selection)) return this.#lookNow();
    this.#selection = selection;
    this.#isChosen = true;
    memory.write(memoryKey, optionOf(selection));
    onSelected();
    this.#answered = Promise.withResolvers();
    this.#look.abort(new StopError("replaced"));
    this.#lookNow();
    try {
      await this.#untilAnswered(signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#lookFailed(selection, error);
    }
  }

  /** What a client who asks now gets to see. Rejects with an AppError that says why there is nothing. */
  async toPlay(signal: AbortSignal): Promise<PlayableRecording> {
    const { camera } = this.#options;
    const { hasRecordings, name } = camera();
    if (!hasRecordings)
      throw new PermanentError("recording.no-plan", `Ring keeps no recordings of ${name}: it has no Ring Protect plan`);
    await this.#untilAnswered(signal);
    const shown = this.#shown;
    if (shown?.link && shown.eventId !== undefined && shown.happenedAt !== undefined)
      return { ...shown, eventId: shown.eventId, happenedAt: shown.happenedAt, link: shown.link };
    if (shown?.progress !== undefined)
      throw new PermanentError("recording.not-ready", `The recording of ${name} is not ready: ${shown.progress}`);
    throw new PermanentError("recording.none", shown?.reason ?? this.#nothing(this.#selection));
  }

  /** A new link to a recording whose link has expired or does not work. */
  async renew(recording: PlayableRecording, signal: AbortSignal): Promise<SignedLink> {
    const { history, camera } = this.#options;
    const { eventId, selection } = recording;
    const isIt = (event: RecordedEvent): boolean => event.eventId === eventId;
    const kind = kindOf(selection);
    const events = await history.list({ kind, isEnough: (known) => known.some(isIt) }, signal);
    const found = events.find(isIt);
    if (!found?.link)
      throw new PermanentError("recording.deleted", `The recording of ${camera().name} has been deleted at Ring`);
    const link = selection.isTranscoded ? await history.transcode(eventId, () => undefined, signal) : found.link;
    const shown = this.#shown;
    if (shown?.eventId === eventId && shown.selection === selection) this.#show({ ...shown, link });
    return link;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#untilDue(signal);
      this.#look = new AbortController();
      const selection = this.#selection;
      try {
        await this.#lookFor(selection, composeSignals(signal, this.#look.signal));
        this.#failures = 0;
      } catch (error) {
        signal.throwIfAborted();
        if (!this.#look.signal.aborted) this.#lookFailed(selection, error);
      }
    }
  }

  async #untilDue(signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#woken = Promise.withResolvers();
      const waitMs = this.#nextLook() - this.#options.clock.now();
      if (waitMs <= 0) return;
      const timer = new AbortController();
      const wait = composeSignals(signal, timer.signal);
      const due = waitMs === neverMs ? undefined : delay(this.#options.clock, waitMs, wait).catch(() => undefined);
      await abortable(Promise.race(due ? [due, this.#woken.promise] : [this.#woken.promise]), signal).finally(() =>
        timer.abort(),
      );
    }
  }

  #nextLook(): number {
    if (!this.#options.camera().hasRecordings) return neverMs;
    // After a failure Ring gets its rest, whatever is awaited.
    if (this.#failures > 0) return this.#dueAt;
    return Math.min(this.#dueAt, this.#awaited.nextLook(kindOf(this.#selection)) ?? neverMs);
  }

  #lookNow(): void {
    this.#dueAt = Number.NEGATIVE_INFINITY;
    this.#woken.resolve();
  }

  async #lookFor(selection: EventSelection, signal: AbortSignal): Promise<void> {
    const { history, clock } = this.#options;
    const kind = kindOf(selection);
    const isEnough = (events: readonly RecordedEvent[]): boolean =>
      candidates(selection, events).length >= selection.number;
    const events = await history.list({ kind, isEnough }, signal);
    this.#awaited.looked(kind, events, clock.now());
    const event = candidates(selection, events)[selection.number - 1];
    const known = this.#shown?.selection === selection ? this.#shown : undefined;
    if (!event?.link) {
      this.#answer({
        selection,
        eventId: undefined,
        happenedAt: undefined,
        link: undefined,
        reason: this.#nothing(selection),
      });
    } else if (known?.link && known.eventId === event.eventId && known.link.renewAt > clock.now()) {
      this.#answer(known.reason === undefined ? known : { ...known, reason: undefined });
    } else {
      const { eventId, startedAt: happenedAt } = event;
      const link = selection.isTranscoded ? await this.#transcoded(selection, eventId, signal) : event.link;
      this.#answer({ selection, eventId, happenedAt, link });
    }
  }

  /** While Ring works on it, an older recording of the same selection stays. */
  async #transcoded(selection: EventSelection, eventId: string, signal: AbortSignal): Promise<SignedLink> {
    let saidAtMs = Number.NEGATIVE_INFINITY;
    const onProgress = (waitedMs: number): void => {
      if (selection !== this.#selection || this.#validLink(selection) || waitedMs - saidAtMs < progressEveryMs) return;
      saidAtMs = waitedMs;
      const progress = `Ring is transcoding the recording (${Math.round(waitedMs / 1000)} s)`;
      this.#show({ selection, eventId: undefined, happenedAt: undefined, link: undefined, progress });
      this.#answered.resolve();
    };
    onProgress(0);
    return await this.#options.history.transcode(eventId, onProgress, signal);
  }

  #answer(shown: ShownEvent): void {
    if (shown.selection !== this.#selection) return;
    this.#dueAt = shown.link?.renewAt ?? this.#options.clock.now() + occasionallyMs;
    this.#show(shown);
    this.#answered.resolve();
  }

  #lookFailed(selection: EventSelection, error: unknown): void {
    const { clock, logger } = this.#options;
    this.#failures++;
    const asked = error instanceof TransientError ? (error.retryAfterMs ?? 0) : 0;
    // Ring has just worked on it for a minute: not again at once.
    const pauseMs =
      errorCode(error) === "recording.transcoding" ? occasionallyMs : backoffMs(failureBackoff, this.#failures);
    const link = this.#validLink(selection);
    // When the link ends, that must be told.
    this.#dueAt = clock.now() + Math.max(asked, Math.min(pauseMs, (link?.expiresAt ?? neverMs) - clock.now()));
    logger.debug(`${optionOf(selection)} could not be looked up`, error);
    const known = this.#shown?.selection === selection ? this.#shown : undefined;
    // Before the first answer there is nothing to take back: what an earlier start told may still be right.
    const isUnknown = !this.#shown && !this.#isChosen;
    if (!link && !isUnknown) {
      const { eventId, happenedAt } = known ?? { eventId: undefined, happenedAt: undefined };
      this.#show({ selection, eventId, happenedAt, link, reason: errorText(error) });
    }
    this.#answered.resolve();
  }

  #validLink(selection: EventSelection): SignedLink | undefined {
    const { selection: of, link } = this.#shown ?? {};
    return of === selection && link && link.expiresAt > this.#options.clock.now() ? link : undefined;
  }

  #show(shown: ShownEvent): void {
    if (shown.selection !== this.#selection || shown === this.#shown) return;
    this.#shown = shown;
    this.#options.onChange();
  }

  async #untilAnswered(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const answered = async (limited: AbortSignal): Promise<void> => await abortable(this.#answered.promise, limited);
    await withDeadline("Ring's answer about recordings", answerLimitMs, clock, answered, signal);
  }

  #nothing(selection: EventSelection): string {
    const { name } = this.#options.camera();
    return `Ring has no recording of ${name} for ${optionOf(selection)}`;
  }
}
