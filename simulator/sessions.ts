// Sessions of clients: known by account and hardware id, with the push token and what was subscribed in each.
import type { Device } from "./device.ts";
import { isObject } from "./json.ts";
import type { StateFile } from "./state-file.ts";
import type { TokenOwner } from "./tokens.ts";

export type SubscriptionKind = "ding" | "motion";

export interface Session extends TokenOwner {
  readonly createdAt: number;
  readonly deviceModel: string;
  pushToken?: string;
  /** By device id; what is not here is as the device record says. */
  subscriptions: Record<string, Partial<Record<SubscriptionKind, boolean>>>;
}

export class Sessions {
  readonly #file: StateFile;
  readonly #sessions = new Map<string, Session>();
  /** Hardware ids that had a session once: a request without one is then no mistake of the client. */
  readonly #onceKnown = new Set<string>();

  constructor(file: StateFile) {
    this.#file = file;
    const saved = file.read()["sessions"];
    for (const session of Array.isArray(saved) ? saved : []) {
      if (isSession(session)) this.#sessions.set(keyOf(session), session);
    }
  }

  get all(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  find(owner: TokenOwner): Session | undefined {
    return this.#sessions.get(keyOf(owner));
  }

  wasKnown(owner: TokenOwner): boolean {
    return this.#onceKnown.has(keyOf(owner));
  }

  /** A repeated call keeps the push token and the subscriptions. */
  create(owner: TokenOwner, deviceModel: string): Session {
    const present = this.find(owner);
    const session: Session = {
      accountId: owner.accountId,
      hardwareId: owner.hardwareId,
      createdAt: Date.now(),
      deviceModel,
      subscriptions: present?.subscriptions ?? {},
      ...(present?.pushToken === undefined ? {} : { pushToken: present.pushToken }),
    };
    this.#sessions.set(keyOf(owner), session);
    this.#onceKnown.add(keyOf(owner));
    this.#save();
    return session;
  }

  setPushToken(session: Session, token: string): void {
    session.pushToken = token;
    this.#save();
  }

  subscribe(session: Session, deviceId: number, kind: SubscriptionKind, isWanted: boolean): void {
    const key = String(deviceId);
    session.subscriptions[key] = { ...session.subscriptions[key], [kind]: isWanted };
    this.#save();
  }

  /** Forgets the sessions (of one account): the next request of each client gets the 404 that names its hardware id. */
  lose(accountId?: string): number {
    const lost = this.all.filter((session) => accountId === undefined || session.accountId === accountId);
    for (const session of lost) this.#sessions.delete(keyOf(session));
    this.#save();
    return lost.length;
  }

  #save(): void {
    this.#file.write({ sessions: this.all });
  }
}

/** Whether a session gets pushes of this kind for a device. */
export function isSubscribed(session: Session, device: Device, kind: SubscriptionKind): boolean {
  const chosen = session.subscriptions[String(device.id)]?.[kind];
  return chosen ?? device.record[kind === "ding" ? "subscribed" : "subscribed_motions"] === true;
}

const keyOf = (owner: TokenOwner): string => `${owner.accountId}/${owner.hardwareId}`;

const isSession = (value: unknown): value is Session =>
  isObject(value) &&
  typeof value["accountId"] === "string" &&
  typeof value["hardwareId"] === "string" &&
  isObject(value["subscriptions"]);
