// What exists in the simulated cloud: accounts, their devices, events and modes, and the tickets for live views.
import { randomBytes } from "node:crypto";
import type { AccountData } from "./account.ts";
import { deviceLists } from "./account.ts";
import type { LiveKnobs, LiveWorld, RawDevice } from "./contracts.ts";
import { Device, slugOf } from "./device.ts";
import { EventHistory, eventOfFile, newEventId, type RingEvent } from "./event-history.ts";
import type { Journal } from "./journal.ts";
import { type AccountKnobs, normalAccount } from "./knobs.ts";
import { LocationModes } from "./location-modes.ts";

const ticketLifeMs = 60_000;

export class Account {
  readonly id: string;
  readonly data: AccountData;
  readonly devices: Device[];
  readonly history = new EventHistory();
  /** When 2FA codes were asked for; Unix time in ms. */
  readonly codeRequests: number[] = [];
  knobs: AccountKnobs;
  readonly #modes = new Map<string, LocationModes>();

  constructor(data: AccountData) {
    this.id = String(data.profile.id);
    this.data = structuredClone(data);
    this.knobs = normalAccount(data.credentials.two_factor);
    this.devices = deviceLists.flatMap((list) =>
      data.ring_devices[list].map((record) => new Device(this.id, list, record)),
    );
    const newest = Math.max(...data.history.map((item) => Date.parse(item.start_time)), 0);
    const age = data.newest_event_age_seconds;
    const shiftMs = age === undefined || newest === 0 ? 0 : Date.now() - age * 1000 - newest;
    for (const item of data.history) this.history.add(eventOfFile(item, shiftMs));
  }

  resetKnobs(): void {
    this.knobs = normalAccount(this.data.credentials.two_factor);
    for (const device of this.devices) device.resetKnobs();
  }

  device(id: number): Device | undefined {
    return this.devices.find((device) => device.id === id);
  }

  hasLocation(locationId: string): boolean {
    return this.data.user_locations.some((location) => location.location_id === locationId);
  }

  modes(locationId: string): LocationModes {
    const present = this.#modes.get(locationId);
    if (present) return present;
    const made = new LocationModes(this.devices.filter((device) => device.record.location_id === locationId));
    this.#modes.set(locationId, made);
    return made;
  }
}

export class World implements LiveWorld {
  readonly journal: Journal;
  readonly accounts: readonly Account[];
  readonly #tickets = new Map<string, { accountId: string; expiresAt: number }>();
  readonly #callEndListeners = new Set<(deviceId: number) => void>();

  constructor(journal: Journal, accounts: readonly AccountData[]) {
    this.journal = journal;
    this.accounts = accounts.map((data) => new Account(data));
    const twice = this.accounts.find(
      (account, index) => this.accounts.findIndex(({ id }) => id === account.id) !== index,
    );
    if (twice) throw new Error(`two accounts have the profile id ${twice.id}; give each its own`);
  }

  account(id: string): Account | undefined {
    return this.accounts.find((account) => account.id === id);
  }

  accountOf(email: string): Account | undefined {
    return this.accounts.find(({ data }) => data.credentials.email.toLowerCase() === email.toLowerCase());
  }

  /** Named by slug of its description, id or device_id; a device that two accounts share is found in both. */
  devicesNamed(name: string): Device[] {
    const all = this.accounts.flatMap((account) => account.devices);
    const wanted = slugOf(name);
    const first = all.find(
      ({ id, slug, record }) => String(id) === name || record.device_id === name || slug === wanted,
    );
    if (first) return all.filter((device) => device.id === first.id);
    throw new Error(`there is no device "${name}"; there are ${all.map((device) => device.slug).join(", ")}`);
  }

  addEvent(device: Device, event: Pick<RingEvent, "type" | "detection" | "startedAt" | "durationMs">): RingEvent {
    const { readyAfterMs } = device.knobs.recording;
    const hasVideo = device.hasSubscription && readyAfterMs !== null;
    const made: RingEvent = {
      ...event,
      id: newEventId(event.startedAt),
      deviceId: device.id,
      state: event.type === "ding" ? "timed_out" : "completed",
      recordingReadyAt: hasVideo ? event.startedAt + readyAfterMs : undefined,
      snapshotUuid: randomBytes(16).toString("hex"),
      raw: {},
    };
    this.account(device.accountId)?.history.add(made);
    return made;
  }

  issueTicket(accountId: string): string {
    const ticket = randomBytes(24).toString("base64url");
    this.#tickets.set(ticket, { accountId, expiresAt: Date.now() + ticketLifeMs });
    return ticket;
  }

  redeemTicket(ticket: string): { readonly accountId: string } | undefined {
    const found = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    return found && found.expiresAt > Date.now() ? { accountId: found.accountId } : undefined;
  }

  camera(accountId: string, doorbotId: number): RawDevice | undefined {
    return this.account(accountId)?.device(doorbotId)?.view(Date.now());
  }

  liveKnobs(doorbotId: number): Readonly<LiveKnobs> {
    const [device] = this.devicesNamed(String(doorbotId));
    if (!device) throw new Error(`there is no device ${doorbotId}`);
    return device.knobs.live;
  }

  liveViewEnded(call: { accountId: string; doorbotId: number; startedAt: number; endedAt: number }): void {
    const device = this.account(call.accountId)?.device(call.doorbotId);
    if (!device) return;
    const { startedAt, endedAt } = call;
    this.addEvent(device, { type: "on_demand", detection: null, startedAt, durationMs: endedAt - startedAt });
    for (const listener of [...this.#callEndListeners]) listener(call.doorbotId);
  }

  /** Tells when a live view of a camera ended; returns how to stop listening. */
  onCallEnd(listener: (deviceId: number) => void): () => void {
    this.#callEndListeners.add(listener);
    return () => this.#callEndListeners.delete(listener);
  }
}
