// The cameras that DOCS.md tells an owner to set up, set up in a real Home Assistant: they show stills without a call, and play, with
// either stream engine.
import { readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { lackOfMediamtx } from "../../../scripts/lib/test/optional-parts.ts";
import { buildAccount } from "../../../simulator/account-builders.ts";
import { StreamHome } from "../../integration/stream-home.fixtures.ts";
import { GenericCamera } from "../../support/generic-camera.ts";
import { HomeAssistantClient } from "../../support/home-assistant-client.ts";
import { probeStreams } from "../../support/media-probe.ts";
import { Mosquitto } from "../../support/mosquitto.ts";
import { prepareFilm } from "../../support/prepare-film.ts";
import { runProgram } from "../../support/run-program.ts";
import { type EngineName, engineNames } from "../../support/stream-engines.ts";
import { until } from "../../support/until.ts";
import { judgeNumbers, VideoReader } from "../../support/video-reader.ts";

const { HOME_ASSISTANT_URL: url = "", HOME_ASSISTANT_TOKEN: token = "", HOME_ASSISTANT_LOG: log = "" } = process.env;
const isHere = Boolean(url && token);
const limitMs = 30_000;
const slug = "front-door";
const snapshot = "camera.front_door_snapshot";
const eventImage = "image.front_door_last_event_image";
/** Its stream component goes on for 30 s after the last request, and the call for 7 s more. */
const endLimitMs = 60_000;

function lackOf(engine: EngineName): string | undefined {
  if (!isHere) return "set HOME_ASSISTANT_URL and HOME_ASSISTANT_TOKEN";
  return engine === "mediamtx" ? lackOfMediamtx() : undefined;
}

/** With addresses as everything on this machine reaches them. */
function startHome(engine: EngineName, broker: Mosquitto): Promise<StreamHome> {
  const addresses = { stream_host: "127.0.0.1", home_assistant_url: url };
  const login = { livestream_user: "viewer", livestream_pass: "s3cret-of-players" };
  const accounts = [buildAccount({ devices: [slug] })];
  return StreamHome.start({ accounts, broker, settings: { stream_engine: engine, ...addresses, ...login } });
}

/** As Home Assistant shows them to its owner. */
async function addressesIn(assistant: HomeAssistantClient): Promise<{ live: string; still: string }> {
  const hasAddress = (state: { attributes: Readonly<Record<string, unknown>> } | undefined): boolean =>
    String(state?.attributes["stream_Source"]).includes("viewer");
  const info = await assistant.waitFor("addresses", "sensor.front_door_info", hasAddress, limitMs);
  return { live: String(info?.attributes["stream_Source"]), still: String(info?.attributes["still_Image_URL"]) };
}

/** The codecs, once Home Assistant's player plays. */
async function codecsOf(playlist: string): Promise<string | undefined> {
  const text = async (): Promise<string | undefined> => {
    const reply = await fetch(playlist, { signal: AbortSignal.timeout(limitMs) });
    return (reply.ok && (await reply.text())) || undefined;
  };
  const master = await until("a playlist", text, { timeoutMs: limitMs });
  return /CODECS="([^"]*)"/.exec(master)?.[1];
}

/** The loudest sample of the first seconds, in dB. */
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

describe.each(engineNames)("generic cameras and the engine %s", (engine) => {
  const lack = lackOf(engine);
  if (lack !== undefined) {
    test.skip(`not here: ${lack}`, () => undefined);
    return;
  }

  test("live video and recorded events, with the addresses of the info entity", async () => {
    using assistant = await HomeAssistantClient.connect(url, token);
    await using broker = await Mosquitto.start();
    await assistant.useBroker(broker.url);
    await using stage = await startHome(engine, broker);
    const { home } = stage;
    const { live, still } = await addressesIn(assistant);
    await until("the snapshot in Home Assistant", () =>
      assistant.bytes(`camera_proxy/${snapshot}`).catch(() => undefined),
    );
    const logStart = log ? statSync(log).size : 0;

    const asked = performance.now();
    await using camera = await GenericCamera.create(assistant, { stream_source: live, still_image_url: still });
    console.info(`${engine}: the camera is set up after ${((performance.now() - asked) / 1_000).toFixed(1)} s`);
    const latest = (key: string): Buffer | undefined =>
      home.observer.latest(home.topic(home.camera(slug), key, "image"))?.payload;
    expect(await assistant.bytes(`camera_proxy/${camera.entityId}`)).toEqual(latest("snapshot"));
    const playlist = await camera.playlistUrl();
    expect(await codecsOf(playlist)).toMatch(/^avc1\.64\w{4},mp4a\.40\.2$/);
    expect((await probeStreams(playlist)).map(({ codec }) => codec)).toEqual(["h264", "aac"]);
    await using reader = new VideoReader(playlist);
    await reader.frame(100, { timeoutMs: 60_000 });
    expect(judgeNumbers(reader.frames)).toEqual({ skipped: 0, repeated: 0, unreadable: 0 });
    await reader.stop();
    expect(reader.errors).toEqual([]);
    expect(await loudness(playlist)).toBeGreaterThan(-40);
    // Home Assistant opens the stream twice before it plays it.
    expect(stage.calls(slug, "live.requested")).toHaveLength(1);
    if (log) expect(complaints(logStart)).toEqual([]);
    await camera.remove();

    const { eventId } = await home.cloud.pressDoorbell(slug);
    const isShown = (state: { attributes: Readonly<Record<string, unknown>> } | undefined): boolean =>
      state?.attributes["eventId"] === eventId;
    await assistant.waitFor("the picture", eventImage, isShown, limitMs);
    // Long enough for Home Assistant, whose test of the stream already plays it.
    await prepareFilm(home, home.camera(slug), { seconds: 20 });
    await using recorded = await GenericCamera.create(assistant, {
      stream_source: live.replace(/_live$/, "_event"),
      still_image_url: still.replace(snapshot, eventImage),
    });
    expect(await assistant.bytes(`camera_proxy/${recorded.entityId}`)).toEqual(latest("last_event_image"));
    const film = await recorded.playlistUrl();
    expect(await codecsOf(film)).toMatch(/^avc1\.\w+,mp4a\.40\.2$/);
    await using player = new VideoReader(film);
    await player.frame(60, { timeoutMs: 60_000 });
    expect(judgeNumbers(player.frames)).toMatchObject({ skipped: 0, unreadable: 0 });
    await player.stop();
    await recorded.remove();

    await stage.untilCallsAreOver(slug, { timeoutMs: endLimitMs });
    expect(stage.calls(slug, "live.ended").map(({ details }) => details["reason"])).toEqual(["client"]);
  }, 240_000);
});
