// What the routes of the cloud work with.
import type { PushService } from "../contracts.ts";
import type { Journal } from "../journal.ts";
import type { Notifier } from "../notifier.ts";
import type { Recordings } from "../recordings.ts";
import type { Sessions } from "../sessions.ts";
import type { Snapshots } from "../snapshots.ts";
import type { Tokens } from "../tokens.ts";
import type { World } from "../world.ts";

export interface CloudServices {
  readonly journal: Journal;
  readonly world: World;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly snapshots: Snapshots;
  readonly recordings: Recordings;
  readonly notifier: Notifier;
  readonly push: PushService;
}
