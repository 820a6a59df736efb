// A camera at Ring that tests move by hand: its state, its events; commands and calls come to nothing.
import type { Clock } from "../foundation/clock.ts";
import { Emitter } from "../foundation/emitter.ts";
import { TransientError } from "../foundation/errors.ts";
import type { CameraEvent, CameraEventImage, CameraState, LostChange } from "../ring/camera-state.ts";
import type { RingCamera } from "../ring/ring-camera.ts";
import { FakeHistory } from "./event-history.fake.ts";

const refused = (): Promise<never> => Promise.reject(new TransientError("ring.unreachable", "this is a test"));

export class FakeCamera implements RingCamera {
  readonly deviceId: string;
  readonly stateChanged = new Emitter<CameraState>();
  readonly eventHappened = new Emitter<CameraEvent>();
  readonly eventRefined = new Emitter<CameraEvent>();
  readonly eventImageReady = new Emitter<CameraEventImage>();
  readonly eventFound = new Emitter<CameraEvent>();
  readonly changeLost = new Emitter<LostChange>();
  readonly history: FakeHistory;
  readonly setLight = refused;
  readonly setSiren = refused;
  readonly setMotionWarning = refused;
  readonly changeSetting = refused;
  readonly snapshot = refused;
  readonly openLiveCall = refused;
  #state: CameraState;

  constructor(state: CameraState, clock: Clock) {
    this.deviceId = state.deviceId;
    this.#state = state;
    this.history = new FakeHistory(clock);
  }

  get state(): CameraState {
    return this.#state;
  }

  change(changes: Partial<CameraState>): void {
    this.#state = { ...this.#state, ...changes };
    this.stateChanged.emit(this.#state);
  }
}
