import { expect, test } from "vitest";
import { ManualClock } from "../../foundation/clock.fake.ts";
import { TransientError } from "../../foundation/errors.ts";
import type { BudgetVerdict } from "./admission-policy.ts";
import { StreamGovernor } from "./governor.ts";
import { StreamStage, viewer } from "./stream.fixtures.ts";
import type { ActivationEnd, StreamBudget } from "./stream-budget.ts";

class RecordingBudget implements StreamBudget {
  readonly events: string[] = [];
  verdict: BudgetVerdict | undefined;

  check(): BudgetVerdict | undefined {
    return this.verdict;
  }

  started(): void {
    this.events.push("started");
  }

  ended(_nowMs: number, { isLimit }: ActivationEnd): void {
    this.events.push(isLimit ? "limit" : "ended");
  }
}

test("a budget sees starts, not viewers or retries, and how they ended", async () => {
  const budget = new RecordingBudget();
  const stage = new StreamStage({ governor: new StreamGovernor({ clock: new ManualClock(), budgets: [budget] }) });
  stage.source.failures.push(new TransientError("call.ticket", "503"));
  stage.path.lease(viewer);
  await stage.clock.advance(1_000);
  stage.path.lease(viewer);
  stage.video(stage.camera.keyFrame());
  await stage.clock.advance(0);
  expect(budget.events).toEqual(["started"]);
  stage.source.session.end(new TransientError("call.limit", "over"));
  await stage.clock.advance(0);
  expect(budget.events).toEqual(["started", "limit"]);
});

test("an empty budget refuses a start, but not the switch, nor one more viewer of what runs", async () => {
  const budget = new RecordingBudget();
  budget.verdict = { refusal: "paused", message: "pause after the limit", retryAfterMs: 60_000 };
  const stage = new StreamStage({ governor: new StreamGovernor({ clock: new ManualClock(), budgets: [budget] }) });
  expect(() => stage.path.lease(viewer)).toThrow(expect.objectContaining({ refusal: "paused", retryAfterMs: 60_000 }));
  stage.path.turnOn();
  expect(stage.path.lease(viewer).ended.aborted).toBe(false);
});

test("the governor knows who started the stream", () => {
  const governor = new StreamGovernor({ clock: new ManualClock() });
  expect(governor.lastStarter).toBeUndefined();
  governor.started(viewer);
  expect(governor.lastStarter).toBe(viewer);
});

test("why a start was refused is shown; a camera that cannot be called has failed", () => {
  const facts = { camera: "online" as "online" | "offline" | "blocked" };
  const governor = new StreamGovernor({ clock: new ManualClock(), camera: () => facts.camera });
  const stage = new StreamStage({ governor });
  const refused = (): unknown => {
    expect(() => stage.path.lease(viewer)).toThrow(expect.objectContaining({ name: "StreamRefusedError" }));
    const { state, reason } = stage.path.status;
    return [state, reason?.code];
  };
  facts.camera = "offline";
  expect(refused()).toEqual(["failed", "stream.offline"]);
  facts.camera = "blocked";
  expect(refused()).toEqual(["failed", "stream.blocked"]);
  facts.camera = "online";
  stage.path.setLocked(true);
  expect(refused()).toEqual(["idle", "stream.locked"]);
  expect(stage.source.openings).toBe(0);
});
