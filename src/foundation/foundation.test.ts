import { expect, test } from "vitest";
import { abortable, StopError } from "./abort.ts";
import { ManualClock } from "./clock.fake.ts";
import { delay, every } from "./clock.ts";
import { withDeadline } from "./deadline.ts";
import { Emitter } from "./emitter.ts";
import { errorCode, errorText, PermanentError, TransientError } from "./errors.ts";
import { recordingLogger } from "./logger.fake.ts";
import { createLogger } from "./logger.ts";
import { Redactor } from "./redact.ts";
import { backoffMs, retry } from "./retry.ts";
import { secretPath } from "./secret-path.ts";
import { supervise } from "./supervise.ts";
import { Teardown } from "./teardown.ts";

const backoff = { firstMs: 100, longestMs: 1_000, jitter: 0 };

test("delays follow the clock and end with the signal", async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const done: string[] = [];
  void delay(clock, 100).then(() => done.push("first"));
  const second = delay(clock, 200, controller.signal);
  await clock.advance(100);
  expect(done).toEqual(["first"]);
  controller.abort(new StopError("shutdown"));
  await expect(second).rejects.toMatchObject({ reason: "shutdown" });
  expect(clock.pending).toBe(0);
});

test("a periodic callback stops when disposed", async () => {
  const clock = new ManualClock();
  let ticks = 0;
  const timer = every(clock, 10, () => ticks++);
  await clock.advance(35);
  timer[Symbol.dispose]();
  await clock.advance(100);
  expect(ticks).toBe(3);
});

test("retry backs off, honours what the other side asked, and gives up on permanent errors", async () => {
  const clock = new ManualClock();
  const waits: number[] = [];
  const failures = [new Error("a"), new TransientError("busy", "busy", { retryAfterMs: 5_000 }), new Error("c")];
  const result = retry(async (attempt) => (failures[attempt - 1] ? Promise.reject(failures[attempt - 1]) : attempt), {
    clock,
    backoff,
    signal: new AbortController().signal,
    onFailure: (_error, _attempt, waitMs) => waits.push(waitMs),
  });
  await clock.advance(10_000);
  expect(await result).toBe(4);
  expect(waits).toEqual([100, 5_000, 400]);
  const fatal = retry(() => Promise.reject(new PermanentError("no", "no")), {
    clock,
    backoff,
    signal: new AbortController().signal,
  });
  await expect(fatal).rejects.toThrow("no");
  expect(backoffMs(backoff, 30)).toBe(1_000);
});

test("a deadline rejects, names its work and aborts it", async () => {
  const clock = new ManualClock();
  let seen: AbortSignal | undefined;
  const work = withDeadline("the ticket request", 500, clock, (signal) => {
    seen = signal;
    return new Promise(() => undefined);
  });
  const outcome = expect(work).rejects.toThrow("the ticket request took longer than 500 ms");
  await clock.advance(500);
  await outcome;
  expect(seen?.aborted).toBe(true);
});

test("work that fails because it was given up before anybody waited for it disturbs nobody", async () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown): void => void unheard.push(reason);
  process.on("unhandledRejection", hear);
  try {
    const reason = new StopError("closed");
    await expect(abortable(Promise.reject(reason), AbortSignal.abort(reason))).rejects.toBe(reason);
    await new Promise((resolve) => setImmediate(resolve));
    expect(unheard).toEqual([]);
  } finally {
    process.off("unhandledRejection", hear);
  }
});

test("abortable rejects with the reason of the signal", async () => {
  const controller = new AbortController();
  const waiting = abortable(new Promise(() => undefined), controller.signal);
  controller.abort(new StopError("replaced"));
  await expect(waiting).rejects.toMatchObject({ reason: "replaced" });
});

test("a supervised loop is started again after it broke and is quiet when stopped", async () => {
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  const controller = new AbortController();
  let runs = 0;
  const over = supervise(
    "polling",
    async (signal) => {
      runs++;
      if (runs < 3) throw new Error(`failure ${runs}`);
      await delay(clock, 1e9, signal);
    },
    { signal: controller.signal, clock, logger, backoff },
  );
  await clock.advance(1_000);
  expect(runs).toBe(3);
  controller.abort();
  await over;
  expect(lines.map((line) => line.line)).toEqual([
    "polling broke; starting it again: failure 1",
    "polling broke; starting it again: failure 2",
  ]);
});

test("teardown runs in reverse order, survives a failing step and a hanging one", async () => {
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  const order: string[] = [];
  const teardown = new Teardown();
  teardown.add("broker", () => void order.push("broker"));
  teardown.add("streams", () => new Promise(() => undefined));
  teardown.add("web", () => {
    order.push("web");
    throw new Error("already closed");
  });
  const over = teardown.run(logger, clock, 1_000);
  await clock.advance(2_000);
  await over;
  expect(order).toEqual(["web", "broker"]);
  expect(lines.map((line) => line.line)).toEqual([
    "web did not end cleanly: already closed",
    "streams did not end in time",
  ]);
});

test("what is handed over to another teardown is ended by that one alone, in its turn", async () => {
  const clock = new ManualClock();
  const { logger } = recordingLogger();
  const order: string[] = [];
  const [inner, outer] = [new Teardown(), new Teardown()];
  outer.add("first", () => void order.push("first"));
  for (const name of ["second", "third"]) inner.add(name, () => void order.push(name));
  inner.handOver(outer);
  outer.add("fourth", () => void order.push("fourth"));
  await inner.run(logger, clock, 1_000);
  expect(order).toEqual([]);
  await outer.run(logger, clock, 1_000);
  expect(order).toEqual(["fourth", "third", "second", "first"]);
});

test("a listener that throws does not keep the others from hearing", () => {
  const errors: unknown[] = [];
  const emitter = new Emitter<number>((error) => errors.push(error));
  const heard: number[] = [];
  emitter.subscribe(() => {
    throw new Error("mine");
  });
  const second = emitter.subscribe((value) => heard.push(value));
  emitter.emit(1);
  second[Symbol.dispose]();
  emitter.emit(2);
  expect(heard).toEqual([1]);
  expect(errors).toHaveLength(2);
});

test.each([
  ["mqtt://user:s3cret-pass@broker:1883", "mqtt://user:***@broker:1883"],
  ["token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def", "token ***"],
  ["https://x/y.mp4?A=1&X-Amz-Signature=0123456789abcdef&z=1", "https://x/y.mp4?A=1&X-Amz-Signature=***&z=1"],
  ["Authorization: Bearer abcdef123456", "Authorization: Bearer ***"],
  ['{"refresh_token":"abc","x":1}', '{"refresh_token":"***","x":1}'],
  ["a=ice-pwd:abcdefghijkl", "a=ice-pwd:***"],
  [`open rtsp://127.0.0.1:1/${secretPath("film")}`, "open rtsp://127.0.0.1:1/secret-***/film"],
])("redacts by shape: %s", (text, expected) => {
  expect(new Redactor().redact(text)).toBe(expected);
});

test("known secrets are masked wherever they stand, also URL-encoded; repeats are counted", () => {
  const redactor = new Redactor();
  redactor.addSecret("p@ss word");
  const written: string[] = [];
  let now = 0;
  const sink = {
    isEnabled: () => true,
    write: (_level: string, scope: string, line: string) => void written.push(`${scope} ${line}`),
  };
  const log = createLogger(sink, redactor, () => now).child("ring", () => "Front Door");
  for (let i = 0; i < 3; i++)
    log.warn("no p@ss word, no p%40ss%20word", new Error("why", { cause: new Error("because") }));
  now = 61_000;
  log.warn("no p@ss word, no p%40ss%20word", new Error("why", { cause: new Error("because") }));
  expect(written).toEqual([
    "ring Front Door: no ***, no ***: why: because",
    "ring Front Door: no ***, no ***: why: because (and 2 times more since)",
  ]);
});

test("of a token that is renewed for ever the last two are masked, also URL-encoded, however often they are named", () => {
  const redactor = new Redactor();
  redactor.addSecret("pa55word");
  for (const token of ["first", "second", undefined, "third/3", "third/3", ""]) redactor.addToken(token);
  expect(redactor.redact("pa55word first second third/3 third%2F3")).toBe("*** first *** *** ***");
});

test("errors tell their code and their causes on one line", () => {
  const error = new TransientError("ring.offline", "Ring did not answer", { cause: new Error("connect\n  refused") });
  expect(errorText(error)).toBe("Ring did not answer: connect refused");
  expect([errorCode(error), errorCode(Object.assign(new Error("x"), { code: "EPIPE" })), errorCode(7)]).toEqual([
    "ring.offline",
    "EPIPE",
    "unknown",
  ]);
});
