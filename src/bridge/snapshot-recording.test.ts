import { once } from "node:events";
import { createServer } from "node:http";
import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { recordingLogger } from "../foundation/logger.fake.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import { FakeHistory } from "./event-history.fake.ts";
import { recordingFrame } from "./snapshot-recording.ts";

const never = new AbortController().signal;

test("a recording is fetched only when its first frame may be made", async () => {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    response.end("a recording");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  await using _server = server;
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
  const clock = new ManualClock();
  const history = new FakeHistory(clock);
  history.link = () => ({ url, renewAt: 0, expiresAt: Number.POSITIVE_INFINITY });
  history.add({ eventId: "7" });
  const event: CameraEvent = {
    ...{ kind: "motion", eventId: "7", detection: "motion" },
    ...{ happenedAt: 0, receivedAt: 0, text: undefined, imageId: undefined },
  };
  const camera = { history, state: { name: "Porch" } };
  const turn = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const options = {
    firstFrame: async (open: () => Promise<AsyncDisposable>) => {
      asked.resolve();
      await turn.promise;
      await using _file = await open();
      return Buffer.from("a picture");
    },
    clock,
    logger: recordingLogger().logger,
  };
  const picture = recordingFrame(camera, event, options, never);
  await asked.promise;
  await clock.advance(0);
  expect(requests).toBe(0);
  turn.resolve();
  expect((await picture).toString()).toBe("a picture");
  expect(requests).toBe(1);
});
