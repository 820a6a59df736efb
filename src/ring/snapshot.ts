// One still picture from Ring: of now, or of an event by its image id.
import { type Clock, plausibleTime } from "../foundation/clock.ts";
import { AppError, TransientError } from "../foundation/errors.ts";
import type { Snapshot, SnapshotRequest } from "./camera-state.ts";
import type { RingClient } from "./ring-client.ts";

export interface SnapshotOptions {
  readonly request: SnapshotRequest;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Asks Ring itself: the library's `getSnapshot` may hand out a promise of somebody else, old or hanging. */
export async function fetchSnapshot(
  camera: { readonly client: RingClient; readonly ringId: number; readonly name: string },
  options: SnapshotOptions,
): Promise<Snapshot> {
  const { request: wanted, timeoutMs, clock, signal } = options;
  const url = `https://app-snaps.ring.com/snapshots/next/${camera.ringId}?${queryOf(wanted)}`;
  const request = { url, responseType: "buffer", headers: { accept: "image/jpeg" } } as const;
  const doing = `give a picture of ${camera.name}`;
  const reply = await camera.client.request(doing, request, { signal, timeoutMs }).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== "deadline") throw error;
    const text = `${camera.name} gave no picture within ${Math.round(timeoutMs / 1000)} s; some cannot while they record`;
    throw new TransientError("ring.snapshot-late", text, { cause: error });
  });
  if (!Buffer.isBuffer(reply) || reply.length < 4 || reply.readUInt16BE(0) !== 0xffd8) {
    throw new TransientError("ring.snapshot-odd", `Ring answered with something else than a picture of ${camera.name}`);
  }
  const takenAt = "timeMillis" in reply ? plausibleTime(Number(reply.timeMillis)) : undefined;
  return { jpeg: reply, takenAt: takenAt ?? clock.now() };
}

function queryOf({ imageId, newerThan, isPassive }: SnapshotRequest): string {
  // Ring hands out ids like `uuid:12345678` and wants the part before the colon.
  if (imageId !== undefined) return `uuid=${encodeURIComponent(imageId.replace(/:.*$/, ""))}`;
  const query = new URLSearchParams();
  if (newerThan !== undefined) query.set("after-ms", String(Math.round(newerThan)));
  if (!isPassive) query.set("extras", "force");
  return query.toString();
}
