// Snapshots of cameras: when there is a new picture, when a client has to wait for one, and when there is none.
import { once } from "node:events";
import type { Device } from "./device.ts";
import type { RingEvent } from "./event-history.ts";
import { valueAt } from "./json.ts";
import { drawSnapshot } from "./snapshot-image.ts";
import type { World } from "./world.ts";

export interface Snapshot {
  readonly jpeg: Buffer;
  readonly capturedAt: number;
}

export interface NextSnapshotRequest {
  readonly afterMs: number;
  readonly maxWaitMs: number;
  /** The camera shall take a picture now. */
  readonly isForced: boolean;
  /** Ends when the client went away. */
  readonly signal: AbortSignal;
}

/** Wired, but built like a battery camera: no picture while it streams. */
const kindsWithoutSnapshotInCalls = new Set(["doorbell_graham_cracker"]);

export class Snapshots {
  readonly #world: World;
  readonly #isInCall: (deviceId: number) => boolean;
  readonly #last = new Map<number, Snapshot>();

  constructor(world: World, isInCall: (deviceId: number) => boolean) {
    this.#world = world;
    this.#isInCall = isInCall;
  }

  /** The next picture newer than `afterMs`; undefined when there will be none in that time, or at all. */
  async next(device: Device, request: NextSnapshotRequest): Promise<Snapshot | undefined> {
    if (!canTakeSnapshots(device)) return undefined;
    const deadline = AbortSignal.any([request.signal, AbortSignal.timeout(request.maxWaitMs)]);
    const last = this.#last.get(device.id);
    const { behaviour } = device.knobs.snapshot;
    if (behaviour === "hang") return this.#never(device, deadline);
    if (behaviour === "stale" && last) return last.capturedAt > request.afterMs ? last : this.#never(device, deadline);
    if (last && last.capturedAt > request.afterMs && !this.#takesNew(device, request, last)) return last;
    await this.#untilFree(device, deadline);
    return deadline.aborted ? undefined : this.#capture(device, deadline);
  }

  /** The picture of a notification; undefined until the camera has uploaded it. */
  ofEvent(device: Device, event: RingEvent): Snapshot | undefined {
    if (Date.now() < event.startedAt + device.knobs.push.imageReadyAfterMs) return undefined;
    return draw(device, event.startedAt);
  }

  #takesNew(device: Device, { isForced }: NextSnapshotRequest, last: Snapshot): boolean {
    if (this.#isBusy(device)) return false;
    const frequency = Number(valueAt(device.record, "settings.lite_24x7.frequency_secs") ?? 0);
    return isForced || (!device.runsOnBattery && Date.now() - last.capturedAt > frequency * 1000);
  }

  async #capture(device: Device, signal: AbortSignal): Promise<Snapshot | undefined> {
    await this.#waiting(device, device.knobs.snapshot.captureDelayMs, signal);
    if (signal.aborted) return undefined;
    const snapshot = draw(device, Date.now());
    this.#last.set(device.id, snapshot);
    return snapshot;
  }

  /** Waits `ms` or until the signal ends, and writes down that it was done on purpose. */
  async #waiting(device: Device, ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted) return;
    const release = this.#world.journal.hold("snapshot", { deviceId: device.id });
    await ended(AbortSignal.any([signal, AbortSignal.timeout(ms)]));
    release();
  }

  async #never(device: Device, signal: AbortSignal): Promise<undefined> {
    const release = this.#world.journal.hold("snapshot", { deviceId: device.id });
    await ended(signal);
    release();
  }

  #isBusy(device: Device): boolean {
    if (!device.runsOnBattery && !kindsWithoutSnapshotInCalls.has(device.record.kind)) return false;
    return this.#isInCall(device.id) || device.recordingUntil > Date.now();
  }

  /** A battery camera in a call or recording takes no pictures; it goes on when the call or the recording is over. */
  async #untilFree(device: Device, deadline: AbortSignal): Promise<void> {
    while (this.#isBusy(device) && !deadline.aborted) {
      const callEnded = new AbortController();
      const stop = this.#world.onCallEnd((deviceId) => {
        if (deviceId === device.id) callEnded.abort();
      });
      const recordingMs = device.recordingUntil - Date.now();
      await this.#waiting(
        device,
        recordingMs > 0 ? recordingMs : 60_000,
        AbortSignal.any([deadline, callEnded.signal]),
      );
      stop();
    }
  }
}

function canTakeSnapshots(device: Device): boolean {
  const capture = valueAt(device.record, "settings.lite_24x7.enabled");
  const isSwitchedOff = capture === false && !device.hasSubscription;
  return (
    !device.isOffline && device.isMotionDetected && !isSwitchedOff && device.knobs.snapshot.behaviour !== "missing"
  );
}

const draw = (device: Device, capturedAt: number): Snapshot => ({
  capturedAt,
  jpeg: drawSnapshot({ title: device.record.description, capturedAt, seed: device.id }),
});

async function ended(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
