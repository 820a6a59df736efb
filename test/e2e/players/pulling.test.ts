// Servers that pull from Belfry for readers of their own: what they ask first, and a camera that takes its time.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { go2rtc, lackOf, mediamtx, PullingServer } from "../../support/pulling-server.ts";
import { differs } from "../../support/stream-engines.ts";
import { judgeNumbers, VideoReader } from "../../support/video-reader.ts";
import { openDirectory, PlayersStage } from "./players-stage.ts";
import { RtspRelay } from "./rtsp-relay.ts";

let stage: PlayersStage;

beforeAll(async () => {
  stage = await PlayersStage.start();
});
beforeEach(() => stage?.home.home.cloud.operations.resetKnobs());
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
});

/** Neither has been seen before, so nothing of them is remembered. */
const cases = [
  { program: go2rtc, slug: "front-door" },
  { program: mediamtx, slug: "living-room" },
] as const;

describe.each(cases)("$program.name", ({ program, slug }) => {
  const lack = lackOf(program);
  if (lack !== undefined) {
    test.skip(`not here: ${lack}`, () => undefined);
    return;
  }

  test("a camera that takes 8 s plays at the first try", async () => {
    using directory = openDirectory();
    stage.home.turn(slug, { mediaDelayMs: 8_000 });
    const stream = { source: stage.home.url(slug), transport: undefined, directory: directory.path };
    await using server = await PullingServer.start(program, stream);
    await using reader = new VideoReader(server.url);
    await reader.frame(40, { timeoutMs: 40_000 }).catch((cause: unknown) => {
      throw new Error(server.output.slice(-3_000), { cause });
    });
    expect(judgeNumbers(reader.frames)).toMatchObject({ repeated: 0, unreadable: 0 });
    expect(stage.home.calls(slug, "live.requested")).toHaveLength(1);
  }, 60_000);
});

test.skipIf(lackOf(go2rtc) !== undefined)("go2rtc asks for a backchannel, is refused, and plays without", async () => {
  using directory = openDirectory();
  await using relay = await RtspRelay.open(stage.port, {});
  const source = stage.home.url("driveway").replace(`:${stage.port}/`, `:${relay.port}/`);
  await using server = await PullingServer.start(go2rtc, { source, transport: undefined, directory: directory.path });
  await using reader = new VideoReader(server.url);
  await reader.frame(20);
  const described = relay.said.filter((text) => text.startsWith("DESCRIBE"));
  expect(described[0]).toMatch(/^Require: www\.onvif\.org\/ver20\/backchannel/m);
  if (!differs("backchannel")) expect(described.at(-1)).not.toMatch(/^Require:/m);
  expect(stage.home.calls("driveway", "live.requested")).toHaveLength(1);
});
