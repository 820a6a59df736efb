// The owner's limits on a live stream, as the budgets that hold them.
import type { Clock } from "../../foundation/clock.ts";
import { LiveTimeBudget, type LiveTimeMemory } from "./live-time-budget.ts";
import { PauseAfterLimit } from "./pause-after-limit.ts";
import { RestartBudget } from "./restart-budget.ts";
import type { StreamBudget } from "./stream-budget.ts";

export interface ViewingLimits {
  /** Of each hour; 0 = unlimited. */
  readonly maxLiveMinutes: number;
  /** 0 = no pause. */
  readonly pauseAfterLimitSeconds: number;
}

/** `limits` is asked anew each time: a camera may change from battery to wire. */
export function viewingBudgets(limits: () => ViewingLimits, clock: Clock, memory: LiveTimeMemory): StreamBudget[] {
  return [
    new PauseAfterLimit(() => limits().pauseAfterLimitSeconds * 1_000),
    new LiveTimeBudget({ limitMs: () => limits().maxLiveMinutes * 60_000, clock, memory }),
    new RestartBudget(),
  ];
}
