// The owner's limits on a live stream, as the budgets that hold them.
import { LiveTimeBudget } from "./live-time-budget.ts";
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
export function viewingBudgets(limits: () => ViewingLimits): StreamBudget[] {
  return [
    new PauseAfterLimit(() => limits().pauseAfterLimitSeconds * 1_000),
    new LiveTimeBudget(() => limits().maxLiveMinutes * 60_000),
    new RestartBudget(),
  ];
}
