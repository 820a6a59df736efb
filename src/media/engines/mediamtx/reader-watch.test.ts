import { expect, test } from "vitest";
import type { Viewer } from "../../hub/stream.ts";
import { KnownViewers } from "./known-viewers.ts";
import type { MediamtxConnection, MediamtxSession } from "./mediamtx-api.ts";
import { ReaderWatch } from "./reader-watch.ts";

const nowMs = Date.UTC(2026, 0, 1);
const signal = new AbortController().signal;
const rtsp = (address: string, userAgent: string): Viewer => ({ kind: "rtsp", address, userAgent });

interface Lists {
  readonly connections?: readonly Partial<MediamtxConnection>[];
  readonly hls?: readonly Partial<MediamtxSession>[];
  readonly whep?: readonly Partial<MediamtxSession>[];
}

function watching({ connections = [], hls = [], whep = [] }: Lists, known: readonly Viewer[] = []) {
  const viewers = new KnownViewers();
  for (const viewer of known) viewers.remember(viewer);
  const session = { id: "s", createdAt: nowMs - 100, path: "a_live", address: "192.0.2.1", userAgent: "" };
  const connection = { id: "c", createdAt: nowMs - 100, address: "192.0.2.1", hasSession: false, hasAsked: true };
  const api = {
    paths: async () => [],
    hlsPaths: async () => [],
    connections: async () => connections.map((one, index) => ({ ...connection, id: `c${index}`, ...one })),
    sessions: async (list: string) =>
      (list === "hlssessions" ? hls : whep).map((one, index) => ({ ...session, id: `${list}${index}`, ...one })),
  };
  return new ReaderWatch({ api, hasHls: true, hasRtsps: false, hasWhep: true, signal }, viewers);
}

test("readers are told in the order in which they came, whatever MediaMTX's lists are in", async () => {
  const reader = (id: string) => ({ type: "rtspSession", id });
  const session = (id: string, createdAt: number): MediamtxSession => ({
    ...{ id, createdAt, path: "a_live", address: "192.0.2.1", userAgent: id },
  });
  let readers = [reader("second"), reader("first")];
  const sessions = [session("third", nowMs + 9), session("second", nowMs + 2), session("first", nowMs + 1)];
  const api = {
    paths: async () => [{ name: "a_live", readers }],
    hlsPaths: async () => [],
    connections: async () => [],
    sessions: async () => sessions,
  };
  const has = { hasHls: false, hasRtsps: false, hasWhep: false };
  const watch = new ReaderWatch({ api, ...has, signal }, new KnownViewers());
  const seen = async () => (await watch.look()).get("a_live")?.readers.map(({ viewer }) => viewer.userAgent);
  expect(await seen()).toEqual(["first", "second"]);
  readers = [reader("third"), reader("second"), reader("first")];
  expect(await seen()).toEqual(["first", "second", "third"]);
});

test("whoever waits by HLS or WHEP for that path is a starter, by name", async () => {
  const watch = watching({
    hls: [{ userAgent: "hls.js" }, { path: "b_live", userAgent: "other" }],
    whep: [{ userAgent: "Firefox", address: "192.0.2.2" }],
  });
  expect(await watch.starters("a_live", nowMs)).toEqual([
    { kind: "hls", address: "192.0.2.1", userAgent: "hls.js" },
    { kind: "webrtc", address: "192.0.2.2", userAgent: "Firefox" },
  ]);
});

test("all who wait by RTSP may be it, the newest first; each is one of those who were seen at the address, or somebody new", async () => {
  const known = [rtsp("192.0.2.1", "wall"), rtsp("192.0.2.1", "phone"), rtsp("192.0.2.3", "VLC")];
  const watch = watching(
    {
      connections: [
        { address: "192.0.2.1", createdAt: nowMs - 500 },
        { address: "192.0.2.2", createdAt: nowMs - 50 },
        { address: "192.0.2.3", createdAt: nowMs - 900 },
        { address: "192.0.2.3", createdAt: nowMs - 800 },
      ],
    },
    known,
  );
  expect(await watch.starters("a_live", nowMs)).toEqual([
    rtsp("192.0.2.2", ""),
    rtsp("192.0.2.1", "phone"),
    rtsp("192.0.2.1", "wall"),
    rtsp("192.0.2.3", "VLC"),
    rtsp("192.0.2.3", ""),
  ]);
});

test("who has been answered, has asked nothing or is there for long has not caused it", async () => {
  const connections = [{ hasSession: true }, { hasAsked: false }, { createdAt: nowMs - 5_000 }];
  const watch = watching({ connections });
  expect(await watch.starters("a_live", nowMs)).toEqual([{ kind: "mediamtx", address: "", userAgent: "" }]);
  expect((await watch.waiters()).map(({ id }) => id)).toEqual(["c2"]);
});

test("viewers are remembered by address, the newest ones", () => {
  const known = new KnownViewers();
  for (let number = 0; number < 12; number++) known.remember(rtsp("192.0.2.1", `player ${number}`));
  known.remember(rtsp("192.0.2.1", "player 6"));
  expect(known.at("192.0.2.1").map(({ userAgent }) => userAgent)).toEqual(
    [4, 5, 7, 8, 9, 10, 11, 6].map((number) => `player ${number}`),
  );
  for (let host = 0; host < 200; host++) known.remember(rtsp(`198.51.100.${host}`, ""));
  expect(known.at("192.0.2.1")).toEqual([]);
});

test("the FFmpeg that publishes has a session, and is no player that was seen", async () => {
  const viewers = new KnownViewers();
  const seen = { createdAt: nowMs, path: "a_live", address: "127.0.0.1" };
  const sessions = [
    { ...seen, id: "reader", userAgent: "VLC" },
    { ...seen, id: "publisher", userAgent: "Lavf" },
  ];
  const api = {
    paths: async () => [{ name: "a_live", readers: [{ id: "reader", type: "rtspSession" }] }],
    hlsPaths: async () => [],
    connections: async () => [],
    sessions: async () => sessions,
  };
  const options = { api, hasHls: false, hasRtsps: false, hasWhep: false, signal };
  const look = await new ReaderWatch(options, viewers).look();
  expect(look.get("a_live")?.readers).toEqual([{ id: "reader", viewer: rtsp("127.0.0.1", "VLC") }]);
  expect(viewers.at("127.0.0.1")).toEqual([rtsp("127.0.0.1", "VLC")]);
});
