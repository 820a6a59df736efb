import { expect, test } from "vitest";
import { ManualClock } from "../../foundation/clock.fake.ts";
import type { CommandTarget } from "../command-target.ts";
import type { RingRequest } from "../ring-client.ts";
import { CloudCameraHistory } from "./camera-history.ts";

const forever = new AbortController().signal;

/** Ring, as far as the history goes; `answer` gets the requests. */
function setUp(answer: (request: RingRequest) => Promise<unknown> | unknown) {
  const clock = new ManualClock();
  const requests: string[] = [];
  const client = {
    request: async (_doing: string, request: RingRequest, { signal }: { signal: AbortSignal }) => {
      signal.throwIfAborted();
      requests.push(`${request.method ?? "GET"} ${new URL(request.url).search}`);
      return await answer(request);
    },
  } as Partial<CommandTarget["client"]> as CommandTarget["client"];
  const target: CommandTarget = { client, ringId: 17, name: "Porch" };
  const history = new CloudCameraHistory({ target: () => target, clock, bound: (signal) => signal });
  return { clock, history, requests };
}

const item = (id: number) => ({
  event_id: String(id),
  event_type: "motion",
  start_time: new Date(Date.UTC(2026, 0) + id * 1_000).toISOString(),
  recording_status: "pending",
});

test("pages are read until there is enough, and a few at most", async () => {
  let page = 0;
  const { history, requests } = setUp(() => ({ items: [item(100 - ++page)], pagination_key: `k${page}=` }));
  const two = await history.list({ kind: "motion", isEnough: (events) => events.length >= 2 }, forever);
  expect(two.map(({ eventId }) => eventId)).toEqual(["99", "98"]);
  expect(requests[0]).toContain("event_types=motion");
  expect(requests[1]).toContain("pagination_key=k1");
  await history.list({ kind: "motion", isEnough: () => false }, forever);
  expect(requests).toHaveLength(6);
});

test("requests are made one at a time, and who gives up waiting is left out", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let running = 0;
  const { history, requests } = setUp(async () => {
    expect(++running).toBe(1);
    await gates.shift()?.promise;
    running--;
    return { items: [] };
  });
  const [first, second] = [...gates];
  const impatient = new AbortController();
  const list = (signal = forever) => history.list({ kind: "ding", isEnough: () => true }, signal);
  const all = [list(), list(impatient.signal), list()];
  const refused = expect(all[1]).rejects.toThrow("enough");
  impatient.abort(new Error("enough"));
  await refused;
  first?.resolve();
  await all[0];
  second?.resolve();
  await all[2];
  expect(requests).toHaveLength(2);
});

test("an answer that is no history says so", async () => {
  const { history } = setUp(() => ({ error: "maintenance" }));
  await expect(history.list({ kind: "motion", isEnough: () => true }, forever)).rejects.toMatchObject({
    code: "ring.odd-reply",
  });
});

test("a download is asked for each second until it is done", async () => {
  const replies: unknown[] = [
    { status: "pending" },
    { status: "pending" },
    { status: "done", result_url: "https://x/y" },
  ];
  const { clock, history, requests } = setUp(() => replies.shift());
  const waited: number[] = [];
  const link = history.transcode("5", (waitedMs) => waited.push(waitedMs), forever);
  await clock.advance(2_000);
  expect((await link).url).toBe("https://x/y");
  expect(waited).toEqual([0, 1_000]);
  expect(requests.map((request) => request.split(" ")[0])).toEqual(["POST", "GET", "GET"]);
});

test.each([
  [{ status: "pending" }, /not done in a minute/],
  [{ status: "failed" }, /Ring says "failed"/],
  [{ status: "done", result_url: "ftp://x" }, /no usable link/],
  ["<html>", /Ring says "nothing"/],
])("a download that does not come (%j) says why", async (reply, why) => {
  const { clock, history, requests } = setUp(() => reply);
  const failed = expect(history.transcode("5", () => undefined, forever)).rejects.toMatchObject({
    code: "recording.transcoding",
    message: expect.stringMatching(why),
  });
  await clock.advance(90_000);
  await failed;
  expect(requests.length).toBeLessThan(63);
});
