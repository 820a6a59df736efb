// The recorded events of a camera: which one is chosen, and the stream that plays it. Without a plan they do not exist.
import type { CameraActions, CameraView } from "../camera-view.ts";
import { parseOnOff } from "../errors.ts";
import { optionOf, selectionsFor } from "../event-selection.ts";
import type { PlayedEvent } from "../event-stream.ts";
import { type Attributes, type EntityRow, isoTime, onOff } from "./entity-row.ts";
import { isStreaming, statusAttributes } from "./stream-attributes.ts";

type Row = EntityRow<CameraView, CameraActions>;

const hasRecordings = ({ camera }: CameraView): boolean => camera.hasRecordings;

export const eventStreamRows: readonly Row[] = [
  {
    key: "event_select",
    platform: "select",
    topics: ["state", "attributes", "command"],
    options: ({ camera }) => ({
      name: "Recorded event",
      icon: "mdi:play-box-multiple",
      options: selectionsFor(camera.isDoorbell).map(optionOf),
    }),
    exists: hasRecordings,
    state: ({ eventStream }) => eventStream.option,
    attributes: shownAttributes,
    write: (payload, actions, signal) => actions.selectEvent(payload, signal),
  },
  {
    key: "event_stream",
    platform: "switch",
    topics: ["state", "attributes", "command"],
    options: { name: "Recorded event stream", icon: "mdi:vhs" },
    exists: hasRecordings,
    state: ({ eventStream }) => onOff(eventStream.stream !== undefined && isStreaming(eventStream.stream.state)),
    attributes: ({ eventStream }) => ({
      ...(eventStream.stream ? statusAttributes(eventStream.stream) : {}),
      ...(eventStream.played ? playedAttributes(eventStream.played) : {}),
    }),
    write: (payload, actions) => actions.switchEventStream(parseOnOff(payload)),
  },
];

const playedAttributes = ({ eventId, happenedAt, video }: PlayedEvent): Attributes => ({
  played_event: eventId,
  played_happened: isoTime(happenedAt),
  video,
});

/** One message for all: automations trigger on `eventId` and read the rest. Nothing is said until it is known. */
function shownAttributes({ eventStream: { shown } }: CameraView): Attributes | undefined {
  if (!shown) return undefined;
  return {
    eventId: shown.eventId ?? null,
    recordingUrl: shown.link?.url ?? shown.progress ?? null,
    ...(shown.happenedAt === undefined ? {} : { happened: isoTime(shown.happenedAt) }),
    ...(shown.reason === undefined ? {} : { reason: shown.reason }),
  };
}
