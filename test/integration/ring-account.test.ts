// Signing in, staying signed in, and the list of cameras: the Ring room in a process of its own against the simulated cloud.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildAccount, recordLike } from "../../simulator/account-builders.ts";
import { SimulatedRingCloud, type SimulatedRingCloudOptions } from "../../simulator/cloud.ts";
import { type RingLine, RingRoomProcess } from "./ring-room-process.ts";

const start = (options: Partial<SimulatedRingCloudOptions> = {}): Promise<SimulatedRingCloud> =>
  SimulatedRingCloud.start({ accounts: [buildAccount()], ...options });

const isSignIn =
  (state: string) =>
  (line: RingLine): boolean =>
    line.what === "sign-in" && line["state"] === state;

const namesIn = (line: RingLine): unknown[] => (line["cameras"] as { name: string }[]).map(({ name }) => name);
const grants = (cloud: SimulatedRingCloud): number => cloud.journal.entries({ kind: "oauth.granted" }).length;

test("signs in with e-mail, password and code; the token of it lists the cameras", async () => {
  await using cloud = await start({ accounts: [buildAccount({ twoFactor: "sms" })] });
  await using room = new RingRoomProcess({ cloud, token: "" });
  await room.waitFor("signed out", isSignIn("signed-out"));

  const email = "owner@example.com";
  const login = { email, password: "correct horse" };
  const value = [{ email, password: "wrong" }, login, { code: "000000" }, { code: "123456" }];
  const { steps } = (await room.command("sign-in", { value })) as unknown as { steps: Record<string, string>[] };

  expect(steps[0]).toMatchObject({ kind: "error", code: "sign-in.wrong-password" });
  expect(steps[1]).toEqual({
    kind: "code-needed",
    channel: "sms",
    prompt: "Enter the code that Ring sent to +49xxxxxxxx89 by text message",
  });
  expect(steps[2]).toMatchObject({ kind: "error", code: "sign-in.wrong-code" });
  expect(steps[3]).toMatchObject({ kind: "signed-in" });

  writeFileSync(room.tokenPath, steps[3]?.["token"] ?? "");
  await room.command("use-stored-token");
  await room.waitFor("signed in", isSignIn("signed-in"));
  expect(namesIn(await room.ready())).toContain("Front Door");
  expect(await room.stop()).toBe(0);
  expect(cloud.journal.violations).toEqual([]);
  expect(cloud.refusals).toEqual([]);
});

test("says until when Ring blocks sign-ins, and that it cannot be reached", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud, token: "" });
  const value = [{ email: "owner@example.com", password: "correct horse" }];
  cloud.operations.failNextRequests({ path: "oauth", times: 1, status: 429, headers: { "retry-after": "600" } });
  expect(await room.command("sign-in", { value })).toMatchObject({
    steps: [{ code: "sign-in.blocked", text: expect.stringMatching(/do not try again before \d\d:\d\d UTC/) }],
  });
  cloud.operations.failNextRequests({ path: "oauth", times: 1, reset: true });
  expect(await room.command("sign-in", { value })).toMatchObject({ steps: [{ code: "ring.unreachable" }] });
});

test("each renewed token is saved before it is used: killed at that moment, a restart works", async () => {
  await using cloud = await start({ retireOldTokens: "at-once" });
  const directory = mkdtempSync(join(tmpdir(), "ring-token-"));
  const tokenPath = join(directory, "token");
  const first = cloud.operations.refreshToken();
  writeFileSync(tokenPath, first);
  try {
    for (let life = 0; life < 3; life++) {
      await using killed = new RingRoomProcess({ cloud, tokenPath, settings: { dieAtSave: true } });
      expect(await killed.exited()).toBe("SIGKILL");
    }
    expect(cloud.journal.entries({ kind: "session.created" })).toHaveLength(0);
    await using room = new RingRoomProcess({ cloud, tokenPath });
    await room.ready();
    expect(room.savedToken).not.toBe(first);
    expect(grants(cloud)).toBe(4);
    expect(cloud.journal.entries({ kind: "oauth.refused" })).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("503, no answer and one refusal at the renewal are survived with the same client", async () => {
  await using cloud = await start();
  cloud.operations.turnAccountKnobs(undefined, { refreshFailures: [503, "reset", 503, 401] });
  await using room = new RingRoomProcess({ cloud });
  const trouble = await room.waitFor("trouble", isSignIn("unreachable"));
  expect(trouble["reason"]).toContain("503");
  await room.waitFor("signed in", isSignIn("signed-in"));
  await room.ready();
  // And later, in the middle of its life.
  cloud.operations.turnAccountKnobs(undefined, { refreshFailures: [503, 503] });
  cloud.operations.expireAccessTokens();
  const after = room.lines.length;
  await room.waitFor("trouble again", isSignIn("unreachable"), { after });
  await room.waitFor("signed in again", isSignIn("signed-in"), { after });
  const light = await room.command("light", { camera: "Driveway", value: true });
  expect(light["text"]).toBeUndefined();
});

test("a token that Ring refuses for good is refused once and not tried for ever; a new one brings everything back", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud });
  await room.ready();
  await room.pushReady();
  cloud.operations.revokeRefreshTokens();
  cloud.operations.expireAccessTokens();
  const refused = await room.waitFor("refusal", isSignIn("refused"));
  expect(refused["reason"]).toContain("sign in again");
  await room.waitFor("push down", (line) => line.what === "push" && line["reason"] === "signed out");
  const attempts = cloud.journal.entries({ kind: "oauth.refused" }).length;
  expect(attempts).toBe(3);
  const after = room.lines.length;
  writeFileSync(room.tokenPath, cloud.operations.refreshToken());
  await room.command("use-stored-token");
  await room.waitFor("signed in", isSignIn("signed-in"), { after });
  await room.waitFor("push", (line) => line.what === "push" && line["isHealthy"] === true, { after });
  // The camera objects are the same ones: nobody is told of a new list.
  await room.command("light", { camera: "Driveway", value: true });
  expect(room.lines.slice(after).filter(({ what }) => what === "cameras")).toEqual([]);
  expect(cloud.journal.entries({ kind: "oauth.refused" })).toHaveLength(attempts);
});

test("a throttled list is not hammered, a lost session and a broken one are made again", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud });
  await room.ready();
  cloud.operations.failNextRequests({ path: "clients_api/session", times: 2, status: 500 });
  cloud.operations.loseSessions();
  await cloud.journal.waitFor(
    "second session",
    ({ kind }) => kind === "session.created" && cloud.journal.entries({ kind: "session.created" }).length === 2,
  );
  await room.command("light", { camera: "Driveway", value: true });
  const after = room.lines.length;
  cloud.operations.failNextRequests({ path: "ring_devices", times: 1, status: 429, headers: { "retry-after": "3" } });
  const blocked = await room.waitFor("block", isSignIn("unreachable"), { after });
  const free = await room.waitFor("recovery", isSignIn("signed-in"), { after: room.lines.indexOf(blocked) });
  expect(free.at - blocked.at).toBeGreaterThan(2_900);
  expect(cloud.journal.violations).toEqual([]);
});

test("the new session is told our push address again", async () => {
  await using cloud = await start();
  await using room = new RingRoomProcess({ cloud });
  await room.ready();
  await room.pushReady();
  const sessions = cloud.journal.entries({ kind: "session.created" }).length;
  cloud.operations.loseSessions();
  await cloud.journal.waitFor(
    "new session",
    () => cloud.journal.entries({ kind: "session.created" }).length > sessions,
  );
  await expect
    .poll(async () => (await cloud.causeMotion("driveway")).receivers, { timeout: 5_000, interval: 200 })
    .toBe(1);
  await room.waitFor("motion", (line) => line.what === "event" && line["name"] === "Driveway");
});

test("cameras come and go without a restart; some short lists in a row are not believed, empty ones even less", async () => {
  await using cloud = await start({ accounts: [buildAccount({ devices: ["front-door", "driveway"] })] });
  const camera = { looks: 3, apartMs: 500, forMs: 2_500 };
  await using room = new RingRoomProcess({ cloud, settings: { absence: { camera } } });
  expect(namesIn(await room.ready())).toEqual(["Front Door", "Driveway"]);

  const frontDoor = cloud.world.devicesNamed("front-door").map((device) => device.view(Date.now()));
  const short = { path: "ring_devices", status: 200, times: 2 };
  cloud.operations.failNextRequests({ ...short, body: { doorbots: frontDoor, stickup_cams: [] } });
  cloud.operations.failNextRequests({ ...short, times: 4, body: { doorbots: [], stickup_cams: [] } });
  await expect.poll(() => cloud.operations.state()["pendingFaults"], { timeout: 20_000 }).toEqual([]);
  const added = { id: 900, device_id: "54e019aa0900", description: "Shed" };
  await cloud.journal.waitFor(
    "answer to the next list",
    ({ kind, details, at }) =>
      kind === "http.answered" &&
      String(details["path"]).includes("ring_devices") &&
      at > performance.timeOrigin + performance.now() - 1_000,
  );
  cloud.operations.addDevice(undefined, "stickup_cams", recordLike("driveway", added));
  const grown = await room.waitFor("third camera", (line) => line.what === "cameras" && namesIn(line).includes("Shed"));
  expect(namesIn(grown)).toEqual(["Front Door", "Driveway", "Shed"]);
  expect(room.lines.filter((line) => line.what === "cameras")).toHaveLength(2);

  cloud.operations.removeDevice("driveway");
  const shrunk = await room.waitFor("loss", (line) => line.what === "cameras" && !namesIn(line).includes("Driveway"));
  expect(namesIn(shrunk)).toEqual(["Front Door", "Shed"]);
});

test("odd records and a missing list of locations: every camera still appears", async () => {
  await using cloud = await start();
  const odd = {
    doorbots: [{ id: 1, kind: "cocoa_doorbell_v9", settings: null, alerts: "x" }, { id: "2" }, null, { kind: "no id" }],
    stickup_cams: [
      { id: 3, description: "", led_status: {}, siren_status: 4, health: [], battery_life: { a: 1 }, location_id: 12 },
    ],
    other: [{ id: 4 }, { id: 5, kind: "three_p_cam" }],
  };
  cloud.operations.failNextRequests({ path: "ring_devices", times: 50, status: 200, body: odd });
  cloud.operations.failNextRequests({ path: "devices/v1/locations", times: 50, status: 500 });
  await using room = new RingRoomProcess({ cloud });
  const { cameras } = (await room.ready()) as unknown as { cameras: Record<string, unknown>[] };
  expect(cameras.map(({ ringId }) => ringId)).toEqual([1, 2, 3, 5]);
  expect(cameras[0]).toMatchObject({
    isDoorbell: true,
    name: "Camera 1",
    model: "Ring Doorbell",
    locationId: "unknown",
  });
  expect(cameras[2]).toMatchObject({ name: "Camera 3", locationId: "12", light: false, batteries: [] });
  expect(await room.command("locations")).toMatchObject({
    locations: [
      { id: "unknown", name: "unknown" },
      { id: "12", name: "12" },
    ],
  });
});

test("excluded devices and other locations stay out", async () => {
  await using cloud = await start();
  const settings = { excludedDeviceIds: ["54e019aa0101", "48151103"] };
  await using room = new RingRoomProcess({ cloud, settings });
  const names = namesIn(await room.ready());
  expect(names).not.toContain("Front Door");
  expect(names).not.toContain("Driveway");
  expect(names).toHaveLength(5);
});
