// How the state of a stream stands on MQTT, for every kind of stream.
import type { StreamStatus } from "../../media/hub/stream-status.ts";
import { type Attributes, isoTime } from "./entity-row.ts";

const streamStatusWord = {
  idle: "inactive",
  starting: "activating",
  ready: "active",
  closing: "inactive",
  failed: "failed",
} as const;

export function isStreaming(state: keyof typeof streamStatusWord): boolean {
  return state === "starting" || state === "ready";
}

/** Status, why it ended or failed, and who watches. */
export function statusAttributes({ state, reason, viewers }: StreamStatus): Attributes {
  return {
    status: streamStatusWord[state],
    ...(reason === undefined ? {} : { reason: reason.text, reason_code: reason.code }),
    viewers: viewers.map(({ kind, address, userAgent, since }) => ({
      kind,
      address,
      user_agent: userAgent,
      since: isoTime(since),
    })),
  };
}
