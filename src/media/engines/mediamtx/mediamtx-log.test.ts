import { expect, test } from "vitest";
import { recordingLogger } from "../../../foundation/logger.fake.ts";
import { complaintIn, hintOf, logLine } from "./mediamtx-log.ts";

test.each([
  ["[path a_live] runOnDemand command started", { kind: "script-started", path: "a_live" }],
  [
    "[RTSP] [session 12] is reading from path 'a_live', with TCP, 1 track (H264)",
    { kind: "reader-joined", path: "a_live" },
  ],
  ["[HLS] [muxer a_live] is converting into HLS, 2 tracks (H264, Opus)", { kind: "reader-joined", path: "a_live" }],
  ["[RTSP] [conn 127.0.0.1:1] opened", { kind: "something" }],
  ["", { kind: "something" }],
])("%j hints at %j", (message, hint) => {
  expect(hintOf(message)).toEqual(hint);
});

test("trouble is said aloud, the rest is for who looks for it", () => {
  const { logger, lines } = recordingLogger();
  logLine('{"timestamp":"t","level":"WAR","message":"[RTSP] reader is too slow"}', true, logger);
  const skipped = "[RTSP] [session 1] received RTP packet without absolute time, skipping it";
  logLine(JSON.stringify({ level: "WAR", message: skipped }), true, logger);
  logLine('{"timestamp":"t","level":"INF","message":"opened"}', true, logger);
  logLine("what a script prints", true, logger);
  logLine("42", true, logger);
  logLine('{"timestamp":"t","level":"ERR","message":"listen tcp :8554: bind: address already in use"}', false, logger);
  expect(lines.map(({ level, line }) => `${level} ${line}`)).toEqual([
    "warn MediaMTX: [RTSP] reader is too slow",
    `debug MediaMTX: ${skipped}`,
    "debug MediaMTX: opened",
    "debug MediaMTX: what a script prints",
    "debug MediaMTX: 42",
    // Before it is ready it is tried again, and whoever tries says at the end why in vain.
    "debug MediaMTX: listen tcp :8554: bind: address already in use",
  ]);
});

test("why MediaMTX ended is what it complained of, and not what its script prints", () => {
  const complaint = { level: "ERR", message: "listen tcp :8554: address already in use" };
  expect(complaintIn(complaint, true)).toBe(complaint.message);
  expect(complaintIn({ level: "", message: "ERR: json: unknown field" }, false)).toBe("ERR: json: unknown field");
  expect(complaintIn({ level: "", message: "sh: mosquitto_pub: not found" }, true)).toBeUndefined();
  expect(complaintIn({ level: "WAR", message: "[RTSP] [session 1] 3 RTP packets lost" }, true)).toBeUndefined();
  expect(complaintIn({ level: "", message: "panic: runtime error" }, true)).toBe("panic: runtime error");
  expect(complaintIn({ level: "INF", message: "opened" }, false)).toBeUndefined();
});
