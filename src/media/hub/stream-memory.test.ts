import { expect, test } from "vitest";
import { recordingLogger } from "../../foundation/logger.fake.ts";
import { highSps, pps } from "./h264-packets.fixtures.ts";
import { MemoryKeeper, type RememberedStream } from "./stream-memory.ts";

const known = { parameterSets: { sps: highSps, pps }, profileLevelId: "640028", audioCodec: undefined } as const;
const size = { width: 1920, height: 1080 };

test("only what is new is saved, in a form that JSON keeps", () => {
  const saved: RememberedStream[] = [];
  const memory = {
    load: () => saved.at(-1),
    save: (_path: string, stream: RememberedStream) => void saved.push(JSON.parse(JSON.stringify(stream))),
  };
  const keeper = new MemoryKeeper("camera_live", memory, recordingLogger().logger);
  keeper.keep({ ...known, parameterSets: undefined }, size);
  expect(saved).toEqual([]);
  keeper.keep(known, size);
  keeper.keep(known, size);
  keeper.keep({ ...known, audioCodec: "pcmu" }, size);
  keeper.keep(known, size);
  expect(saved.map((stream) => stream.audioCodec)).toEqual(["opus", "pcmu"]);
  expect(saved[0]).toEqual({
    profileLevelId: "640028",
    sps: highSps.toString("base64"),
    pps: pps.toString("base64"),
    ...size,
    audioCodec: "opus",
  });
});

test("a memory that throws costs a line in the log, no stream", () => {
  const { logger, lines } = recordingLogger();
  const broken = {
    load: (): never => {
      throw new Error("disk");
    },
    save: (): never => {
      throw new Error("disk");
    },
  };
  const keeper = new MemoryKeeper("camera_live", broken, logger);
  expect(keeper.load()).toBeUndefined();
  keeper.keep(known, size);
  expect(lines.map((line) => line.level)).toEqual(["warn", "warn"]);
});
