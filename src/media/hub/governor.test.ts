import { expect, test } from "vitest";
import { ManualClock } from "../../foundation/clock.fake.ts";
import { PermanentError, TransientError } from "../../foundation/errors.ts";
import type { BudgetVerdict } from "./admission-policy.ts";
import { StreamGovernor } from "./governor.ts";
import { RestartBudget } from "./restart-budget.ts";
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

test("why a start was refused is shown until that is no longer so", async () => {
  const facts = { camera: "offline" as "online" | "offline" | "blocked" };
  const budget = new RecordingBudget();
  const clock = new ManualClock();
  const governor = new StreamGovernor({ clock, camera: () => facts.camera, budgets: [budget] });
  const stage = new StreamStage({ governor, clock });
  const shown = (): unknown => [stage.path.status.state, stage.path.status.reason?.code];
  const refused = (): unknown => {
    expect(() => stage.path.lease(viewer)).toThrow(expect.objectContaining({ name: "StreamRefusedError" }));
    return shown();
  };
  expect(refused()).toEqual(["failed", "stream.offline"]);
  stage.path.cameraChanged();
  expect(shown()).toEqual(["failed", "stream.offline"]);
  facts.camera = "online";
  stage.path.cameraChanged();
  expect(shown()).toEqual(["idle", undefined]);
  stage.path.setLocked(true);
  expect(refused()).toEqual(["idle", "stream.locked"]);
  stage.path.setLocked(false);
  expect(shown()).toEqual(["idle", undefined]);
  budget.verdict = { refusal: "budget", message: "used up", retryAfterMs: 60_000 };
  expect(refused()).toEqual(["idle", "stream.budget"]);
  await clock.advance(60_000);
  expect(shown()).toEqual(["idle", "stream.budget"]);
  budget.verdict = undefined;
  await clock.advance(60_000);
  expect(shown()).toEqual(["idle", undefined]);
  expect(stage.statuses.at(-1)?.reason).toBeUndefined();
});

test("a real failure is shown until the next start, whatever the camera says meanwhile", async () => {
  const stage = new StreamStage();
  stage.source.failures.push(new PermanentError("call.codec", "only H.265"));
  stage.path.lease(viewer);
  await stage.clock.advance(1);
  stage.path.cameraChanged();
  expect(stage.path.status).toMatchObject({ state: "failed", reason: { code: "call.codec" } });
});

test("a stream that stands for something else now knows nothing of earlier failures and starts", async () => {
  const stage = new StreamStage({ budgets: [new RestartBudget()], limits: { failedPauseMs: 10_000 } });
  stage.source.failures.push(new PermanentError("recording.deleted", "it has been deleted at Ring"));
  stage.path.lease(viewer);
  await stage.clock.advance(1);
  expect(() => stage.path.lease(viewer)).toThrow(expect.objectContaining({ refusal: "failed" }));
  stage.path.forget();
  expect(stage.path.status).toMatchObject({ state: "idle", reason: undefined });
  for (let count = 0; count < 12; count++) {
    if (count === 6) expect(() => stage.path.lease(viewer)).toThrow(expect.objectContaining({ refusal: "budget" }));
    if (count === 6) stage.path.forget();
    await stage.started();
    stage.source.session.end();
    await stage.clock.advance(1);
  }
});
