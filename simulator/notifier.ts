// Sends the pushes of an event to every client that registered a receiver and wants them, as the camera's knobs say.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { PushService } from "./contracts.ts";
import type { Device } from "./device.ts";
import type { RingEvent } from "./event-history.ts";
import type { Journal } from "./journal.ts";
import { valueAt } from "./json.ts";
import { intercomUnlockPush, livePush } from "./push-payloads.ts";
import { isSubscribed, type Session, type Sessions, type SubscriptionKind } from "./sessions.ts";

export interface NotifierOptions {
  readonly journal: Journal;
  readonly sessions: Sessions;
  readonly push: PushService;
  /** Ends what waits when the cloud stops. */
  readonly signal: AbortSignal;
}

interface PushContent {
  readonly kind: SubscriptionKind;
  readonly detection: string;
  readonly withImage: boolean;
}

export class Notifier {
  readonly #options: NotifierOptions;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Returns to how many receivers the first push went. A second one follows by itself. */
  async notify(device: Device, event: RingEvent): Promise<number> {
    const { image: wanted, firstDetection, isSilent } = device.knobs.push;
    if (isSilent) return 0;
    const kind = event.type === "motion" ? "motion" : "ding";
    const image = isRich(device) ? wanted : "none";
    const isVagueFirst = kind === "motion" && firstDetection !== "";
    const whole = { kind, detection: event.detection ?? "motion", withImage: image !== "none" } as const;
    const first = { ...whole, ...(isVagueFirst ? { detection: firstDetection } : {}), withImage: image === "with" };
    const receivers = await this.#send(device, event, first);
    if (image === "later" || isVagueFirst) this.#sendLater(device, event, whole);
    return receivers;
  }

  async notifyUnlock(device: Device): Promise<number> {
    const payload = intercomUnlockPush(device.record, Date.now());
    return this.#toAll(device, "ding", payload, { subcategory: "unlock" });
  }

  #send(device: Device, event: RingEvent, { kind, detection, withImage }: PushContent): Promise<number> {
    const payload = livePush({
      device: device.record,
      kind: device.isIntercom ? "intercom" : kind,
      createdAt: event.startedAt,
      detection,
      ...(device.knobs.push.withoutDingId ? {} : { dingId: event.id }),
      ...(withImage ? { snapshotUuid: event.snapshotUuid } : {}),
    });
    return this.#toAll(device, kind, payload, { subcategory: kind, eventId: event.id, withImage });
  }

  #sendLater(device: Device, event: RingEvent, content: PushContent): void {
    const { signal, journal } = this.#options;
    delay(device.knobs.push.imageDelayMs, undefined, { signal })
      .then(() => this.#send(device, event, content))
      .catch((error: unknown) => {
        if (!signal.aborted) journal.record("push.failed", { deviceId: device.id, error: String(error) });
      });
  }

  async #toAll(
    device: Device,
    kind: SubscriptionKind,
    payload: Record<string, string>,
    details: Record<string, unknown>,
  ): Promise<number> {
    const receivers = this.#options.sessions.all.filter(
      (session) => session.accountId === device.accountId && isSubscribed(session, device, kind),
    );
    const sent = await Promise.all(receivers.map((session) => this.#toOne(session, device, payload, details)));
    return sent.filter(Boolean).length;
  }

  async #toOne(
    session: Session,
    device: Device,
    payload: Record<string, string>,
    details: Record<string, unknown>,
  ): Promise<boolean> {
    const { push, journal } = this.#options;
    if (session.pushToken === undefined || !push.isKnownToken(session.pushToken)) return false;
    const persistentId = `0:${randomUUID()}`;
    for (let copy = 0; copy < (device.knobs.push.duplicate ? 2 : 1); copy++) {
      const outcome = await push.deliver(session.pushToken, payload, { persistentId });
      journal.record("push.sent", { deviceId: device.id, hardwareId: session.hardwareId, outcome, ...details });
    }
    return true;
  }
}

/** Only then a push carries a picture. */
function isRich(device: Device): boolean {
  const eligible = valueAt(device.record, "features.rich_notifications_eligible");
  return eligible === true && valueAt(device.record, "settings.enable_rich_notifications") !== false;
}
