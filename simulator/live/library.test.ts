// The unmodified ring-client-api, with the werift inside it, starts live calls against the whole simulated cloud.
import { expect, test } from "vitest";
import { buildAccount } from "../account-builders.ts";
import { SimulatedRingCloud } from "../cloud.ts";
import { isObject } from "../json.ts";
import { defaultCacheDirectory } from "../media/cached-file.ts";
import { prepareLiveMedia } from "../media/prepare-live-media.ts";
import { runScript } from "../testing.ts";

const script = new URL("./library.script.ts", import.meta.url);

test("live calls: media of both kinds, PLIs answered, talk, an end by either side", async () => {
  await prepareLiveMedia({ cacheDirectory: defaultCacheDirectory });
  await using cloud = await SimulatedRingCloud.start({ accounts: [buildAccount()] });
  const { journal } = cloud;
  // A PLI says that the client has its first video packet.
  const thirdVideo = journal.waitFor(
    "the third call's PLI",
    () => new Set(journal.entries({ kind: "live.pli" }).map(({ details }) => details["sessionId"])).size === 3,
    { timeoutMs: 40_000 },
  );
  const cut = thirdVideo.then(() => cloud.live.endCalls(undefined, 10, "answered_timeout"));
  const outcome = await runScript({ cloud, script, args: [cloud.operations.refreshToken()] });
  expect(outcome.errorText).toBe("");
  expect(await cut).toBe(1);

  const steps = outcome.lines.filter(isObject);
  console.log(steps.map((step) => JSON.stringify(step)).join("\n"));
  expect(steps.map((step) => step["step"])).toEqual(["short call", "long call", "ended by the cloud"]);
  // SPS, PPS, stamp, then the IDR in fragments.
  expect(steps[0]).toMatchObject({ firstUnits: [7, 8, 6, 28], audioTypes: [96], usingOpus: true });
  const ended = journal.entries({ kind: "live.ended" }).map(({ details }) => details);
  expect(ended.map(({ reason }) => reason)).toEqual(["client", "client", "cloud"]);
  expect(journal.entries({ kind: "live.activated" })).toHaveLength(3);
  expect(journal.entries({ kind: "live.camera-options" }).length).toBeGreaterThan(0);
  const second = ended[1]?.["sessionId"];
  const pli = journal.entries({ kind: "live.pli" }).filter(({ details }) => details["sessionId"] === second);
  expect(pli.length, "one at the first packet, one after 4 s").toBeGreaterThanOrEqual(2);
  expect(journal.violations).toEqual([]);
  expect(cloud.refusals).toEqual([]);
});
