// Collects what the page shows from all rooms, and tells when something of it changes.
import type { Clock } from "../foundation/clock.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import type { Logger } from "../foundation/logger.ts";
import type { StreamStatus } from "../media/hub/stream-status.ts";
import type { SignInStatus } from "../ring/account.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import type { PushStatus } from "../ring/push-link.ts";
import type { RingCamera } from "../ring/ring-camera.ts";
import type { CameraStatus, EngineStatus, HouseStatus } from "../web/house-status.ts";
import type { StatusSource } from "../web/status-source.ts";

interface StreamSource {
  readonly status: StreamStatus;
  readonly statusChanged: Subscribable<unknown>;
}

export interface HouseStatusOptions {
  readonly version: string;
  readonly account: {
    readonly signIn: SignInStatus;
    readonly signInChanged: Subscribable<unknown>;
    readonly push: PushStatus;
    readonly pushChanged: Subscribable<unknown>;
    readonly cameras: readonly RingCamera[];
    readonly camerasChanged: Subscribable<unknown>;
  };
  readonly broker: {
    readonly isConnected: boolean;
    readonly connected: Subscribable<unknown>;
    readonly address: string;
    readonly trouble: string | undefined;
    readonly troubleChanged: Subscribable<unknown>;
  };
  readonly engine: () => EngineStatus | undefined;
  readonly engineChanged: Subscribable<unknown>;
  /** The live stream of a camera. */
  readonly stream: (deviceId: string) => StreamSource | undefined;
  readonly streamsChanged: Subscribable<unknown>;
  /** The newest event of a camera, also from before the start. */
  readonly lastEvent: (deviceId: string) => CameraEvent | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class HouseStatusSource implements StatusSource, Disposable {
  readonly #options: HouseStatusOptions;
  readonly #changed: Emitter<void>;
  readonly #lasting: readonly Disposable[];
  #ofCameras: readonly Disposable[] = [];
  /** Unix ms; undefined while all is well. */
  #pushAwaySince: number | undefined;
  #brokerAwaySince: number | undefined;

  constructor(options: HouseStatusOptions) {
    const { account, broker, engineChanged, streamsChanged, logger } = options;
    this.#options = options;
    this.#changed = new Emitter((error) => logger.error("the status could not be shown", error));
    const tell = (): void => this.#tell();
    const camerasOrStreams = (): void => this.#listenToCameras();
    this.#lasting = [
      account.signInChanged.subscribe(tell),
      account.pushChanged.subscribe(tell),
      broker.connected.subscribe(tell),
      broker.troubleChanged.subscribe(tell),
      engineChanged.subscribe(tell),
      account.camerasChanged.subscribe(camerasOrStreams),
      streamsChanged.subscribe(camerasOrStreams),
    ];
    this.#listenToCameras();
  }

  get changed(): Subscribable<void> {
    return this.#changed;
  }

  read(): HouseStatus {
    const { version, account, broker, engine, clock } = this.#options;
    const { state, reason } = account.signIn;
    const { isHealthy, lastPushAt, reason: pushReason } = account.push;
    return {
      version,
      at: clock.now(),
      signIn: { state, reason },
      push: { isHealthy, reason: pushReason, lastPushAt, unhealthySince: this.#pushAwaySince },
      broker: {
        isConnected: broker.isConnected,
        address: broker.address,
        reason: broker.trouble,
        awaySince: this.#brokerAwaySince,
      },
      engine: engine(),
      cameras: account.cameras.map((camera) => this.#camera(camera)),
    };
  }

  [Symbol.dispose](): void {
    for (const subscription of [...this.#lasting, ...this.#ofCameras]) subscription[Symbol.dispose]();
  }

  #camera({ deviceId, state }: RingCamera): CameraStatus {
    const stream = this.#options.stream(deviceId)?.status;
    const event = this.#options.lastEvent(deviceId);
    return {
      id: deviceId,
      name: state.name,
      model: state.model,
      isOnline: state.isOnline,
      battery: state.batteries.length > 0 ? Math.min(...state.batteries) : undefined,
      isBatteryLow: state.isBatteryLow,
      lastEvent: event && { kind: event.kind, what: event.detection, at: event.happenedAt },
      stream: {
        state: stream?.state ?? "idle",
        reason: stream?.reason?.text,
        viewers: stream?.viewers.length ?? 0,
      },
    };
  }

  #listenToCameras(): void {
    const { account, stream } = this.#options;
    const tell = (): void => this.#tell();
    for (const subscription of this.#ofCameras) subscription[Symbol.dispose]();
    this.#ofCameras = account.cameras.flatMap((camera) => [
      camera.stateChanged.subscribe(tell),
      camera.eventHappened.subscribe(tell),
      camera.eventRefined.subscribe(tell),
      camera.eventFound.subscribe(tell),
      ...[stream(camera.deviceId)?.statusChanged.subscribe(tell)].filter((one) => one !== undefined),
    ]);
    tell();
  }

  #tell(): void {
    const { account, broker, clock } = this.#options;
    this.#pushAwaySince = account.push.isHealthy ? undefined : (this.#pushAwaySince ?? clock.now());
    this.#brokerAwaySince = broker.isConnected ? undefined : (this.#brokerAwaySince ?? clock.now());
    this.#changed.emit();
  }
}
