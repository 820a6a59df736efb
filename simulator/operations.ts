// What can be done to the simulated world from outside: the one implementation behind the control API and in-process tests.
import { type DeviceList, parseAccount } from "./account.ts";
import type { LiveService, PushService, RawDevice } from "./contracts.ts";
import { Device } from "./device.ts";
import type { CloudServices } from "./http/cloud-services.ts";
import type { JsonObject } from "./json.ts";
import { type AccountKnobs, type CameraKnobs, type KnobChanges, turnKnobs } from "./knobs.ts";
import type { RequestFault, RequestFaults } from "./request-faults.ts";
import type { StunResponder } from "./stun.ts";
import type { Account } from "./world.ts";

/** An event that was caused, and how many clients it was pushed to. */
export interface Happening {
  readonly eventId: string;
  readonly deviceId: number;
  readonly at: number;
  readonly receivers: number;
}

export interface OperationsOptions {
  readonly services: CloudServices;
  readonly live: LiveService;
  readonly faults: RequestFaults;
  readonly stun: readonly StunResponder[];
}

/** Devices are named by slug (`front-door`), id or device_id; accounts by e-mail or id, or all of them by nothing. */
export class Operations {
  readonly #services: CloudServices;
  readonly #live: LiveService;
  readonly #faults: RequestFaults;
  readonly #stun: readonly StunResponder[];

  constructor({ services, live, faults, stun }: OperationsOptions) {
    this.#services = services;
    this.#live = live;
    this.#faults = faults;
    this.#stun = stun;
  }

  /** `secondsAgo`: it has happened then, and is told now. */
  async pressDoorbell(name: string, secondsAgo = 0): Promise<Happening> {
    const [device] = this.#online(name);
    if (!device?.isDoorbell && !device?.isIntercom) throw new Error(`${name} is no doorbell: nobody can press it`);
    return this.#happen(name, "ding", null, secondsAgo);
  }

  /** `detection` is what the camera sees: `motion`, `human`, `package_delivery`, `moving_vehicle` … */
  async causeMotion(name: string, detection = "motion", secondsAgo = 0): Promise<Happening> {
    const [device] = this.#online(name);
    if (!device?.isCamera) throw new Error(`${name} is no camera: it sees no motion`);
    if (!device.isMotionDetected) throw new Error(`${name} does not look for motion now: its motion detection is off`);
    return this.#happen(name, "motion", detection, secondsAgo);
  }

  setBattery(name: string, percent: number, bay: 1 | 2 = 1): void {
    if (percent < 0 || percent > 100) throw new Error("the battery level is a percentage from 0 to 100");
    for (const device of this.#devices(name)) device.setBattery(Math.round(percent), bay);
    this.#services.journal.record("world.battery", { device: name, percent, bay });
  }

  setOnline(name: string, isOnline: boolean): void {
    for (const device of this.#devices(name)) device.setConnection(isOnline);
    this.#services.journal.record(isOnline ? "world.online" : "world.offline", { device: name });
  }

  /** As if somebody used the app. */
  switchLight(name: string, isOn: boolean): void {
    const devices = this.#devices(name);
    if (!devices[0]?.hasLight) throw new Error(`${name} has no light`);
    for (const device of devices) device.switchLight(isOn);
    this.#services.journal.record("world.light", { device: name, isOn });
  }

  soundSiren(name: string, seconds: number): void {
    const devices = this.#devices(name);
    if (!devices[0]?.hasSiren) throw new Error(`${name} has no siren`);
    for (const device of devices) device.soundSiren(seconds, Date.now());
    this.#services.journal.record("world.siren", { device: name, seconds });
  }

  /** Deep partial change of the raw record: whatever else Ring might report. */
  changeRecord(name: string, patch: JsonObject): void {
    for (const device of this.#devices(name)) device.change(patch);
    this.#services.journal.record("world.record", { device: name, patch });
  }

  addDevice(accountName: string | undefined, list: DeviceList, record: unknown): void {
    for (const account of this.#accounts(accountName)) {
      const lists = { ...account.data.ring_devices, [list]: [record] };
      const others = Object.fromEntries(Object.keys(lists).map((key) => [key, key === list ? [record] : []]));
      const checked = parseAccount({ ...account.data, ring_devices: others, history: [] }, "the new device");
      const added: RawDevice | undefined = checked.ring_devices[list][0];
      if (added) account.devices.push(new Device(account.id, list, added));
    }
  }

  removeDevice(name: string): void {
    for (const device of this.#devices(name)) {
      const account = this.#services.world.account(device.accountId);
      account?.devices.splice(account.devices.indexOf(device), 1);
    }
    this.#services.journal.record("world.removed", { device: name });
  }

  turnKnobs(name: string, changes: KnobChanges<CameraKnobs>): void {
    for (const device of this.#devices(name)) turnKnobs(device.knobs, changes);
    this.#services.journal.record("knobs.turned", { device: name, changes });
  }

  turnAccountKnobs(accountName: string | undefined, changes: Partial<AccountKnobs>): void {
    for (const account of this.#accounts(accountName)) turnKnobs(account.knobs, changes);
    this.#services.journal.record("knobs.turned", { account: accountName ?? "all", changes });
  }

  /** All knobs of cameras and accounts back to normal, ordered faults forgotten, STUN answering. */
  resetKnobs(): void {
    for (const account of this.#services.world.accounts) account.resetKnobs();
    this.#faults.clear();
    this.silenceStun(false);
  }

  failNextRequests(fault: RequestFault): void {
    this.#faults.add(fault);
    this.#services.journal.record("faults.ordered", { ...fault });
  }

  endCalls(name?: string, code = 0, text = ""): number {
    const id = name === undefined ? undefined : this.#devices(name)[0]?.id;
    return this.#live.endCalls(id, code, text);
  }

  /** The next clients_api request of each client gets the 404 that names its hardware id. */
  loseSessions(accountName?: string): number {
    const lost = this.#accounts(accountName).map(({ id }) => this.#services.sessions.lose(id));
    this.#services.journal.record("session.lost", { account: accountName ?? "all" });
    return lost.reduce((sum, count) => sum + count, 0);
  }

  expireAccessTokens(accountName?: string): void {
    for (const { id } of this.#accounts(accountName)) this.#services.tokens.void(id, "access");
  }

  revokeRefreshTokens(accountName?: string): void {
    for (const { id } of this.#accounts(accountName)) this.#services.tokens.void(id, "refresh");
  }

  disturbPush(how: Parameters<PushService["disturb"]>[0]): number {
    return this.#services.push.disturb(how);
  }

  /** A black hole where STUN was, or back again. */
  silenceStun(isSilent: boolean): void {
    for (const responder of this.#stun) responder.silent = isSilent;
  }

  /** A fresh refresh token, as a sign-in would give: raw, or wrapped with its hardware id as clients keep it. */
  refreshToken({ account, hardwareId, wrapped = false }: TokenRequest = {}): string {
    const [owner] = this.#accounts(account);
    if (!owner) throw new Error("there is no account");
    const hid = hardwareId ?? crypto.randomUUID();
    const { refresh_token: rt } = this.#services.tokens.grant({ accountId: owner.id, hardwareId: hid }, 1);
    return wrapped ? Buffer.from(JSON.stringify({ rt, hid })).toString("base64") : rt;
  }

  state(): JsonObject {
    const now = Date.now();
    const { world, sessions } = this.#services;
    const device = (item: Device): JsonObject => ({
      id: item.id,
      slug: item.slug,
      list: item.list,
      record: item.view(now),
      knobs: item.knobs,
    });
    return {
      accounts: world.accounts.map((account) => ({
        id: account.id,
        email: account.data.credentials.email,
        knobs: account.knobs,
        devices: account.devices.map(device),
      })),
      sessions: sessions.all.map(({ pushToken, ...session }) => ({ ...session, isPushed: pushToken !== undefined })),
      calls: this.#live.calls,
      pendingFaults: this.#faults.pending,
    };
  }

  /** The same event in every account that sees the device; the first one's is returned. */
  async #happen(
    name: string,
    type: "ding" | "motion",
    detection: string | null,
    secondsAgo: number,
  ): Promise<Happening> {
    const { world, journal, notifier } = this.#services;
    const startedAt = Date.now() - secondsAgo * 1000;
    const happenings = await Promise.all(
      this.#devices(name).map(async (device) => {
        const durationMs = device.knobs.recording.seconds * 1000;
        const event = world.addEvent(device, { type, detection, startedAt, durationMs });
        device.recordingUntil = event.recordingReadyAt === undefined ? 0 : startedAt + durationMs;
        journal.record(`world.${type}`, { deviceId: device.id, eventId: event.id, detection });
        const receivers = await notifier.notify(device, event);
        return { eventId: event.id, deviceId: device.id, at: startedAt, receivers };
      }),
    );
    const [first] = happenings;
    if (!first) throw new Error(`there is no device "${name}"`);
    return first;
  }

  #devices(name: string): Device[] {
    return this.#services.world.devicesNamed(name);
  }

  #online(name: string): Device[] {
    const devices = this.#devices(name);
    if (devices[0]?.isOffline) throw new Error(`${name} is offline: nothing can happen there; take it online first`);
    return devices;
  }

  #accounts(name: string | undefined): Account[] {
    const { accounts } = this.#services.world;
    const found = accounts.filter(
      ({ id, data }) => name === undefined || id === name || data.credentials.email === name,
    );
    if (found.length > 0) return found;
    throw new Error(
      `there is no account "${name}"; there are ${accounts.map(({ data }) => data.credentials.email).join(", ")}`,
    );
  }
}

export interface TokenRequest {
  readonly account?: string;
  readonly hardwareId?: string;
  readonly wrapped?: boolean;
}
