// The unmodified push receiver of ring-client-api against the push chain, over real sockets.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { JournalEntry } from "../journal.ts";
import { openPushWorld, type PushWorld } from "./fixtures/push-world.ts";
import { startReceiver } from "./fixtures/receiver-process.ts";

const ding = {
  version: "2.0.0",
  android_config: JSON.stringify({ category: "com.ring.pn.live-event.ding", body: "🔔 Someone is at your Front Door" }),
  data: JSON.stringify({ device: { id: 4711, name: "Front Door" }, event: { ding: { id: "7411111111111111111" } } }),
};
const motion = {
  version: "2.0.0",
  android_config: JSON.stringify({ category: "com.ring.pn.live-event.motion", body: "There is motion at your Garden" }),
  data: JSON.stringify({ device: { id: 4712, name: "Garden" }, event: { ding: { id: "7411111111111111112" } } }),
};

interface StoredCredentials {
  readonly gcm: { readonly androidId: string; readonly securityToken: string };
  readonly fcm: { readonly token: string };
}

const fcmTokenOf = (credentials: unknown): string => (credentials as StoredCredentials).fcm.token;
const kinds = ({ journal }: PushWorld): string[] => journal.entries({ kind: "push." }).map(({ kind }) => kind);
const isKind =
  (kind: string) =>
  (entry: JournalEntry): boolean =>
    entry.kind === kind;

test("registers, logs in and receives encrypted notifications with every value as text", async () => {
  await using world = await openPushWorld();
  await using receiver = startReceiver(world);
  const token = fcmTokenOf(await receiver.next("credentials"));
  await receiver.next("ready");

  expect(world.push.isKnownToken(token)).toBe(true);
  expect(await world.push.deliver(token, ding)).toBe("sent");
  expect(await world.push.deliver(token, motion, { persistentId: "0:17%second" })).toBe("sent");

  const envelope = { from: "876313859327", priority: "high", fcmMessageId: expect.stringMatching(/^[0-9a-f-]{36}$/) };
  const persistentId = expect.stringMatching(/^0:\d+%[0-9a-f]{16}$/);
  expect(await receiver.next("notification", 1)).toEqual({ message: { data: ding, ...envelope }, persistentId });
  expect(await receiver.next("notification", 2)).toEqual({
    message: { data: motion, ...envelope },
    persistentId: "0:17%second",
  });
  expect(kinds(world)).toEqual([
    "push.checked-in",
    "push.registered",
    "push.registered",
    "push.connected",
    "push.delivered",
    "push.delivered",
  ]);
  expect(world.journal.violations).toEqual([]);
});

test("with stored credentials it only checks in and logs in, also after both sides restarted", async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), "push-state-"));
  let credentials: unknown;
  {
    await using world = await openPushWorld({ stateDirectory });
    await using receiver = startReceiver(world);
    credentials = await receiver.next("credentials");
    await receiver.next("ready");
  }
  {
    await using world = await openPushWorld({ stateDirectory });
    await using receiver = startReceiver(world, { credentials });
    await receiver.next("ready");
    expect(kinds(world)).toEqual(["push.checked-in", "push.connected"]);

    await world.push.deliver(fcmTokenOf(credentials), ding);

    expect(await receiver.next("notification")).toMatchObject({ message: { data: ding } });
    expect(receiver.told.map(({ what }) => what)).not.toContain("credentials");
    expect(world.journal.violations).toEqual([]);
  }
  await rm(stateDirectory, { recursive: true });
});

test("reconnects after Close and after a reset, and gets once what was sent meanwhile", async () => {
  await using world = await openPushWorld();
  await using receiver = startReceiver(world);
  const token = fcmTokenOf(await receiver.next("credentials"));
  await receiver.next("ready");
  await world.push.deliver(token, ding);
  await receiver.next("notification");

  expect(world.push.disturb("close")).toBe(1);
  await world.journal.waitFor("disconnect", isKind("push.disconnected"));
  expect(await world.push.deliver(token, motion)).toBe("queued");
  await receiver.next("ready", 2);
  expect(await receiver.next("notification", 2)).toMatchObject({ message: { data: motion } });

  const { sequence } = world.journal.record("test.reset");
  expect(world.push.disturb("reset")).toBe(1);
  const { details } = await world.journal.waitFor("disconnect", isKind("push.disconnected"), { after: sequence });
  expect(details["reason"]).toBe("disturbed");
  await receiver.next("ready", 3);
  await world.push.deliver(token, { version: "last" });
  expect(await receiver.next("notification", 3)).toMatchObject({ message: { data: { version: "last" } } });
  expect(world.journal.violations).toEqual([]);
});

test("heartbeats are answered in both directions", async () => {
  await using world = await openPushWorld();
  await using receiver = startReceiver(world, { heartbeatMs: 300 });
  await receiver.next("ready");

  await receiver.next("heartbeat", 2);
  expect(world.push.ping()).toBe(1);
  await receiver.next("heartbeat", 3);

  expect(receiver.told.filter(({ what }) => what === "ready")).toHaveLength(1);
  expect(world.journal.violations).toEqual([]);
});

test.for(["mute", "unanswered heartbeats"])("%s: the client notices, reconnects and loses nothing", async (how) => {
  await using world = await openPushWorld();
  await using receiver = startReceiver(world, { heartbeatMs: 400 });
  const token = fcmTokenOf(await receiver.next("credentials"));
  await receiver.next("ready");

  if (how === "mute") expect(world.push.disturb("mute")).toBe(1);
  else world.push.knobs.answerHeartbeats = false;
  if (how === "mute") expect(await world.push.deliver(token, ding)).toBe("queued");
  await receiver.next("ready", 2);
  world.push.knobs.answerHeartbeats = true;
  await world.push.deliver(token, motion);

  expect(await receiver.next("notification")).toMatchObject({ message: { data: how === "mute" ? ding : motion } });
});

test("credentials that were never issued are refused, with a violation", async () => {
  await using world = await openPushWorld();
  const credentials = {
    keys: {},
    gcm: { androidId: "4611686018427387904", securityToken: "1234567890123456789" },
    fcm: { token: "x", installation: {} },
    config: { bundleId: "receiver.push.com", projectId: "ring-17770", vapidKey: "" },
  };
  await using receiver = startReceiver(world, { credentials });
  const violation = await world.journal.waitFor("violation", isKind("violation"));

  expect(violation.details["what"]).toBe("push checkin: android id and security token do not belong together");
  expect(receiver.told).toEqual([]);
});
