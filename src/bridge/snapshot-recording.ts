// The first frame of an event's recording: waits until Ring has the recording, fetches it, has a picture made of it.
import type { Clock } from "../foundation/clock.ts";
import { PermanentError, TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { type Backoff, retry } from "../foundation/retry.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import type { CameraHistory } from "../ring/history/recorded-event.ts";
import { RecordingDownload } from "../ring/history/recording-download.ts";
import type { SignedLink } from "../ring/history/signed-link.ts";

interface RecordedCamera {
  readonly history: CameraHistory;
  readonly state: { readonly name: string };
}

export interface RecordingFrameOptions {
  /** Makes a JPEG of the first frame of the recording that `open` begins to download, and closes it. */
  readonly firstFrame: (open: () => Promise<RecordingDownload>, signal: AbortSignal) => Promise<Buffer>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Ring needs about a minute for a recording. */
const patienceMs = 180_000;
const backoff: Backoff = { firstMs: 5_000, longestMs: 20_000, jitter: 0.2 };

/** Rejects with an AppError that says why there is none. */
export async function recordingFrame(
  camera: RecordedCamera,
  event: CameraEvent,
  options: RecordingFrameOptions,
  signal: AbortSignal,
): Promise<Buffer> {
  const { clock, logger, firstFrame } = options;
  const find = (limited: AbortSignal): Promise<SignedLink> => findLink(camera, event, limited);
  const link = await retry(() => find(signal), { clock, backoff, signal, withinMs: patienceMs });
  const title = `The recording of ${camera.state.name}`;
  // It comes as a whole, whatever is read of it: `firstFrame` says when there is room for one more.
  return await firstFrame(() => RecordingDownload.open({ link, renew: find, title, clock, logger, signal }), signal);
}

async function findLink(
  { history, state }: RecordedCamera,
  event: CameraEvent,
  signal: AbortSignal,
): Promise<SignedLink> {
  const { kind, eventId } = event;
  const events = await history.list({ kind, isEnough: (known) => known.length > 0 }, signal);
  const found = events.find((known) => known.eventId === eventId);
  if (found?.link) return found.link;
  const text = `Ring has no recording of the ${kind} at ${state.name}`;
  if (found?.recording === "none") throw new PermanentError("snapshot.no-recording", text);
  throw new TransientError("snapshot.no-recording", `${text} yet`);
}
