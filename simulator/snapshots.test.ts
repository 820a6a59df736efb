// Snapshots over HTTP: fresh ones, the long poll, cameras that are busy, off line or switched off, and pictures of events.
import jpeg from "jpeg-js";
import { expect, test } from "vitest";
import { buildAccount } from "./account-builders.ts";
import { SimulatedRingCloud } from "./cloud.ts";
import { type Answered, type SignedIn, signIn } from "./cloud-client.fixtures.ts";
import { hosts } from "./hosts.ts";
import { drawSnapshot } from "./snapshot-image.ts";

const [frontDoor, driveway] = [48151101, 48151103];
const start = (): Promise<SimulatedRingCloud> => SimulatedRingCloud.start({ accounts: [buildAccount()] });

const next = (client: SignedIn, id: number, query = ""): Promise<Answered> =>
  client.get(`/snapshots/next/${id}${query}`, { host: hosts.snapshots, headers: client.headers });

test("a picture comes at once without any query, and a newer one when forced", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const before = Date.now();
  const first = await next(client, driveway);

  expect([first.status, first.headers["content-type"]]).toEqual([200, "image/jpeg"]);
  expect(jpeg.decode(first.bytes)).toMatchObject({ width: 640, height: 360 });
  const taken = Number(first.headers["x-time-millis"]);
  expect(taken).toBeGreaterThanOrEqual(before);
  expect(Number.isNaN(Date.parse(String(first.headers.date)))).toBe(false);
  const second = await next(client, driveway, `?after-ms=${taken}&extras=force`);
  expect(Number(second.headers["x-time-millis"])).toBeGreaterThan(taken);
});

test("a battery camera that records holds the answer back until the recording is over", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  cloud.operations.turnKnobs("front-door", { recording: { seconds: 0.7 } });
  const { at } = await cloud.causeMotion("front-door");
  const reply = await next(client, frontDoor, "?after-ms=0&extras=force");

  expect(Number(reply.headers["x-time-millis"])).toBeGreaterThanOrEqual(at + 700);
  const [held] = cloud.journal.entries({ kind: "released" });
  expect(held?.details).toMatchObject({ what: "snapshot", deviceId: frontDoor });
  expect(Number(held?.details["heldMs"])).toBeGreaterThan(300);
});

test("while it records, the last picture is good for whoever has not seen it", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const first = await next(client, frontDoor);
  await cloud.causeMotion("front-door");

  const again = await next(client, frontDoor, "?after-ms=0&extras=force");
  expect(again.headers["x-time-millis"]).toBe(first.headers["x-time-millis"]);
  const waited = await next(client, frontDoor, `?after-ms=${String(first.headers["x-time-millis"])}&max-wait-ms=200`);
  expect([waited.status, waited.text]).toEqual([404, "no snapshot"]);
});

test("no picture: off line, motion detection off, knob", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const status = async (): Promise<number> => (await next(client, driveway, "?max-wait-ms=100")).status;

  cloud.operations.setOnline("driveway", false);
  expect(await status()).toBe(404);
  cloud.operations.setOnline("driveway", true);
  cloud.operations.changeRecord("driveway", { settings: { motion_detection_enabled: false } });
  expect(await status()).toBe(404);
  cloud.operations.changeRecord("driveway", { settings: { motion_detection_enabled: true } });
  for (const behaviour of ["missing", "hang"] as const) {
    cloud.operations.turnKnobs("driveway", { snapshot: { behaviour } });
    expect(await status()).toBe(404);
  }
  cloud.operations.resetKnobs();
  expect(await status()).toBe(200);
});

test("the picture of a notification is there once the camera has sent it", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  cloud.operations.turnKnobs("driveway", { push: { imageReadyAfterMs: 300 } });
  const { eventId } = await cloud.causeMotion("driveway", "human");
  const uuid = cloud.world.accounts[0]?.history.find(eventId)?.snapshotUuid ?? "";

  expect((await client.get(`/clients_api/snapshots/uuid?uuid=${uuid}`)).status).toBe(404);
  await expect.poll(async () => (await client.get(`/clients_api/snapshots/uuid?uuid=${uuid}`)).status).toBe(200);
  expect((await next(client, driveway, `?uuid=${uuid}`)).headers["content-type"]).toBe("image/jpeg");
});

test("the older pair of calls: a time later than the request, then the picture", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const before = Date.now();
  const { json } = await client.send("POST", "/clients_api/snapshots/timestamps", { doorbot_ids: [driveway] });

  const [entry] = json["timestamps"] as { timestamp: number }[];
  expect(entry?.timestamp).toBeGreaterThanOrEqual(before);
  expect((await client.get(`/clients_api/snapshots/image/${driveway}`)).headers["content-type"]).toBe("image/jpeg");
});

test("name and time are really drawn, and drawing is cheap", () => {
  const at = Date.UTC(2026, 1, 3, 4, 5, 6);
  const [one, two, other] = [at, at, at + 1].map((capturedAt) =>
    drawSnapshot({ title: "Front Door", capturedAt, seed: 1 }),
  );
  expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
  expect(one?.equals(other ?? Buffer.alloc(0))).toBe(false);
  const { data, width } = jpeg.decode(drawSnapshot({ title: "I", capturedAt: at, seed: 1 }), { useTArray: true });
  const brightness = (x: number, y: number): number => data[(y * width + x) * 4] ?? 0;
  expect(brightness(320, 127)).toBeGreaterThan(220);
  expect(brightness(100, 127)).toBeLessThan(200);
});
