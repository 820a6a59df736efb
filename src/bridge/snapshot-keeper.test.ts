import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { recordingLogger } from "../foundation/logger.fake.ts";
import type { Snapshot } from "../ring/camera-state.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";

function setUp() {
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  const asked: { imageId?: string }[] = [];
  const pictures: Snapshot[] = [];
  const answers: PromiseWithResolvers<Snapshot>[] = [];
  const keeper = new SnapshotKeeper({
    fetch: (options) => {
      asked.push(options);
      const answer = Promise.withResolvers<Snapshot>();
      answers.push(answer);
      return answer.promise;
    },
    onPicture: (picture) => pictures.push(picture),
    clock,
    logger,
    signal: new AbortController().signal,
  });
  return { clock, lines, asked, pictures, answers, keeper };
}

test("one request at a time; of the wishes that come meanwhile only the newest counts", async () => {
  const { clock, asked, pictures, answers, keeper } = setUp();
  keeper.refresh({ type: "start" });
  keeper.refresh({ type: "motion", imageId: "old" });
  keeper.refresh({ type: "motion", imageId: "new" });
  expect(asked).toEqual([{}]);
  answers[0]?.resolve({ jpeg: Buffer.from("a"), takenAt: 1 });
  await clock.advance(0);
  expect(asked).toEqual([{}, { imageId: "new" }]);
  answers[1]?.resolve({ jpeg: Buffer.from("b"), takenAt: 2 });
  await clock.advance(0);
  expect(pictures.map(({ takenAt }) => takenAt)).toEqual([1, 2]);
  expect(keeper.state).toEqual({ takenAt: 2, type: "motion" });
});

test("a request that hangs or fails keeps the old picture and does not block the next one", async () => {
  const { clock, lines, asked, answers, keeper } = setUp();
  keeper.refresh({ type: "start" });
  answers[0]?.resolve({ jpeg: Buffer.from("a"), takenAt: 1 });
  await clock.advance(0);
  keeper.refresh({ type: "motion" });
  await clock.advance(20_000);
  expect(keeper.state).toEqual({ takenAt: 1, type: "start" });
  expect(lines.map(({ level, line }) => `${level} ${line}`)).toEqual([
    "debug no motion snapshot: the snapshot took longer than 20000 ms",
  ]);
  keeper.refresh({ type: "ding" });
  expect(asked).toHaveLength(3);
});
