// Makes the film of the recording that a camera's event select shows, before somebody plays it: that takes longer than any player waits.
import type { Device } from "../../simulator/device.ts";
import { defaultCacheDirectory } from "../../simulator/media/cached-file.ts";
import { recordingFile } from "../../simulator/media/recording.ts";
import { startNumberOf } from "../../simulator/recordings.ts";
import type { ObservedMessage } from "./mqtt-observer.ts";
import type { SimulatedHome } from "./simulated-home.ts";

const framesPerSecond = 20;

/** The number of its first picture, and of how many it consists. */
export async function prepareFilm(
  home: SimulatedHome,
  camera: Device,
  film: { readonly seconds: number; readonly codec?: "h264" | "h265" },
): Promise<{ readonly startNumber: number; readonly count: number }> {
  const topic = home.topic(camera, "event_select", "attributes");
  const isShown = (message: ObservedMessage): boolean => message.topic === topic && idIn(message) !== undefined;
  const shown = await home.observer.waitFor("the newest recording", isShown);
  home.cloud.operations.turnKnobs(camera.slug, { recording: film });
  const startNumber = startNumberOf({ id: idIn(shown) ?? "" });
  const { seconds, codec: videoCodec = "h264" } = film;
  const label = camera.record.description;
  await recordingFile({ cacheDirectory: defaultCacheDirectory, seconds, videoCodec, label, startNumber });
  return { startNumber, count: seconds * framesPerSecond };
}

function idIn({ text }: ObservedMessage): string | undefined {
  const { eventId } = JSON.parse(text);
  return typeof eventId === "string" ? eventId : undefined;
}
