// The camera that a request is for.
import type { RingClient } from "./ring-client.ts";

export interface CommandTarget {
  readonly client: RingClient;
  readonly ringId: number;
  /** For error texts. */
  readonly name: string;
}
