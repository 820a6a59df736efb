// The addresses of the info entity, pasted into Home Assistant's generic camera as owners do it: it takes them, and plays.
import { readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { lackOfMediamtx } from "../../../scripts/lib/test/optional-parts.ts";
import { type Attributes, StreamHome } from "../../integration/stream-home.fixtures.ts";
import { GenericCamera } from "../../support/generic-camera.ts";
import { HomeAssistantClient } from "../../support/home-assistant-client.ts";
import { probeStreams } from "../../support/media-probe.ts";
import { Mosquitto } from "../../support/mosquitto.ts";
import { runProgram } from "../../support/run-program.ts";
import { type EngineName, engineNames } from "../../support/stream-engines.ts";
import { until } from "../../support/until.ts";
import { judgeNumbers, VideoReader } from "../../support/video-reader.ts";

const { HOME_ASSISTANT_URL: url = "", HOME_ASSISTANT_TOKEN: token = "", HOME_ASSISTANT_LOG: log = "" } = process.env;
const isHere = Boolean(url && token && log);
const slug = "driveway";
const snapshot = `camera.${slug}_snapshot`;
/** Its stream component goes on for 30 s after the last request, and the call for 7 s more. */
const endLimitMs = 60_000;

const lackOf = (engine: EngineName): string | undefined => (engine === "mediamtx" ? lackOfMediamtx() : undefined);

/** Addresses as everything on this machine reaches them. */
function startBelfry(engine: EngineName, broker: Mosquitto): Promise<StreamHome> {
  const addresses = { stream_host: "127.0.0.1", home_assistant_url: url };
  return StreamHome.start({ broker, settings: { stream_engine: engine, ...addresses } });
}

async function addressesOf(stage: StreamHome) {
  const { text } = await stage.state(slug, "info", /stream_Source/);
  const { stream_Source, still_Image_URL }: Attributes = JSON.parse(text);
  return { stream_source: String(stream_Source), still_image_url: String(still_Image_URL) };
}

/** Loudest sample of the first seconds, in dB. */
async function loudness(playlist: string): Promise<number> {
  const args = ["-nostdin", "-i", playlist, "-map", "0:a:0", "-t", "4", "-af", "volumedetect", "-f", "null", "-"];
  const { stderr } = await runProgram("ffmpeg", args, { timeoutMs: 60_000 });
  return Number(/max_volume: (\S+) dB/.exec(stderr)?.[1] ?? Number.NaN);
}

/** It looks for sound in the first 20 packets; these are pictures where it joins a stream that runs. The sound is there all the same. */
const isHarmless = (line: string): boolean => line.endsWith("Audio stream not found");

/** What Home Assistant's log says of cameras and streams, from that byte on. */
function complaints(from: number): string[] {
  const lines = readFileSync(log).subarray(from).toString().split("\n");
  const own = lines.filter((line) => /(WARNING|ERROR|CRITICAL).*components\.(generic|stream|camera)/.test(line));
  return own.filter((line) => !isHarmless(line));
}

describe.each(engineNames)("a generic camera and the engine %s", (engine) => {
  const lack = lackOf(engine);
  if (!isHere || lack !== undefined) {
    test.skip(`not here: ${lack ?? "set HOME_ASSISTANT_URL, HOME_ASSISTANT_TOKEN and HOME_ASSISTANT_LOG"}`, () =>
      undefined);
    return;
  }

  test("takes both addresses, plays H.264 and AAC by one call, and lets it end", async () => {
    using assistant = await HomeAssistantClient.connect(url, token);
    await using broker = await Mosquitto.start();
    await assistant.useBroker(broker.url);
    await using stage = await startBelfry(engine, broker);
    await until("the snapshot in Home Assistant", () =>
      assistant.bytes(`camera_proxy/${snapshot}`).catch(() => undefined),
    );
    const logStart = statSync(log).size;

    const asked = performance.now();
    await using camera = await GenericCamera.create(assistant, await addressesOf(stage));
    console.info(`${engine}: the camera is set up after ${((performance.now() - asked) / 1_000).toFixed(1)} s`);
    const playlist = await camera.playlistUrl();
    const master = await (await fetch(playlist)).text();
    expect(master).toMatch(/CODECS="avc1\.64[0-9a-f]{4},mp4a\.40\.2"/);
    expect((await probeStreams(playlist)).map(({ codec }) => codec)).toEqual(["h264", "aac"]);
    await using reader = new VideoReader(playlist);
    await reader.frame(100, { timeoutMs: 60_000 });
    expect(judgeNumbers(reader.frames)).toEqual({ skipped: 0, repeated: 0, unreadable: 0 });
    await reader.stop();
    expect(reader.errors).toEqual([]);
    expect(await loudness(playlist)).toBeGreaterThan(-40);

    expect((await assistant.bytes(`camera_proxy/${camera.entityId}`)).subarray(0, 3).toString("hex")).toBe("ffd8ff");
    expect(stage.calls(slug, "live.requested")).toHaveLength(1);
    expect(stage.calls(slug, "live.ended")).toEqual([]);
    await camera.remove();
    await stage.untilCallsAreOver(slug, { timeoutMs: endLimitMs });
    expect(stage.calls(slug, "live.ended")[0]?.details["reason"]).toBe("client");
    expect(complaints(logStart)).toEqual([]);
  }, 240_000);
});
