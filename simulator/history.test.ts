// Event history, recordings and their links, over HTTP as several clients ask for them.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildAccount } from "./account-builders.ts";
import { SimulatedRingCloud } from "./cloud.ts";
import { ask, type SignedIn, signIn } from "./cloud-client.fixtures.ts";
import { type JsonObject, objectAt, valueAt } from "./json.ts";

const [frontDoor, gate, driveway] = [48151101, 48151102, 48151103];
const start = (): Promise<SimulatedRingCloud> => SimulatedRingCloud.start({ accounts: [buildAccount()] });

const items = async (client: SignedIn, path: string): Promise<JsonObject[]> =>
  (await client.get(path)).json["items"] as JsonObject[];

const videoUrl = (item: unknown): string => {
  const media = valueAt(item, "visualizations.cloud_media_visualization.media") as JsonObject[];
  return String(media.find(({ file_type }) => file_type === "VIDEO")?.["url"]);
};

/** Path and query of a link on the file host. */
const onFileHost = (url: string): [path: string, host: string] => {
  const { pathname, search, hostname } = new URL(url);
  return [pathname + search, hostname];
};

test("the history is newest first, filtered, in pages", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const { eventId } = await cloud.pressDoorbell("garden-gate");

  const all = await items(
    client,
    `/evm/v2/history/devices?source_ids=${frontDoor}%2C${gate}&capabilities=offline_event&limit=100`,
  );
  expect(all[0]).toMatchObject({
    event_id: eventId,
    event_type: "ding",
    source_id: String(gate),
    cv: { person_detected: null },
  });
  expect(eventId).toMatch(/^\d{19}$/);
  expect(all.map((item) => Date.parse(String(item["start_time"])))).toEqual(
    all.map((item) => Date.parse(String(item["start_time"]))).sort((a, b) => b - a),
  );
  const dings = await items(client, `/evm/v2/history/devices/${frontDoor}?event_types=ding`);
  expect(dings.map((item) => item["event_type"])).toEqual(["ding", "ding"]);
  const first = (await client.get(`/evm/v2/history/devices/${frontDoor}?limit=3`)).json;
  const key = String(first["pagination_key"]).replace(/=+$/, "");
  const second = (await client.get(`/evm/v2/history/devices/${frontDoor}?limit=3&pagination_key=${key}`)).json;
  const ids = [first, second].flatMap((page) => (page["items"] as JsonObject[]).map((item) => item["event_id"]));
  expect(new Set(ids).size).toBe(4);
  expect(second["pagination_key"]).toBeNull();
});

test("the forms of the other end points", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const { eventId } = await cloud.causeMotion("driveway", "human");
  const location = cloud.world.accounts[0]?.data.user_locations[0]?.location_id;

  const history = await client.get(`/clients_api/doorbots/${driveway}/history?limit=10`);
  expect(history.text.startsWith(`[{"id":${eventId},`)).toBe(true);
  expect(JSON.parse(history.text)[0]).toMatchObject({ kind: "motion", recording: { status: "ready" } });
  const active = JSON.parse((await client.get("/clients_api/dings/active")).text) as JsonObject[];
  expect(active).toMatchObject([{ doorbot_id: driveway, kind: "motion", device_kind: "floodlight_v2" }]);
  const people = (await client.get(`/clients_api/locations/${location}/events?limit=50&state=person_detected`)).json;
  expect(
    (people["events"] as JsonObject[]).every((event) => valueAt(event, "cv_properties.person_detected") === true),
  ).toBe(true);
  const v3 = (await client.get(`/evm/v3/history/devices?source_ids=${driveway}`)).json;
  expect([Array.isArray(v3["events"]), "feed" in v3]).toEqual([true, true]);
  expect((await client.get(`/recordings/public/footages/${driveway}?start_at_ms=0&end_at_ms=1`)).json["data"]).toEqual(
    [],
  );
  expect((await client.get(`/groups/v1/locations/${location}/groups`)).json).toEqual({ device_groups: [] });
  expect(cloud.journal.violations).toEqual([]);
});

test("a recording is real H.264 and AAC, in ranges too; a changed or old link is refused as S3 does", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  cloud.operations.turnKnobs("driveway", { recording: { seconds: 2 } });
  await cloud.causeMotion("driveway");
  const link = async (): Promise<string> => {
    const [item] = await items(client, `/evm/v2/history/devices/${driveway}?limit=1`);
    return videoUrl(item);
  };
  const url = await link();
  expect(new URL(url).search).toMatch(/^\?X-Amz-Algorithm=.*X-Amz-Date=\d{8}T\d{6}Z&X-Amz-Expires=900/);
  const [path, host] = onFileHost(url);

  const changed = await ask(cloud, path.replace(/Expires=900/, "Expires=9999"), { host });
  expect([changed.status, changed.text.includes("<Code>SignatureDoesNotMatch</Code>")]).toEqual([403, true]);
  const whole = await ask(cloud, path, { host });
  const part = await ask(cloud, path, { host, headers: { range: "bytes=-100" } });
  expect([part.status, part.headers["content-range"]]).toEqual([
    206,
    `bytes ${whole.bytes.length - 100}-${whole.bytes.length - 1}/${whole.bytes.length}`,
  ]);
  expect(part.bytes.equals(whole.bytes.subarray(-100))).toBe(true);
  expect(codecs(whole.bytes, await mkdtemp(join(tmpdir(), "simulated-ring-video-")))).toEqual(["h264", "aac"]);
  cloud.operations.turnKnobs("driveway", { recording: { linkSeconds: 1 } });
  const [shortLived] = onFileHost(await link());
  await expect.poll(async () => (await ask(cloud, shortLived, { host })).status, { timeout: 10_000 }).toBe(403);
  expect((await ask(cloud, shortLived, { host })).text).toContain("Request has expired");
});

function codecs(video: Buffer, directory: string): string[] {
  const path = join(directory, "video.mp4");
  writeFileSync(path, video);
  const output = execFileSync("ffprobe", ["-v", "error", "-show_entries", "stream=codec_name", "-of", "json", path]);
  void rm(directory, { recursive: true });
  return (JSON.parse(output.toString()) as { streams: { codec_name: string }[] }).streams.map(
    (stream) => stream.codec_name,
  );
}

test("a recording becomes ready after the knob's time; until then there is no link anywhere", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  cloud.operations.turnKnobs("driveway", { recording: { readyAfterMs: 400 } });
  const { eventId } = await cloud.causeMotion("driveway");
  const play = `/clients_api/dings/${eventId}/share/play`;

  expect((await client.get(play)).status).toBe(404);
  const [item] = await items(client, `/evm/v2/history/devices/${driveway}?limit=1`);
  expect(valueAt(item, "visualizations.cloud_media_visualization.media")).toEqual([]);
  await expect.poll(async () => (await client.get(play)).status).toBe(200);
  const redirected = await client.get(`/clients_api/dings/${eventId}/recording`);
  expect([redirected.status, String(redirected.headers.location).startsWith("https://ring-recordings")]).toEqual([
    302,
    true,
  ]);
  const direct = await client.get(`/clients_api/dings/${eventId}/recording?disable_redirect=true`);
  expect(String(direct.json["url"])).toContain(`${driveway}/${eventId}.mp4`);
});

test("without a subscription nothing is recorded", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  cloud.operations.changeRecord("driveway", { features: { show_recordings: false } });
  const { eventId } = await cloud.causeMotion("driveway");

  expect((await client.get(`/clients_api/dings/${eventId}/share/play?disable_redirect=true`)).status).toBe(404);
});

test("a transcoded download is ordered, pends, and is done; one that was never ordered is out of order", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  cloud.operations.turnKnobs("driveway", { recording: { transcodingMs: 300 } });
  const { eventId } = await cloud.causeMotion("driveway");
  const path = "/share_service/v2/transcodings/downloads";

  expect((await client.get(`${path}/${eventId}?file_type=VIDEO`)).status).toBe(404);
  expect(cloud.journal.violations[0]?.details["what"]).toContain("out of order");
  expect((await client.send("POST", path, { ding_id: eventId, file_type: "VIDEO" })).json).toEqual({
    status: "pending",
  });
  expect((await client.get(`${path}/${eventId}?file_type=VIDEO`)).json).toEqual({ status: "pending" });
  await expect
    .poll(async () => (await client.get(`${path}/${eventId}?file_type=VIDEO`)).json)
    .toMatchObject({ status: "done", result_url: expect.any(String) });
});

test("a live view leaves an event", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const endedAt = Date.now();
  cloud.world.liveViewEnded({ accountId: "48150001", doorbotId: driveway, startedAt: endedAt - 5000, endedAt });
  const [item] = await items(client, `/evm/v2/history/devices/${driveway}?limit=1`);

  expect(item).toMatchObject({ event_type: "on_demand", duration_ms: 5000 });
  expect(objectAt(item, "device")).toMatchObject({ description: "Driveway" });
});
