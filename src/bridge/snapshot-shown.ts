// What is shown of a camera: the newest picture, the picture of the newest event, and whether they are what they seem.
import type { Clock } from "../foundation/clock.ts";
import { type CameraEvent, isSameEvent } from "../ring/camera-state.ts";
import type { Picture } from "./snapshot-picture.ts";
import type { SnapshotSettings } from "./snapshot-settings.ts";
import { staleAt, staleReason } from "./snapshot-stale-policy.ts";

export type SnapshotType = "button" | "ding" | "interval" | "motion" | "start";

export interface ShownView {
  /** Undefined until there is one. */
  readonly picture: (Picture & { readonly type: SnapshotType }) | undefined;
  /** Seconds from the capture until this was said: at each change, and every hour. */
  readonly ageSeconds: number | undefined;
  /** Undefined until something is known: a picture, or that there is none. */
  readonly isStale: boolean | undefined;
  readonly staleReason: string | undefined;
  readonly eventPicture: { readonly event: CameraEvent; readonly picture: Picture } | undefined;
}

export interface ShownOptions {
  readonly settings: Pick<SnapshotSettings, "mode" | "plan" | "intervalSeconds">;
  readonly obstacle: () => string | undefined;
  readonly publish: (key: "last_event_image" | "snapshot", jpeg: Buffer) => void;
  readonly onChange: () => void;
  readonly clock: Clock;
}

/** An age that counts would be a message a second. */
const ageEveryMs = 3_600_000;
/** Ring has the picture of an event some seconds after it; one by interval may have come between. */
const sameMomentMs = 10_000;

export class ShownPictures implements Disposable {
  readonly #options: ShownOptions;
  #view: ShownView = {
    picture: undefined,
    ageSeconds: undefined,
    isStale: undefined,
    staleReason: undefined,
    eventPicture: undefined,
  };
  #missed: string | undefined;
  #hasTried = false;
  #reviewed: Picture | undefined;
  #ageSaidAtMs = Number.NEGATIVE_INFINITY;
  #timer: Disposable | undefined;

  constructor(options: ShownOptions) {
    this.#options = options;
  }

  get view(): ShownView {
    return this.#view;
  }

  /** A picture of the present. Whoever calls it calls `review` afterwards. */
  show(type: SnapshotType, picture: Picture): void {
    this.#missed = undefined;
    this.#view = { ...this.#view, picture: { ...picture, type } };
    this.#options.publish("snapshot", picture.jpeg);
  }

  /** The picture of an event may come late: it replaces none of a newer event, and none of another time. */
  showEvent(event: CameraEvent, picture: Picture): void {
    const { picture: present, eventPicture } = this.#view;
    if (eventPicture && eventPicture.event.happenedAt > event.happenedAt) return;
    if (!present || picture.takenAt >= present.takenAt - sameMomentMs) this.show(event.kind, picture);
    this.#view = { ...this.#view, eventPicture: { event, picture } };
    this.#options.publish("last_event_image", picture.jpeg);
  }

  refineEvent(event: CameraEvent): void {
    const { eventPicture } = this.#view;
    if (!eventPicture || !isSameEvent(eventPicture.event, event)) return;
    this.#view = { ...this.#view, eventPicture: { ...eventPicture, event } };
    this.#options.onChange();
  }

  missed(event: CameraEvent, reason: string): void {
    const { picture } = this.#view;
    if (picture && picture.takenAt >= event.happenedAt) return;
    this.#missed = `the last ${event.kind} brought no picture: ${reason}`;
    this.review({ isAttempted: true });
  }

  /** Looks whether the picture has become stale, or is no longer; tells whoever shows it. */
  review({ isAttempted = false } = {}): void {
    this.#hasTried ||= isAttempted;
    const { clock, settings, obstacle, onChange } = this.#options;
    const { picture } = this.#view;
    const now = clock.now();
    const { mode } = settings;
    const intervalSeconds = settings.plan.onInterval ? settings.intervalSeconds : undefined;
    const takenAt = picture?.takenAt;
    const reason = staleReason({ takenAt, now, mode, intervalSeconds, obstacle: obstacle(), missed: this.#missed });
    const isKnown = picture !== undefined || this.#hasTried || obstacle() !== undefined || mode === "Disabled";
    const isStale = isKnown ? reason !== undefined : undefined;
    const isAgeOld = clock.monotonic() - this.#ageSaidAtMs >= ageEveryMs;
    const isNews = picture !== this.#reviewed || reason !== this.#view.staleReason || isAgeOld;
    if (isNews) this.#ageSaidAtMs = clock.monotonic();
    const ageSeconds = isNews ? picture && ageOf(picture, now) : this.#view.ageSeconds;
    this.#reviewed = picture;
    this.#view = { ...this.#view, isStale, staleReason: reason, ageSeconds };
    this.#watch(takenAt, intervalSeconds);
    onChange();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  /** Nothing else may happen when a picture becomes too old, or is older by an hour. */
  #watch(takenAt: number | undefined, intervalSeconds: number | undefined): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (takenAt === undefined) return;
    const { clock } = this.#options;
    const ageMs = this.#ageSaidAtMs + ageEveryMs - clock.monotonic();
    const staleMs = staleAt(takenAt, intervalSeconds) - clock.now();
    const waitMs = staleMs > 0 ? Math.min(staleMs, ageMs) : ageMs;
    this.#timer = clock.after(waitMs, () => this.review());
  }
}

function ageOf({ takenAt }: Picture, now: number): number {
  return Math.max(Math.round((now - takenAt) / 1000), 0);
}
