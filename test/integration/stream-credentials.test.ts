// The stream address that the info entity shows, with a login for players: ready to paste, or without it; never in the log.
import { expect, test as plainTest } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import { parseObject } from "../../simulator/json.ts";
import { describeStatus, probeStreams } from "../support/media-probe.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { StreamHome } from "./stream-home.fixtures.ts";

const test = plainTest.skipIf(!hasMosquitto);
const login = { livestream_user: "ann", livestream_pass: "s3cret/wörd@home" };
const encoded = "ann:s3cret%2Fw%C3%B6rd%40home@";

/** What the info entity shows, from message number `from` on. */
async function source(stage: StreamHome, from = 0): Promise<unknown> {
  const topic = stage.home.topic(stage.home.camera("driveway"), "info", "state");
  const { text } = await stage.home.observer.waitFor("the address", topic, { payload: /stream_Source/, from });
  return parseObject(text)?.["stream_Source"];
}

test("stream_Source can be pasted into a player, with the login or, if wanted, without; the log never shows it", async () => {
  const settings = { ...login, stream_host: "127.0.0.1", log_level: "debug" };
  await using stage = await StreamHome.start({ accounts: [buildAccount({ devices: ["driveway"] })], settings });
  const bare = stage.url("driveway");
  expect(await source(stage)).toBe(bare.replace("rtsp://", `rtsp://${encoded}`));
  expect((await probeStreams(String(await source(stage)))).map(({ codec }) => codec)).toEqual(["h264", "aac", "opus"]);
  expect(await describeStatus(bare)).toBe(401);
  const lines = [...stage.belfry.lines];

  const from = stage.position;
  await stage.restart({ ...settings, stream_url_credentials: false });
  const moved = stage.url("driveway");
  expect(await source(stage, from)).toBe(moved);
  expect(await describeStatus(moved)).toBe(401);
  const pasted = moved.replace("rtsp://", `rtsp://${encoded}`);
  expect((await probeStreams(pasted)).map(({ codec }) => codec)).toEqual(["h264", "aac", "opus"]);
  await expect(probeStreams(moved.replace("rtsp://", "rtsp://ann:another@"))).rejects.toThrow("401");

  await stage.belfry.stop();
  const log = [...lines, ...stage.belfry.lines].join("\n");
  expect(log).toMatch(/DESCRIBE .*_live: 200/);
  for (const secret of [
    login.livestream_pass,
    "s3cret",
    "w%C3%B6rd",
    Buffer.from(`ann:${login.livestream_pass}`).toString("base64"),
  ])
    expect(log).not.toContain(secret);
});
