// The streams of a camera: their switches, and who watches.
import type { CameraActions, CameraView } from "../camera-view.ts";
import { parseOnOff } from "../errors.ts";
import { type EntityRow, isoTime, onOff } from "./entity-row.ts";

type Row = EntityRow<CameraView, CameraActions>;

export const streamRows: readonly Row[] = [
  {
    key: "stream",
    platform: "switch",
    topics: ["state", "attributes", "command"],
    options: { name: "Live stream", icon: "mdi:cctv" },
    exists: () => true,
    state: ({ liveStream }) => onOff(isStreaming(liveStream.state)),
    attributes: ({ liveStream }) => ({
      status: streamStatusWord[liveStream.state],
      ...(liveStream.reason === undefined
        ? {}
        : { reason: liveStream.reason.text, reason_code: liveStream.reason.code }),
      viewers: liveStream.viewers.map(({ kind, address, userAgent, since }) => ({
        kind,
        address,
        user_agent: userAgent,
        since: isoTime(since),
      })),
    }),
    write: (payload, actions) => actions.switchLiveStream(parseOnOff(payload)),
  },
];

const streamStatusWord = {
  idle: "inactive",
  starting: "activating",
  ready: "active",
  closing: "inactive",
  failed: "failed",
} as const;

function isStreaming(state: keyof typeof streamStatusWord): boolean {
  return state === "starting" || state === "ready";
}
