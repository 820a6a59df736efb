// The push server against clients that say what no library would: logins, acknowledgements, bounds, damage.
import { randomBytes, randomInt } from "node:crypto";
import { connect } from "node:net";
import { expect, test } from "vitest";
import type { JournalEntry } from "../journal.ts";
import { encodeLogin, openMcsClient } from "./fixtures/mcs-client.ts";
import { openPushWorld } from "./fixtures/push-world.ts";
import { registerReceiver } from "./fixtures/registration.ts";
import { FrameError, FrameReader, writeFrame } from "./frame-reader.ts";
import {
  dataMessageStanza,
  heartbeatAck,
  heartbeatPing,
  iqStanza,
  loginRequest,
  loginResponse,
  selectiveAck,
  tags,
} from "./mcs-messages.ts";
import { WireMessageError } from "./wire-message.ts";

const isKind =
  (kind: string, details: Record<string, unknown> = {}) =>
  (entry: JournalEntry): boolean =>
    entry.kind === kind && Object.entries(details).every(([name, value]) => entry.details[name] === value);

const persistentIdsOf = (payloads: readonly Buffer[]): string[] =>
  payloads.map((payload) => dataMessageStanza.decode(payload).persistentId);

const pingFrame = (fields: Record<string, unknown> = {}) =>
  writeFrame(tags.heartbeatPing, heartbeatPing.encode(fields));

test.for(["chrome-94.0.4606.51", "94.0.4606.51"])("a login as %s is answered", async (id) => {
  await using world = await openPushWorld();
  const { device } = await registerReceiver(world.push);
  using client = openMcsClient(world.mcsPort);

  client.write(encodeLogin(device, { id }));

  expect(loginResponse.decode(await client.next(tags.loginResponse))).toEqual({ id, lastStreamIdReceived: 1 });
  expect(world.journal.entries({ kind: "push.connected" })[0]?.details).toMatchObject({
    client: id,
    androidId: device.androidId,
  });
  expect(world.journal.violations).toEqual([]);
});

test("a login that comes byte by byte is answered", async () => {
  await using world = await openPushWorld();
  const { device } = await registerReceiver(world.push);
  using client = openMcsClient(world.mcsPort);

  for (const byte of encodeLogin(device)) client.write(Buffer.from([byte]));

  await client.next(tags.loginResponse);
});

const otherDevice = { androidId: "77", securityToken: "78" };
test.for<[string, Record<string, unknown>]>([
  ["a foreign token", { authToken: otherDevice.securityToken }],
  ["another resource", { resource: otherDevice.androidId }],
  ["another device id", { deviceId: "android-4d" }],
])("a login with %s gets an error and is closed", async ([, fields]) => {
  await using world = await openPushWorld();
  const { device } = await registerReceiver(world.push);
  using client = openMcsClient(world.mcsPort);

  client.write(encodeLogin(device, fields));

  const { error } = loginResponse.decode(await client.next(tags.loginResponse));
  expect(error).toEqual({ code: 401, message: "UNAUTHORIZED" });
  expect(await client.closed).toBeUndefined();
  expect(world.journal.violations).toHaveLength(1);
  expect(world.journal.entries({ kind: "push.connected" })).toEqual([]);
});

test.for<[string, Record<string, unknown>, string]>([
  ["another domain", { domain: "gmail.com" }, "domain"],
  ["a strange client", { id: "firefox" }, "id"],
  ["a user that is no number", { user: "me" }, "user"],
  ["another auth service", { authService: 1 }, "authService"],
  ["no new_vc", { setting: [] }, "new_vc=1 is missing"],
])("a login with %s is closed, and the violation names it", async ([, fields, named]) => {
  await using world = await openPushWorld();
  const { device } = await registerReceiver(world.push);
  using client = openMcsClient(world.mcsPort);

  client.write(encodeLogin(device, fields));

  await client.closed;
  expect(client.received).toEqual([]);
  expect(world.journal.violations[0]?.details["what"]).toContain(named);
});

test("nothing but a login may come first, and only once", async () => {
  await using world = await openPushWorld();
  const { device } = await registerReceiver(world.push);
  using early = openMcsClient(world.mcsPort);
  early.write(Buffer.concat([Buffer.from([41]), pingFrame()]));
  await early.closed;
  using twice = openMcsClient(world.mcsPort);
  twice.write(encodeLogin(device));
  await twice.next(tags.loginResponse);
  twice.write(encodeLogin(device).subarray(1));
  await twice.closed;

  expect(world.journal.violations.map(({ details }) => details["what"])).toEqual([
    "A push client sent tag 0 before it logged in.",
    "A push client sent tag 2, which is not for clients to send here.",
  ]);
});

test("a client's Close ends the connection", async () => {
  await using world = await openPushWorld();
  const { device, fcmToken } = await registerReceiver(world.push);
  using client = openMcsClient(world.mcsPort);
  client.write(encodeLogin(device));
  await client.next(tags.loginResponse);
  client.write(writeFrame(tags.close, Buffer.alloc(0)));
  await client.closed;

  await world.journal.waitFor("disconnect", isKind("push.disconnected", { reason: "the client closed" }));
  expect(await world.push.deliver(fcmToken, {})).toBe("queued");
});

test("what is not acknowledged comes again at the next login, what is acknowledged in any way does not", async () => {
  await using world = await openPushWorld();
  const { device, fcmToken } = await registerReceiver(world.push);
  const deliver = (persistentId: string) => world.push.deliver(fcmToken, { version: "2.0.0" }, { persistentId });
  for (const id of ["by stream", "selectively", "at login", "never"]) expect(await deliver(id)).toBe("queued");
  using first = openMcsClient(world.mcsPort);
  first.write(encodeLogin(device));
  await first.next(tags.dataMessageStanza, 4);

  // Message 1 is the answer to the login, so message 2 is the first notification.
  first.write(pingFrame({ lastStreamIdReceived: 2 }));
  const data = selectiveAck.encode({ id: ["selectively"] });
  first.write(writeFrame(tags.iqStanza, iqStanza.encode({ type: 1, id: "", extension: { id: 12, data } })));
  first.write(pingFrame());
  expect(heartbeatAck.decode(await first.next(tags.heartbeatAck, 2))).toEqual({ lastStreamIdReceived: 4 });
  using second = openMcsClient(world.mcsPort);
  second.write(encodeLogin(device, { receivedPersistentId: ["at login"] }));

  expect(persistentIdsOf([await second.next(tags.dataMessageStanza)])).toEqual(["never"]);
  expect(await deliver("after")).toBe("sent");
  await second.next(tags.dataMessageStanza, 2);
  const stanzas = second.received.filter(({ tag }) => tag === tags.dataMessageStanza);
  expect(persistentIdsOf(stanzas.map(({ payload }) => payload))).toEqual(["never", "after"]);
  const acknowledged = world.journal.entries({ kind: "push.acknowledged" });
  const fcmTokenTail = fcmToken.slice(-12);
  expect(acknowledged.map(({ details }) => details)).toEqual([
    { fcmToken: fcmTokenTail, persistentId: "by stream", by: "stream" },
    { fcmToken: fcmTokenTail, persistentId: "selectively", by: "selective" },
    { fcmToken: fcmTokenTail, persistentId: "at login", by: "login" },
  ]);
  expect(world.journal.violations).toEqual([]);
});

test("a newer connection of a device takes the place of the older one", async () => {
  await using world = await openPushWorld();
  const { device, fcmToken } = await registerReceiver(world.push);
  using older = openMcsClient(world.mcsPort);
  older.write(encodeLogin(device));
  await older.next(tags.loginResponse);
  using newer = openMcsClient(world.mcsPort);
  newer.write(encodeLogin(device));

  await older.next(tags.close);
  expect(await older.closed).toBeUndefined();
  expect(await world.push.deliver(fcmToken, {})).toBe("sent");
  await newer.next(tags.dataMessageStanza);
});

test("muted, a connection rests unanswered until a newer one comes; a reset is a reset", async () => {
  await using world = await openPushWorld();
  const { device, fcmToken } = await registerReceiver(world.push);
  using muted = openMcsClient(world.mcsPort);
  muted.write(encodeLogin(device));
  await muted.next(tags.loginResponse);

  expect(world.push.disturb("mute")).toBe(1);
  muted.write(pingFrame());
  expect(world.push.ping()).toBe(0);
  expect(await world.push.deliver(fcmToken, {}, { persistentId: "late" })).toBe("queued");
  using newer = openMcsClient(world.mcsPort);
  newer.write(encodeLogin(device));
  expect(persistentIdsOf([await newer.next(tags.dataMessageStanza)])).toEqual(["late"]);
  await muted.closed;
  expect(muted.received).toHaveLength(1);

  world.push.disturb("reset");
  expect(await newer.closed).toMatchObject({ code: "ECONNRESET" });
});

test("connections are bounded, and a free place can be taken again", async () => {
  await using world = await openPushWorld({ maximumConnections: 2 });
  const { device } = await registerReceiver(world.push);
  const { device: second } = await registerReceiver(world.push);
  using one = openMcsClient(world.mcsPort);
  one.write(encodeLogin(device));
  await one.next(tags.loginResponse);
  using two = openMcsClient(world.mcsPort);
  two.write(encodeLogin(second));
  await two.next(tags.loginResponse);

  using refused = openMcsClient(world.mcsPort);
  expect(await refused.closed).toBeInstanceOf(Error);
  expect(world.journal.entries({ kind: "push.refused" })[0]?.details).toMatchObject({ connections: 2 });
  one.write(writeFrame(tags.close, Buffer.alloc(0)));
  await world.journal.waitFor("disconnect", isKind("push.disconnected", { androidId: device.androidId }));
  using third = openMcsClient(world.mcsPort);
  third.write(encodeLogin(device));
  await third.next(tags.loginResponse);
});

test("who does not log in, or does not speak TLS, is cut", async () => {
  await using world = await openPushWorld({ loginTimeoutMs: 100 });
  using silent = openMcsClient(world.mcsPort);
  await silent.closed;
  const plain = connect(world.mcsPort, "127.0.0.1");
  plain.on("error", () => plain.destroy());
  plain.write("GET / HTTP/1.1\r\n\r\n");
  await new Promise((resolve) => plain.resume().on("close", resolve));

  const { sequence } = await world.journal.waitFor("cut", isKind("push.disconnected", { reason: "no login in time" }));
  await world.journal.waitFor("cut", isKind("push.disconnected"), { after: sequence });
});

test("a client that does not read is cut, and gets the newest 100 when it comes back", async () => {
  await using world = await openPushWorld();
  const { device, fcmToken } = await registerReceiver(world.push);
  using lazy = openMcsClient(world.mcsPort);
  lazy.write(encodeLogin(device));
  await lazy.next(tags.loginResponse);
  lazy.pause();

  let count = 0;
  const deliver = () => world.push.deliver(fcmToken, { data: "x".repeat(3900) }, { persistentId: `${++count}` });
  while ((await deliver()) === "sent" && count < 20_000);
  await world.journal.waitFor("cut", isKind("push.disconnected", { reason: "the client does not read" }));
  using back = openMcsClient(world.mcsPort);
  back.write(encodeLogin(device));

  expect(
    persistentIdsOf([await back.next(tags.dataMessageStanza), await back.next(tags.dataMessageStanza, 100)]),
  ).toEqual([`${count - 99}`, `${count}`]);
});

test("no random bytes give anything but a refusal of the client", () => {
  const messages = [loginRequest, heartbeatPing, heartbeatAck, iqStanza, selectiveAck];
  const isRefusal = (error: unknown) => error instanceof FrameError || error instanceof WireMessageError;
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  };
  for (let count = 0; count < 5000; count += 1) {
    const bytes = randomBytes(count % 300);
    for (const message of messages) attempt(() => message.decode(bytes));
    attempt(() => [...new FrameReader().read(Buffer.concat([Buffer.from([41]), bytes]))]);
  }
});

test("damaged streams never stop the server", async () => {
  await using world = await openPushWorld();
  const { device } = await registerReceiver(world.push);
  const login = encodeLogin(device);
  const flipOneByte = (bytes: Buffer): Buffer => {
    const flipped = Buffer.from(bytes);
    const at = randomInt(bytes.length);
    flipped[at] = 255 - flipped.readUInt8(at);
    return flipped;
  };
  const damages: ((round: number) => Buffer)[] = [
    (round) => randomBytes(1 + round * 10),
    (round) => Buffer.concat([Buffer.from([41]), randomBytes(1 + round * 10)]),
    () => flipOneByte(login),
    (round) => login.subarray(0, randomInt(login.length - round)),
    (round) => Buffer.concat([login, randomBytes(1 + round * 10)]),
    (round) => Buffer.concat([login, writeFrame(round % 16, randomBytes(round)), Buffer.from([0x80, 0xff])]),
  ];
  const suffer = async (bytes: Buffer) => {
    using client = openMcsClient(world.mcsPort);
    client.write(bytes);
    client.end();
    await client.closed;
  };
  for (let round = 0; round < 50; round += 1) await Promise.all(damages.map((damage) => suffer(damage(round))));

  using sane = openMcsClient(world.mcsPort);
  sane.write(login);
  await sane.next(tags.loginResponse);
  const ended = world.journal.entries({ kind: "push.disconnected" });
  expect(ended).toHaveLength(50 * damages.length);
});
