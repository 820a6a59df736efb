// A camera at Ring: its newest record as state, its commands, its events, its calls.
import { isDeepStrictEqual } from "node:util";
import { RingCamera as LibraryCamera } from "ring-client-api";
import { composeSignals } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import { PermanentError, TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { AbsenceRules } from "./absence.ts";
import { isAlertOn } from "./alerts.ts";
import { type CallLimits, openLiveCall } from "./call/live-call.ts";
import type { CameraChore } from "./camera-chore.ts";
import { CameraCommands } from "./camera-commands.ts";
import { CameraDetails } from "./camera-details.ts";
import { CameraEvents } from "./camera-events.ts";
import type {
  CameraEvent,
  CameraEventImage,
  CameraState,
  LostChange,
  Snapshot,
  SnapshotRequest,
} from "./camera-state.ts";
import { readCameraState } from "./camera-state-reader.ts";
import type { CommandTarget } from "./command-target.ts";
import { eventCheck } from "./event-check.ts";
import { CloudCameraHistory } from "./history/camera-history.ts";
import type { LiveCall, LiveCallSink } from "./live-call-types.ts";
import { RecordGaps } from "./record-gaps.ts";
import { RecordOverrides } from "./record-override.ts";
import type { RingCamera } from "./ring-camera.ts";
import type { RingClient } from "./ring-client.ts";
import type { SettingName, SettingValue } from "./settings/camera-settings.ts";
import { settingTable } from "./settings/setting-table.ts";
import type { SettingsMemory } from "./settings-memory.ts";
import type { Chore } from "./slow-poll.ts";
import { fetchSnapshot } from "./snapshot.ts";
import type { CameraRecord } from "./wire/device-list.ts";

export interface CloudCameraOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The camera's life: calls, timers and commands end with it. */
  readonly signal: AbortSignal;
  readonly snapshotTimeoutMs: number;
  readonly callLimits: Partial<CallLimits> | undefined;
  readonly settings: SettingsMemory;
  readonly lastEvents: (deviceId: string) => readonly CameraEvent[];
  readonly absence: Pick<AbsenceRules, "feature" | "refusal">;
  /** Between two looks at the history beside the messages that came. */
  readonly eventCheckMs: number;
  /** The history shows an event of which no message has come. */
  readonly onUntoldEvent: (event: CameraEvent, cameraName: string) => void;
  /** Asks for a new device list soon. */
  readonly requestRefresh: () => void;
}

/** The connection of the moment; replaced by a new sign-in. */
interface Connection {
  readonly client: RingClient;
  readonly library: LibraryCamera;
}

export class CloudCamera implements RingCamera, Disposable {
  readonly deviceId: string;
  readonly history: CloudCameraHistory;
  readonly #options: CloudCameraOptions;
  readonly #stateChanged: Emitter<CameraState>;
  readonly #changeLost: Emitter<LostChange>;
  readonly #eventFound: Emitter<CameraEvent>;
  readonly #events: CameraEvents;
  readonly #eventCheck: CameraChore;
  readonly #gaps: RecordGaps;
  readonly #overrides: RecordOverrides;
  readonly #commands: CameraCommands;
  readonly #details: CameraDetails;
  readonly #end = new AbortController();
  readonly #life: AbortSignal;
  #raw: CameraRecord;
  #state: CameraState;
  #connection: Connection;
  #sirenTimer: Disposable | undefined;

  constructor(raw: CameraRecord, client: RingClient, options: CloudCameraOptions) {
    this.deviceId = raw.deviceId;
    this.#options = options;
    this.#life = composeSignals(options.signal, this.#end.signal);
    const onListenerError = (error: unknown): void =>
      options.logger.error(`a listener of camera ${this.#state.name} failed`, error);
    this.#stateChanged = new Emitter(onListenerError);
    this.#changeLost = new Emitter(onListenerError);
    this.#eventFound = new Emitter(onListenerError);
    this.#events = new CameraEvents(options.lastEvents(raw.deviceId), onListenerError);
    this.#gaps = new RecordGaps(options.clock, options.absence.feature);
    this.#overrides = new RecordOverrides(options.clock, () => options.requestRefresh());
    this.#raw = this.#withoutGaps(raw);
    this.#details = new CameraDetails({
      ...options,
      deviceId: raw.deviceId,
      memory: options.settings,
      target: () => this.#target(),
      refusal: options.absence.refusal,
      record: () => this.#raw.record,
      changed: () => this.#show(),
      signal: this.#life,
    });
    this.#state = readCameraState(raw, this.#details.page.content);
    this.#connection = connect(raw, client);
    this.history = new CloudCameraHistory({
      target: () => this.#target(),
      clock: options.clock,
      bound: (signal) => this.#bound(signal),
    });
    this.#eventCheck = eventCheck({
      history: this.history,
      events: this.#events,
      onFound: (event) => {
        this.#eventFound.emit(event);
        if (isAlertOn(this.#raw.record, event)) options.onUntoldEvent(event, this.#state.name);
      },
      periodMs: options.eventCheckMs,
      refusal: options.absence.refusal,
      clock: options.clock,
      logger: options.logger,
      signal: this.#life,
    });
    this.#commands = new CameraCommands({
      overrides: this.#overrides,
      page: this.#details.page,
      clock: options.clock,
      changed: () => {
        this.#show();
        options.requestRefresh();
      },
      lost: (change) => this.#changeLost.emit(change),
    });
  }

  get ringId(): number {
    return this.#raw.ringId;
  }

  get state(): CameraState {
    return this.#state;
  }

  get stateChanged(): Subscribable<CameraState> {
    return this.#stateChanged;
  }

  get eventHappened(): Subscribable<CameraEvent> {
    return this.#events.happened;
  }

  get eventRefined(): Subscribable<CameraEvent> {
    return this.#events.refined;
  }

  get eventImageReady(): Subscribable<CameraEventImage> {
    return this.#events.imageReady;
  }

  get eventFound(): Subscribable<CameraEvent> {
    return this.#eventFound;
  }

  get changeLost(): Subscribable<LostChange> {
    return this.#changeLost;
  }

  /** The same camera in a new device list, perhaps through another sign-in. */
  update(raw: CameraRecord, client: RingClient): void {
    if (client !== this.#connection.client) {
      this.#connection.library.disconnect();
      this.#connection = connect(raw, client);
    }
    this.#raw = this.#withoutGaps(raw);
    const lost = this.#overrides.listed(this.#raw.record);
    this.#show();
    for (const { onLost } of lost) onLost?.();
  }

  #withoutGaps(raw: CameraRecord): CameraRecord {
    return { ...raw, record: this.#gaps.fill(raw.record) };
  }

  #show(): void {
    const raw = this.#raw;
    const effective = { ...raw, record: this.#overrides.applyTo(this.#details.withHealth(raw.record)) };
    this.#connection.library.updateData(libraryData(effective));
    const state = readCameraState(effective, this.#details.page.content);
    this.#watchSiren(state);
    if (isDeepStrictEqual(state, this.#state)) return;
    this.#state = state;
    this.#stateChanged.emit(state);
  }

  receivePush(event: CameraEvent): void {
    this.#events.receive(event);
  }

  async setLight(isOn: boolean, signal: AbortSignal): Promise<void> {
    if (this.#state.light === undefined) throw this.#without("light");
    await this.#asOwner(this.#commands.setLight(this.#target(), isOn, this.#bound(signal)));
  }

  async setSiren(isOn: boolean, durationSeconds: number | undefined, signal: AbortSignal): Promise<void> {
    if (!this.#state.siren) throw this.#without("siren");
    await this.#asOwner(this.#commands.setSiren(this.#target(), isOn, durationSeconds, this.#bound(signal)));
  }

  async setMotionWarning(isOn: boolean, signal: AbortSignal): Promise<void> {
    if (!this.#state.canMotionWarn) throw this.#without("motion warning");
    await this.#asOwner(this.#commands.setMotionWarning(this.#target(), isOn, this.#bound(signal)));
  }

  async changeSetting<Name extends SettingName>(
    name: Name,
    value: SettingValue<Name>,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#state.settings[name] === undefined) throw this.#without(`setting for the ${settingTable[name].thing}`);
    const work = this.#commands.changeSetting(this.#target(), this.#raw.record, name, value, this.#bound(signal));
    await this.#asOwner(work);
  }

  /** What the device list does not tell and is asked apart. */
  get chores(): readonly Chore[] {
    return [...this.#details.chores, this.#eventCheck];
  }

  /** Somebody wants to know it all anew. */
  hurryChores(): void {
    this.#details.hurry();
    this.#eventCheck.hurry();
  }

  async snapshot(request: SnapshotRequest, signal: AbortSignal): Promise<Snapshot> {
    const { clock, snapshotTimeoutMs } = this.#options;
    if (request.imageId === undefined) this.#assertSnapshotPossible();
    return await fetchSnapshot(this.#target(), {
      request,
      timeoutMs: snapshotTimeoutMs,
      clock,
      signal: this.#bound(signal),
    });
  }

  async openLiveCall(sink: LiveCallSink, signal: AbortSignal): Promise<LiveCall> {
    const { name, isOnline, isLiveViewBlocked } = this.#state;
    if (!isOnline) throw new TransientError("call.offline", `${name} is offline; check its power and Wi-Fi`);
    if (isLiveViewBlocked) {
      const hint = "allow it for the present mode in the Ring app";
      throw new PermanentError("call.blocked", `live view of ${name} is switched off at Ring; ${hint}`);
    }
    const { clock, logger, callLimits } = this.#options;
    return await openLiveCall(this.#connection.library, sink, {
      name,
      clock,
      logger: logger.child("calls", () => name),
      limits: callLimits,
      signal: this.#bound(signal),
    });
  }

  /** The camera is gone from the account. */
  [Symbol.dispose](): void {
    this.#end.abort(new TransientError("ring.camera-gone", `${this.#state.name} is no longer in the Ring account`));
    this.#sirenTimer?.[Symbol.dispose]();
    this.#overrides[Symbol.dispose]();
    this.#connection.library.disconnect();
  }

  /** Ring answers a guest as if there were no such thing; we know better what it is. */
  async #asOwner(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      const { isShared, name } = this.#state;
      if (!isShared || !(error instanceof PermanentError) || error.code !== "ring.not-allowed") throw error;
      const text = `${name} is shared with this Ring account by its owner; only the owner may change this`;
      throw new PermanentError("ring.not-allowed", text, { cause: error });
    }
  }

  #target(): CommandTarget {
    return { client: this.#connection.client, ringId: this.#raw.ringId, name: this.#state.name };
  }

  #bound(signal: AbortSignal): AbortSignal {
    return composeSignals(signal, this.#life);
  }

  #without(thing: string): Error {
    return new PermanentError("ring.not-supported", `${this.#state.name} has no ${thing}`);
  }

  #assertSnapshotPossible(): void {
    const { name, isOnline, isMotionDetectionOn } = this.#state;
    if (!isOnline) throw new TransientError("ring.offline", `${name} is offline; check its power and Wi-Fi`);
    if (isMotionDetectionOn === false) {
      const text = `Ring gives no picture of ${name} while its motion detection is off`;
      throw new PermanentError("ring.snapshot-blocked", text);
    }
  }

  /** A siren ends by itself; the next device list may be long in coming. */
  #watchSiren(state: CameraState): void {
    this.#sirenTimer?.[Symbol.dispose]();
    this.#sirenTimer = undefined;
    if (!state.siren?.isOn || this.#life.aborted) return;
    this.#sirenTimer = this.#options.clock.after(state.siren.secondsRemaining * 1000, () => {
      this.#commands.sirenEnded();
    });
  }
}

function connect(raw: CameraRecord, client: RingClient): Connection {
  return { client, library: new LibraryCamera(libraryData(raw), raw.isInDoorbellList, client.rest, false) };
}

type LibraryData = ConstructorParameters<typeof LibraryCamera>[0];

/** The edge to ring-client-api's own types: `wire/device-list.ts` has made sure of all fields that it reads unasked. */
function libraryData(raw: CameraRecord): LibraryData {
  return raw.record as unknown as LibraryData;
}
