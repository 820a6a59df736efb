// Now and then, Ring's history beside the messages that came: what happened while nobody listened, and whether messages stay away.
import { composeSignals } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { AbsenceRule } from "./absence.ts";
import { CameraChore } from "./camera-chore.ts";
import type { CameraEvents } from "./camera-events.ts";
import type { CameraEvent } from "./camera-state.ts";
import type { CloudCameraHistory } from "./history/camera-history.ts";
import type { RecordedEvent } from "./history/recorded-event.ts";

export interface EventCheckOptions {
  readonly history: Pick<CloudCameraHistory, "newest">;
  readonly events: Pick<CameraEvents, "knows">;
  /** The newest event of its kind, where no message of it has come. */
  readonly onFound: (event: CameraEvent) => void;
  readonly periodMs: number;
  readonly refusal: AbsenceRule;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The camera's life. */
  readonly signal: AbortSignal;
}

export function eventCheck(options: EventCheckOptions): CameraChore {
  const { history, events, onFound, signal: life, clock } = options;
  return new CameraChore({
    ...options,
    what: "read the newest events of a camera",
    isNeeded: () => true,
    onRefused: () => undefined,
    work: async (signal) => {
      const newest = await history.newest(composeSignals(signal, life));
      for (const kind of ["motion", "ding"] as const) {
        const recorded = newest.find((event) => event.kind === kind);
        const event = recorded && eventOf(recorded, kind, clock.now());
        if (event && !events.knows(event)) onFound(event);
      }
    },
  });
}

function eventOf({ eventId, startedAt, isPerson }: RecordedEvent, kind: CameraEvent["kind"], now: number): CameraEvent {
  return {
    kind,
    eventId,
    happenedAt: startedAt,
    receivedAt: now,
    detection: isPerson ? "person" : kind,
    text: undefined,
    imageId: undefined,
  };
}
