// Run by conformance.test.ts under the hook: the unmodified ring-client-api goes through a client's life and prints what it saw.
import dns from "node:dns/promises";
import { RingApi, type RingCamera } from "ring-client-api";
import { RingRestClient } from "ring-client-api/rest-client";

const [mode = "life", refreshToken = ""] = process.argv.slice(2);

const print = (step: string, facts: object = {}): void => console.log(JSON.stringify({ step, ...facts }));
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const failure = (promise: Promise<unknown>): Promise<string> => promise.then(() => "no failure", messageOf);

async function control(operation: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${process.env["CONTROL_URL"]}/${operation}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function signIn(): Promise<string> {
  const client = new RingRestClient({ email: "owner@example.com", password: "correct horse", systemId: "conformance" });
  await failure(client.getCurrentAuth());
  print("asked for a code", { prompt: client.promptFor2fa });
  await failure(client.getAuth("000000"));
  print("wrong code", { prompt: client.promptFor2fa });
  const auth = await client.getAuth("123456");
  print("signed in", { expiresIn: auth.expires_in });
  const wrong = new RingRestClient({ email: "owner@example.com", password: "wrong", systemId: "conformance" });
  print("wrong password", { error: await failure(wrong.getCurrentAuth()) });
  return auth.refresh_token;
}

async function life(): Promise<void> {
  const token = await signIn();
  const api = new RingApi({ refreshToken: token, systemId: "conformance" });
  const locations = await api.getLocations();
  const cameras = await api.getCameras();
  const profile = await api.getProfile();
  print("listed", {
    locations: locations.map(({ name }) => name),
    cameras: cameras.map(({ name, model, hasLight, hasSiren, batteryLevel, isDoorbot }) => ({
      name,
      model,
      hasLight,
      hasSiren,
      batteryLevel,
      isDoorbot,
    })),
    email: profile.profile.email,
  });
  const named = (name: string): RingCamera => {
    const found = cameras.find((camera) => camera.name === name);
    if (!found) throw new Error(`no camera ${name}`);
    return found;
  };
  await lightAndSiren(api, named("Driveway"));
  await settingsAndHealth(api, named("Front Door"));
  await pictures(named("Garden Gate"));
  await videos(named("Front Door"));
  const [location] = locations;
  print("mode", {
    first: (await location?.getLocationMode())?.mode,
    after: (await location?.setLocationMode("away"))?.mode,
  });
  print("old token", {
    error: await failure(new RingRestClient({ refreshToken: token, systemId: "conformance" }).getCurrentAuth()),
  });
  api.disconnect();
}

async function lightAndSiren(api: RingApi, camera: RingCamera): Promise<void> {
  const readBack = async (): Promise<object> => {
    const { allCameras } = await api.fetchRingDevices();
    const data = allCameras.find(({ id }) => id === camera.id);
    return { light: data?.led_status, siren: data?.siren_status };
  };
  await camera.setLight(true);
  await camera.setSiren(true);
  print("on", await readBack());
  await camera.setLight(false);
  await camera.setSiren(false);
  print("off", await readBack());
}

async function settingsAndHealth(api: RingApi, camera: RingCamera): Promise<void> {
  const health = await camera.getHealth();
  await camera.setDeviceSettings({ motion_settings: { motion_detection_enabled: false } });
  const { allCameras } = await api.fetchRingDevices();
  const isDetecting = allCameras.find(({ id }) => id === camera.id)?.settings.motion_detection_enabled;
  await camera.setDeviceSettings({ motion_settings: { motion_detection_enabled: true } });
  print("settings", { battery: health.battery_percentage, updatedAt: health.updated_at, isDetecting });
}

async function pictures(camera: RingCamera): Promise<void> {
  const picture = await camera.getNextSnapshot({ afterMs: 0, force: true });
  const { responseTimestamp, timeMillis } = picture;
  print("snapshot", {
    bytes: picture.length,
    start: picture.subarray(0, 3).toString("hex"),
    responseTimestamp,
    timeMillis,
  });
}

async function videos(camera: RingCamera): Promise<void> {
  const happening = await control("ding", { camera: "front-door" });
  const { events } = await camera.getEvents({ limit: 5 });
  const [newest] = events;
  const url = await camera.getRecordingUrl(String(happening["eventId"]));
  const video = await fetch(url, { headers: { range: "bytes=0-1023" } });
  const bytes = Buffer.from(await video.arrayBuffer());
  const search = await camera.videoSearch();
  print("video", {
    isNewest: newest?.ding_id_str === happening["eventId"],
    kind: newest?.kind,
    status: video.status,
    bytes: bytes.length,
    box: bytes.subarray(4, 8).toString(),
    found: search.video_search.some(({ ding_id }) => ding_id === happening["eventId"]),
  });
}

/** After a 503 at the refresh grant the library is dead, although the token is good. */
async function trap(): Promise<void> {
  await control("account-knob", { knobs: { refreshFailures: [503] } });
  const client = new RingRestClient({ refreshToken, systemId: "conformance" });
  print("503", { error: await failure(client.getCurrentAuth()) });
  print("again", { error: await failure(client.getCurrentAuth()) });
  print("new client", {
    error: await failure(new RingRestClient({ refreshToken, systemId: "conformance" }).getCurrentAuth()),
  });
}

/** Lost sessions and expired access tokens heal by themselves. */
async function recovery(): Promise<void> {
  const client = new RingRestClient({ refreshToken, systemId: "conformance" });
  const devices = (): Promise<object> =>
    client.request<object>({ url: "https://api.ring.com/clients_api/ring_devices" });
  print("first", { lists: Object.keys(await devices()).length });
  await control("lose-session", {});
  print("session lost", { lists: Object.keys(await devices()).length });
  await control("expire-tokens", {});
  print("token expired", { lists: Object.keys(await devices()).length });
  client.clearTimeouts();
}

async function outside(): Promise<void> {
  const client = new RingRestClient({ refreshToken, systemId: "conformance" });
  print("unknown path", { error: await failure(client.request({ url: "https://api.ring.com/clients_api/nonsense" })) });
  const cause = await fetch("https://example.com/").catch((error: unknown) => error);
  print("outside", { cause: cause instanceof Error ? messageOf(cause.cause) : "reached" });
  print("lookup", {
    error: await failure(dns.lookup("example.com")),
    resolve: await failure(dns.resolve4("example.com")),
  });
  print("mapped", { address: (await dns.lookup("api.ring.com")).address });
  client.clearTimeouts();
}

/** Rings and motion arrive as encrypted pushes; the library ignores those of its first two seconds. */
async function push(): Promise<void> {
  const api = new RingApi({ refreshToken, systemId: "conformance" });
  const cameras = await api.getCameras();
  let expected = 5;
  const { promise: allCame, resolve } = Promise.withResolvers<void>();
  for (const camera of cameras) {
    camera.onNewNotification.subscribe(({ android_config, data, img }) => {
      const { subtype, detection_type } = data.event.ding;
      print(`${camera.name}: ${android_config.category}`, {
        subtype,
        detection: detection_type,
        hasImage: img !== undefined,
        at: Date.now(),
      });
      if (--expected === 0) resolve();
    });
  }
  await fetch(`${process.env["CONTROL_URL"]}/journal?kind=device.registered&wait-ms=10000`);
  await new Promise((start) => setTimeout(start, 2200));
  const ring = await control("ding", { camera: "garden-gate" });
  const person = await control("person", { camera: "driveway" });
  await control("motion", { camera: "side-passage" });
  await control("ding", { camera: "front-door" });
  print("caused", { ring, person });
  await allCame;
}

const modes: Record<string, () => Promise<void>> = { life, trap, recovery, outside, push };
await modes[mode]?.();
process.exit(0);
