import { expect, test } from "vitest";
import { Emitter } from "../../../foundation/emitter.ts";
import { StreamStage } from "../../hub/stream.fixtures.ts";
import { Feeds } from "./feeds.ts";
import type { MediamtxConnection, MediamtxSession } from "./mediamtx-api.ts";
import { OnDemandPaths, type RunningMediamtx } from "./on-demand-paths.ts";

/** Two streams at a MediaMTX that a test plays. */
function setUp() {
  const live = new StreamStage();
  const { clock, log, abort } = live;
  const event = new StreamStage({ path: "camera_event", clock });
  const replaced: string[] = [];
  const waiting: { connections: Partial<MediamtxConnection>[]; whep: Partial<MediamtxSession>[] } = {
    connections: [],
    whep: [],
  };
  const commands: ((topic: string, text: string) => void)[] = [];
  const paths = new OnDemandPaths({
    streams: { streams: [live.path, event.path], streamsChanged: new Emitter() },
    broker: {
      ...{ host: "", port: 0, username: "", password: "" },
      publishRetained: () => undefined,
      subscribe: (_filter, listener) => {
        commands.push(listener);
        return { [Symbol.dispose]: () => undefined };
      },
    },
    tools: {
      publisher: { publish: () => Promise.withResolvers<never>().promise },
      feeds: new Feeds(),
      feedUrl: (path) => path,
    },
    hasHls: false,
    clock,
    logger: log.logger,
    signal: abort.signal,
  });
  const api = {
    paths: async () => [],
    hlsPaths: async () => [],
    connections: async () =>
      waiting.connections.map((one) => ({ address: "192.0.2.1", hasSession: false, hasAsked: true, ...one })),
    sessions: async () => waiting.whep.map((one) => ({ address: "192.0.2.1", userAgent: "", ...one })),
    replacePath: async (name: string) => void replaced.push(name),
    deletePath: async () => undefined,
  };
  const run = {
    api,
    ports: { rtsp: 1, api: 2, metrics: 3, whep: 4 },
    openPublication: () => Promise.reject(new Error("nothing is published")),
    isScriptGone: async () => false,
  };
  const say = (text: string): void => commands[0]?.("belfry/streams/camera_live/command", text);
  return { clock, paths, run: run as unknown as RunningMediamtx, replaced, waiting, say };
}

test("a MediaMTX that has started is told of all streams", async () => {
  const { clock, paths, run, replaced } = setUp();
  paths.serverReady(run);
  await clock.advance(0);
  expect(replaced).toEqual(["camera_live", "camera_event"]);
});

test("readers for whom nothing was started are sent away once, whatever MediaMTX has said of them", async () => {
  const { clock, paths, run, replaced, waiting } = setUp();
  paths.serverReady(run);
  await clock.advance(0);
  waiting.connections.push({ id: "c1", createdAt: clock.now() });
  paths.hint({ kind: "something" });
  await clock.advance(1_400);
  expect(replaced).toHaveLength(2);
  await clock.advance(200);
  expect(replaced.slice(2)).toEqual(["camera_live", "camera_event"]);
  paths.hint({ kind: "something" });
  await clock.advance(2_000);
  expect(replaced).toHaveLength(4);
  waiting.whep.push({ id: "s1", createdAt: clock.now(), path: "camera_event" });
  paths.hint({ kind: "something" });
  await clock.advance(2_000);
  expect(replaced.slice(4)).toEqual(["camera_event"]);
});

test("whoever came too late for one look is seen by the next, though MediaMTX says nothing more", async () => {
  const { clock, paths, run, replaced, waiting } = setUp();
  paths.serverReady(run);
  await clock.advance(0);
  paths.hint({ kind: "something" });
  await clock.advance(1_000);
  waiting.connections.push({ id: "c1", createdAt: clock.now() });
  await clock.advance(3_000);
  expect(replaced.slice(2)).toEqual(["camera_live", "camera_event"]);
});

test("nobody is sent away while a script is about to speak, or a stream is on its way", async () => {
  const { clock, paths, run, replaced, waiting, say } = setUp();
  paths.serverReady(run);
  await clock.advance(0);
  waiting.connections.push({ id: "c1", createdAt: clock.now() });
  paths.hint({ kind: "script-started", path: "camera_live" });
  await clock.advance(1_600);
  expect(replaced).toHaveLength(2);
  say("ON-DEMAND camera_live a-lease-of-a-script");
  paths.hint({ kind: "something" });
  await clock.advance(2_000);
  expect(replaced).toHaveLength(2);
});
