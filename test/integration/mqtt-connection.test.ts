import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { expect, test as plainTest } from "vitest";
import { ManualClock } from "../../src/foundation/clock.fake.ts";
import { type Clock, systemClock } from "../../src/foundation/clock.ts";
import type { Subscribable } from "../../src/foundation/emitter.ts";
import { recordingLogger } from "../../src/foundation/logger.fake.ts";
import { BrokerConnection, type BrokerOptions } from "../../src/mqtt/broker-connection.ts";
import { EmbeddedBroker } from "../../src/mqtt/embedded-broker.ts";
import type { BrokerMessage } from "../../src/mqtt/message-broker.ts";
import { hasMosquitto, Mosquitto, OutsideClient, retainedUnder } from "../support/mosquitto.ts";
import { TcpRelay } from "../support/tcp-relay.ts";

const test = plainTest.skipIf(!hasMosquitto);
const will = { topic: "ring/bridge/status", payload: "offline" };

function open(options: Partial<BrokerOptions> & { url: string }, clock: Clock = systemClock) {
  const { logger, lines } = recordingLogger();
  const controller = new AbortController();
  const connection = BrokerConnection.open(
    { clientId: `belfry-${randomBytes(4).toString("hex")}`, will, ...options },
    { clock, logger, signal: controller.signal },
  );
  const said = (level: string): string[] => lines.filter((line) => line.level === level).map((line) => line.line);
  return { connection, controller, lines, said };
}

async function becomes(connection: BrokerConnection, isConnected: boolean): Promise<void> {
  if (connection.isConnected !== isConnected) await next(connection.connected, (value) => value === isConnected);
}

function next<T>(source: Subscribable<T>, isIt: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const subscription = source.subscribe((value) => {
      if (!isIt(value)) return;
      subscription[Symbol.dispose]();
      resolve(value);
    });
  });
}

test.each([4, 5] as const)("version %i: publishes in order, more than the broker takes at once", async (version) => {
  await using broker = await Mosquitto.start({ config: ["max_inflight_messages 5", "max_queued_messages 0"] });
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  await using opened = open({ url: broker.url, protocolVersion: version }).connection;
  await becomes(opened, true);
  for (let index = 0; index < 1_000; index++) opened.publish("ring/count", String(index));
  await outside.message((message) => message.text === "999");
  expect(outside.texts("ring/count")).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index)));
  expect(opened.isConnected).toBe(true);
});

test("a broker that is down at start is reported once; when it is up, last values and events arrive in order", async () => {
  await using broker = await Mosquitto.start();
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  await using relay = await TcpRelay.open(broker.port);
  relay.isCut = true;
  const { connection, said } = open({ url: `mqtt://127.0.0.1:${relay.port}`, protocolVersion: 5 });
  await using _connection = connection;
  connection.publish("ring/b", "1", { retain: true });
  connection.publish("ring/a", "old", { retain: true });
  connection.publish("ring/event", "first");
  connection.publish("ring/a", "new", { retain: true });
  connection.publish("ring/event", "second");
  await expect.poll(() => said("warn"), { timeout: 10_000 }).toHaveLength(1);
  relay.isCut = false;
  await outside.message((message) => message.text === "second");
  const events = outside.seen.map((message) => `${message.topic}=${message.text}`);
  expect(events).toEqual(["ring/b=1", "ring/event=first", "ring/a=new", "ring/event=second"]);
  expect(said("warn")).toEqual([expect.stringContaining("closed the connection")]);
  expect(said("info")).toEqual([expect.stringContaining("connected to the MQTT broker")]);
});

test("a broker at which nothing listens is named once", async () => {
  await using broker = await Mosquitto.start();
  await broker.kill();
  const { connection, said } = open({ url: broker.url });
  await using _connection = connection;
  await expect.poll(() => said("warn"), { timeout: 10_000 }).toHaveLength(1);
  await broker.run();
  await becomes(connection, true);
  expect(said("warn")).toEqual([expect.stringContaining("nothing listens at")]);
});

test("events of a short outage arrive after it: each once where the broker had confirmed it, none is lost", async () => {
  await using broker = await Mosquitto.start();
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  await using relay = await TcpRelay.open(broker.port);
  await using connection = open({ url: `mqtt://127.0.0.1:${relay.port}` }).connection;
  await becomes(connection, true);
  const marked = Promise.withResolvers<void>();
  using _marker = connection.subscribe("marker", () => marked.resolve());
  connection.publish("ring/event", "confirmed");
  // The broker answers in order.
  connection.publish("marker", "");
  await marked.promise;
  relay.isDeaf = true;
  connection.publish("ring/event", "unconfirmed");
  await outside.message(({ text }) => text === "unconfirmed");
  relay.isCut = true;
  relay.cut();
  await becomes(connection, false);
  connection.publish("ring/event", "away");
  Object.assign(relay, { isCut: false, isDeaf: false });
  await outside.message(({ text }) => text === "away");
  expect(outside.texts("ring/event")).toEqual(["confirmed", "unconfirmed", "unconfirmed", "away"]);
});

test("an event that nobody listens to waits for somebody, where it may: each listener hears it once", async () => {
  await using broker = await Mosquitto.start();
  await using connection = open({ url: broker.url }).connection;
  await becomes(connection, true);
  connection.publish("ring/event", "lost");
  connection.publish("ring/event", "heard", { untilHeard: true });
  const marked = Promise.withResolvers<void>();
  using _marker = connection.subscribe("marker", () => marked.resolve());
  connection.publish("marker", "");
  await marked.promise;
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  await outside.message(({ text }) => text === "heard");
  connection.publish("ring/event", "next", { untilHeard: true });
  await outside.message(({ text }) => text === "next");
  expect(outside.texts("ring/event")).toEqual(["heard", "next"]);
});

test("what is older than a minute when the broker is back is no news: events of it do not arrive, values do", async () => {
  await using broker = await Mosquitto.start();
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  await using relay = await TcpRelay.open(broker.port);
  relay.isCut = true;
  let passedMs = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + passedMs };
  await using connection = open({ url: `mqtt://127.0.0.1:${relay.port}`, protocolVersion: 5 }, clock).connection;
  connection.publish("ring/event", "old");
  connection.publish("ring/value", "old", { retain: true });
  passedMs = 61_000;
  connection.publish("ring/event", "new");
  relay.isCut = false;
  await outside.message(({ text }) => text === "new");
  expect(outside.seen.map(({ topic, text }) => `${topic}=${text}`)).toEqual(["ring/value=old", "ring/event=new"]);
});

test("a broker that is away for an hour: tried all the time, said twice, and only what is true then is sent", async () => {
  await using broker = await Mosquitto.start();
  const clock = new ManualClock();
  const { connection, said } = open({ url: broker.url }, clock);
  await using _connection = connection;
  await becomes(connection, true);
  await broker.kill();
  await becomes(connection, false);
  for (let minute = 1; minute <= 60; minute++) {
    for (const light of ["a", "b"]) connection.publish(`ring/${light}`, `${light} ${minute}`, { retain: true });
    connection.publish("ring/event", String(minute));
    const tried = next(connection.troubleChanged, () => true);
    await clock.advance(60_000);
    await tried;
  }
  await broker.run();
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  const back = becomes(connection, true);
  await clock.advance(60_000);
  await back;
  await outside.message((message) => message.topic === "ring/b");
  expect(outside.seen.map((message) => message.text)).toEqual(["a 60", "b 60"]);
  expect(said("warn")).toEqual([
    expect.stringContaining("closed the connection"),
    expect.stringContaining("nothing listens at"),
  ]);
  expect(said("info").at(-1)).toContain("is back");
});

test("subscriptions survive a broker restart; loss and return are said once each", async () => {
  await using broker = await Mosquitto.start();
  const { connection, said } = open({ url: broker.url });
  await using _connection = connection;
  await becomes(connection, true);
  const heard: BrokerMessage[] = [];
  using _subscription = connection.subscribe("ring/+/command", (message) => heard.push(message));
  await broker.kill();
  await becomes(connection, false);
  await broker.run();
  await becomes(connection, true);
  await using outside = await OutsideClient.open(broker.url, "ring/echo");
  using _echo = connection.subscribe("ring/x/command", () => connection.publish("ring/echo", "heard"));
  await outside.publish("ring/x/command", "ON");
  await outside.message((message) => message.topic === "ring/echo");
  expect(heard.map((message) => [message.topic, message.payload.toString(), message.isRetained])).toContainEqual([
    "ring/x/command",
    "ON",
    false,
  ]);
  expect(said("warn")).toEqual([expect.stringContaining("closed the connection")]);
  expect(said("info").at(-1)).toContain("is back");
});

test("retained messages are marked as such, and a disposed subscription is silent", async () => {
  await using broker = await Mosquitto.start();
  await using outside = await OutsideClient.open(broker.url, "out/#");
  await outside.publish("in/a", "stored", { retain: true });
  await using connection = open({ url: broker.url }).connection;
  await becomes(connection, true);
  const first = Promise.withResolvers<BrokerMessage>();
  let afterwards = 0;
  const subscription = connection.subscribe("in/a", (message) => {
    first.resolve(message);
    afterwards++;
  });
  expect(await first.promise).toMatchObject({ topic: "in/a", isRetained: true });
  subscription[Symbol.dispose]();
  const heard: string[] = [];
  const probed = Promise.withResolvers<void>();
  using _all = connection.subscribe("in/b", (message) => {
    heard.push(message.topic);
    probed.resolve();
  });
  using _ready = connection.subscribe("ready", () => connection.publish("out/ready", ""));
  connection.publish("ready", "");
  await outside.message((message) => message.topic === "out/ready");
  await outside.publish("in/a", "later");
  await outside.publish("in/b", "probe");
  await probed.promise;
  expect(heard).toEqual(["in/b"]);
  expect(afterwards).toBe(1);
});

test.each([
  [4, false],
  [5, true],
] as const)("version %i: what is sent just now to be stored is marked as such: %s", async (version, isMarked) => {
  await using broker = await Mosquitto.start();
  await using outside = await OutsideClient.open(broker.url, "out/#");
  await using connection = open({ url: broker.url, protocolVersion: version }).connection;
  await becomes(connection, true);
  const heard: string[] = [];
  const done = Promise.withResolvers<void>();
  const hear = ({ topic, isRetained }: BrokerMessage): void => {
    heard.push(`${topic} ${isRetained}`);
    if (topic === "in/plain/end") done.resolve();
  };
  using _marked = connection.subscribe("in/marked/+", hear, { retainAsPublished: true });
  using _plain = connection.subscribe("in/plain/+", hear);
  using _ready = connection.subscribe("ready", () => connection.publish("out/ready", ""));
  connection.publish("ready", "");
  await outside.message((message) => message.topic === "out/ready");
  await outside.publish("in/marked/a", "1", { retain: true });
  await outside.publish("in/marked/b", "1");
  await outside.publish("in/plain/a", "1", { retain: true });
  await outside.publish("in/plain/end", "1");
  await done.promise;
  expect(heard).toEqual([`in/marked/a ${isMarked}`, "in/marked/b false", "in/plain/a false", "in/plain/end false"]);
});

test("close publishes the farewell, disconnects cleanly and leaves no will", async () => {
  await using broker = await Mosquitto.start();
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  const { connection } = open({ url: broker.url });
  await becomes(connection, true);
  connection.publish("ring/last", "state", { retain: true });
  await connection.close({ farewell: [{ topic: will.topic, payload: "offline (clean)", retain: true }] });
  await connection.close();
  await outside.publish("ring/marker", "");
  await outside.message((message) => message.topic === "ring/marker");
  expect(outside.texts("ring/last")).toEqual(["state"]);
  expect(outside.texts(will.topic)).toEqual(["offline (clean)"]);
});

test("an abort cuts the connection: the broker publishes the will", async () => {
  await using broker = await Mosquitto.start();
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  const { connection, controller } = open({ url: broker.url });
  await becomes(connection, true);
  controller.abort();
  await outside.message((message) => message.topic === will.topic && message.text === "offline");
  await connection.close();
});

const password = "p@ss/w#rd%41 ü:&?";

test.each([
  ["in the settings", (url: string) => ({ url, username: "us er@home", password })],
  [
    "in the URL",
    (url: string) => ({
      url: url.replace("//", `//${encodeURIComponent("us er@home")}:${encodeURIComponent(password)}@`),
    }),
  ],
])("special characters in user and password %s", async (_where, options) => {
  await using broker = await Mosquitto.start({ users: { "us er@home": password } });
  await using connection = open(options(broker.url)).connection;
  await becomes(connection, true);
});

test("a wrong password is one clear sentence without the password", async () => {
  await using broker = await Mosquitto.start({ users: { belfry: "right" } });
  const { connection, lines } = open({ url: broker.url, username: "belfry", password: "wrong-one" });
  await using _connection = connection;
  await expect.poll(() => lines.map((line) => line.line).join("\n")).toContain("refuses user belfry");
  expect(lines.map((line) => line.line).join("\n")).not.toContain("wrong-one");
  expect(lines.filter((line) => line.level === "warn")).toHaveLength(1);
});

test("what the access list refuses is said once per topic, and the rest works", async () => {
  await using broker = await Mosquitto.start({
    users: { belfry: "secret", other: "secret" },
    acl: ["user belfry", "topic write ring/allowed", "user other", "topic readwrite #"],
  });
  const { connection, said } = open({ url: broker.url, username: "belfry", password: "secret" });
  await using _connection = connection;
  await becomes(connection, true);
  await using outside = await OutsideClient.open(broker.url, "#", { username: "other", password: "secret" });
  connection.publish("ring/denied", "1");
  connection.publish("ring/denied", "2");
  connection.publish("ring/allowed", "3");
  await outside.message((message) => message.topic === "ring/allowed");
  expect(said("warn")).toEqual([expect.stringContaining("does not let us write ring/denied")]);
});

const echo = { topic: "ring/b/b/b/echo/command", filter: "ring/#", isHeardAnyway: true };
const discoveryEcho = { topic: "found/b/echo", filter: "found/#", isHeardAnyway: false };
const commands = "ring/+/+/+/+/command";

test("an access list that silently forbids something is one problem", async () => {
  const cases = [
    [4, ["topic read ring/#", "topic readwrite found/#"], "ring/#"],
    [4, ["topic write ring/#", "topic readwrite found/#"], "ring/#"],
    [4, ["topic readwrite ring/#"], "found/#"],
    [5, ["topic write ring/#", "topic readwrite found/#"], "ring/#"],
  ] as const;
  const check = async ([protocolVersion, acl, filter]: (typeof cases)[number]): Promise<void> => {
    await using broker = await Mosquitto.start({ users: { belfry: "secret" }, acl: ["user belfry", ...acl] });
    const login = { username: "belfry", password: "secret", protocolVersion };
    const { connection, said } = open({ url: broker.url, ...login, echoTopics: [echo, discoveryEcho] });
    await using _connection = connection;
    using _commands = connection.subscribe(commands, () => undefined);
    await next(connection.troubleChanged, () => true);
    expect(connection.isConnected).toBe(true);
    expect(connection.trouble).toContain(`allow reading and writing ${filter} in the broker's access list`);
    expect(said("warn")).toEqual([`${connection.trouble} [mqtt.not-allowed]`]);
  };
  await Promise.all(cases.map(check));
});

test.each([
  [4, ["topic readwrite ring/#", "topic readwrite found/#"]],
  // Whoever answers for what is written needs no echo of it.
  [5, ["topic readwrite ring/#", "topic write found/#"]],
] as const)("version %i: where all is allowed the echo is heard, and by nobody else", async (version, acl) => {
  const users = { belfry: "secret", other: "secret" };
  const lines = ["user belfry", ...acl, "user other", "topic readwrite #"];
  await using broker = await Mosquitto.start({ users, acl: lines });
  await using outside = await OutsideClient.open(broker.url, "#", { username: "other", password: "secret" });
  const login = { username: "belfry", password: "secret", protocolVersion: version };
  const clock = new ManualClock();
  const { connection, said } = open({ url: broker.url, ...login, echoTopics: [echo, discoveryEcho] }, clock);
  await using _connection = connection;
  const heard: string[] = [];
  using _commands = connection.subscribe(commands, ({ topic }) => heard.push(topic));
  await becomes(connection, true);
  const topics = version === 4 ? [echo.topic, discoveryEcho.topic] : [echo.topic];
  for (const topic of topics) expect((await outside.message((seen) => seen.topic === topic)).isRetained).toBe(false);
  // What is heard after the echo comes after it.
  await outside.publish("ring/b/b/b/b/command", "ON");
  await expect.poll(() => heard).toEqual(["ring/b/b/b/b/command"]);
  await clock.advance(60_000);
  expect([connection.trouble, said("warn")]).toEqual([undefined, []]);
  expect(outside.seen.filter(({ topic }) => topic.includes("echo"))).toHaveLength(topics.length);
});

test("a picture of two megabytes arrives whole", async () => {
  await using broker = await Mosquitto.start();
  await using connection = open({ url: broker.url }).connection;
  await becomes(connection, true);
  await using outside = await OutsideClient.open(broker.url, "ring/image");
  const image = randomBytes(2_000_000);
  connection.publish("ring/image", image, { retain: true });
  const seen = await outside.message((message) => message.topic === "ring/image");
  expect(seen.payload.equals(image)).toBe(true);
});

test("messages larger than the broker allows are named once per topic and do not cost the connection", async () => {
  await using broker = await Mosquitto.start({ config: ["max_packet_size 10000"] });
  const { connection, said } = open({ url: broker.url });
  await using _connection = connection;
  await becomes(connection, true);
  await using outside = await OutsideClient.open(broker.url, "ring/#");
  for (const bytes of [20_000, 20_001]) connection.publish("ring/image", randomBytes(bytes), { retain: true });
  connection.publish("ring/small", "1");
  await outside.message((message) => message.topic === "ring/small");
  expect(connection.isConnected).toBe(true);
  expect(said("warn")).toEqual([expect.stringContaining("ring/image was not sent")]);
});

test("IPv6 addresses work", async (context) => {
  const hasIpv6 = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(0, "::1", () => server.close(() => resolve(true)));
  });
  if (!hasIpv6) context.skip("no IPv6 on this machine");
  await using broker = await Mosquitto.start({ host: "::1" });
  await using connection = open({ url: broker.url }).connection;
  await becomes(connection, true);
});

test("two with the same client id: the loser hears why", async () => {
  await using broker = await Mosquitto.start();
  const first = open({ url: broker.url, clientId: "belfry-same" });
  await using _first = first.connection;
  await becomes(first.connection, true);
  await using second = open({ url: broker.url, clientId: "belfry-same" }).connection;
  await becomes(second, true);
  await expect
    .poll(() => first.said("warn").join(), { timeout: 20_000 })
    .toContain("another program using our client id");
});

plainTest("a server that is no broker is reported as such, and closing does not wait for it", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.destroy());
  });
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    }),
  );
  const { connection, lines } = open({ url: `mqtt://127.0.0.1:${port}` });
  await expect.poll(() => lines.map((line) => line.line).join("\n")).toContain("closed the connection");
  await connection.close();
  server.close();
});

plainTest(
  "the embedded broker wants its credential, and speaks to a connection that would rather have MQTT 5",
  async () => {
    const credential = { username: "demo", password: "päss word" };
    await using broker = await EmbeddedBroker.open({ credential });
    const { connection, said } = open({ url: broker.url, ...credential });
    await using _connection = connection;
    await becomes(connection, true);
    expect(said("warn")).toEqual([]);
    connection.publish("ring/a", "1", { retain: true });
    const stranger = open({ url: broker.url, username: "demo", password: "guess" });
    await using _stranger = stranger.connection;
    await expect.poll(() => stranger.said("warn").join()).toContain("refuses user demo");
    await expect(EmbeddedBroker.open({ port: broker.port })).rejects.toMatchObject({ code: "mqtt.port" });
  },
);

test("retained values are seen by a client that comes later", async () => {
  await using broker = await Mosquitto.start();
  await using connection = open({ url: broker.url }).connection;
  connection.publish("ring/a", "1", { retain: true });
  connection.publish("ring/b", "2");
  await becomes(connection, true);
  await connection.close();
  expect(await retainedUnder(broker.url)).toEqual(new Map([["ring/a", "1"]]));
});
