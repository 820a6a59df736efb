// The whole bridge on a clock that tests move, with an account and links that they hold in their hands.
import { ManualClock } from "../foundation/clock.fake.ts";
import { Emitter } from "../foundation/emitter.ts";
import { recordingLogger } from "../foundation/logger.fake.ts";
import type { DeviceDirectory } from "../home-assistant/device-link.ts";
import { StreamStage } from "../media/hub/stream.fixtures.ts";
import type { CameraState } from "../ring/camera-state.ts";
import type { RingCamera } from "../ring/ring-camera.ts";
import { Bridge, type BridgeOptions, type CameraAccount } from "./bridge.ts";
import type { BridgePush, SignInState } from "./bridge-view.ts";
import { volatileCameraMemory } from "./camera-memory.fake.ts";
import { plainCamera } from "./camera-state.fixtures.ts";
import { RecordingLink } from "./device-link.fake.ts";
import { FakeCamera } from "./ring-camera.fake.ts";

export class FakeAccount implements CameraAccount {
  signIn: { state: SignInState; reason: string | undefined } = { state: "signed-in", reason: undefined };
  push: BridgePush = { isHealthy: true, reason: undefined, lastPushAt: undefined };
  cameras: readonly RingCamera[] = [];
  lastContactAt: number | undefined;
  readonly signInChanged = new Emitter<void>();
  readonly pushChanged = new Emitter<void>();
  readonly contactMade = new Emitter<void>();
  readonly camerasChanged = new Emitter<readonly RingCamera[]>();
  readonly camerasBelieved = new Emitter<void>();
  readonly camerasUnwanted = new Emitter<readonly string[]>();
  readonly refresh = (): void => undefined;

  say(state: SignInState, reason?: string): void {
    this.signIn = { state, reason };
    this.signInChanged.emit();
  }
}

export class BridgeStage implements Disposable {
  readonly clock = new ManualClock(Date.UTC(2026, 10, 20, 12));
  readonly log = recordingLogger();
  readonly account = new FakeAccount();
  readonly bridge: Bridge;
  readonly #links = new Map<string, RecordingLink>();
  readonly #streams = new Set<string>();
  readonly #end = new AbortController();

  constructor(options: Partial<Pick<BridgeOptions, "urls">> = {}) {
    this.#hear();
    this.bridge = new Bridge({
      account: this.account,
      devices: this.#devices(),
      streams: {
        add: (path) => this.#addStream(path),
        addRecorded: (path) => this.#addStream(path),
        remove: async (path) => void this.#streams.delete(path),
      },
      recordingPlayer: { play: () => Promise.reject(new Error("nothing is played here")) },
      snapshots: {
        keyFrameJpeg: () => Promise.reject(new Error("no FFmpeg here")),
        firstFrame: () => Promise.reject(new Error("no FFmpeg here")),
        defaults: { mode: "Disabled", intervalSeconds: undefined },
      },
      urls: () => ({ liveStream: "rtsp://host/live", stillImage: "http://host/still" }),
      problem: () => undefined,
      bridgeId: "belfry_bridge",
      memory: () => volatileCameraMemory(),
      version: "1.2.3",
      restart: () => undefined,
      clock: this.clock,
      logger: this.log.logger,
      signal: this.#end.signal,
      ...options,
    });
  }

  /** Ring shows these cameras. */
  list(...states: Partial<CameraState>[]): FakeCamera[] {
    const cameras = states.map((state) => new FakeCamera({ ...plainCamera, ...state }, this.clock));
    this.account.cameras = cameras;
    this.account.camerasChanged.emit(cameras);
    this.contact();
    return cameras;
  }

  contact(): void {
    this.#hear();
    this.account.contactMade.emit();
  }

  link(deviceId: string): RecordingLink {
    const link = this.#links.get(deviceId);
    if (!link) throw new Error(`there is no link of ${deviceId}`);
    return link;
  }

  get streams(): string[] {
    return [...this.#streams];
  }

  [Symbol.dispose](): void {
    this.bridge[Symbol.dispose]();
    this.#end.abort();
  }

  #hear(): void {
    this.account.lastContactAt = this.clock.now();
  }

  #devices(): DeviceDirectory {
    return {
      link: ({ id }) => {
        const link = this.#links.get(id) ?? new RecordingLink();
        this.#links.set(id, link);
        return link;
      },
      removeUnlinked: () => undefined,
      announceAll: () => undefined,
    };
  }

  #addStream(path: string): StreamStage["path"] {
    if (this.#streams.has(path)) throw new Error(`there is already a stream at ${path}`);
    this.#streams.add(path);
    return new StreamStage({ path }).path;
  }
}
