// The recorded event that a camera's event select shows, and what of it can be played.
import type { SignedLink } from "../ring/history/signed-link.ts";
import type { EventSelection } from "./event-selection.ts";

/** What the event select shows; undefined until Ring has been asked for the first time. */
export interface ShownEvent {
  readonly selection: EventSelection;
  readonly eventId: string | undefined;
  /** Unix ms. */
  readonly happenedAt: number | undefined;
  /** To its recording; undefined while there is none. */
  readonly link: SignedLink | undefined;
  /** Stands where the link will be. */
  readonly progress?: string | undefined;
  /** Why there is no event, or no link. */
  readonly reason?: string | undefined;
}

export interface PlayableRecording {
  readonly eventId: string;
  readonly happenedAt: number;
  readonly selection: EventSelection;
  readonly link: SignedLink;
}
