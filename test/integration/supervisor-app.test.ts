import { once } from "node:events";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { expect, onTestFinished, test as plainTest } from "vitest";
import { FakeSupervisor, type SupervisorRecord } from "../support/fake-supervisor.ts";
import { freePort } from "../support/free-port.ts";
import { probeStreams } from "../support/media-probe.ts";
import { hasMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { PageClient } from "../support/page-client.ts";
import { SimulatedHome } from "../support/simulated-home.ts";
import { until } from "../support/until.ts";

const test = plainTest.skipIf(!hasMosquitto);
const user = { username: "addons", password: "s3cret-of-the-broker" };

interface House {
  readonly home: SimulatedHome;
  readonly broker: Mosquitto;
  readonly supervisor: FakeSupervisor;
  /** What the Supervisor puts into the environment of an app. */
  readonly environment: Readonly<Record<string, string>>;
}

async function house(record: Partial<SupervisorRecord> = {}): Promise<House> {
  const stack = new AsyncDisposableStack();
  onTestFinished(() => stack.disposeAsync());
  const broker = stack.use(await Mosquitto.start({ users: { [user.username]: user.password } }));
  const url = `mqtt://${user.username}:${user.password}@${broker.host}:${broker.port}`;
  const home = stack.use(await SimulatedHome.start({ broker: { url } }));
  const supervisor = stack.use(await FakeSupervisor.start(record));
  const environment = { SUPERVISOR_TOKEN: supervisor.token, SUPERVISOR_API: supervisor.url };
  return { home, broker, supervisor, environment };
}

const offered = ({ host, port }: Mosquitto) => ({ host, port, ...user });

async function infoOf(
  { home }: House,
  match: (info: Record<string, string>) => boolean,
  from = 0,
): Promise<Record<string, string>> {
  const topic = home.topic(home.camera("front-door"), "info", "state");
  const found = await home.observer.waitFor(
    "the info that is expected",
    (message) => message.topic === topic && match(JSON.parse(message.text)),
    { from, timeoutMs: 20_000 },
  );
  return JSON.parse(found.text);
}

test("as an app: broker, stream address and still image come from the Supervisor, each as soon as it can tell", async () => {
  const opened = await freePort();
  const rtspPort = await freePort();
  const app = await house({ network: { [`${rtspPort}/tcp`]: opened }, homeAssistant: undefined });
  const { home, broker, supervisor, environment } = app;
  const belfry = await home.startBelfry({ settings: { mqtt_url: "", rtsp_port: rtspPort }, environment });

  // No broker yet: it says what to do, and goes on.
  await belfry.waitForLine(/install and start the app Mosquitto broker, or set mqtt_url/);
  supervisor.record.mqtt = offered(broker);
  await home.allAvailable();
  expect(belfry.lines.join("\n")).not.toContain(user.password);

  const before = await infoOf(app, () => true);
  expect(before["still_Image_URL"]).toMatch(
    /^http:\/\/homeassistant\.local:8123\{\{ states\.camera\.front_door_snapshot\./,
  );
  const { device_id } = home.camera("front-door").record;
  expect(before["stream_Source"]).toBe(`rtsp://local-belfry:${opened}/${device_id}_live`);
  for (const port of [rtspPort, opened])
    expect(await probeStreams(`rtsp://127.0.0.1:${port}/${device_id}_live`)).toMatchObject([{ codec: "h264" }, {}, {}]);

  // Home Assistant comes up after us.
  supervisor.record.homeAssistant = { internal_url: "https://ha.home:8443/" };
  const after = await infoOf(app, ({ still_Image_URL: url }) => url?.startsWith("https://ha.home:8443{{") ?? false);
  expect(after["stream_Source"]).toBe(before["stream_Source"]);

  // And is remembered where it is not there at the next start.
  expect((await belfry.stop()).code).toBe(0);
  supervisor.record.homeAssistant = undefined;
  const from = home.observer.position;
  await home.startBelfry({ settings: { mqtt_url: "", rtsp_port: rtspPort }, environment });
  await home.allAvailable({ from });
  expect((await infoOf(app, () => true, from))["still_Image_URL"]).toContain("https://ha.home:8443{{");
});

test("a broker that changes its password is followed; a Supervisor that is away does not cost us the broker", async () => {
  const app = await house();
  const { home, broker, supervisor, environment } = app;
  supervisor.record.mqtt = { ...offered(broker), password: "an old one" };
  const belfry = await home.startBelfry({ settings: { mqtt_url: "" }, environment });
  await belfry.waitForLine(/refuses user addons/);
  expect(supervisor.requests).toContain("/services/mqtt");
  expect(belfry.lines.join("\n")).not.toContain("an old one");
  await belfry.stop();

  supervisor.record.mqtt = offered(broker);
  const second = await home.startBelfry({ settings: { mqtt_url: "" }, environment });
  await home.allAvailable();
  supervisor.record.garbage = "<html>the Supervisor starts</html>";
  const from = home.observer.position;
  await broker.restart();
  await home.allAvailable({ from, timeoutMs: 30_000 });
  expect(second.countLines(/Supervisor|install and start/)).toBe(0);
});

test("an owner's MQTT user wins over the Supervisor's", async () => {
  const app = await house();
  const { home, broker, supervisor, environment } = app;
  supervisor.record.mqtt = { ...offered(broker), username: "nobody", password: "an old one" };
  const settings = { mqtt_url: "", mqtt_user: user.username, mqtt_password: user.password };
  await home.startBelfry({ settings, environment });
  await home.allAvailable();
});

test("an owner's broker and host win; a Supervisor that says nothing only costs its answers", async () => {
  const { home, supervisor, environment } = await house({ isMute: true });
  const settings = { mqtt_url: home.brokerUrl, stream_host: "cams.home", home_assistant_url: "http://ha.home:8123/" };
  const belfry = await home.startBelfry({ settings, environment });
  await home.allAvailable({ timeoutMs: 30_000 });
  await belfry.waitForLine(/stream addresses show our own host name .*does not answer/);
  const { topic } = await home.observer.waitFor("info", home.topic(home.camera("front-door"), "info", "state"));
  const info = JSON.parse(home.observer.latest(topic)?.text ?? "{}");
  expect(info.stream_Source).toContain("rtsp://cams.home:");
  expect(info.still_Image_URL).toMatch(/^http:\/\/ha\.home:8123\{\{/);
  expect(new Set(supervisor.requests)).toEqual(new Set(["/addons/self/info"]));
  // Only the ingress proxy may see the page; the health check may ask.
  const page = new PageClient(belfry.webPort);
  expect((await page.get("/")).status).toBe(403);
  expect((await page.get("/healthz")).status).toBe(200);
});

test("a Supervisor that is slow when we start is asked again, and the stream address follows", async () => {
  const [rtspPort, opened] = [await freePort(), await freePort()];
  const app = await house({ network: { [`${rtspPort}/tcp`]: opened }, garbage: "<html>the Supervisor starts</html>" });
  const { home, supervisor, environment } = app;
  const settings = { mqtt_url: home.brokerUrl, rtsp_port: rtspPort };
  const belfry = await home.startBelfry({ settings, environment });
  await home.allAvailable();
  await belfry.waitForLine(/stream addresses show our own host name/);
  const { device_id } = home.camera("front-door").record;
  const before = await infoOf(app, () => true);
  expect(before["stream_Source"]).toBe(`rtsp://${hostname()}:${rtspPort}/${device_id}_live`);
  supervisor.record.garbage = undefined;
  const address = `rtsp://local-belfry:${opened}/${device_id}_live`;
  await infoOf(app, ({ stream_Source: url }) => url === address);
  expect(await probeStreams(`rtsp://127.0.0.1:${opened}/${device_id}_live`)).toMatchObject([{ codec: "h264" }, {}, {}]);
  expect(belfry.countLines(/stream addresses/)).toBe(1);
});

test("a port that the owner opens never takes the page's: Home Assistant finds the page where it looks for it", async () => {
  const [rtspPort, webPort] = [await freePort(), await freePort()];
  const app = await house({ network: { [`${rtspPort}/tcp`]: webPort } });
  const { home, environment } = app;
  const settings = { mqtt_url: home.brokerUrl, rtsp_port: rtspPort, web_port: webPort };
  const belfry = await home.startBelfry({ settings, environment });
  await home.allAvailable();
  expect((await new PageClient(webPort).get("/healthz")).json).toEqual({ status: "ok" });
  await belfry.waitForLine(
    new RegExp(`opened port ${webPort}, which is the page's in here: open another one for RTSP`),
  );
  expect((await infoOf(app, () => true))["stream_Source"]).toContain(`rtsp://local-belfry:${rtspPort}/`);
});

test("as an app the page never moves to another port", async () => {
  const taken = createServer().listen(await freePort(), "0.0.0.0");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const { home, environment } = await house();
  const belfry = await home.startBelfry({ settings: { mqtt_url: home.brokerUrl, web_port: port }, environment });
  expect(await belfry.exited).toEqual({ code: 1, signal: null });
  expect(belfry.lines.at(-1)).toMatch(`port ${port} for the page belongs to another program`);
});

test("a stop while the Supervisor is silent is quick", async () => {
  const { home, supervisor, environment } = await house({ isMute: true });
  const belfry = await home.startBelfry({ settings: { mqtt_url: "" }, environment });
  await until("the Supervisor being asked", () => supervisor.requests.includes("/addons/self/info") || undefined, {
    timeoutMs: 30_000,
  });
  const askedAt = performance.now();
  expect(await belfry.stop()).toEqual({ code: 0, signal: null });
  expect(performance.now() - askedAt).toBeLessThan(5_000);
});
