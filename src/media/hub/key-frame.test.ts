import { expect, test } from "vitest";
import { StreamStage } from "./stream.fixtures.ts";

const kinds = (annexB: Buffer): number[] =>
  annexB
    .toString("hex")
    .split("00000001")
    .slice(1)
    .map((unit) => Number.parseInt(unit.slice(0, 2), 16) & 0x1f);

test("the last key frame can be taken from a running stream, with parameter sets and age", async () => {
  const stage = new StreamStage();
  expect(stage.path.lastKeyFrame).toBeUndefined();
  stage.play([0]);
  await stage.clock.advance(0);
  stage.video(stage.camera.frame());
  expect(stage.path.lastKeyFrame).toBeUndefined();
  stage.video(stage.camera.keyFrame(3));
  await stage.clock.advance(400);
  stage.video(stage.camera.frame());
  expect(stage.path.lastKeyFrame?.ageMs).toBe(400);
  expect(kinds(stage.path.lastKeyFrame?.annexB ?? Buffer.alloc(0))).toEqual([7, 8, 5]);
  stage.path.turnOff();
  await stage.clock.advance(0);
  expect(stage.path.lastKeyFrame).toBeUndefined();
});
