import { expect, test } from "vitest";
import { PermanentError, TransientError } from "../../foundation/errors.ts";
import { type RefusalCause, StreamRefusedError } from "../errors.ts";
import { aacTrack, opusTrack, pcmuTrack } from "../formats/track.ts";
import { type AdmissionFacts, decideAdmission } from "./admission-policy.ts";
import { describedSound } from "./described-sound.ts";
import {
  describeTracks,
  isAacDescribedWrongly,
  isAudioDescribedWrongly,
  isDescribedWrongly,
  isVideoDescribedWrongly,
} from "./description-policy.ts";
import { baselineSps, highSps, pps } from "./h264-packets.fixtures.ts";
import type { KnownTracks } from "./known-tracks.ts";
import { decideAfterSourceEnd, mayTryAgain, viewersError } from "./restart-policy.ts";
import { backlogLimitBytes, decideSlowReader } from "./slow-reader-policy.ts";

const free: AdmissionFacts = {
  isLocked: false,
  isRunning: false,
  isManual: false,
  camera: "online",
  failedForMs: 0,
  budget: undefined,
};
const budget = { refusal: "paused", message: "pause", retryAfterMs: 9 } as const;

test.each<[string, Partial<AdmissionFacts>, string | undefined, number | undefined]>([
  ["a free stream", {}, undefined, undefined],
  ["a locked one", { isLocked: true }, "locked", undefined],
  ["a locked one that runs", { isLocked: true, isRunning: true }, "locked", undefined],
  ["a locked one by hand", { isLocked: true, isManual: true }, "locked", undefined],
  ["a blocked camera", { camera: "blocked" }, "blocked", undefined],
  ["an offline camera", { camera: "offline" }, "offline", 30_000],
  ["an offline camera that plays", { camera: "offline", isRunning: true }, undefined, undefined],
  ["just after a failure", { failedForMs: 1_500 }, "failed", 1_500],
  ["a failure while it runs", { failedForMs: 1_500, isRunning: true }, undefined, undefined],
  ["an empty budget", { budget }, "paused", 9],
  ["an empty budget, by hand", { budget, isManual: true }, undefined, undefined],
  ["an empty budget of one that runs", { budget, isRunning: true }, undefined, undefined],
  ["blocked before offline, failure and budget", { camera: "blocked", failedForMs: 1, budget }, "blocked", undefined],
])("admission: %s", (_name, facts, cause, retryAfterMs) => {
  const refusal = decideAdmission({ ...free, ...facts });
  expect(refusal?.cause).toBe(cause);
  expect(refusal?.retryAfterMs).toBe(retryAfterMs);
});

const transient = new TransientError("call.media-stalled", "no media");
test.each<[string, Error | undefined, boolean, number | undefined, string, RefusalCause?]>([
  ["its natural end", undefined, true, undefined, "finish"],
  ["the other side's limit", new TransientError("call.limit", "over"), true, undefined, "limit"],
  ["a break that nobody sees", transient, false, undefined, "finish"],
  ["a break", transient, true, undefined, "restart"],
  ["a break of something foreign", new Error("socket"), true, undefined, "restart"],
  ["a second break, soon", transient, true, 29_999, "fail"],
  ["a second break, later", transient, true, 30_000, "restart"],
  ["something permanent", new PermanentError("call.codec", "H.265"), true, undefined, "fail"],
  ["a refusal", new StreamRefusedError("offline", "offline"), true, undefined, "fail"],
  ["a break under a lock", transient, true, undefined, "refuse", "locked"],
  ["a break of a camera that is away", transient, true, undefined, "refuse", "offline"],
  ["a break too often", transient, true, undefined, "fail", "budget"],
  ["a limit under a lock", new TransientError("call.limit", "over"), true, undefined, "limit", "locked"],
  ["Ring's hang-up", new TransientError("call.closed", "code 5"), true, undefined, "restart"],
])("after the source's end: %s", (_name, error, hasViewers, sinceRestartMs, expected, refusal) => {
  const facts = { error, hasViewers, sinceRestartMs, restartEveryMs: 30_000, refusal };
  expect(decideAfterSourceEnd(facts)).toBe(expected);
});

test.each<[string, Error, number, boolean]>([
  ["something transient", transient, 0, true],
  ["something permanent", new PermanentError("call.codec", "H.265"), 0, false],
  ["a refusal", new StreamRefusedError("offline", "offline"), 0, false],
  ["the other side hung up", new TransientError("call.closed", "code 5"), 1, true],
  ["it hung up again", new TransientError("call.closed", "code 5"), 2, false],
])("after a failed start: %s", (_name, error, hangUps, expected) => {
  expect(mayTryAgain(error, hangUps)).toBe(expected);
});

test("viewers hear why it is over", () => {
  const offline = new StreamRefusedError("offline", "offline");
  expect(viewersError("fail", offline, 1)).toBe(offline);
  expect(viewersError("fail", transient, 7)).toMatchObject({
    code: "stream.failed",
    cause: transient,
    retryAfterMs: 7,
  });
  expect(viewersError("finish", undefined, 1).code).toBe("stream.finished");
  expect(viewersError("limit", transient, 1).code).toBe("stream.limit");
});

test.each([
  [{ pendingBytes: 0, isSkipping: false, slowForMs: 0 }, "send"],
  [{ pendingBytes: 1_000, isSkipping: false, slowForMs: 0 }, "send"],
  [{ pendingBytes: 1_001, isSkipping: false, slowForMs: 0 }, "skip"],
  [{ pendingBytes: 501, isSkipping: true, slowForMs: 9_999 }, "skip"],
  [{ pendingBytes: 501, isSkipping: true, slowForMs: 10_000 }, "end"],
  [{ pendingBytes: 500, isSkipping: true, slowForMs: 99_000 }, "send"],
] as const)("a slow reader %o", (facts, expected) => {
  expect(decideSlowReader({ ...facts, limitBytes: 1_000 })).toBe(expected);
});

test.each([
  [0, 2_097_152],
  [2_000_000, 500_000],
  [100_000, 262_144],
  [50_000_000, 2_097_152],
])("at %i bits a second the backlog may be %i bytes", (bitsPerSecond, expected) => {
  expect(backlogLimitBytes(bitsPerSecond)).toBe(expected);
});

const high: KnownTracks = { parameterSets: { sps: highSps, pps }, profileLevelId: "640028", audioCodec: "opus" };
const nothing: KnownTracks = { parameterSets: undefined, profileLevelId: undefined, audioCodec: undefined };
const remembered = {
  profileLevelId: "42c016",
  sps: baselineSps.toString("base64"),
  pps: pps.toString("base64"),
  width: 640,
  height: 480,
  audioCodec: "pcmu",
} as const;

test("a description takes what runs, else what is remembered, else the usual", () => {
  expect(describeTracks(high, remembered, true)).toMatchObject([
    { profileLevelId: "640028", parameterSets: { sps: highSps, pps } },
    aacTrack,
    opusTrack,
  ]);
  expect(describeTracks(nothing, remembered, true)).toMatchObject([
    { profileLevelId: "42c016", parameterSets: { sps: baselineSps, pps } },
    aacTrack,
    pcmuTrack,
  ]);
  expect(describeTracks({ ...nothing, profileLevelId: "4d0028" }, undefined, true)[0]).toEqual({
    kind: "video",
    codec: "h264",
    clockRate: 90_000,
    profileLevelId: "4d0028",
  });
  expect(describeTracks(undefined, undefined, true)).toMatchObject([{ profileLevelId: "640029" }, aacTrack, opusTrack]);
});

test.each([
  ["none known, none remembered", undefined, undefined, "opus"],
  ["promised", high, undefined, "opus"],
  ["another one promised than remembered", high, "pcmu", "opus"],
  ["promised and not heard, where there was none", high, "none", "none"],
  ["heard, where there was none", { ...high, hasSound: true }, "none", "opus"],
  ["brought as AAC, where there was none", { ...high, aac: aacTrack }, "none", "opus"],
  ["not there, where there was some", { ...high, hasSound: false }, "pcmu", "none"],
  ["nothing runs, there was none", undefined, "none", "none"],
] as const)("sound that is %s", (_what, known, audioCodec, sound) => {
  expect(describedSound(known, audioCodec)).toBe(sound);
});

test("a description without sound is one of the picture alone, and not wrong when some is heard", () => {
  const told = describeTracks({ ...high, hasSound: false }, remembered, true);
  expect(told.map(({ codec }) => codec)).toEqual(["h264"]);
  expect(isDescribedWrongly(told, { ...high, hasSound: true, aac: aacTrack }, () => true)).toBe(false);
});

test("AAC is described where it can be made, or where the source brings it", () => {
  expect(describeTracks(high, undefined, false)).toMatchObject([{ codec: "h264" }, opusTrack]);
  const brought = { ...aacTrack, config: "1190" };
  expect(describeTracks({ ...high, aac: brought }, undefined, false)).toMatchObject([
    { codec: "h264" },
    brought,
    opusTrack,
  ]);
});

test("a description is wrong where profile, size or sound differ, and only where it said something", () => {
  const told = describeTracks(high, undefined, true);
  expect(isVideoDescribedWrongly(told, high)).toBe(false);
  expect(isVideoDescribedWrongly(told, { ...high, parameterSets: { sps: baselineSps, pps } })).toBe(true);
  expect(isVideoDescribedWrongly(told, nothing)).toBe(false);
  expect(isVideoDescribedWrongly(describeTracks(undefined, undefined, true), high)).toBe(false);
  expect(isAudioDescribedWrongly(told, high)).toBe(false);
  expect(isAudioDescribedWrongly(told, { ...high, audioCodec: "pcmu" })).toBe(true);
  expect(isAudioDescribedWrongly(told, nothing)).toBe(false);
  expect(isAacDescribedWrongly(told, high)).toBe(false);
  expect(isAacDescribedWrongly(told, { ...high, aac: { ...aacTrack, config: "1190" } })).toBe(true);
  expect(isAacDescribedWrongly(told, { ...high, aac: aacTrack })).toBe(false);
});
