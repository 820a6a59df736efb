import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { TransientError } from "../foundation/errors.ts";
import { SnapshotBudget } from "./snapshot-budget.ts";

const never = new AbortController().signal;
const answer = async (): Promise<string> => "picture";

test("a few patient requests at a time, the others in turn; urgent ones do not wait", async () => {
  const clock = new ManualClock();
  const budget = new SnapshotBudget(clock, { slots: 2 });
  const open: PromiseWithResolvers<string>[] = [];
  const ask = (): Promise<string> => {
    const reply = Promise.withResolvers<string>();
    open.push(reply);
    return reply.promise;
  };
  const all = [1, 2, 3, 4].map(() => budget.patient(ask, never));
  await clock.advance(0);
  expect(open).toHaveLength(2);
  await expect(budget.urgent(answer)).resolves.toBe("picture");
  open[0]?.resolve("first");
  await clock.advance(0);
  expect(open).toHaveLength(3);
  for (const reply of open) reply.resolve("next");
  await clock.advance(0);
  open.at(-1)?.resolve("last");
  await expect(Promise.all(all)).resolves.toEqual(["first", "next", "next", "last"]);
});

test("who waits and gives up leaves the others their turn", async () => {
  const clock = new ManualClock();
  const budget = new SnapshotBudget(clock, { slots: 1 });
  const first = Promise.withResolvers<string>();
  const controller = new AbortController();
  const running = budget.patient(() => first.promise, never);
  const impatient = budget.patient(answer, controller.signal);
  const last = budget.patient(answer, never);
  await clock.advance(0);
  controller.abort(new Error("enough"));
  first.resolve("first");
  await expect(impatient).rejects.toThrow("enough");
  await expect(Promise.all([running, last])).resolves.toEqual(["first", "picture"]);
});

test("so many a minute, with a reserve for events; it fills again with time", async () => {
  const clock = new ManualClock();
  const budget = new SnapshotBudget(clock, { perMinute: 6, reserve: 2 });
  for (let count = 0; count < 4; count++) await budget.patient(answer, never);
  await expect(budget.patient(answer, never)).rejects.toMatchObject({ code: "snapshot.budget" });
  await budget.urgent(answer);
  await budget.urgent(answer);
  await expect(budget.urgent(answer)).rejects.toMatchObject({ code: "snapshot.budget" });
  await clock.advance(10_000);
  await expect(budget.urgent(answer)).resolves.toBe("picture");
  await expect(budget.patient(answer, never)).rejects.toThrow("asks Ring for no more pictures");
});

test("where Ring asks to wait, nobody asks until then", async () => {
  const clock = new ManualClock();
  const budget = new SnapshotBudget(clock);
  const throttled = async (): Promise<string> => {
    throw new TransientError("ring.throttled", "too many requests", { retryAfterMs: 20_000 });
  };
  await expect(budget.urgent(throttled)).rejects.toMatchObject({ code: "ring.throttled" });
  await clock.advance(19_999);
  await expect(budget.urgent(answer)).rejects.toMatchObject({ code: "snapshot.budget" });
  await clock.advance(1);
  await expect(budget.urgent(answer)).resolves.toBe("picture");
});
