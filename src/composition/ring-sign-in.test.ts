import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { PermanentError, TransientError } from "../foundation/errors.ts";
import type { SignInOutcome } from "../ring/sign-in.ts";
import { RingSignIn } from "./ring-sign-in.ts";

const codeNeeded: SignInOutcome = { kind: "code-needed", prompt: "Enter the code", channel: "sms" };

/** Ring's answers are played by the test, one after the other. */
function createService() {
  const clock = new ManualClock();
  const done: string[] = [];
  const answers: (SignInOutcome | Error | Promise<SignInOutcome>)[] = [];
  let blockedUntil = 0;
  let attempts = 0;
  const answer = async (): Promise<SignInOutcome> => {
    const next = answers.shift();
    if (next === undefined) throw new Error("Ring was not to be asked");
    if (next instanceof Error) throw next;
    return await next;
  };
  const service = new RingSignIn({
    createSignIn: () => {
      attempts++;
      return { start: answer, confirm: answer };
    },
    token: { save: (token) => void done.push(`saved ${token}`), forget: () => void done.push("forgotten") },
    account: { useStoredToken: () => void done.push("used") },
    blockedUntil: {
      read: () => blockedUntil,
      write: (at) => {
        blockedUntil = at;
      },
    },
    clock,
    signal: new AbortController().signal,
  });
  const attemptOf = async (): Promise<string> => {
    answers.push(codeNeeded);
    const step = await service.start("a@b", "secret");
    return step.kind === "code-needed" ? step.attempt : "none";
  };
  return { service, clock, answers, done, attemptOf, attempts: () => attempts };
}

test("the token is saved before the account begins with it", async () => {
  const { service, answers, done, attemptOf } = createService();
  const attempt = await attemptOf();
  answers.push({ kind: "signed-in", token: "fresh" });
  expect(await service.confirm(attempt, "123456")).toEqual({ kind: "signed-in" });
  expect(done).toEqual(["saved fresh", "used"]);
  expect(await service.confirm(attempt, "123456")).toMatchObject({ code: "sign-in.not-started" });
});

test("after ten minutes without a code the attempt, and the password in it, is gone", async () => {
  const { service, clock, attemptOf } = createService();
  const attempt = await attemptOf();
  await clock.advance(10 * 60_000);
  expect(clock.pending).toBe(0);
  expect(await service.confirm(attempt, "123456")).toMatchObject({ code: "sign-in.not-started" });
});

test("a wrong code may be followed by another, any other failure ends the attempt", async () => {
  const { service, answers, attemptOf } = createService();
  const attempt = await attemptOf();
  answers.push(new PermanentError("sign-in.wrong-code", "wrong"), new TransientError("ring.unreachable", "away"));
  expect(await service.confirm(attempt, "1")).toMatchObject({ code: "sign-in.wrong-code" });
  expect(await service.confirm(attempt, "2")).toMatchObject({ code: "ring.unreachable" });
  expect(await service.confirm(attempt, "3")).toMatchObject({ code: "sign-in.not-started" });
});

test("a new attempt replaces the one before, also while Ring thinks about that", async () => {
  const { service, answers, done, attemptOf } = createService();
  const slow = Promise.withResolvers<SignInOutcome>();
  answers.push(slow.promise);
  const first = service.start("a@b", "old");
  const attempt = await attemptOf();
  slow.resolve({ kind: "signed-in", token: "of the first" });
  expect(await first).toMatchObject({ kind: "failed", code: "sign-in.not-started" });
  expect(done).toEqual([]);
  answers.push({ kind: "signed-in", token: "of the second" });
  expect(await service.confirm(attempt, "1")).toEqual({ kind: "signed-in" });
});

test("signing out while Ring thinks about a sign-in wins", async () => {
  const { service, answers, done } = createService();
  const slow = Promise.withResolvers<SignInOutcome>();
  answers.push(slow.promise);
  const step = service.start("a@b", "secret");
  await service.signOut();
  slow.resolve({ kind: "signed-in", token: "late" });
  expect(await step).toMatchObject({ kind: "failed" });
  expect(done).toEqual(["forgotten", "used"]);
});

test("while Ring blocks us it is not asked", async () => {
  const { service, clock, answers, attempts } = createService();
  const throttled = new TransientError("ring.throttled", "too many", { retryAfterMs: 60_000 });
  answers.push(new PermanentError("sign-in.blocked", "blocked", { cause: throttled }));
  const retryAt = clock.now() + 60_000;
  expect(await service.start("a@b", "secret")).toMatchObject({ code: "sign-in.blocked", retryAt });
  expect(await service.start("a@b", "secret")).toMatchObject({ code: "sign-in.blocked", retryAt });
  expect(attempts()).toBe(1);
  await clock.advance(60_000);
  answers.push(codeNeeded);
  expect(await service.start("a@b", "secret")).toMatchObject({ kind: "code-needed" });
});

test("a late failure of a replaced attempt leaves the new one alone", async () => {
  const { service, answers, attemptOf } = createService();
  const slow = Promise.withResolvers<SignInOutcome>();
  answers.push(slow.promise);
  const first = service.start("a@b", "old");
  const attempt = await attemptOf();
  slow.reject(new TransientError("ring.unreachable", "away"));
  expect(await first).toMatchObject({ kind: "failed" });
  answers.push({ kind: "signed-in", token: "fresh" });
  expect(await service.confirm(attempt, "1")).toEqual({ kind: "signed-in" });
});
