import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { PermanentError, TransientError } from "../foundation/errors.ts";
import { silentLogger } from "../foundation/logger.fake.ts";
import { CameraChore } from "./camera-chore.ts";
import { SlowPoll } from "./slow-poll.ts";

function setUp(work: (name: string) => Promise<void> = async () => undefined) {
  const clock = new ManualClock();
  const startedAt = clock.monotonic();
  const done: string[] = [];
  const refused: string[] = [];
  const needless = new Set<string>();
  const chore = (name: string): CameraChore =>
    new CameraChore({
      what: `read ${name}`,
      isNeeded: () => !needless.has(name),
      work: async () => {
        done.push(`${(clock.monotonic() - startedAt) / 1000} ${name}`);
        await work(name);
      },
      onRefused: () => refused.push(name),
      refusal: { looks: 3, apartMs: 60_000, forMs: 300_000 },
      periodMs: 3_600_000,
      clock,
      logger: silentLogger,
      random: () => 0,
    });
  const chores: CameraChore[] = [];
  const end = new AbortController();
  const poll = new SlowPoll({ chores: () => chores, clock, pauseMs: 1_000, random: () => 0.5 });
  const over = poll.run(end.signal).catch((error: unknown) => error);
  return { clock, done, refused, needless, chore, chores, poll, end, over };
}

test("one after the other with a pause, then not before the period is over", async () => {
  const { clock, done, chore, chores, poll, end, over } = setUp();
  await clock.advance(5_000);
  chores.push(chore("a"), chore("b"), chore("c"));
  poll.wake();
  await clock.advance(3_599_000);
  expect(done).toEqual(["5 a", "6.5 b", "8 c"]);
  await clock.advance(10_000);
  expect(done.slice(3)).toEqual(["3605 a", "3606.5 b", "3608 c"]);
  end.abort(new Error("over"));
  expect(await over).toMatchObject({ message: "over" });
  expect(clock.pending).toBe(0);
});

test("a failure is repeated later, at Ring's own time where it names one; a refusal that lasts is believed for a day", async () => {
  const failures = new Map<string, Error>([
    ["slow", new TransientError("ring.throttled", "429", { retryAfterMs: 800_000 })],
    ["late", new TransientError("deadline", "late")],
    ["guest", new PermanentError("ring.not-allowed", "404")],
  ]);
  const { clock, done, refused, chore, chores, poll } = setUp(async (name) => {
    const failure = failures.get(name);
    if (failure) throw failure;
  });
  chores.push(chore("slow"), chore("late"), chore("guest"));
  poll.wake();
  await clock.advance(600_000);
  expect(refused).toEqual([]);
  await clock.advance(500_000);
  expect(done.filter((line) => line.endsWith("guest")).map(Number.parseFloat)).toEqual([3, 303, 603]);
  expect(refused).toEqual(["guest"]);
  expect(done.filter((line) => line.endsWith("late")).map(Number.parseFloat)).toEqual([1.5, 301.5, 601.5, 901.5]);
  expect(done.filter((line) => line.endsWith("slow")).map(Number.parseFloat)).toEqual([0, 1_000]);
});

test("a refusal between two answers, and several in a moment, are none", async () => {
  const answers: (Error | undefined)[] = [];
  const { clock, refused, chore, chores, poll } = setUp(async () => {
    const answer = answers.shift();
    if (answer) throw answer;
  });
  const page = chore("page");
  chores.push(page);
  const refusal = new PermanentError("ring.not-allowed", "404");
  const ask = async (answer: Error | undefined, waitMs: number): Promise<void> => {
    answers.push(answer);
    page.hurry();
    poll.wake();
    await clock.advance(waitMs);
  };
  for (let time = 0; time < 5; time++) await ask(refusal, 2_000);
  await clock.advance(200_000);
  await ask(undefined, 200_000);
  await ask(refusal, 2_000);
  expect(refused).toEqual([]);
});

test("hurried, it comes at once; needless, never", async () => {
  const { clock, done, needless, chore, chores, poll } = setUp();
  const hurried = chore("hurried");
  needless.add("idle");
  chores.push(hurried, chore("idle"));
  poll.wake();
  await clock.advance(60_000);
  hurried.hurry();
  poll.wake();
  await clock.advance(10);
  expect(done).toEqual(["0 hurried", "60 hurried"]);
});
