// The cameras that DOCS.md tells an owner to set up, set up in a real Home Assistant: they show stills without a call, and play.
import { expect, test } from "vitest";
import { buildAccount } from "../../../simulator/account-builders.ts";
import { HomeAssistantClient } from "../../support/home-assistant-client.ts";
import { Mosquitto } from "../../support/mosquitto.ts";
import { prepareFilm } from "../../support/prepare-film.ts";
import { SimulatedHome } from "../../support/simulated-home.ts";
import { until } from "../../support/until.ts";

const { HOME_ASSISTANT_URL: url = "", HOME_ASSISTANT_TOKEN: token = "", HOME_ASSISTANT_LOG: log } = process.env;
const limitMs = 30_000;

/** As the form stands when it opens. */
const untouched = { framerate: 2, verify_ssl: true, rtsp_transport: "tcp", authentication: "basic" };

test.runIf(url && token && log)(
  "live video and recorded events as generic cameras, with the addresses of the info entity",
  async () => {
    await using stack = new AsyncDisposableStack();
    const assistant = stack.use(await HomeAssistantClient.connect(url, token));
    const broker = stack.use(await Mosquitto.start());
    const account = buildAccount({ devices: ["front-door"] });
    const home = stack.use(await SimulatedHome.start({ accounts: [account], broker }));
    await assistant.useBroker(broker.url);
    const settings = {
      home_assistant_url: url,
      stream_host: "127.0.0.1",
      livestream_user: "viewer",
      livestream_pass: "s3cret-of-players",
    };
    await home.startBelfry({ settings });
    await home.allAvailable();
    const calls = (): number => home.cloud.journal.entries({ kind: "live.requested" }).length;

    const info = await assistant.waitFor(
      "addresses",
      "sensor.front_door_info",
      (state) => String(state?.attributes["stream_Source"]).includes("viewer"),
      limitMs,
    );
    const live = String(info?.attributes["stream_Source"]);
    const still = String(info?.attributes["still_Image_URL"]);
    const snapshot = home.topic(home.camera("front-door"), "snapshot", "image");
    await home.observer.waitFor("a snapshot", snapshot, { timeoutMs: limitMs });

    const camera = await setUp(assistant, live, still);
    const before = calls();
    expect(before).toBe(1);
    expect(await assistant.bytes(`camera_proxy/${camera}`)).toEqual(home.observer.latest(snapshot)?.payload);
    expect(calls()).toBe(before);
    expect(await play(assistant, camera)).toMatch(/^avc1\.\w+,mp4a\.40\.2$/);

    const { eventId } = await home.cloud.pressDoorbell("front-door");
    const picture = "image.front_door_last_event_image";
    await assistant.waitFor("the picture", picture, (state) => state?.attributes["eventId"] === eventId, limitMs);
    // Long enough for Home Assistant, whose test of the stream already plays it.
    await prepareFilm(home, home.camera("front-door"), { seconds: 20 });
    const recorded = await setUp(
      assistant,
      live.replace(/_live$/, "_event"),
      still.replace("camera.front_door_snapshot", picture),
    );
    const shown = home.topic(home.camera("front-door"), "last_event_image", "image");
    expect(await assistant.bytes(`camera_proxy/${recorded}`)).toEqual(home.observer.latest(shown)?.payload);
    expect(await play(assistant, recorded)).toMatch(/^avc1\.\w+,mp4a\.40\.2$/);
    await assistant.remove("generic");
  },
  120_000,
);

/** The id of its entity. */
async function setUp(assistant: HomeAssistantClient, stream_source: string, still_image_url: string): Promise<string> {
  await assistant.setUp("generic", { stream_source, still_image_url, advanced: untouched }, { confirmed_ok: true });
  const entity = await until("the camera", async () =>
    (await assistant.entities()).find(({ platform }) => platform === "generic"),
  );
  await assistant.waitFor("start", entity.entity_id, (state) => state !== undefined && state.state !== "unavailable");
  return entity.entity_id;
}

/** What Home Assistant's player plays: the codecs, when there is video of it. */
async function play(assistant: HomeAssistantClient, camera: string): Promise<string | undefined> {
  const { url: path } = (await assistant.ask({ type: "camera/stream", entity_id: camera })) as { url: string };
  const address = new URL(path, url);
  const master = await until("a playlist", async () => (await text(address)) || undefined, { timeoutMs: limitMs });
  const playlist = master.split("\n").find((line) => /^[^#]/.test(line)) ?? "";
  const hasVideo = async (): Promise<true | undefined> =>
    (await text(new URL(playlist, address))).includes(".m4s") || undefined;
  await until("video", hasVideo, { timeoutMs: limitMs });
  return /CODECS="([^"]*)"/.exec(master)?.[1];
}

async function text(address: URL): Promise<string> {
  const reply = await fetch(address, { signal: AbortSignal.timeout(limitMs) });
  return reply.ok ? await reply.text() : "";
}
